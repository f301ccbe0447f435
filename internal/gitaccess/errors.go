package gitaccess

import (
	"errors"
	"fmt"
)

// What callers tell apart with errors.Is.
var (
	// ErrDisabled: no GitHub is configured.
	ErrDisabled = errors.New("GitHub is not configured: set GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET")
	// ErrNotConnected: the user has not connected GitHub.
	ErrNotConnected = errors.New("GitHub is not connected: connect it in Settings")
	// ErrReconnect: there is a connection that does not work any more. The error is a
	// *ReconnectError.
	ErrReconnect = errors.New("GitHub must be connected again")
	// ErrPrivateDisabled: the repository is private, and this installation uses none.
	ErrPrivateDisabled = errors.New("the repository is private, and private repositories are switched off here (ENABLE_PRIVATE_REPOS)")
	// ErrNotFound: there is no such credential.
	ErrNotFound = errors.New("no credential is stored for this host")
)

// ReconnectError is ErrReconnect with a sentence for its user.
type ReconnectError struct{ Problem string }

func (e *ReconnectError) Error() string { return e.Problem }

// Is makes it ErrReconnect.
func (e *ReconnectError) Is(target error) bool { return target == ErrReconnect }

// RefusedError is why git inside a workspace gets no credential. Reason is a sentence for
// its user, with what to do.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return e.Reason }

func refuse(format string, args ...any) *RefusedError {
	return &RefusedError{fmt.Sprintf(format, args...)}
}

// InvalidError is input that cannot be accepted. Message is a sentence for the person.
type InvalidError struct{ Field, Message string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Message }
