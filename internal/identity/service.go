package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/kalpana-dev/kalpana/internal/github"
	"github.com/kalpana-dev/kalpana/internal/ratelimit"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
)

// Who may make an account.
const (
	SignupOpen   = "open"
	SignupInvite = "invite"
	SignupClosed = "closed"
)

// GitHub is a GitHub OAuth app. An empty ClientID switches GitHub off.
type GitHub struct {
	ClientID, Secret string
	URL              string // where people sign in. Default: https://github.com
	APIURL           string // the REST API. Default: https://api.github.com
	// PrivateRepos lets people ask for access to their private repositories, by connecting.
	// A login never does.
	PrivateRepos bool
	// Keep is given the token of every login and connection, for the user who is signed in
	// then. Its error fails a connection, and is only logged of a login. nil keeps none, and
	// there is nothing to connect.
	Keep func(ctx context.Context, userID string, who github.User, t github.Token) error
}

// OIDC is a client of an OpenID Connect provider. An empty ClientID switches it off.
type OIDC struct {
	Issuer, ClientID, Secret string
}

// Options are what a Service stands on.
type Options struct {
	Store Store
	Box   *secretbox.Box
	// BaseURL is the origin that serves pages and /auth, for example
	// https://ws.localhost:8443. Addresses are made from it, never from a request.
	BaseURL string
	Signup  string // default: SignupInvite
	GitHub  GitHub
	OIDC    OIDC
	Log     *slog.Logger
	// Now is the clock. Default: time.Now.
	Now func() time.Time
	// Observe is told of every attempt to sign in. provider is one of password, github,
	// oidc, first, signup; result one of ok, invalid, limited, refused, suspended, error.
	Observe func(provider, result string)
	// Tell is told of every attempt that came to an end, more exactly than Observe. It must
	// not block. Default: nobody is told.
	Tell func(Event)
	// Limited is told of every attempt that came too soon after others. It must not block.
	// Default: nobody is told.
	Limited func()
	// ClientIP returns the address a request came from. Default: the connection's.
	ClientIP func(*http.Request) string
}

// Service authenticates people and requests. Make it with New, call Sync once before
// serving and keep Run running. Safe for concurrent use.
type Service struct {
	o         Options
	base      *url.URL
	log       *slog.Logger
	store     Store
	sessions  *registry
	tokens    *registry
	people    *people
	cookies   *cookieStore
	hasher    *hasher
	providers []provider
	transport *http.Transport

	// linkHasher is apart, so that guesses at links, which strangers may make many of, keep
	// nobody from signing in.
	linkHasher *hasher

	logins, flows, returns *ratelimit.Limiter
	// misses bounds how often credentials unknown to memory are looked up.
	misses *rate.Limiter
}

// New returns a Service; it does no I/O.
func New(o Options) (*Service, error) {
	base, err := url.Parse(o.BaseURL)
	if err != nil || base.Host == "" || strings.Trim(base.Path, "/") != "" {
		return nil, fmt.Errorf("base URL %q is not an origin like https://example.com", o.BaseURL)
	}
	base = &url.URL{Scheme: base.Scheme, Host: base.Host}
	if o.Store == nil || o.Box == nil {
		return nil, errors.New("identity needs a store and a secret box")
	}
	switch o.Signup {
	case "":
		o.Signup = SignupInvite
	case SignupOpen, SignupInvite, SignupClosed:
	default:
		return nil, fmt.Errorf("sign-up is %q, must be open, invite or closed", o.Signup)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Observe == nil {
		o.Observe = func(string, string) {}
	}
	if o.Tell == nil {
		o.Tell = func(Event) {}
	}
	if o.Limited == nil {
		o.Limited = func() {}
	}
	if o.ClientIP == nil {
		o.ClientIP = remoteIP
	}
	s := &Service{
		o: o, base: base, log: o.Log, store: o.Store,
		sessions: newRegistry(idleLimit), tokens: newRegistry(0), people: newPeople(), hasher: newHasher(o.Limited), linkHasher: newHasher(o.Limited),
		logins: ratelimit.PerMinute(loginsPerMinute), flows: ratelimit.PerMinute(flowsPerMinute), returns: ratelimit.PerMinute(returnsPerMinute),
		misses: rate.NewLimiter(20, 20),
	}
	s.cookies = &cookieStore{s}
	s.addProviders()
	return s, nil
}

// now is the time as the store keeps it: UTC, whole milliseconds.
func (s *Service) now() time.Time { return s.o.Now().UTC().Truncate(time.Millisecond) }

// address returns an absolute address on the main origin.
func (s *Service) address(path string, query url.Values) string {
	u := *s.base
	u.Path, u.RawQuery = path, query.Encode()
	return u.String()
}

// Sync reads everybody, every session and every token into memory. Call it before the
// first request is served.
func (s *Service) Sync(ctx context.Context) error { return s.poll(ctx, time.Time{}) }
