package identity

import (
	"errors"
	"fmt"
	"time"
)

// Errors of this package; compare with errors.Is.
var (
	// ErrUnauthenticated: the request carries no credential that is good now.
	ErrUnauthenticated = errors.New("not signed in")
	// ErrInvalidCredentials: email and password do not belong together, or to nobody.
	ErrInvalidCredentials = errors.New("email or password is wrong")
	// ErrSuspended: the credential is right, but an administrator suspended the account.
	// It is an ErrInvalidCredentials for callers that do not tell them apart.
	ErrSuspended = fmt.Errorf("%w: the account is suspended", ErrInvalidCredentials)
	// ErrSignupClosed: no new account without an invitation, or none at all.
	ErrSignupClosed = errors.New("sign-up is not open")
	// ErrLastAdmin: nobody else could administer the installation.
	ErrLastAdmin = errors.New("this is the only administrator")
	// ErrNotFound: no such session, token, invitation or code, or it is someone else's.
	ErrNotFound = errors.New("not found")
)

// errInvitation is what an invitation that cannot be used (any more) is answered with.
var errInvitation = &FieldError{Field: "invitation", Message: "This invitation was used, withdrawn or has expired. Ask for a new one."}

// errInvitationEmail is what somebody else than the person invited is answered with.
var errInvitationEmail = &FieldError{Field: "email", Message: "This invitation is for another email address."}

// FieldError is input that cannot be accepted. Message is a sentence for the person.
type FieldError struct{ Field, Message string }

func (e *FieldError) Error() string { return e.Field + ": " + e.Message }

// RateLimitedError asks the caller to come back later.
type RateLimitedError struct{ RetryAfter time.Duration }

func (e *RateLimitedError) Error() string {
	return "too many attempts, retry after " + e.RetryAfter.String()
}
