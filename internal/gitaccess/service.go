package gitaccess

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/kalpana-dev/kalpana/internal/github"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
)

// GitHub is what is asked of the configured one. A *github.Client does it.
type GitHub interface {
	User(ctx context.Context, token string) (github.User, error)
	Refresh(ctx context.Context, refreshToken string) (github.Token, error)
	Revoke(ctx context.Context, token string) error
	RevokeGrant(ctx context.Context, token string) error
	Repos(ctx context.Context, token, query, cursor string) (github.Page[github.Repo], error)
	Repo(ctx context.Context, token, name string) (github.Repo, error)
	Branches(ctx context.Context, token, name, query, cursor string) (github.Page[github.Branch], error)
	File(ctx context.Context, token, name, path, ref string) ([]byte, error)
	Files(ctx context.Context, token, name, folder, ref string) ([]github.Entry, error)
	ParseReference(text string) (github.Reference, error)
	CloneURL(name string) string
}

// Options are what a Service stands on.
type Options struct {
	Store Store
	Box   *secretbox.Box
	// GitHub is nil if none is configured: then there are only other hosts.
	GitHub GitHub
	// URL is GitHub's address for people and git. Default: https://github.com.
	URL string
	// PrivateRepos lets people use private repositories of GitHub. Of other hosts nobody
	// knows which are private: a credential for one is its user's business.
	PrivateRepos bool
	Log          *slog.Logger
	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// Service is safe for concurrent use, and so are several on one database.
type Service struct {
	o   Options
	log *slog.Logger
	web *url.URL
	// name tells this Service from others on the database.
	name      string
	refreshes singleflight.Group
	// checked is when a user's token was last held against GitHub because git said so.
	mu      sync.Mutex
	checked map[string]time.Time
}

// New does no I/O.
func New(o Options) (*Service, error) {
	if o.Store == nil || o.Box == nil {
		return nil, errors.New("access to git hosts needs a store and a secret box")
	}
	if o.URL == "" {
		o.URL = "https://github.com"
	}
	web, err := url.Parse(o.URL)
	if err != nil || (web.Scheme != "https" && web.Scheme != "http") || web.Host == "" || web.User != nil {
		return nil, errors.New("address of GitHub is not an http or https address without user")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{o: o, log: o.Log, web: web, name: rand.Text(), checked: map[string]time.Time{}}, nil
}

// now is the time as the store keeps it: UTC, whole milliseconds.
func (s *Service) now() time.Time { return s.o.Now().UTC().Truncate(time.Millisecond) }

// Purposes of keys, and places of what they seal: what is moved to another user, field or
// host opens there for nobody.
const purposeToken, purposePassword = "git-token", "git-password"

func accessPlace(userID string) string  { return userID + " access" }
func refreshPlace(userID string) string { return userID + " refresh" }

func passwordPlace(userID, host string) string { return userID + " " + host }
