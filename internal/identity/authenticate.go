package identity

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/internal/user"
)

// tokenPrefix makes our tokens recognisable, to the gateway and to secret scanners.
const tokenPrefix = "kal_"

// lookupTimeout bounds the rare look-up of a credential another gateway just made.
const lookupTimeout = time.Second

// Principal is who a request acts for. One of SessionID and TokenID is set.
type Principal struct {
	UserID, Email, Name string
	Admin               bool
	SessionID           string // public id of the browser session
	TokenID             string // public id of the API token
}

// Authenticate says who r acts for, or ErrUnauthenticated. A bearer token counts alone:
// one that is not good is not made good by a cookie beside it. It reads memory; only a
// well-formed credential that memory does not know, as right after a login at another
// gateway on the same database, is looked up, at most 20 times a second for all callers.
func (s *Service) Authenticate(r *http.Request) (Principal, error) {
	if bearer, sent := bearerToken(r.Header); sent {
		userID, tokenID, ok := s.TokenUser(bearer)
		return s.principal(Principal{UserID: userID, TokenID: tokenID}, ok)
	}
	c := s.sessionOf(r)
	if c == nil {
		return Principal{}, ErrUnauthenticated
	}
	return s.principal(Principal{UserID: c.userID, SessionID: c.id}, true)
}

func (s *Service) principal(p Principal, ok bool) (Principal, error) {
	u := s.people.get(p.UserID)
	if !ok || u == nil || u.Suspended {
		return Principal{}, ErrUnauthenticated
	}
	p.Email, p.Name, p.Admin = u.Email, u.Name, u.Admin
	return p, nil
}

// sessionOf returns the live session that r's cookie opens, of a user in good standing,
// or nil.
func (s *Service) sessionOf(r *http.Request) *credential {
	value := secretCookie(r.Header, CookieName)
	if value == "" {
		return nil
	}
	hash := digest(value)
	c := s.sessions.byHash(hash)
	if c == nil && s.missing(func(ctx context.Context) error {
		found, err := s.store.FindSessions(ctx, Query{Hash: digestHex(value)})
		if err == nil && len(found) > 0 {
			s.sessions.apply(records(found), s.now())
		}
		return err
	}) {
		c = s.sessions.byHash(hash)
	}
	if !s.good(s.sessions, c) {
		return nil
	}
	return c
}

// SessionOf says who is signed in in the browser that sent r, by its cookie alone.
func (s *Service) SessionOf(r *http.Request) (userID, sessionID string, ok bool) {
	c := s.sessionOf(r)
	if c == nil {
		return "", "", false
	}
	return c.userID, c.id, true
}

// SessionLive says whose session this public id names and whether it is good now. It
// reads memory and counts as use of the session: an open editor keeps it from idling.
func (s *Service) SessionLive(sessionID string) (userID string, live bool) {
	c := s.sessions.byID(sessionID)
	if !s.good(s.sessions, c) {
		return "", false
	}
	return c.userID, true
}

// TokenUser says whose API token bearer is (what follows "Bearer " in the header).
func (s *Service) TokenUser(bearer string) (userID, tokenID string, live bool) {
	if random, ours := strings.CutPrefix(bearer, tokenPrefix); !ours || !wellFormed(random) {
		return "", "", false
	}
	hash := digest(bearer)
	c := s.tokens.byHash(hash)
	if c == nil && s.missing(func(ctx context.Context) error {
		found, err := s.store.FindTokens(ctx, Query{Hash: digestHex(bearer)})
		if err == nil && len(found) > 0 {
			s.tokens.apply(records(found), s.now())
		}
		return err
	}) {
		c = s.tokens.byHash(hash)
	}
	if !s.good(s.tokens, c) {
		return "", "", false
	}
	return c.userID, c.id, true
}

// TokenLive reports whether the token with this public id is good now.
func (s *Service) TokenLive(tokenID string) bool { return s.good(s.tokens, s.tokens.byID(tokenID)) }

// User returns a person as memory knows them.
func (s *Service) User(id string) (user.User, bool) {
	if p := s.people.get(id); p != nil {
		return p.User, true
	}
	return user.User{}, false
}

// good reports whether c is live and its user may act, and counts the use.
func (s *Service) good(r *registry, c *credential) bool {
	now := s.o.Now()
	if !r.live(c, now) {
		return false
	}
	if u := s.people.get(c.userID); u == nil || u.Suspended {
		return false
	}
	c.touch(now)
	return true
}

// missing runs find unless too many unknown credentials were looked up lately, brings in
// users that are new with it, and reports whether it ran.
func (s *Service) missing(find func(context.Context) error) bool {
	if !s.misses.AllowN(time.Now(), 1) {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
	defer cancel()
	begun := s.people.begin()
	if err := find(ctx); err != nil {
		s.log.Debug("credential not looked up", "err", err)
		return false
	}
	if users, err := s.store.UsersSince(ctx, s.now().Add(-pollOverlap)); err == nil {
		s.people.merge(begun, users)
	}
	return true
}

// bearerToken returns the token of the Authorization header and whether the request
// names one at all. Other schemes are not ours; a second header is nobody's.
func bearerToken(h http.Header) (token string, sent bool) {
	values := h["Authorization"]
	if len(values) == 0 {
		return "", false
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", len(values) > 1
	}
	if len(values) > 1 {
		return "", true
	}
	return strings.TrimLeft(token, " "), true
}
