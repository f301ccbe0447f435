package github

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
)

// User is the account of a token.
type User struct {
	// ID never changes; Login does.
	ID    int64
	Login string
	// Name is what the person calls themselves, Login if they do not.
	Name string
	// CommitEmail is the public address, or the one by which GitHub knows commits of
	// people who show none.
	CommitEmail string
	// Scopes are those of the token. Tokens of GitHub Apps have none, and HasScopes is
	// false.
	Scopes    []string
	HasScopes bool
}

// User finds out whose token it is and what it may.
func (c *Client) User(ctx context.Context, token string) (User, error) {
	const what = "account of the token"
	if token == "" {
		return User{}, fmt.Errorf("%s: %w", what, ErrTokenRevoked)
	}
	a, err := get[struct {
		ID    int64  `json:"id"`
		Login string `json:"login"`
		Name  string `json:"name"`
		Email string `json:"email"`
	}](ctx, c, ask{token: token, what: what, path: "/user"})
	if err != nil {
		return User{}, err
	}
	w := a.value
	if w.ID <= 0 || !ownerName.MatchString(w.Login) {
		return User{}, fmt.Errorf("%s: %w: no id or login", what, ErrBadAnswer)
	}
	u := User{ID: w.ID, Login: w.Login, Name: commitName(w.Name), CommitEmail: w.Email}
	u.Scopes, u.HasScopes = scopesOf(a.header)
	if u.Name == "" {
		u.Name = u.Login
	}
	if !plainEmail(u.CommitEmail) {
		u.CommitEmail = fmt.Sprintf("%d+%s@users.noreply.%s", u.ID, u.Login, c.web.Hostname())
	}
	return u, nil
}

// commitName is a name as git takes it: it strips these characters itself.
func commitName(s string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune("<>", r) {
			return -1
		}
		return r
	}, line(s, 100)), ` .,:;"'`+"\\")
}

// plainEmail reports whether s is an address and nothing else.
func plainEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254 && !strings.ContainsAny(s, "<>\"' \t\r\n\x00")
}
