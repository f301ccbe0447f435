package identity

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gorilla/sessions"
)

const (
	// sessionLife is the longest a session lasts, however much it is used.
	sessionLife = 30 * 24 * time.Hour
	// idleLimit ends a session that is not used for this long.
	idleLimit = 7 * 24 * time.Hour
	// maxUserAgent is enough to recognise a browser in a list.
	maxUserAgent = 256
)

// Values of a gorilla session: who signed in, and how.
const (
	valueUser     = "user"
	valueProvider = "provider"
)

// cookieStore is a server-side sessions.Store: the cookie is an opaque random value, the
// session lives in the database and in memory, so it can be revoked. The store that
// comes with the library keeps everything in the cookie, where nothing can be revoked.
type cookieStore struct{ s *Service }

var _ sessions.Store = (*cookieStore)(nil)

// Get returns the session of the request, the same one each time.
func (c *cookieStore) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(c, name)
}

// New returns the live session that r's cookie opens, or a new, empty one.
func (c *cookieStore) New(r *http.Request, name string) (*sessions.Session, error) {
	sess := sessions.NewSession(c, name)
	sess.Options = &sessions.Options{Path: "/", MaxAge: int(sessionLife.Seconds()), Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	sess.IsNew = true
	if live := c.s.sessionOf(r); live != nil {
		sess.ID, sess.IsNew = live.id, false
		sess.Values[valueUser] = live.userID
	}
	return sess, nil
}

// Save gives the browser a session for the user in Values, always under a new secret and
// id, and ends the one it had: an identifier that somebody planted before a login is
// worth nothing after it. With a negative MaxAge it only ends the old one.
func (c *cookieStore) Save(r *http.Request, w http.ResponseWriter, sess *sessions.Session) error {
	ctx, s := r.Context(), c.s
	if sess.Options.MaxAge < 0 {
		http.SetCookie(w, sessions.NewCookie(sess.Name(), "", sess.Options)) // even if the store does not answer
	}
	if sess.ID != "" {
		if old := s.sessions.byID(sess.ID); old != nil {
			if err := s.revokeSessions(ctx, Selection{UserID: old.userID, ID: old.id}); err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		sess.ID = ""
	}
	if sess.Options.MaxAge < 0 {
		return nil
	}
	secret, now := newSecret(), s.now()
	userID, _ := sess.Values[valueUser].(string)
	provider, _ := sess.Values[valueProvider].(string)
	rec := Session{
		ID: newID(), Hash: digestHex(secret), UserID: userID, Provider: provider, UserAgent: shorten(r.UserAgent()), Address: s.o.ClientIP(r),
		CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(sessionLife), UpdatedAt: now,
	}
	if err := s.store.CreateSession(ctx, rec); err != nil {
		return fmt.Errorf("create session of user %s: %w", userID, err)
	}
	s.sessions.apply([]record{rec.record()}, now)
	sess.ID, sess.IsNew = rec.ID, false
	http.SetCookie(w, sessions.NewCookie(sess.Name(), secret, sess.Options))
	return nil
}

// signIn starts a session of the user for the browser that sent r.
func (s *Service) signIn(w http.ResponseWriter, r *http.Request, userID, provider string) error {
	sess, err := s.cookies.New(r, CookieName)
	if err != nil {
		return err
	}
	sess.Values = map[any]any{valueUser: userID, valueProvider: provider}
	if err := sess.Save(r, w); err != nil {
		return err
	}
	s.log.Info("signed in", "user", userID, "provider", provider)
	return nil
}

// Logout ends r's session everywhere at once and removes its cookie. It is not an error
// if there is none.
func (s *Service) Logout(ctx context.Context, w http.ResponseWriter, r *http.Request) error {
	r = r.WithContext(ctx)
	sess, err := s.cookies.New(r, CookieName)
	if err != nil {
		return err
	}
	sess.Options.MaxAge = -1
	return sess.Save(r, w)
}

// Sessions returns the user's live sessions, the last seen first, without their hashes.
func (s *Service) Sessions(ctx context.Context, userID string) ([]Session, error) {
	found, err := s.store.FindSessions(ctx, Query{UserID: userID})
	if err != nil {
		return nil, fmt.Errorf("read sessions of user %s: %w", userID, err)
	}
	now := s.now()
	live := slices.DeleteFunc(found, func(x Session) bool {
		x.LastSeenAt = s.sessions.lastUsed(x.ID, x.LastSeenAt)
		return !x.RevokedAt.IsZero() || !now.Before(x.ExpiresAt) || now.Sub(x.LastSeenAt) >= idleLimit
	})
	for i := range live {
		live[i].Hash = ""
		live[i].LastSeenAt = s.sessions.lastUsed(live[i].ID, live[i].LastSeenAt)
	}
	slices.SortFunc(live, func(a, b Session) int { return b.LastSeenAt.Compare(a.LastSeenAt) })
	return live, nil
}

// RevokeSession ends one session of the user; ErrNotFound if they have no such session.
func (s *Service) RevokeSession(ctx context.Context, userID, id string) error {
	if id == "" {
		return ErrNotFound
	}
	return s.revokeSessions(ctx, Selection{UserID: userID, ID: id})
}

// revokeSessions ends sel in memory even if the store does not answer: then the caller
// gets the error, and other gateways and a restart do not know yet.
func (s *Service) revokeSessions(ctx context.Context, sel Selection) error {
	s.sessions.revoke(sel)
	n, err := s.store.RevokeSessions(ctx, sel, s.now())
	if err != nil {
		return fmt.Errorf("revoke sessions of user %s: %w", sel.UserID, err)
	}
	if n == 0 && sel.ID != "" {
		return ErrNotFound
	}
	return nil
}

func shorten(agent string) string {
	agent = strings.ToValidUTF8(agent, "")
	for len(agent) > maxUserAgent {
		_, n := utf8.DecodeLastRuneInString(agent)
		agent = agent[:len(agent)-n]
	}
	return cleanName(agent)
}
