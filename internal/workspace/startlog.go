package workspace

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// LogLine is one line of the log of a start.
type LogLine struct {
	// Seq numbers the lines of a workspace, over all its starts.
	Seq   int64     `json:"seq" bson:"seq"`
	Time  time.Time `json:"time" bson:"time"`
	Phase string    `json:"phase" bson:"phase"` // queue, image, ports, container, code, environment, setup, editor, ready or error
	Text  string    `json:"text" bson:"text"`
	// Elapsed is since the start was begun, in milliseconds.
	Elapsed int64 `json:"elapsed" bson:"elapsed"`
	// Percent is how far the phase is, 0 to 100, if that is known.
	Percent *int `json:"percent,omitempty" bson:"percent,omitempty"`
	// Replaces is the Seq of the line whose place this one takes: the first of a progress,
	// whichever of its lines a reader has seen last.
	Replaces *int64 `json:"replaces,omitempty" bson:"replaces,omitempty"`
}

// The phases that end a log; the next start begins a new one.
const (
	phaseReady = "ready"
	phaseError = "error"
)

// maxLogLines bounds a log; a start needs about ten, building its tools some hundred.
const maxLogLines = 500

// maxLineBytes bounds one line: some of what stands there are words of programs.
const maxLineBytes = 1000

// saveEvery is how often a log is stored while lines come quickly.
const saveEvery = 500 * time.Millisecond

// StartLog returns the log of a workspace's latest start so far.
func (s *Service) StartLog(ctx context.Context, id string) ([]LogLine, error) {
	if !s.o.Shared { // else another process may have begun a newer start
		if lines := s.logs.of(id).snapshot(); len(lines) > 0 {
			return lines, nil
		}
	}
	lines, err := s.o.Store.LoadLog(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read start log of workspace %s: %w", id, err)
	}
	return lines, nil
}

// FollowLog sends the log so far, then each line as it comes, until ctx ends; then it closes
// the channel. A slow reader delays nobody: lines are kept, not queued for it.
func (s *Service) FollowLog(ctx context.Context, id string) (<-chan LogLine, error) {
	if _, err := s.o.Store.Get(ctx, id); err != nil {
		return nil, fmt.Errorf("read workspace %s: %w", id, err)
	}
	out := make(chan LogLine)
	log := s.logs.of(id)
	go func() {
		defer close(out)
		poll := time.NewTicker(2 * time.Second) // for lines written by another process
		defer poll.Stop()
		for last := int64(-1); ; {
			changed := log.change()
			lines, err := s.StartLog(ctx, id)
			if err != nil && ctx.Err() == nil {
				s.o.Log.Debug("start log not read", "workspace", id, "err", err)
			}
			for _, l := range lines {
				if l.Seq <= last {
					continue
				}
				select {
				case out <- l:
					last = l.Seq
				case <-ctx.Done():
					return
				case <-s.ctx.Done():
					return
				}
			}
			select {
			case <-changed:
			case <-poll.C:
			case <-ctx.Done():
				return
			case <-s.ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

// logBook holds the logs of starts that this process made.
type logBook struct {
	store Logs
	mu    sync.Mutex
	logs  map[string]*startLog
}

func (b *logBook) of(id string) *startLog {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.logs[id]
	if l == nil {
		l = &startLog{id: id, store: b.store, changed: make(chan struct{})}
		b.logs[id] = l
	}
	return l
}

func (b *logBook) forget(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.logs, id)
}

// startLog is the log of one workspace. One worker writes, anybody reads.
type startLog struct {
	id    string
	store Logs

	saving  sync.Mutex // taken before mu
	mu      sync.Mutex
	lines   []LogLine
	next    int64 // Seq of the next line
	began   time.Time
	ended   bool          // the next start begins a new log
	saved   time.Time     // when it was stored last
	later   *time.Timer   // stores what has not been; nil if nothing waits
	gone    bool          // the workspace is: nothing is stored any more
	goesOn  bool          // the newest line tells of progress and may be replaced
	changed chan struct{} // closed when a line comes
}

// beginStart empties the log unless it is that of the start at hand, taken up again.
func (l *startLog) beginStart(ctx context.Context, rec Workspace) {
	l.mu.Lock()
	began, next := l.began, l.next
	goesOn := !began.IsZero() && !l.ended
	l.mu.Unlock()
	if goesOn {
		return
	}
	if began.IsZero() { // a new process: number on from what the last one wrote
		if old, err := l.store.LoadLog(ctx, l.id); err == nil && len(old) > 0 {
			next = old[len(old)-1].Seq + 1
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines, l.next, l.began, l.ended = nil, next, time.Now(), false
}

// continued takes up the log that an earlier process wrote, if this one has written none.
func (l *startLog) continued(ctx context.Context) {
	l.mu.Lock()
	mine := !l.began.IsZero()
	l.mu.Unlock()
	if mine {
		return
	}
	old, err := l.store.LoadLog(ctx, l.id)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil || len(old) == 0 || !l.began.IsZero() {
		return
	}
	l.lines, l.next, l.ended = old, old[len(old)-1].Seq+1, true
	l.began = old[0].Time.Add(-time.Duration(old[0].Elapsed) * time.Millisecond)
}

// end makes the next start begin a new log.
func (l *startLog) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
}

func (l *startLog) startedAt() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.began
}

// add writes a line. It is shown even if it cannot be stored.
func (l *startLog) add(ctx context.Context, log *slog.Logger, phase, text string) {
	l.write(ctx, log, LogLine{Phase: phase, Text: text}, false)
}

// progress writes a line in the place of the newest, if that is one of progress in phase.
func (l *startLog) progress(ctx context.Context, log *slog.Logger, phase, text string, percent int) {
	line := LogLine{Phase: phase, Text: text}
	if percent >= 0 {
		percent = min(percent, 100)
		line.Percent = &percent
	}
	l.write(ctx, log, line, true)
}

func (l *startLog) write(ctx context.Context, log *slog.Logger, line LogLine, progress bool) {
	line.Text = strings.ToValidUTF8(line.Text[:min(len(line.Text), maxLineBytes)], "")
	l.mu.Lock()
	now := time.Now()
	if l.began.IsZero() {
		l.began = now
	}
	line.Seq, line.Time, line.Elapsed = l.next, now.UTC().Truncate(time.Millisecond), now.Sub(l.began).Milliseconds()
	if n := len(l.lines); n > 0 && progress && l.goesOn && l.lines[n-1].Phase == line.Phase {
		first := l.lines[n-1].Seq
		if r := l.lines[n-1].Replaces; r != nil {
			first = *r
		}
		line.Replaces = &first
		l.lines = append(l.lines[:n-1:n-1], line)
	} else {
		l.lines = append(l.lines, line)
	}
	l.goesOn = progress
	l.lines = l.lines[max(0, len(l.lines)-maxLogLines):]
	l.next++
	l.ended = l.ended || line.Phase == phaseReady || line.Phase == phaseError
	close(l.changed)
	l.changed = make(chan struct{})
	// What comes in quick succession is stored with the line after it, or soon; the end at once.
	last := line.Phase == phaseReady || line.Phase == phaseError
	often := progress || line.Phase == PhaseImage || line.Phase == PhaseEnvironment || line.Phase == PhaseSetup
	if !last && often && now.Sub(l.saved) < saveEvery {
		if l.later == nil {
			later := context.WithoutCancel(ctx)
			l.later = time.AfterFunc(saveEvery, func() { l.save(later, log) })
		}
		l.mu.Unlock()
		return
	}
	l.mu.Unlock()
	l.save(ctx, log)
}

// save stores the log as it is, one at a time, so that none is stored over a newer one.
func (l *startLog) save(ctx context.Context, log *slog.Logger) {
	l.saving.Lock()
	defer l.saving.Unlock()
	l.mu.Lock()
	if l.later != nil {
		l.later.Stop()
		l.later = nil
	}
	gone := l.gone
	l.saved = time.Now()
	lines := slices.Clone(l.lines)
	l.mu.Unlock()
	if gone {
		return
	}
	if err := l.store.SaveLog(ctx, l.id, lines); err != nil && ctx.Err() == nil {
		log.Warn("start log not stored", "workspace", l.id, "err", err)
	}
}

// forget ends the log: what is to be stored later is not, for the workspace is gone.
func (l *startLog) forget() {
	l.saving.Lock()
	defer l.saving.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = true
	if l.later != nil {
		l.later.Stop()
		l.later = nil
	}
}

func (l *startLog) snapshot() []LogLine {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

// change is closed when the next line comes.
func (l *startLog) change() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}
