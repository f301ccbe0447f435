package identity

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/internal/user"
)

// Actions of events.
const (
	ActionSignIn  = "session.login"
	ActionSignUp  = "account.signup"
	ActionConnect = "github.connect"
)

// Event is an attempt to sign in, to make an account or to connect one.
type Event struct {
	Action string
	// UserID and Name are of whoever is signed in by it, or was before; "" if nobody.
	UserID, Name string
	Address      string
	// Tried is whom a refused attempt was about: a user's id, or the beginning of an email
	// that nobody has (people type passwords into the wrong field).
	Tried string
	OK    bool
	// Detail is the way to sign in, and after a colon why it was refused.
	Detail string
}

// tell reports an attempt of r. u is who it is about, zero if nobody is known.
func (s *Service) tell(r *http.Request, action, way string, u user.User, email string, err error) {
	e := Event{Action: action, Address: s.o.ClientIP(r), OK: err == nil, Detail: way}
	if e.OK {
		e.UserID, e.Name = u.ID, called(u)
	} else {
		if e.Tried = u.ID; e.Tried == "" {
			e.Tried = shortEmail(email)
		}
		e.Detail += ": " + reasonOf(err)
	}
	s.o.Tell(e)
}

// errAttempt is a refusal that has no error of its own.
type errAttempt string

func (e errAttempt) Error() string { return string(e) }

// reasonOf is err in a word. It never has what somebody typed.
func reasonOf(err error) string {
	if attempt, ok := errors.AsType[errAttempt](err); ok {
		return string(attempt)
	}
	return resultOf(err)
}

func called(u user.User) string {
	if u.Name != "" {
		return u.Name
	}
	return u.Email
}

// shortEmail is enough of an email to recognise it, and not enough of a password to use it.
func shortEmail(email string) string {
	if email == "" {
		return ""
	}
	local, domain, ok := strings.Cut(email, "@")
	for utf8.RuneCountInString(local) > 2 {
		_, n := utf8.DecodeLastRuneInString(local)
		local = local[:len(local)-n]
	}
	if !ok || checkEmail(email) != nil {
		return local + "…"
	}
	return local + "…@" + domain
}
