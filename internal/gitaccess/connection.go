package gitaccess

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/internal/github"
)

const (
	revokedProblem = "GitHub does not accept Kalpana's access any more: it was revoked or has expired. Connect GitHub again."
	tooMuchProblem = "The stored access may use private repositories, which are switched off here. Connect GitHub again."
	sealProblem    = "The stored access to GitHub cannot be read. Connect GitHub again."
	// revokeTimeout bounds telling GitHub that a token is not needed any more.
	revokeTimeout = 10 * time.Second
)

// Status is a user's connection as pages show it.
type Status struct {
	// Enabled is false if no GitHub is configured; then the rest is empty.
	Enabled   bool
	Connected bool
	Login     string
	// AvatarURL is "" for Enterprise servers: their pictures are not public.
	AvatarURL string
	// Private: it may read private repositories. PrivateAllowed: the installation lets it.
	Private, PrivateAllowed bool
	// Problem is a sentence about why to connect again, "" if there is no reason.
	Problem string
	// URL is where people find GitHub.
	URL string
}

// Status reads the database; it asks GitHub nothing.
func (s *Service) Status(ctx context.Context, userID string) (Status, error) {
	if s.o.GitHub == nil {
		return Status{}, nil
	}
	st := Status{Enabled: true, PrivateAllowed: s.o.PrivateRepos, URL: s.web.String()}
	c, err := s.connection(ctx, userID)
	if errors.Is(err, ErrNotConnected) {
		return st, nil
	} else if err != nil {
		return Status{}, err
	}
	st.Connected, st.Login, st.Problem = true, c.Login, c.Problem
	st.Private = s.o.PrivateRepos && c.mayReadPrivate()
	if st.Problem == "" && s.mayTooMuch(c) {
		st.Problem = tooMuchProblem
	}
	if s.web.Host == "github.com" {
		st.AvatarURL = "https://avatars.githubusercontent.com/u/" + strconv.FormatInt(c.AccountID, 10) + "?v=4"
	}
	return st, nil
}

// mayReadPrivate is true for GitHub Apps, whose installation says what they may.
func (c Connection) mayReadPrivate() bool { return !c.HasScopes || slices.Contains(c.Scopes, "repo") }

// mayTooMuch: the setting was changed after the user had granted private repositories.
func (s *Service) mayTooMuch(c Connection) bool {
	return !s.o.PrivateRepos && slices.Contains(c.Scopes, "repo")
}

// connection returns ErrNotConnected if there is none, and ErrDisabled without a GitHub.
func (s *Service) connection(ctx context.Context, userID string) (Connection, error) {
	if s.o.GitHub == nil {
		return Connection{}, ErrDisabled
	}
	if userID == "" {
		return Connection{}, ErrNotConnected
	}
	c, err := s.o.Store.Connection(ctx, userID)
	if err != nil {
		return Connection{}, fmt.Errorf("read the connection to GitHub of user %s: %w", userID, err)
	}
	if c.Grant == "" {
		return Connection{}, ErrNotConnected
	}
	return c, nil
}

// Connect keeps a token that GitHub gave for who. It asks GitHub whose it is and what it
// may, so that a token of somebody else is refused. A token kept before stays if it is the
// same account's, still works and may all that the new one may: a login asks for less than
// the user may have granted already. The one of the two that is not kept is revoked.
func (s *Service) Connect(ctx context.Context, userID string, who github.User, t github.Token) error {
	if s.o.GitHub == nil {
		return ErrDisabled
	}
	account, err := s.o.GitHub.User(ctx, t.Access)
	if err != nil {
		return fmt.Errorf("connect GitHub for user %s: %w", userID, err)
	}
	if who.ID != 0 && account.ID != who.ID {
		return fmt.Errorf("connect GitHub for user %s: the token is of account %d, not of %d: %w", userID, account.ID, who.ID, github.ErrBadAnswer)
	}
	// GitHub Apps' tokens begin so, and may come with an empty list of scopes.
	if strings.HasPrefix(t.Access, "ghu_") {
		account.Scopes, account.HasScopes = nil, false
	}
	old, err := s.connection(ctx, userID)
	if err != nil && !errors.Is(err, ErrNotConnected) {
		return err
	}
	oldAccess := ""
	if err == nil {
		if plain, err := s.o.Box.Open(purposeToken, accessPlace(userID), old.Access); err == nil {
			oldAccess = string(plain)
		}
	}
	if oldAccess != t.Access && s.suffices(ctx, old, oldAccess, account) {
		s.drop(ctx, userID, t.Access)
		return nil
	}
	c := Connection{UserID: userID, ConnectedAt: s.now()}
	c.Grant = rand.Text()
	c.AccountID, c.Login, c.Name, c.CommitEmail = account.ID, account.Login, account.Name, account.CommitEmail
	c.Scopes, c.HasScopes = account.Scopes, account.HasScopes
	s.seal(&c, t)
	if _, err := s.o.Store.ChangeConnection(ctx, userID, func(now *Connection) (bool, error) { *now = c; return true, nil }); err != nil {
		return fmt.Errorf("store the connection to GitHub of user %s: %w", userID, err)
	}
	if oldAccess != "" && oldAccess != t.Access {
		s.drop(ctx, userID, oldAccess)
	}
	s.log.Info("GitHub token stored", "user", userID, "account", c.Login, "scopes", c.Scopes, "expires", !t.Expires.IsZero())
	return nil
}

// suffices reports whether an earlier connection does all that a new token of account could.
func (s *Service) suffices(ctx context.Context, old Connection, access string, account github.User) bool {
	switch {
	case access == "" || old.Problem != "" || old.AccountID != account.ID || old.HasScopes != account.HasScopes:
		return false
	case !old.Expires.IsZero():
		return false // the new one lasts longer
	case s.mayTooMuch(old):
		return false
	}
	for _, scope := range account.Scopes {
		if !slices.Contains(old.Scopes, scope) && !(scope == "public_repo" && slices.Contains(old.Scopes, "repo")) {
			return false
		}
	}
	now, err := s.o.GitHub.User(ctx, access)
	return err == nil && now.ID == account.ID
}

// seal puts the tokens and their times into c.
func (s *Service) seal(c *Connection, t github.Token) {
	c.Access = s.o.Box.Seal(purposeToken, accessPlace(c.UserID), []byte(t.Access))
	c.Refresh = nil
	if t.Refresh != "" {
		c.Refresh = s.o.Box.Seal(purposeToken, refreshPlace(c.UserID), []byte(t.Refresh))
	}
	c.Expires, c.RefreshExpires = t.Expires, t.RefreshExpires
}

// drop revokes a token that nobody will use, as well as it can.
func (s *Service) drop(ctx context.Context, userID, access string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), revokeTimeout)
	defer cancel()
	if err := s.o.GitHub.Revoke(ctx, access); err != nil {
		s.log.Warn("a token that is not needed stays valid at GitHub", "user", userID, "err", err)
	}
}

// Disconnect makes all of the user's tokens void at GitHub and forgets them here, whether
// GitHub answers or not; revoked says which. ErrNotConnected if there is nothing to forget.
func (s *Service) Disconnect(ctx context.Context, userID string) (revoked bool, err error) {
	c, err := s.connection(ctx, userID)
	if err != nil {
		return false, err
	}
	// An expired token cannot revoke anything; one that was refused revokes nothing more.
	access, err := s.Token(ctx, userID)
	if err != nil {
		plain, e := s.o.Box.Open(purposeToken, accessPlace(userID), c.Access)
		if e != nil {
			s.log.Warn("GitHub is not told of a disconnection: the token cannot be read", "user", userID)
		}
		access = string(plain)
	}
	if access != "" {
		told, cancel := context.WithTimeout(context.WithoutCancel(ctx), revokeTimeout)
		err := s.o.GitHub.RevokeGrant(told, access)
		cancel()
		if revoked = err == nil; !revoked {
			s.log.Warn("GitHub does not know of a disconnection: its user finds the app under the authorised ones", "user", userID, "err", err)
		}
	}
	_, err = s.o.Store.ChangeConnection(ctx, userID, func(*Connection) (bool, error) { return false, nil })
	if err != nil {
		return revoked, fmt.Errorf("forget the connection to GitHub of user %s: %w", userID, err)
	}
	s.log.Info("GitHub disconnected", "user", userID, "revoked", revoked)
	return revoked, nil
}

// Identity is who the user is in commits, as GitHub knows them; "" twice if it is not
// connected. It asks nothing of GitHub.
func (s *Service) Identity(ctx context.Context, userID string) (name, email string) {
	c, err := s.connection(ctx, userID)
	if err != nil {
		return "", ""
	}
	return c.Name, c.CommitEmail
}

// fault marks the connection as one that does not work, if it is still that of grant.
func (s *Service) fault(ctx context.Context, userID, grant, problem string) error {
	_, err := s.o.Store.ChangeConnection(ctx, userID, func(c *Connection) (bool, error) {
		if c.Grant != grant {
			return false, errMoved
		}
		c.Problem, c.ClaimedBy, c.ClaimedUntil = problem, "", time.Time{}
		return true, nil
	})
	switch {
	case errors.Is(err, errMoved):
		return nil
	case err != nil:
		return fmt.Errorf("note that GitHub must be connected again by user %s: %w", userID, err)
	}
	s.log.Info("GitHub must be connected again", "user", userID, "problem", problem)
	return nil
}
