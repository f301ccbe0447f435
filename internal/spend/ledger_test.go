package spend_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/spend"
)

const cent agent.NanoUSD = 10_000_000

// sums is a store in memory that can fail.
type sums struct {
	mu    sync.Mutex
	of    map[string]agent.NanoUSD
	fails error
	// read, if not nil, is called after a sum was read and before it is answered.
	read func()
}

func newSums() *sums { return &sums{of: map[string]agent.NanoUSD{}} }

func (s *sums) AddSpend(ctx context.Context, key string, n agent.NanoUSD) (agent.NanoUSD, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := errors.Join(ctx.Err(), s.fails); err != nil {
		return 0, err
	}
	s.of[key] += n
	return s.of[key], nil
}

func (s *sums) Spent(_ context.Context, key string) (agent.NanoUSD, error) {
	s.mu.Lock()
	n, err, read := s.of[key], s.fails, s.read
	s.mu.Unlock()
	if read != nil {
		read()
	}
	return n, err
}

func (s *sums) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = err
}

func (s *sums) get(key string) agent.NanoUSD {
	n, _ := s.Spent(context.Background(), key)
	return n
}

// noon of a day that tests may move.
func clock() (*atomic.Pointer[time.Time], func() time.Time) {
	var at atomic.Pointer[time.Time]
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	at.Store(&noon)
	return &at, func() time.Time { return *at.Load() }
}

func reserve(t *testing.T, l *spend.Ledger, who spend.Who, n agent.NanoUSD) *spend.Reservation {
	t.Helper()
	r, err := l.Reserve(t.Context(), who, n)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func settle(t *testing.T, r *spend.Reservation, n agent.NanoUSD) {
	t.Helper()
	if err := r.Settle(t.Context(), n); err != nil {
		t.Fatal(err)
	}
}

func exhausted(err error) string {
	var e *spend.ExhaustedError
	if !errors.As(err, &e) {
		return fmt.Sprint(err)
	}
	return e.Limit
}

func TestEveryLimitHoldsWhatItNames(t *testing.T) {
	_, now := clock()
	var turn, other spend.Tally
	for name, c := range map[string]struct {
		limits spend.Limits
		stops  spend.Who // shares the limit
		goes   spend.Who // does not
	}{
		"turn":     {spend.Limits{Turn: 10 * cent}, spend.Who{UserID: "u", ChatID: "c", Turn: &turn}, spend.Who{UserID: "u", ChatID: "c", Turn: &other}},
		"chat":     {spend.Limits{Chat: 10 * cent}, spend.Who{UserID: "v", ChatID: "c"}, spend.Who{UserID: "u", ChatID: "d"}},
		"user_day": {spend.Limits{UserDay: 10 * cent}, spend.Who{UserID: "u", ChatID: "d", OwnKey: true}, spend.Who{UserID: "v", ChatID: "c"}},
		"day":      {spend.Limits{Day: 10 * cent}, spend.Who{UserID: "v", ChatID: "d"}, spend.Who{UserID: "v", ChatID: "d", OwnKey: true}},
	} {
		l := spend.New(newSums(), c.limits, now, nil)
		settle(t, reserve(t, l, spend.Who{UserID: "u", ChatID: "c", Turn: &turn}, 10*cent), 7*cent)
		if room, err := l.Check(t.Context(), c.stops, 3*cent); room != 3*cent || err != nil {
			t.Errorf("%s: room %d (%v), want 3 cents", name, room, err)
		}
		if room, err := l.Check(t.Context(), c.stops, 3*cent+1); room != 3*cent || exhausted(err) != name {
			t.Errorf("%s: too much by a billionth: room %d, %v", name, room, err)
		}
		if _, err := l.Reserve(t.Context(), c.stops, 3*cent+1); exhausted(err) != name {
			t.Errorf("%s: reserved too much: %v", name, err)
		}
		held := reserve(t, l, c.stops, 3*cent)
		if room, err := l.Check(t.Context(), c.stops, 0); room != 0 || exhausted(err) != name {
			t.Errorf("%s: while the rest is reserved: room %d, %v", name, room, err)
		}
		settle(t, reserve(t, l, c.goes, 10*cent), 0)
		settle(t, held, 0)
		if room, err := l.Check(t.Context(), c.stops, 1); room != 3*cent || err != nil {
			t.Errorf("%s: after it came back: room %d, %v", name, room, err)
		}
		turn = spend.Tally{}
	}
}

func TestWithoutLimitsAllIsCountedAndNothingRefused(t *testing.T) {
	_, now := clock()
	store := newSums()
	var seen agent.NanoUSD
	l := spend.New(store, spend.Limits{Day: -1}, now, func(n agent.NanoUSD) { seen += n })
	who := spend.Who{UserID: "u", ChatID: "c", Turn: new(spend.Tally)}
	if room, err := l.Check(t.Context(), who, 1<<62); room != spend.Unlimited || err != nil {
		t.Errorf("%d %v", room, err)
	}
	settle(t, reserve(t, l, who, 1<<62), 5*cent)
	who.OwnKey = true
	r := reserve(t, l, who, cent)
	settle(t, r, 2*cent)
	settle(t, r, 2*cent) // only the first counts
	settle(t, reserve(t, l, who, -5), -5)
	settle(t, reserve(t, l, spend.Who{}, cent), cent)
	want := spend.Spending{Turn: 7 * cent, Chat: 7 * cent, UserDay: 7 * cent, Day: 6 * cent}
	if got, err := l.Spent(t.Context(), who); got != want || err != nil || seen != 8*cent {
		t.Errorf("%+v %v, observed %d; want %+v", got, err, seen, want)
	}
}

func TestADayEndsAtMidnightUTCAndABillBelongsToTheDayOfItsReservation(t *testing.T) {
	at, now := clock()
	store := newSums()
	l := spend.New(store, spend.Limits{UserDay: 10 * cent}, now, nil)
	who := spend.Who{UserID: "u", ChatID: "c"}
	late := time.Date(2026, 11, 26, 0, 59, 59, 0, time.FixedZone("one hour ahead", 3600)) // 23:59:59 UTC
	at.Store(&late)
	r := reserve(t, l, who, 10*cent)
	next := late.Add(time.Second)
	at.Store(&next)
	settle(t, r, 9*cent)
	if room, err := l.Check(t.Context(), who, 10*cent); err != nil || room != 10*cent {
		t.Errorf("the new day has room %d, %v", room, err)
	}
	if store.get("user/u/2026-11-25") != 9*cent || store.get("user/u/2026-11-26") != 0 {
		t.Errorf("%v", store.of)
	}
}

func TestTheSumsSurviveARestart(t *testing.T) {
	_, now := clock()
	store, who := newSums(), spend.Who{UserID: "u", ChatID: "c"}
	settle(t, reserve(t, spend.New(store, spend.Limits{Chat: 10 * cent}, now, nil), who, cent), 9*cent)
	again := spend.New(store, spend.Limits{Chat: 10 * cent}, now, nil)
	if room, err := again.Check(t.Context(), who, cent); room != cent || err != nil {
		t.Errorf("%d %v", room, err)
	}
}

func TestABillOfACancelledTurnIsRecorded(t *testing.T) {
	_, now := clock()
	store := newSums()
	r := reserve(t, spend.New(store, spend.Limits{}, now, nil), spend.Who{ChatID: "c"}, cent)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Settle(ctx, cent); err != nil || store.get("chat/c") != cent {
		t.Errorf("%v %v", err, store.of)
	}
}

func TestABillThatTheStoreDoesNotTakeCountsAndIsStoredLater(t *testing.T) {
	_, now := clock()
	store := newSums()
	down := errors.New("the database does not answer")
	l := spend.New(store, spend.Limits{Chat: 10 * cent}, now, nil)
	who := spend.Who{UserID: "u", ChatID: "c"}
	r, s := reserve(t, l, who, cent), reserve(t, l, who, cent)
	store.fail(down)
	if err := r.Settle(t.Context(), 4*cent); !errors.Is(err, down) {
		t.Errorf("settled without a store: %v", err)
	}
	if _, err := l.Reserve(t.Context(), who, 1); !errors.Is(err, down) {
		t.Errorf("reserved without knowing what was spent: %v", err)
	}
	if err := l.Flush(t.Context()); !errors.Is(err, down) {
		t.Errorf("flushed without a store: %v", err)
	}
	store.fail(nil)
	if room, err := l.Check(t.Context(), who, 1); room != 5*cent || err != nil {
		t.Errorf("the bill is forgotten: room %d, %v", room, err)
	}
	settle(t, s, cent) // takes it along
	if got := store.get("chat/c"); got != 5*cent {
		t.Errorf("stored %d, want 5 cents", got)
	}
	if err := l.Flush(t.Context()); err != nil || store.get("chat/c") != 5*cent || store.get("day/2026-11-25") != 5*cent {
		t.Errorf("stored twice: %v %v", store.of, err)
	}

	r = reserve(t, l, who, cent)
	store.fail(down)
	if err := r.Settle(t.Context(), cent); !errors.Is(err, down) {
		t.Errorf("settled without a store: %v", err)
	}
	store.fail(nil)
	if err := l.Flush(t.Context()); err != nil || store.get("chat/c") != 6*cent {
		t.Errorf("flush: %v %v", store.of, err)
	}
}

// A sum that was read before a bill came in must not be believed after it.
func TestAnOldSumIsNotBelieved(t *testing.T) {
	_, now := clock()
	store := newSums()
	l := spend.New(store, spend.Limits{Day: 10 * cent}, now, nil)
	first := reserve(t, l, spend.Who{UserID: "u"}, 10*cent)
	store.read = func() {
		store.read = nil
		settle(t, first, 10*cent)
	}
	if _, err := l.Reserve(t.Context(), spend.Who{UserID: "v"}, cent); exhausted(err) != spend.LimitDay {
		t.Errorf("reserved though all is spent: %v", err)
	}
}

func TestTurnsAtOnceDoNotOvershootTogether(t *testing.T) {
	_, now := clock()
	for round := range 20 {
		store := newSums()
		limit := 50 * cent
		l := spend.New(store, spend.Limits{Day: limit, UserDay: limit}, now, nil)
		const turns, excess = 20, cent / 10
		var over atomic.Int64 // what bills exceed their reservations by
		var all sync.WaitGroup
		for n := range turns {
			all.Go(func() {
				rnd := rand.New(rand.NewPCG(uint64(round), uint64(n)))
				who := spend.Who{UserID: "u", ChatID: fmt.Sprint(n), Turn: new(spend.Tally)}
				for range 20 {
					r, err := l.Reserve(t.Context(), who, agent.NanoUSD(1+rnd.Int64N(int64(4*cent))))
					if err != nil {
						// The day's sum is written after the user's, so either may be the first to say no.
						if limit := exhausted(err); limit != spend.LimitUserDay && limit != spend.LimitDay {
							t.Error(err)
						}
						continue
					}
					actual := agent.NanoUSD(rnd.Int64N(int64(r.Amount() + 1)))
					if round%2 == 1 {
						more := agent.NanoUSD(rnd.Int64N(int64(excess)))
						actual = r.Amount() + more
						over.Add(int64(more))
					}
					if err := r.Settle(t.Context(), actual); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		spent := store.get("day/2026-11-25")
		bound := limit
		if round%2 == 1 {
			bound += min(turns*excess, agent.NanoUSD(over.Load()))
		}
		if spent > bound {
			t.Fatalf("%s spent under a limit of %s; %s at most are excused", spend.Format(spent), spend.Format(limit), spend.Format(bound-limit))
		}
		if spent < limit/2 {
			t.Fatalf("only %s of %s could be spent", spend.Format(spent), spend.Format(limit))
		}
		if spent != store.get("user/u/2026-11-25") {
			t.Fatalf("sums differ: %v", store.of)
		}
	}
}

// TestTheLedgerFollowsTheModel makes every step's answer follow from plain sums: room is the
// limit less what is billed and what is reserved, and one bill passes a limit by no more
// than it exceeds its reservation.
func TestTheLedgerFollowsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at, now := clock()
		store := newSums()
		draw := func(name string, top int64) agent.NanoUSD {
			return agent.NanoUSD(rapid.Int64Range(0, top).Draw(t, name))
		}
		limits := spend.Limits{Turn: draw("turn", 40), Chat: draw("chat", 80), UserDay: draw("user day", 120), Day: draw("day", 160)}
		ledger := spend.New(store, limits, now, nil)
		type open struct {
			r    *spend.Reservation
			sums []string
			n    agent.NanoUSD
		}
		var (
			opened []open
			billed = map[string]agent.NanoUSD{}
			held   = map[string]agent.NanoUSD{}
			turns  = map[string]*spend.Tally{}
		)
		spender := func() (spend.Who, []string) {
			user, chat := rapid.SampledFrom([]string{"u", "v"}).Draw(t, "user"), rapid.SampledFrom([]string{"1", "2"}).Draw(t, "chat")
			who := spend.Who{UserID: user, ChatID: user + chat, OwnKey: rapid.Bool().Draw(t, "own key")}
			turn := "turn/" + who.ChatID + rapid.SampledFrom([]string{"a", "b"}).Draw(t, "turn")
			if turns[turn] == nil {
				turns[turn] = new(spend.Tally)
			}
			who.Turn = turns[turn]
			day := now().Format(time.DateOnly)
			names := []string{turn, "chat/" + who.ChatID, "user/" + user + "/" + day}
			if !who.OwnKey {
				names = append(names, "day/"+day)
			}
			return who, names
		}
		room := func(names []string) agent.NanoUSD {
			left := spend.Unlimited
			for _, name := range names {
				kind, _, _ := strings.Cut(name, "/")
				if top := map[string]agent.NanoUSD{"turn": limits.Turn, "chat": limits.Chat, "user": limits.UserDay, "day": limits.Day}[kind]; top > 0 {
					left = min(left, max(0, top-billed[name]-held[name]))
				}
			}
			return left
		}
		t.Repeat(map[string]func(*rapid.T){
			"reserve": func(t *rapid.T) {
				who, names := spender()
				n := draw("amount", 30)
				want := room(names)
				r, err := ledger.Reserve(t.Context(), who, n)
				if fits := want > 0 && n <= want; fits != (err == nil) {
					t.Fatalf("room for %d, %d asked: %v", want, n, err)
				}
				if err == nil {
					opened = append(opened, open{r, names, n})
					for _, name := range names {
						held[name] += n
					}
				}
			},
			"settle": func(t *rapid.T) {
				if len(opened) == 0 {
					return
				}
				i := rapid.IntRange(0, len(opened)-1).Draw(t, "which")
				o := opened[i]
				opened = append(opened[:i], opened[i+1:]...)
				n := draw("bill", int64(o.n)+5)
				if err := o.r.Settle(t.Context(), n); err != nil {
					t.Fatal(err)
				}
				for _, name := range o.sums {
					held[name] -= o.n
					billed[name] += n
				}
			},
			"next day": func(t *rapid.T) {
				next := now().Add(24 * time.Hour)
				at.Store(&next)
			},
			"": func(t *rapid.T) {
				who, names := spender()
				want := room(names)
				got, err := ledger.Check(t.Context(), who, 0)
				if got != want || (err == nil) != (want > 0) {
					t.Fatalf("room is %d (%v), want %d under %v: billed %v, held %v, limits %+v", got, err, want, names, billed, held, limits)
				}
				for name, n := range billed {
					if !strings.HasPrefix(name, "turn/") && store.get(name) != n {
						t.Fatalf("%s holds %d, want %d", name, store.get(name), n)
					}
				}
			},
		})
	})
}

func TestAnExhaustedBudgetSaysWhichAndWhatNext(t *testing.T) {
	for want, e := range map[string]spend.ExhaustedError{
		"the budget of $1.00 for a turn is used up: $1.00 spent; send another message to go on, or have the limit raised":                                                               {Limit: spend.LimitTurn, Spent: 100 * cent, Max: 100 * cent},
		"the budget of $1.00 for a chat does not reach: $0.9000 spent and up to $0.2000 needed; go on in a new chat, or have the limit raised":                                          {Limit: spend.LimitChat, Spent: 90 * cent, Wanted: 20 * cent, Max: 100 * cent},
		"the budget of $10.00 for a user's day is used up: $9.90 spent, $0.1000 set aside for answers under way; it begins again at midnight UTC; the operator can raise the limit":     {Limit: spend.LimitUserDay, Spent: 990 * cent, Reserved: 10 * cent, Max: 1000 * cent},
		"the budget of $10.00 for a day of all users is used up: $12.00 spent; it begins again at midnight UTC; the operator can raise the limit, and one's own key is not bound by it": {Limit: spend.LimitDay, Spent: 1200 * cent, Max: 1000 * cent},
	} {
		if e.Error() != want {
			t.Errorf("\n%s, want\n%s", e.Error(), want)
		}
	}
}

func TestMoneyIsWrittenForPeople(t *testing.T) {
	for n, want := range map[agent.NanoUSD]string{
		0: "$0.00", 1: "<$0.0001", 49_999: "<$0.0001", 50_000: "$0.0001", 12_300_000: "$0.0123", 12_345_678: "$0.0123", 12_350_000: "$0.0124",
		999_949_999: "$0.9999", 999_950_000: "$1.00", 1_000_000_000: "$1.00", 1_005_000_000: "$1.01", 12_340_000_000: "$12.34",
		-12_300_000: "-$0.0123", -1: "$0.00", 1<<63 - 1: "$9223372036.85", -1 << 63: "-$9223372036.85",
	} {
		if got := spend.Format(n); got != want {
			t.Errorf("%d is written %q, want %q", n, got, want)
		}
	}
}

func TestAUserMayHaveALimitOfTheirOwn(t *testing.T) {
	_, now := clock()
	l := spend.New(newSums(), spend.Limits{UserDay: 10 * cent}, now, nil)
	own := map[string]agent.NanoUSD{"more": 100 * cent, "less": 2 * cent, "nothing": 0, "negative": -1}
	l.LimitUsers(func(id string) (agent.NanoUSD, bool) { n, ok := own[id]; return n, ok })
	for user, want := range map[string]agent.NanoUSD{"anybody": 10 * cent, "more": 100 * cent, "less": 2 * cent, "nothing": 0, "negative": 0} {
		if limit, bounded := l.DayOf(user); limit != want || !bounded {
			t.Errorf("%s: limit %d (%v), want %d", user, limit, bounded, want)
		}
		for _, ownKey := range []bool{false, true} {
			room, err := l.Check(t.Context(), spend.Who{UserID: user, OwnKey: ownKey}, 0)
			if room != want || (want == 0) != (exhausted(err) == spend.LimitUserDay) {
				t.Errorf("%s: room %d, %v", user, room, err)
			}
		}
	}
	own["less"] = 3 * cent // counts at once
	if room, _ := l.Check(t.Context(), spend.Who{UserID: "less"}, 0); room != 3*cent {
		t.Errorf("after it was raised: room %d", room)
	}
	free := spend.New(newSums(), spend.Limits{}, now, nil)
	free.LimitUsers(func(id string) (agent.NanoUSD, bool) { n, ok := own[id]; return n, ok })
	if _, bounded := free.DayOf("anybody"); bounded {
		t.Error("a limit for everybody where there is none")
	}
	if _, err := free.Reserve(t.Context(), spend.Who{UserID: "less"}, 4*cent); exhausted(err) != spend.LimitUserDay {
		t.Errorf("reserved more than their own limit: %v", err)
	}
}
