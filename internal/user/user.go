// Package user holds the record of a person who uses Kalpana. It is a leaf, so that
// stores can name users without knowing how people log in (package identity).
package user

import (
	"errors"
	"time"
)

// User is one person.
type User struct {
	ID    string `bson:"_id"`
	Email string `bson:"email"` // lower case, unique, may be "" for people from GitHub without one
	// VerifiedEmail is the address that a login provider verified, or that an administrator
	// invited or named; "" for none. It may differ from Email, which people change themselves.
	VerifiedEmail string `bson:"verifiedEmail,omitempty"`
	Name          string `bson:"name"`
	AvatarURL     string `bson:"avatarUrl"`
	Admin         bool   `bson:"admin"`
	Suspended     bool   `bson:"suspended"`
	// PasswordHash is an argon2id string in PHC format; empty = no local password.
	PasswordHash string `bson:"passwordHash"`
	// Identities are the outside accounts that log in as this user. They are matched by
	// Provider and Subject (the provider's stable id), never by email or login name.
	Identities []Identity `bson:"identities"`
	// MaxWorkspaces overrides the configured limit when it is not 0; below 0 allows none.
	MaxWorkspaces int `bson:"maxWorkspaces"`
	// DayBudget overrides what the agent may cost them in a day, in billionths of a US
	// dollar, when it is not 0; below 0 allows nothing.
	DayBudget int64     `bson:"dayBudget"`
	CreatedAt time.Time `bson:"createdAt"`
	UpdatedAt time.Time `bson:"updatedAt"`
	// LastSeenAt is when they used Kalpana last, zero for never. It is some minutes behind;
	// package identity knows better of those who are signed in.
	LastSeenAt time.Time `bson:"lastSeenAt,omitempty"`
}

// TrustedEmail is the email as far as others may go by it: somebody else vouched for it, or
// the person is an administrator. Otherwise it is "", as anybody can enter any free address.
func (u User) TrustedEmail() string {
	if u.Admin || u.Email == u.VerifiedEmail {
		return u.Email
	}
	return ""
}

// Identity is an account at an outside login provider.
type Identity struct {
	Provider string `bson:"provider"` // "github" or "oidc"
	Subject  string `bson:"subject"`  // the provider's immutable id of the account
	Login    string `bson:"login"`    // what the person is called there, for display
}

// Errors of user stores.
var (
	// ErrNotFound: no such user.
	ErrNotFound = errors.New("user not found")
	// ErrExists: the email or outside identity already belongs to another user.
	ErrExists = errors.New("user exists already")
)
