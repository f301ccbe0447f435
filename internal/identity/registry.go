package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// flushAfter is how far behind the stored time of last use may be: one write a minute
// for a session in use, and a crash costs a minute of the idle limit at most.
const flushAfter = time.Minute

// credential is a session or token as requests see it.
type credential struct {
	id, userID string
	hash       [sha256.Size]byte
	expires    int64        // Unix milliseconds; 0 = never
	used       atomic.Int64 // last use here or, as far as known, elsewhere
	flushed    atomic.Int64 // last use that the store knows
	revoked    atomic.Bool
}

// record is what a stored session and a stored token have in common.
type record struct {
	id, userID, hash             string
	expiresAt, usedAt, revokedAt time.Time
}

func (s Session) record() record {
	return record{s.ID, s.UserID, s.Hash, s.ExpiresAt, s.LastSeenAt, s.RevokedAt}
}

func (t Token) record() record {
	return record{t.ID, t.UserID, t.Hash, t.ExpiresAt, t.LastUsedAt, t.RevokedAt}
}

// registry holds all live credentials of one kind. Readers share nothing that writers
// lock: they read immutable maps, which a writer replaces. At 10,000 sessions a login
// copies them in about a millisecond, which Argon2 dwarfs.
type registry struct {
	idle time.Duration // credentials unused for this long are dead; 0 = no such limit

	writing sync.Mutex
	maps    atomic.Pointer[credentialMaps]
}

type credentialMaps struct {
	byHash map[[sha256.Size]byte]*credential
	byID   map[string]*credential
}

func newRegistry(idle time.Duration) *registry {
	r := &registry{idle: idle}
	r.maps.Store(&credentialMaps{})
	return r
}

func (r *registry) byHash(h [sha256.Size]byte) *credential { return r.maps.Load().byHash[h] }
func (r *registry) byID(id string) *credential             { return r.maps.Load().byID[id] }

// live reports whether c is good at now. nil is not.
func (r *registry) live(c *credential, now time.Time) bool {
	if c == nil || c.revoked.Load() {
		return false
	}
	ms := now.UnixMilli()
	return (c.expires == 0 || ms < c.expires) && (r.idle == 0 || ms < c.used.Load()+r.idle.Milliseconds())
}

// touch records a use. Once a second is enough and keeps processors from fighting over
// the cache line.
func (c *credential) touch(now time.Time) {
	if ms := now.UnixMilli(); ms >= c.used.Load()+1000 {
		c.used.Store(ms)
	}
}

// apply merges what the store says. Revocation is final: an answer read before it does
// not undo it.
func (r *registry) apply(records []record, now time.Time) {
	r.writing.Lock()
	defer r.writing.Unlock()
	old := r.maps.Load()
	var added []*credential
	for _, rec := range records {
		if c := old.byID[rec.id]; c != nil {
			if !rec.revokedAt.IsZero() {
				c.revoked.Store(true)
			}
			seen := rec.usedAt.UnixMilli()
			raise(&c.used, seen)
			raise(&c.flushed, seen)
		} else if c := newCredential(rec); c != nil && r.live(c, now) {
			added = append(added, c)
		}
	}
	if len(added) == 0 {
		return
	}
	next := &credentialMaps{maps.Clone(old.byHash), maps.Clone(old.byID)}
	if next.byID == nil {
		next.byHash, next.byID = map[[sha256.Size]byte]*credential{}, map[string]*credential{}
	}
	for _, c := range added {
		next.byHash[c.hash], next.byID[c.id] = c, c
	}
	r.maps.Store(next)
}

func newCredential(rec record) *credential {
	raw, err := hex.DecodeString(rec.hash)
	if err != nil || len(raw) != sha256.Size {
		return nil // not a record of ours: it opens nothing
	}
	c := &credential{id: rec.id, userID: rec.userID, hash: [sha256.Size]byte(raw)}
	if !rec.expiresAt.IsZero() {
		c.expires = rec.expiresAt.UnixMilli()
	}
	c.used.Store(rec.usedAt.UnixMilli())
	c.flushed.Store(rec.usedAt.UnixMilli())
	c.revoked.Store(!rec.revokedAt.IsZero())
	return c
}

func raise(v *atomic.Int64, to int64) {
	for old := v.Load(); old < to && !v.CompareAndSwap(old, to); old = v.Load() {
	}
}

// revoke ends what sel names, at once.
func (r *registry) revoke(sel Selection) {
	for _, c := range r.maps.Load().byID {
		if c.userID == sel.UserID && (sel.ID == "" || c.id == sel.ID) && (sel.Except == "" || c.id != sel.Except) {
			c.revoked.Store(true)
		}
	}
}

// sweep forgets what is dead.
func (r *registry) sweep(now time.Time) {
	r.writing.Lock()
	defer r.writing.Unlock()
	old := r.maps.Load()
	dead := func(c *credential) bool { return !r.live(c, now) }
	any := false
	for _, c := range old.byID {
		if dead(c) {
			any = true
			break
		}
	}
	if !any {
		return
	}
	next := &credentialMaps{maps.Clone(old.byHash), maps.Clone(old.byID)}
	maps.DeleteFunc(next.byHash, func(_ [sha256.Size]byte, c *credential) bool { return dead(c) })
	maps.DeleteFunc(next.byID, func(_ string, c *credential) bool { return dead(c) })
	r.maps.Store(next)
}

// unflushed returns the uses that the store should learn of; all of them if every.
func (r *registry) unflushed(now time.Time, every bool) map[string]time.Time {
	var out map[string]time.Time
	for id, c := range r.maps.Load().byID {
		used, flushed := c.used.Load(), c.flushed.Load()
		if used <= flushed || c.revoked.Load() || !every && now.UnixMilli() < flushed+flushAfter.Milliseconds() {
			continue
		}
		if out == nil {
			out = map[string]time.Time{}
		}
		out[id] = time.UnixMilli(used).UTC()
	}
	return out
}

// markFlushed notes what the store learned.
func (r *registry) markFlushed(uses map[string]time.Time) {
	for id, at := range uses {
		if c := r.byID(id); c != nil {
			raise(&c.flushed, at.UnixMilli())
		}
	}
}

// lastUsed returns the newest known use of a credential, or stored if memory knows none.
func (r *registry) lastUsed(id string, stored time.Time) time.Time {
	if c := r.byID(id); c != nil && c.used.Load() > stored.UnixMilli() {
		return time.UnixMilli(c.used.Load()).UTC()
	}
	return stored
}
