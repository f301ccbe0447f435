package gitaccess

import (
	"context"
	"time"
)

// Connection is a user's connection to GitHub as it is kept. The zero value is none.
type Connection struct {
	UserID string `bson:"_id"`
	// Grant names this pair of tokens: a refresh, like connecting anew, makes another one.
	Grant string `bson:"grant"`
	// The account at GitHub.
	AccountID   int64  `bson:"accountId"`
	Login       string `bson:"login"`
	Name        string `bson:"name"`
	CommitEmail string `bson:"commitEmail"`
	// Scopes of the token. Those of GitHub Apps have none, and HasScopes is false.
	Scopes    []string `bson:"scopes"`
	HasScopes bool     `bson:"hasScopes"`
	// Access and Refresh are sealed; Refresh is empty for tokens that do not expire.
	Access  []byte `bson:"access"`
	Refresh []byte `bson:"refresh"`
	// Expires and RefreshExpires are zero for never, or not known.
	Expires        time.Time `bson:"expires,omitempty"`
	RefreshExpires time.Time `bson:"refreshExpires,omitempty"`
	// Problem is why it does not work any more, a sentence for the user; "" if it does.
	Problem string `bson:"problem"`
	// ClaimedBy is who refreshes the token just now, until ClaimedUntil.
	ClaimedBy    string    `bson:"claimedBy"`
	ClaimedUntil time.Time `bson:"claimedUntil,omitempty"`
	ConnectedAt  time.Time `bson:"connectedAt"`
}

// HostCredential is a user's for a git host other than the configured GitHub.
type HostCredential struct {
	// Host is name[:port] in lower case.
	Host     string `bson:"host"`
	Username string `bson:"username"`
	// Password is sealed.
	Password  []byte    `bson:"password"`
	CreatedAt time.Time `bson:"createdAt"`
	// Problem is what is known to be wrong with it, a sentence for the user.
	Problem string `bson:"problem"`
}

// Store keeps connections and credentials, also for other gateways. Package mongostore has it.
//
// A change function sees what is there now, is called again as often as another writer was
// first, and must not use the store. Its error ends the change and is returned as it is.
type Store interface {
	// Connection returns the zero value if there is none.
	Connection(ctx context.Context, userID string) (Connection, error)
	// ChangeConnection applies change as one step, to the zero value with its UserID if there
	// is none, and returns the result. It is removed if change reports false.
	ChangeConnection(ctx context.Context, userID string, change func(*Connection) (keep bool, err error)) (Connection, error)
	HostCredentials(ctx context.Context, userID string) ([]HostCredential, error)
	// ChangeHostCredentials replaces all of a user by what change returns, as one step.
	ChangeHostCredentials(ctx context.Context, userID string, change func([]HostCredential) ([]HostCredential, error)) error
	// UsersWithConnection and UsersWithHostCredentials return up to limit ids that come after
	// one, in their order.
	UsersWithConnection(ctx context.Context, after string, limit int) ([]string, error)
	UsersWithHostCredentials(ctx context.Context, after string, limit int) ([]string, error)
}
