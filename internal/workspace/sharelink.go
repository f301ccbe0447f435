package workspace

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

// PortLink lets whoever has its address open one port of a workspace, without an account.
// It is never changed: what differs is another link.
type PortLink struct {
	ID   string `bson:"id"`
	Port int    `bson:"port"`
	// Hash is [LinkHash] of the code in the address, which is kept nowhere.
	Hash string `bson:"hash"`
	// Password is a hash in PHC format; empty = none is asked for.
	Password  string    `bson:"password"`
	Until     time.Time `bson:"until"`
	CreatedAt time.Time `bson:"createdAt"`
}

// Live reports whether the link counts at now.
func (l PortLink) Live(now time.Time) bool { return now.Before(l.Until) }

// How long links may be good.
const (
	MinLinkLife = 5 * time.Minute
	MaxLinkLife = 30 * 24 * time.Hour
)

// maxLinks bounds the record.
const maxLinks = 20

// AddLink makes a link to a port that is good for life; passwordHash may be empty. code is
// what its address has to hold. Errors: ErrNotFound, ErrDeleting, *InvalidError.
func (s *Service) AddLink(ctx context.Context, id string, port int, life time.Duration, passwordHash string) (w Workspace, l PortLink, code string, err error) {
	if !bridge.Forwardable(port) {
		return w, l, "", &InvalidError{"port", fmt.Sprintf("must be %d to 65535, and neither %d nor %d", bridge.MinPort, bridge.APIPort, bridge.EditorPort)}
	}
	if life < MinLinkLife || life > MaxLinkLife {
		return w, l, "", &InvalidError{"ttl", fmt.Sprintf("must be %d to %d seconds", MinLinkLife/time.Second, MaxLinkLife/time.Second)}
	}
	var b [32]byte
	rand.Read(b[:])
	code = base64.RawURLEncoding.EncodeToString(b[:])
	now := s.now()
	l = PortLink{ID: newID(), Port: port, Hash: LinkHash(code), Password: passwordHash, Until: now.Add(life), CreatedAt: now}
	w, err = s.order(ctx, id, func(w *Workspace) error {
		links := w.LiveLinks(now)
		if len(links) >= maxLinks {
			return &InvalidError{"port", fmt.Sprintf("the workspace has %d links already; end one first", maxLinks)}
		}
		w.Links = append(links, l)
		return nil
	})
	return w, l, code, err
}

// RemoveLink ends a link; what its visitors have open ends within seconds. Errors:
// ErrNotFound, ErrDeleting, ErrNotShared.
func (s *Service) RemoveLink(ctx context.Context, id, linkID string) (Workspace, error) {
	return s.order(ctx, id, func(w *Workspace) error {
		i := slices.IndexFunc(w.Links, func(l PortLink) bool { return l.ID == linkID })
		if i < 0 {
			return fmt.Errorf("end link %s of workspace %s: %w", linkID, id, ErrNotShared)
		}
		w.Links = slices.Delete(slices.Clone(w.Links), i, i+1)
		return nil
	})
}

// LiveLinks are the links that count at now, the oldest first.
func (w *Workspace) LiveLinks(now time.Time) []PortLink {
	return slices.DeleteFunc(slices.Clone(w.Links), func(l PortLink) bool { return !l.Live(now) })
}

// LinkHash is what is kept of a link's code: 256 random bits need no slow hash.
func LinkHash(code string) string {
	sum := sha256.Sum256([]byte("port-link/" + code))
	return hex.EncodeToString(sum[:])
}
