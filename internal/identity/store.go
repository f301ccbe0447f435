package identity

import (
	"context"
	"time"

	"github.com/kalpana-dev/kalpana/internal/user"
)

// Session is one browser that is signed in. Revoked sessions are kept for a while, so
// that every gateway learns of the revocation.
type Session struct {
	ID         string    `bson:"_id"`  // public: names the session in lists, opens nothing
	Hash       string    `bson:"hash"` // SHA-256 of the cookie's value, hexadecimal
	UserID     string    `bson:"userId"`
	Provider   string    `bson:"provider"` // how the person signed in
	UserAgent  string    `bson:"userAgent"`
	Address    string    `bson:"address"`
	CreatedAt  time.Time `bson:"createdAt"`
	LastSeenAt time.Time `bson:"lastSeenAt"` // up to a minute behind
	ExpiresAt  time.Time `bson:"expiresAt"`
	RevokedAt  time.Time `bson:"revokedAt,omitempty"`
	UpdatedAt  time.Time `bson:"updatedAt"`
}

// Token is an API token. Like sessions, revoked ones are kept for a while.
type Token struct {
	ID         string    `bson:"_id"`
	Hash       string    `bson:"hash"` // SHA-256 of the whole token, hexadecimal
	UserID     string    `bson:"userId"`
	Name       string    `bson:"name"`
	Prefix     string    `bson:"prefix"` // its first characters, to recognise it
	CreatedAt  time.Time `bson:"createdAt"`
	LastUsedAt time.Time `bson:"lastUsedAt,omitempty"` // zero = never; up to a minute behind
	ExpiresAt  time.Time `bson:"expiresAt,omitempty"`  // zero = good until revoked
	RevokedAt  time.Time `bson:"revokedAt,omitempty"`
	UpdatedAt  time.Time `bson:"updatedAt"`
}

// Invitation lets whoever has its link make one account.
type Invitation struct {
	ID        string    `bson:"_id"`
	Hash      string    `bson:"hash"`  // SHA-256 of the code in the link, hexadecimal
	Email     string    `bson:"email"` // what the account must have; "" = any
	Admin     bool      `bson:"admin"` // the account becomes an administrator's
	CreatedBy string    `bson:"createdBy"`
	CreatedAt time.Time `bson:"createdAt"`
	ExpiresAt time.Time `bson:"expiresAt"`
	UsedAt    time.Time `bson:"usedAt,omitempty"`
	UsedBy    string    `bson:"usedBy,omitempty"`
}

// Code is something that works once: the state of a login at a provider, or a first link.
type Code struct {
	Hash      string    `bson:"_id"`
	Purpose   string    `bson:"purpose"`
	Sealed    []byte    `bson:"sealed"` // what the flow must remember, encrypted
	ExpiresAt time.Time `bson:"expiresAt"`
}

// Query selects sessions or tokens; zero fields do not restrict.
type Query struct {
	Since  time.Time // changed at or after
	Hash   string
	UserID string
}

// Selection names sessions or tokens of one user to revoke.
type Selection struct {
	UserID string
	ID     string // only this one; "" = all
	Except string // all but this one
}

// UserChange is a partial update; nil fields stay as they are.
type UserChange struct {
	Name, Email, PasswordHash *string
	VerifiedEmail             *string
	Admin, Suspended          *bool
	MaxWorkspaces             *int
	DayBudget                 *int64
	At                        time.Time
}

// UserStore keeps people. Emails, where there are any, and outside identities are unique.
type UserStore interface {
	// CreateUser adds u. identityKey is the unique key of u's one outside identity, ""
	// if it has none. user.ErrExists if email or identity is taken.
	CreateUser(ctx context.Context, u user.User, identityKey string) error
	// UserByEmail and UserByIdentity return user.ErrNotFound for nobody.
	UserByEmail(ctx context.Context, email string) (user.User, error)
	UserByIdentity(ctx context.Context, provider, identityKey string) (user.User, error)
	// UpdateUser returns the user after the change; user.ErrNotFound, user.ErrExists.
	UpdateUser(ctx context.Context, id string, c UserChange) (user.User, error)
	// LinkIdentity adds an outside identity to a user who has none at that provider, and
	// returns the user after it; it changes nothing if it is theirs already. user.ErrExists
	// if it is another's, or the user has another one there.
	LinkIdentity(ctx context.Context, id string, i user.Identity, identityKey string, at time.Time) (user.User, error)
	// TouchUsers records when people were last seen, by id. It changes nothing else, not even
	// when they were changed.
	TouchUsers(ctx context.Context, seen map[string]time.Time) error
	// UsersSince returns everybody changed at or after t; the zero time means everybody.
	UsersSince(ctx context.Context, t time.Time) ([]user.User, error)
}

// SessionStore keeps sessions.
type SessionStore interface {
	CreateSession(ctx context.Context, s Session) error
	FindSessions(ctx context.Context, q Query) ([]Session, error)
	// RevokeSessions returns how many were live until now.
	RevokeSessions(ctx context.Context, sel Selection, at time.Time) (int64, error)
	// TouchSessions records when sessions were last seen, by id.
	TouchSessions(ctx context.Context, seen map[string]time.Time, at time.Time) error
}

// TokenStore keeps API tokens.
type TokenStore interface {
	CreateToken(ctx context.Context, t Token) error
	FindTokens(ctx context.Context, q Query) ([]Token, error)
	RevokeTokens(ctx context.Context, sel Selection, at time.Time) (int64, error)
	TouchTokens(ctx context.Context, used map[string]time.Time, at time.Time) error
}

// InvitationStore keeps invitations.
type InvitationStore interface {
	CreateInvitation(ctx context.Context, i Invitation) error
	// TakeInvitation marks the unused, unexpired invitation with this hash as used, at
	// most once whoever asks; ErrNotFound otherwise.
	TakeInvitation(ctx context.Context, hash, userID string, now time.Time) (Invitation, error)
	// ReleaseInvitation undoes TakeInvitation when no account came of it.
	ReleaseInvitation(ctx context.Context, id string) error
	Invitations(ctx context.Context) ([]Invitation, error)
	// DeleteInvitation returns ErrNotFound for an unknown one.
	DeleteInvitation(ctx context.Context, id string) error
}

// CodeStore keeps codes.
type CodeStore interface {
	PutCode(ctx context.Context, c Code) error
	// TakeCode removes and returns a code, to one caller only; ErrNotFound for the others.
	TakeCode(ctx context.Context, purpose, hash string) (Code, error)
}

// Store is all that a Service keeps. Package mongostore has it.
type Store interface {
	UserStore
	SessionStore
	TokenStore
	InvitationStore
	CodeStore
	// PurgeLogins deletes what ended before gone, and sessions not seen since idleSince.
	PurgeLogins(ctx context.Context, gone, idleSince time.Time) error
}
