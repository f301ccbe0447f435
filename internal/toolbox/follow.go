package toolbox

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

// pace is how patient a session is.
type pace struct {
	// look is how often it is decided whether to wait on.
	look time.Duration
	// settled is how long a new port must be open, and quiet how long a process silent, for the
	// wait to end; longOpen is how long a port must be open if the process does not fall silent.
	settled, quiet, longOpen time.Duration
	// firstSeconds is how long a command runs in the foreground at most.
	firstSeconds int
	// answered is how long a process must be silent after it answered to its input.
	answered time.Duration
	// poll is how often it is looked whether a port is open.
	poll time.Duration
}

var normalPace = pace{
	look: 200 * time.Millisecond, settled: 2 * time.Second, quiet: time.Second, longOpen: 10 * time.Second,
	firstSeconds: 3, answered: 500 * time.Millisecond, poll: 250 * time.Millisecond,
}

// errEnough ends a wait early.
var errEnough = errors.New("enough was seen")

// waiting is a look at the output of a process.
type waiting struct {
	id string
	// seconds to wait for its end; 0 takes what is there.
	seconds int
	// ports, if set, end the wait when the process has opened one; answered does when it has
	// written something and fallen silent.
	ports    *portWatch
	answered bool
	out      *transcript

	// early: one of these two ended the wait.
	early bool

	mu  sync.Mutex
	pos int64     // byte behind what was seen
	at  time.Time // when something came last; zero if nothing did
}

// follow passes the output of a process on to w.out until it ends, w.seconds are over or w
// says that it is enough. Errors are the bridge's and ctx's.
func (s *Session) follow(ctx context.Context, w *waiting) (bridge.Attached, error) {
	state, err := s.attach(ctx, w)
	if !w.early {
		return state, err
	}
	// The answer was not waited for; what came meanwhile is there.
	w.seconds = 0
	return s.attachOnce(ctx, w)
}

// attach is attachOnce, cut short when it is enough.
func (s *Session) attach(ctx context.Context, w *waiting) (bridge.Attached, error) {
	if w.ports == nil && !w.answered || w.seconds == 0 {
		return s.attachOnce(ctx, w)
	}
	inner, enough := context.WithCancelCause(ctx)
	looked := make(chan struct{})
	go func() {
		defer close(looked)
		tick := time.NewTicker(s.pace.look)
		defer tick.Stop()
		begun := time.Now()
		for {
			select {
			case <-inner.Done():
				return
			case now := <-tick.C:
				if w.enough(s.pace, now, begun) {
					enough(errEnough)
					return
				}
			}
		}
	}()
	state, err := s.attachOnce(inner, w)
	w.early = err != nil && errors.Is(context.Cause(inner), errEnough)
	enough(nil)
	<-looked
	return state, err
}

// enough decides whether to wait on.
func (w *waiting) enough(p pace, now, begun time.Time) bool {
	w.mu.Lock()
	last := w.at
	w.mu.Unlock()
	if w.answered && !last.IsZero() && now.Sub(last) >= p.answered {
		return true
	}
	if w.ports == nil {
		return false
	}
	if last.IsZero() {
		last = begun
	}
	since, open := w.ports.oldest()
	return open && (now.Sub(since) >= p.longOpen || now.Sub(since) >= p.settled && now.Sub(last) >= p.quiet)
}

// attachOnce asks for the output from w.pos on.
func (s *Session) attachOnce(ctx context.Context, w *waiting) (bridge.Attached, error) {
	wait := w.seconds
	if wait == 0 {
		wait = -1
	}
	var state bridge.Attached
	err := s.bridge.Stream(ctx, bridge.TypeAttachProcess, bridge.AttachProcess{ProcessID: w.id, FromByte: w.pos, WaitSeconds: wait}, &state, w.take)
	return state, err
}

// take takes in an event with output.
func (w *waiting) take(e bridge.Event) error {
	if e.Event != bridge.EventOutput {
		return nil
	}
	var out bridge.Output
	if err := json.Unmarshal(e.Payload, &out); err != nil {
		return fmt.Errorf("read output of process %s: %w", w.id, err)
	}
	data := []byte(out.Data)
	if out.Encoding == bridge.EncodingBase64 {
		var err error
		if data, err = base64.StdEncoding.DecodeString(out.Data); err != nil {
			return fmt.Errorf("read output of process %s: %w", w.id, err)
		}
	}
	w.mu.Lock()
	w.pos = out.FromByte + int64(len(data))
	if len(data) > 0 {
		w.at = time.Now()
	}
	w.mu.Unlock()
	w.out.lost(out.Dropped)
	w.out.write(data)
	return nil
}
