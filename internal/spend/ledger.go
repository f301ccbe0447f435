package spend

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

// Store keeps sums of money under keys. It is safe for concurrent use.
type Store interface {
	// AddSpend adds n, which is 0 or more, to the sum of key and returns the new sum.
	AddSpend(ctx context.Context, key string, n agent.NanoUSD) (total agent.NanoUSD, err error)
	// Spent returns the sum of key; 0 for a key that nothing was added to.
	Spent(ctx context.Context, key string) (agent.NanoUSD, error)
}

// Limits are the most that may be spent; 0 or less is no limit.
type Limits struct {
	Turn    agent.NanoUSD // by one turn
	Chat    agent.NanoUSD // by one chat in its life
	UserDay agent.NanoUSD // by one user in a day
	Day     agent.NanoUSD // by all users in a day, with the operator's key
}

// Unlimited is the room under no limit.
const Unlimited agent.NanoUSD = math.MaxInt64

// most bounds one amount, so that no sum of them leaves an int64: a bill of more than a
// million dollars for one answer is a fault of whoever sent it, and counts as a million.
const most agent.NanoUSD = 1_000_000 * 1_000_000_000

// Who spends. An empty id has no limit.
type Who struct {
	UserID, ChatID string
	// Turn adds up the running turn; nil if this is none.
	Turn *Tally
	// OwnKey: the user's own key pays. It counts for all limits but Limits.Day.
	OwnKey bool
}

// Ledger keeps spending within limits. Safe for concurrent use.
type Ledger struct {
	store   Store
	limits  Limits
	now     func() time.Time
	observe func(agent.NanoUSD)
	ownDay  func(userID string) (agent.NanoUSD, bool)

	mu       sync.Mutex
	accounts map[string]*account
}

// New makes a ledger. observe, which may be nil, is told of every bill.
func New(store Store, limits Limits, now func() time.Time, observe func(agent.NanoUSD)) *Ledger {
	return &Ledger{
		store: store, limits: limits, now: now, observe: observe, accounts: map[string]*account{},
		ownDay: func(string) (agent.NanoUSD, bool) { return 0, false },
	}
}

// LimitUsers lets users have a limit of their own for a day, in place of Limits.UserDay: of
// asks for it each time money is reserved or checked, and must answer from memory. 0 or less
// is nothing at all. Call it before the ledger is used.
func (l *Ledger) LimitUsers(of func(userID string) (limit agent.NanoUSD, own bool)) { l.ownDay = of }

// Limits returns the limits of everybody.
func (l *Ledger) Limits() Limits { return l.limits }

// DayOf returns what a user may spend in a day; bounded is false without a limit.
func (l *Ledger) DayOf(userID string) (limit agent.NanoUSD, bounded bool) {
	if own, ok := l.ownDay(userID); ok {
		return max(own, 0), true
	}
	return max(l.limits.UserDay, 0), l.limits.UserDay > 0
}

// Check returns the room under the tightest limit: what may still be reserved, 0 or more,
// [Unlimited] without a limit. The error is an [*ExhaustedError] if there is none, or less
// than estimate, or else the store's. It reserves nothing.
func (l *Ledger) Check(ctx context.Context, who Who, estimate agent.NanoUSD) (room agent.NanoUSD, err error) {
	keys := l.join(who)
	defer l.leave(keys)
	read, err := l.read(ctx, keys)
	if err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.room(who, keys, read, bounded(estimate))
}

// Reserve sets amount aside under all limits, or none of them. The error is an
// [*ExhaustedError] if it does not fit, or the store's. The reservation must be settled.
func (l *Ledger) Reserve(ctx context.Context, who Who, amount agent.NanoUSD) (*Reservation, error) {
	amount = bounded(amount)
	keys := l.join(who)
	read, err := l.read(ctx, keys)
	if err != nil {
		l.leave(keys)
		return nil, err
	}
	l.mu.Lock()
	_, err = l.room(who, keys, read, amount)
	if err == nil {
		for _, k := range keys {
			l.accounts[k.key].held += amount
		}
		who.Turn.hold(amount)
	}
	l.mu.Unlock()
	if err != nil {
		l.leave(keys)
		return nil, err
	}
	return &Reservation{ledger: l, who: who, keys: keys, amount: amount}, nil
}

// Spending is what has been spent.
type Spending struct {
	Turn, Chat, UserDay, Day agent.NanoUSD
}

// Spent returns what who has spent, and everybody today, without what is reserved.
func (l *Ledger) Spent(ctx context.Context, who Who) (Spending, error) {
	var s Spending
	if who.Turn != nil {
		s.Turn = who.Turn.Spent()
	}
	who.OwnKey = false
	for _, k := range l.keys(who) {
		n, err := l.store.Spent(ctx, k.key)
		if err != nil {
			return Spending{}, fmt.Errorf("read what was spent: %w", err)
		}
		switch k.name {
		case LimitChat:
			s.Chat = n
		case LimitUserDay:
			s.UserDay = n
		case LimitDay:
			s.Day = n
		}
	}
	return s, nil
}

// Flush tries again to store the bills that the store would not take; they count for the
// limits meanwhile, but a process that ends forgets them. Call it before the end.
func (l *Ledger) Flush(ctx context.Context) error {
	l.mu.Lock()
	due := map[string]agent.NanoUSD{}
	for key, a := range l.accounts {
		if a.unsaved > 0 {
			due[key] = a.unsaved
			a.users++
			a.held += a.unsaved
			a.unsaved = 0
		}
	}
	l.mu.Unlock()
	var errs []error
	for key, n := range due {
		errs = append(errs, l.save(ctx, key, n))
	}
	return errors.Join(errs...)
}

// read asks the store for the sums that have a limit.
func (l *Ledger) read(ctx context.Context, keys []limited) ([]agent.NanoUSD, error) {
	sums := make([]agent.NanoUSD, len(keys))
	for i, k := range keys {
		if !k.bounded {
			continue
		}
		var err error
		if sums[i], err = l.store.Spent(ctx, k.key); err != nil {
			return nil, fmt.Errorf("read what was spent, before more is: %w", err)
		}
	}
	return sums, nil
}

// room is called with l.mu held, so that nothing is reserved between it and what follows.
func (l *Ledger) room(who Who, keys []limited, read []agent.NanoUSD, want agent.NanoUSD) (agent.NanoUSD, error) {
	room := Unlimited
	var err error
	judge := func(limit string, limitMax, spent, held agent.NanoUSD) {
		left := max(0, limitMax-spent-held)
		room = min(room, left)
		if err == nil && (left == 0 || left < want) {
			err = &ExhaustedError{Limit: limit, Spent: spent, Reserved: held, Wanted: want, Max: limitMax}
		}
	}
	if who.Turn != nil && l.limits.Turn > 0 {
		spent, held := who.Turn.sums()
		judge(LimitTurn, l.limits.Turn, spent, held)
	}
	for i, k := range keys {
		a := l.accounts[k.key]
		if k.bounded {
			judge(k.name, k.max, max(read[i], a.known)+a.unsaved, a.held)
		}
	}
	return room, err
}

// save writes n, which the account holds, and gives the account back.
func (l *Ledger) save(ctx context.Context, key string, n agent.NanoUSD) error {
	var total agent.NanoUSD
	var err error
	if n > 0 {
		total, err = l.store.AddSpend(ctx, key, n)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.accounts[key]
	a.held -= n
	if err != nil {
		a.unsaved += n
		err = fmt.Errorf("record %s spent under %s: %w", Format(n), key, err)
	}
	a.known = max(a.known, total)
	l.release(key)
	return err
}

func bounded(n agent.NanoUSD) agent.NanoUSD { return min(max(n, 0), most) }
