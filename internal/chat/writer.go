package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/internal/uistream"
)

const (
	// writeAhead is how many bytes may wait for the store before the turn waits too.
	writeAhead = 1 << 20
	// storeFor is how long the store may fail before the turn does.
	storeFor = 30 * time.Second
	// maxEntry is about the most bytes of one journal entry.
	maxEntry = 1 << 20
)

// errStore is why a turn ends when the store does not answer.
var errStore = errors.New("the database does not answer")

// writer stores what a turn says and then shows it. While the store is busy with one
// entry the next one gathers, so a slow store makes entries larger, not the turn slower.
type writer struct {
	turnID, chatID string
	store          Store
	log            *uistream.Log
	life           context.Context // bounds storing; outlives the turn's own context

	mu      sync.Mutex
	checker uistream.Checker
	queue   []uistream.Chunk
	queued  int        // bytes
	room    *sync.Cond // queue got shorter, or err was set, or the writer is idle
	busy    bool       // the flushing goroutine is at work
	err     error      // why nothing is written any more
	wake    chan struct{}
	closed  bool
	done    chan struct{}
}

// newWriter begins the stream of a turn. The caller calls close.
func newWriter(life context.Context, store Store, log *uistream.Log, chatID string) *writer {
	w := &writer{turnID: log.Run(), chatID: chatID, store: store, log: log, life: life, wake: make(chan struct{}, 1), done: make(chan struct{})}
	w.room = sync.NewCond(&w.mu)
	go w.flush()
	return w
}

// put queues a chunk. It waits when too much is queued. It returns what is wrong with the
// chunk, or why nothing can be written any more.
func (w *writer) put(c uistream.Chunk) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.err == nil && w.queued > writeAhead {
		w.room.Wait()
	}
	if w.err != nil {
		return w.err
	}
	clean, err := w.checker.Check(c)
	if err != nil {
		return err
	}
	if !w.grow(clean) {
		w.queue = append(w.queue, clean)
	}
	w.queued += 64 + sizeOf(clean)
	select {
	case w.wake <- struct{}{}:
	default:
	}
	return nil
}

// grow joins a delta with the last one that is queued, if that is of the same part.
func (w *writer) grow(c uistream.Chunk) bool {
	if len(w.queue) == 0 {
		return false
	}
	last := &w.queue[len(w.queue)-1]
	switch c := c.(type) {
	case uistream.TextDelta:
		if l, ok := (*last).(uistream.TextDelta); ok && l.ID == c.ID && len(l.Delta)+len(c.Delta) < uistream.MaxText {
			*last = uistream.TextDelta{ID: c.ID, Delta: l.Delta + c.Delta}
			return true
		}
	case uistream.ReasoningDelta:
		if l, ok := (*last).(uistream.ReasoningDelta); ok && l.ID == c.ID && len(l.Delta)+len(c.Delta) < uistream.MaxText {
			*last = uistream.ReasoningDelta{ID: c.ID, Delta: l.Delta + c.Delta}
			return true
		}
	case uistream.ToolInputDelta:
		if l, ok := (*last).(uistream.ToolInputDelta); ok && l.ToolCallID == c.ToolCallID && len(l.Delta)+len(c.Delta) < uistream.MaxText {
			*last = uistream.ToolInputDelta{ToolCallID: c.ToolCallID, Delta: l.Delta + c.Delta}
			return true
		}
	}
	return false
}

func sizeOf(c uistream.Chunk) int {
	switch c := c.(type) {
	case uistream.TextDelta:
		return len(c.Delta)
	case uistream.ReasoningDelta:
		return len(c.Delta)
	case uistream.ToolInputDelta:
		return len(c.Delta)
	case uistream.ToolInputAvailable:
		return len(c.Input)
	case uistream.ToolOutputAvailable:
		return len(c.Output)
	case uistream.Data:
		return len(c.Data)
	}
	return 0
}

// closing ends all that is open in the stream; see [uistream.Checker.Closing].
func (w *writer) closing(errorText string) error {
	w.mu.Lock()
	all := w.checker.Closing(errorText)
	w.mu.Unlock()
	for _, c := range all {
		if err := w.put(c); err != nil {
			return err
		}
	}
	return nil
}

// sync waits until all that was put is stored and shown.
func (w *writer) sync() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.err == nil && (len(w.queue) > 0 || w.busy) {
		w.room.Wait()
	}
	return w.err
}

// close ends the writing, after what is queued.
func (w *writer) close() {
	w.sync()
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
	<-w.done
}

// flush stores and shows what is queued, again and again.
func (w *writer) flush() {
	defer close(w.done)
	for seq := int64(1); ; {
		<-w.wake
		w.mu.Lock()
		if w.closed {
			w.mu.Unlock()
			return
		}
		batch := w.queue
		w.queue, w.queued, w.busy = nil, 0, true
		w.room.Broadcast()
		w.mu.Unlock()

		var err error
		for len(batch) > 0 && err == nil {
			var n int
			if n, err = w.write(batch, &seq); err == nil {
				batch = batch[n:]
			}
		}
		w.mu.Lock()
		w.busy = false
		if err != nil && w.err == nil {
			w.err = err
		}
		w.room.Broadcast()
		w.mu.Unlock()
	}
}

// write stores as many chunks as fit one entry, and shows them.
func (w *writer) write(batch []uistream.Chunk, seq *int64) (n int, err error) {
	var lines bytes.Buffer
	for n = 0; n < len(batch) && lines.Len() < maxEntry; n++ {
		if transient(batch[n]) {
			continue // is no part of the message
		}
		data, err := uistream.Encode(batch[n])
		if err != nil {
			return 0, err
		}
		lines.Write(data)
		lines.WriteByte('\n')
	}
	if lines.Len() > 0 {
		e := JournalEntry{ID: w.turnID + "/" + strconv.FormatInt(*seq, 10), TurnID: w.turnID, ChatID: w.chatID, Seq: *seq, Chunks: lines.Bytes()}
		if err := persist(w.life, func(ctx context.Context) error {
			err := w.store.AppendJournal(ctx, e)
			if errors.Is(err, ErrConflict) {
				return nil // it was there after a try that seemed to fail
			}
			return err
		}); err != nil {
			return 0, err
		}
		*seq++
	}
	for _, c := range batch[:n] {
		if err := w.log.Append(c); err != nil {
			return 0, err
		}
	}
	return n, nil
}

func transient(c uistream.Chunk) bool {
	d, ok := c.(uistream.Data)
	return ok && d.Transient
}

// persist repeats a write until it succeeds, for storeFor. Databases restart.
func persist(ctx context.Context, write func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, storeFor)
	defer cancel()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		err := write(ctx)
		if err == nil || errors.Is(err, ErrTooLarge) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", errStore, err)
		case <-time.After(pause):
		}
	}
}

// data makes a part of our own.
func data(name, id string, value any) uistream.Data {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err) // our own structs of strings and numbers
	}
	return uistream.Data{Name: name, ID: id, Data: raw, Transient: name == uistream.DataStatus || name == uistream.DataTerm}
}
