package identity

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kalpana-dev/kalpana/internal/user"
)

// people holds every user in memory, in immutable maps like a registry's.
type people struct {
	// clock orders local changes and polls, so that a poll whose answer was read before a
	// local change does not undo it in memory. Wall clocks of several gateways could not.
	clock atomic.Int64

	writing sync.Mutex
	byID    atomic.Pointer[map[string]*person]
}

type person struct {
	user.User
	changed int64 // reading of people.clock at the last local change
}

func newPeople() *people {
	p := &people{}
	p.byID.Store(&map[string]*person{})
	return p
}

func (p *people) get(id string) *person { return (*p.byID.Load())[id] }

// put takes over a change made here.
func (p *people) put(u user.User) { p.store(p.clock.Add(1), u) }

// begin marks the moment before users are read from the store, for merge.
func (p *people) begin() int64 { return p.clock.Load() }

// merge takes over users read after begun, except those changed here meanwhile.
func (p *people) merge(begun int64, read []user.User) {
	known := *p.byID.Load()
	var news []user.User
	for _, u := range read {
		if old := known[u.ID]; old == nil || old.changed <= begun && !same(old.User, u) {
			news = append(news, u)
		}
	}
	if len(news) > 0 {
		p.store(begun, news...)
	}
}

// store writes users; a newer local change than at stays.
func (p *people) store(at int64, users ...user.User) {
	p.writing.Lock()
	defer p.writing.Unlock()
	next := maps.Clone(*p.byID.Load())
	for _, u := range users {
		if old := next[u.ID]; old == nil || old.changed <= at {
			next[u.ID] = &person{User: u, changed: at}
		}
	}
	p.byID.Store(&next)
}

// seen takes over when people were last seen.
func (p *people) seen(at map[string]time.Time) {
	p.writing.Lock()
	defer p.writing.Unlock()
	next := maps.Clone(*p.byID.Load())
	for id, t := range at {
		if old := next[id]; old != nil {
			u := old.User
			u.LastSeenAt = t
			next[id] = &person{User: u, changed: old.changed}
		}
	}
	p.byID.Store(&next)
}

// same spares copying the map when a poll brings nothing new, which is nearly always.
func same(a, b user.User) bool {
	return a.UpdatedAt.Equal(b.UpdatedAt) && a.Suspended == b.Suspended && a.Admin == b.Admin && a.PasswordHash == b.PasswordHash &&
		a.Email == b.Email && a.VerifiedEmail == b.VerifiedEmail && a.Name == b.Name && a.AvatarURL == b.AvatarURL && a.MaxWorkspaces == b.MaxWorkspaces &&
		a.DayBudget == b.DayBudget && a.LastSeenAt.Equal(b.LastSeenAt) && len(a.Identities) == len(b.Identities)
}
