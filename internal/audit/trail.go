package audit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// maxQueue bounds what waits while the database does not answer: some 10 MiB.
	maxQueue = 10_000
	// refusedPerSecond and refusedAtOnce bound records of refusals, which strangers can make
	// as many of as they like.
	refusedPerSecond, refusedAtOnce = 10, 200
	// purgeEvery is how often records that are too old are looked for.
	purgeEvery = time.Hour
	// retryAfter is the pause after the store did not take records.
	retryAfter = 2 * time.Second
	// readPages bounds one answer: a search that finds little goes on with the next page.
	readPages = 20
	// settleWithin is how long a reader waits for what is queued.
	settleWithin = 2 * time.Second
)

// ActionSuppressed is the action of the record that says how many refusals were not recorded.
const ActionSuppressed = "audit.suppressed"

// ErrCursor: the cursor of a query is none that an answer had.
var ErrCursor = errors.New("the cursor is not one of an earlier answer")

// Reasons why a record was dropped.
const (
	DroppedFull    = "queue_full"
	DroppedRefusal = "too_many_refusals"
	DroppedClosed  = "closed"
)

// Options are what a Trail stands on.
type Options struct {
	Store Store
	// Dropped is told of every record that is not kept, with one of the reasons. Default: nobody.
	Dropped func(reason string)
	Log     *slog.Logger
	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// Trail adds and finds records. Safe for concurrent use, also of several processes on one store.
type Trail struct {
	o       Options
	refused *rate.Limiter
	wake    chan struct{}

	mu         sync.Mutex // guards what follows; never held during a call
	queue      []Record
	suppressed int
	closed     bool

	writing sync.Mutex // held while the queue is written; guards page
	page    int64      // the last page as far as known
}

// New returns a Trail. Call Run once, and Close at the end.
func New(o Options) *Trail {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Dropped == nil {
		o.Dropped = func(string) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Trail{o: o, refused: rate.NewLimiter(refusedPerSecond, refusedAtOnce), wake: make(chan struct{}, 1)}
}

// Record adds r, with an ID and the time of now. It never waits.
func (t *Trail) Record(r Record) {
	r = r.clean()
	r.ID, r.Time = rand.Text(), t.o.Now().UTC().Truncate(time.Millisecond)
	t.mu.Lock()
	reason := ""
	switch {
	case t.closed:
		reason = DroppedClosed
	case r.Outcome == Refused && !t.refused.AllowN(r.Time, 1):
		reason = DroppedRefusal
		t.suppressed++
	case len(t.queue) >= maxQueue:
		reason = DroppedFull
	default:
		t.queue = append(t.queue, r)
	}
	t.mu.Unlock()
	switch reason {
	case "", DroppedRefusal:
	default:
		t.o.Log.Error("audit record lost", "reason", reason, "action", r.Action, "user", r.UserID, "target", r.Target, "outcome", r.Outcome)
	}
	if reason != "" {
		t.o.Dropped(reason)
	}
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// Run writes down what is added, and removes what is too old, until ctx ends. What is in
// the queue then is left to Close.
func (t *Trail) Run(ctx context.Context) {
	purge := time.NewTicker(purgeEvery)
	defer purge.Stop()
	healthy := true
	for {
		err := t.flush(ctx)
		if ctx.Err() == nil && (err == nil) != healthy {
			healthy = err == nil
			if healthy {
				t.o.Log.Info("audit records are stored again")
			} else {
				t.o.Log.Warn("audit records are not stored; they wait in memory", "err", err)
			}
		}
		var again <-chan time.Time
		if err != nil {
			again = time.After(retryAfter)
		}
		wake := t.wake
		if err != nil {
			wake = nil
		}
		select {
		case <-ctx.Done():
			return
		case <-again:
		case <-wake:
		case <-purge.C:
			if err := t.Purge(ctx); err != nil && ctx.Err() == nil {
				t.o.Log.Warn("old audit records not removed", "err", err)
			}
		}
	}
}

// Close writes down what is queued. Records added after it are lost, and counted.
func (t *Trail) Close(ctx context.Context) error {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	err := t.flush(ctx)
	if err != nil {
		t.mu.Lock()
		lost := len(t.queue)
		t.mu.Unlock()
		err = fmt.Errorf("%d audit records are lost: %w", lost, err)
	}
	return err
}

// flush writes the queue down, in order.
func (t *Trail) flush(ctx context.Context) error {
	t.writing.Lock()
	defer t.writing.Unlock()
	for {
		t.mu.Lock()
		if n := t.suppressed; n > 0 && len(t.queue) < maxQueue {
			t.suppressed = 0
			t.queue = append(t.queue, Record{
				ID: rand.Text(), Time: t.o.Now().UTC().Truncate(time.Millisecond), Action: ActionSuppressed, Outcome: Refused,
				Detail: fmt.Sprintf("%d more refused attempts came too quickly to record each", n),
			})
		}
		batch := slices.Clone(t.queue[:min(len(t.queue), PageSize)])
		t.mu.Unlock()
		if len(batch) == 0 {
			return nil
		}
		n, err := t.append(ctx, batch)
		t.mu.Lock()
		t.queue = t.queue[n:]
		if len(t.queue) == 0 {
			t.queue = nil // so that what was long once does not stay
		}
		t.mu.Unlock()
		if err != nil {
			return err
		}
	}
}

// append puts the first n records of batch, which may be fewer than all, on the last page
// that has room. A record whose earlier write succeeded without saying so is not put again.
func (t *Trail) append(ctx context.Context, batch []Record) (n int, err error) {
	if t.page == 0 {
		b, err := t.o.Store.AuditBounds(ctx)
		if err != nil {
			return 0, fmt.Errorf("find the last page of audit records: %w", err)
		}
		if b.Last == 0 {
			if err := t.grow(ctx, 1); err != nil {
				return 0, err
			}
			b.Last = 1
		}
		t.page = b.Last
	}
	for {
		full := false
		err := t.o.Store.AmendAuditPage(ctx, t.page, func(p *Page) {
			n = 0
			for _, r := range batch {
				if !slices.ContainsFunc(p.Records, func(o Record) bool { return o.ID == r.ID }) {
					if len(p.Records) >= PageSize {
						break
					}
					p.Records = append(p.Records, r)
				}
				n++
			}
			full = len(p.Records) >= PageSize
		})
		if err != nil {
			return 0, fmt.Errorf("store audit records: %w", err)
		}
		if full {
			if err := t.grow(ctx, t.page+1); err != nil {
				return n, err
			}
			t.page++
		}
		if n > 0 {
			return n, nil
		}
	}
}

// grow notes that the page last may be there.
func (t *Trail) grow(ctx context.Context, last int64) error {
	err := t.o.Store.AmendAuditBounds(ctx, func(b *Bounds) { b.First, b.Last = max(b.First, 1), max(b.Last, last) })
	if err != nil {
		return fmt.Errorf("begin a page of audit records: %w", err)
	}
	return nil
}

// Purge removes the pages on which every record is older than KeepFor.
func (t *Trail) Purge(ctx context.Context) error {
	b, err := t.o.Store.AuditBounds(ctx)
	if err != nil {
		return fmt.Errorf("find old audit records: %w", err)
	}
	defer func() {
		t.writing.Lock()
		defer t.writing.Unlock()
		if t.page < b.First { // nothing was added here for so long that the page is gone: nobody would find what is put there
			t.page = 0
		}
	}()
	before := t.o.Now().Add(-KeepFor)
	for ; b.First < b.Last; b.First++ {
		p, err := t.o.Store.AuditPage(ctx, b.First)
		if err != nil {
			return fmt.Errorf("read old audit records: %w", err)
		}
		if n := len(p.Records); n > 0 && !p.Records[n-1].Time.Before(before) {
			return nil
		}
		if err := t.o.Store.RemoveAuditPage(ctx, b.First); err != nil {
			return fmt.Errorf("remove old audit records: %w", err)
		}
		first := b.First + 1
		if err := t.o.Store.AmendAuditBounds(ctx, func(b *Bounds) { b.First = max(b.First, first) }); err != nil {
			return fmt.Errorf("note that old audit records are removed: %w", err)
		}
	}
	return nil
}

// Find returns records, the newest first, and where the next answer begins ("" at the end).
// An answer may have fewer records than asked for, even none, and yet not be the last one:
// it looks at some two thousand records at most. Errors: [ErrCursor], or the store's.
func (t *Trail) Find(ctx context.Context, q Query) (found []Record, next string, err error) {
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, 500)
	if q.Cursor == "" { // the newest: those that wait, too
		settle, cancel := context.WithTimeout(ctx, settleWithin)
		if err := t.flush(settle); err != nil {
			t.o.Log.Debug("audit records are read before all are stored", "err", err)
		}
		cancel()
	}
	b, err := t.o.Store.AuditBounds(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("find audit records: %w", err)
	}
	number, before := b.Last, PageSize
	if q.Cursor != "" {
		if number, before, err = parseCursor(q.Cursor); err != nil {
			return nil, "", err
		}
		number = min(number, b.Last)
	} else if !q.Until.IsZero() {
		if number, err = t.pageAt(ctx, b, q.Until); err != nil {
			return nil, "", err
		}
	}
	oldest := t.o.Now().Add(-KeepFor)
	if q.Since.Before(oldest) {
		q.Since = oldest
	}
	for read := 0; number >= max(b.First, 1); number, before = number-1, PageSize {
		if read++; read > readPages {
			return found, cursor(number, before), nil
		}
		p, err := t.o.Store.AuditPage(ctx, number)
		if err != nil {
			return nil, "", fmt.Errorf("read audit records: %w", err)
		}
		for i := min(len(p.Records), before) - 1; i >= 0; i-- {
			if !q.matches(p.Records[i]) {
				continue
			}
			if len(found) == q.Limit {
				return found, cursor(number, i+1), nil
			}
			found = append(found, p.Records[i])
		}
		// Processes' clocks differ by little, so that a page long before Since ends the search.
		if n := len(p.Records); n > 0 && p.Records[n-1].Time.Before(q.Since.Add(-time.Minute)) {
			break
		}
	}
	return found, "", nil
}

// pageAt returns the last page that may hold records from before until.
func (t *Trail) pageAt(ctx context.Context, b Bounds, until time.Time) (int64, error) {
	until = until.Add(time.Minute) // clocks of processes differ
	low, high := max(b.First, 1), b.Last
	for low < high {
		middle := low + (high-low+1)/2
		p, err := t.o.Store.AuditPage(ctx, middle)
		if err != nil {
			return 0, fmt.Errorf("find audit records of a time: %w", err)
		}
		if len(p.Records) > 0 && p.Records[0].Time.Before(until) {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low, nil
}

func cursor(page int64, before int) string { return fmt.Sprintf("%d.%d", page, before) }

func parseCursor(s string) (page int64, before int, err error) {
	a, b, ok := strings.Cut(s, ".")
	page, err1 := strconv.ParseInt(a, 10, 64)
	before, err2 := strconv.Atoi(b)
	if !ok || err1 != nil || err2 != nil || page < 0 || before < 0 || before > PageSize {
		return 0, 0, ErrCursor
	}
	return page, before, nil
}
