// Package ticket holds the record of a one-time login ticket. It is a leaf, so that
// stores can keep tickets without knowing how they are used (package gateway).
package ticket

import (
	"errors"
	"time"
)

// ErrNotFound: no such ticket, or somebody took it already.
var ErrNotFound = errors.New("ticket not found")

// Ticket carries a login from the main origin to one workspace host in one browser.
// It is good once and for [Life].
type Ticket struct {
	// Hash is the hex SHA-256 of the code in the browser's address bar: a reader of the
	// database cannot use what is written here.
	Hash string `bson:"_id"`
	// Host is the canonical name of the workspace host, without a port.
	Host        string `bson:"host"`
	WorkspaceID string `bson:"workspaceId"`
	UserID      string `bson:"userId"`
	// SessionID names the main session; the workspace's cookie dies with it.
	SessionID string `bson:"sessionId"`
	// NonceHash binds the ticket to the browser that asked: the base64url SHA-256 of
	// the nonce cookie planted on the workspace host before.
	NonceHash string `bson:"nonceHash"`
	// Path is where the visitor wanted to go: path and query, byte for byte.
	Path      string    `bson:"path"`
	ExpiresAt time.Time `bson:"expiresAt"`
}

// Life is how long a ticket waits to be used: a redirect takes a second, and a code
// that leaks into a log later is worth nothing.
const Life = 30 * time.Second
