package github

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

// What callers tell apart with errors.Is. The errors themselves say what was tried.
var (
	// ErrTokenRevoked: the token, or the refresh token, is not valid (any more). The
	// person has to connect GitHub again.
	ErrTokenRevoked = errors.New("GitHub does not accept the token (any more): connect GitHub again")
	// ErrNotFound: it is not there, or the token has no right to see it; GitHub does not
	// tell which. The error is a *NotFoundError.
	ErrNotFound = errors.New("not found")
	// ErrForbidden: it is there, and the token may not. The error is a *ForbiddenError.
	ErrForbidden = errors.New("forbidden")
	// ErrTooLarge: a file or a webhook's body is above the limit.
	ErrTooLarge = errors.New("too large")
	// ErrNotAFile: the path is a folder, a submodule or a symbolic link that leads nowhere.
	ErrNotAFile = errors.New("not a file")
	// ErrInvalid: the caller's name, path, query or cursor cannot be asked for.
	ErrInvalid = errors.New("invalid")
	// ErrUnavailable: GitHub cannot be reached, or failed. Trying again may help.
	ErrUnavailable = errors.New("GitHub cannot be reached or has a fault")
	// ErrBadAnswer: what came is not what GitHub's API answers.
	ErrBadAnswer = errors.New("answer is not one of GitHub's API")
	// ErrNoApp: a call needs the client id and secret, and Options had none.
	ErrNoApp = errors.New("no GitHub app is configured: set GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET")
)

// RateLimitedError means: not before Reset. Until then the client refuses further calls
// with the same token by itself.
type RateLimitedError struct {
	// Reset is at most an hour away.
	Reset time.Time
	// Secondary is true for GitHub's limit on bursts, false for requests per hour.
	Secondary bool
}

func (e *RateLimitedError) Error() string {
	kind := "requests per hour are used up"
	if e.Secondary {
		kind = "too many requests in a short time"
	}
	return fmt.Sprintf("GitHub's rate limit: %s; again after %s", kind, e.Reset.UTC().Format(time.RFC3339))
}

// RenamedError means that a repository has another name or owner now.
type RenamedError struct{ Old, New string }

func (e *RenamedError) Error() string {
	return fmt.Sprintf("repository %s is %s now", e.Old, e.New)
}

// NotFoundError is ErrNotFound with what could be the reason.
type NotFoundError struct {
	What string
	// LacksRepoScope is true if the token is known to have no right on private
	// repositories: asking the person for the scope "repo" may find it.
	LacksRepoScope bool
}

func (e *NotFoundError) Error() string {
	if e.LacksRepoScope {
		return fmt.Sprintf("GitHub has no %s, or it is private and access to private repositories was not granted", e.What)
	}
	return fmt.Sprintf("GitHub has no %s, or it is private and this account may not see it", e.What)
}

// Is makes it ErrNotFound.
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// ForbiddenError is ErrForbidden with what GitHub said.
type ForbiddenError struct {
	What string
	// Message is GitHub's, cleaned, at most 200 characters.
	Message string
	// Needs are the scopes of which one would do; Has are those of the token. Both are
	// empty for the tokens of GitHub Apps.
	Needs, Has []string
	// SSO is true if the organisation wants the token authorised for single sign-on.
	SSO bool
}

func (e *ForbiddenError) Error() string {
	s := fmt.Sprintf("GitHub refuses %s: %s", e.What, e.Message)
	if e.SSO {
		s += "; authorise the app for the organisation's single sign-on at GitHub"
	} else if len(e.Needs) > 0 && !overlap(e.Needs, e.Has) {
		s += "; one of these scopes is needed: " + strings.Join(e.Needs, ", ")
	}
	return s
}

// Is makes it ErrForbidden.
func (e *ForbiddenError) Is(target error) bool { return target == ErrForbidden }

// OAuthError is a refusal of the token endpoint, which comes with status 200.
type OAuthError struct {
	// Code is one such as "bad_verification_code", made of [a-z0-9_-].
	Code string
	// Description is GitHub's, cleaned, without what we had sent in it.
	Description string
}

func (e *OAuthError) Error() string {
	s := "GitHub gives no token: " + e.Code
	if e.Description != "" {
		s += ": " + e.Description
	}
	return s
}

// Is makes it ErrTokenRevoked if the refresh token was refused.
func (e *OAuthError) Is(target error) bool {
	return target == ErrTokenRevoked && (e.Code == "bad_refresh_token" || e.Code == "invalid_grant")
}

func overlap(a, b []string) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y {
				return true
			}
		}
	}
	return false
}

// unreachable describes a transport's error without the address that it quotes, and without
// what we had sent: the error of a bad redirect quotes the server.
func unreachable(ctx context.Context, what string, err error, sent ...string) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", what, context.Cause(ctx))
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	reason := line(without(err.Error(), sent...), 200)
	if n, ok := errors.AsType[net.Error](err); ok && n.Timeout() {
		reason = "no answer in time"
	}
	return fmt.Errorf("%s: %w: %s", what, ErrUnavailable, reason)
}
