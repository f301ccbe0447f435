package uistream

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"sync"
	"time"
)

const (
	// MaxTurn is the most bytes a turn's log holds: 200 steps with results of 40 kB, which
	// is more than a model's context takes.
	MaxTurn = 8 << 20
	// closingRoom is what comes on top of MaxTurn for ending parts and telling why.
	closingRoom = 256 << 10
	// maxClosingText is the longest error text of End, as each open call gets it.
	maxClosingText = 1 << 10
	// entryCost is what an entry costs beside its text.
	entryCost = 128
	// termKept is how much output of a running command those who join late are shown.
	termKept = 64 << 10
	// maxTransient is the most kinds of transient data kept for them at a time.
	maxTransient = 256
	// inputEvery is the least time between two growths of a call's arguments. Clients parse
	// the whole arguments each time.
	inputEvery = 80 * time.Millisecond
)

var (
	// ErrTurnFull: the turn said all it may. What ends parts and the turn still fits.
	ErrTurnFull = errors.New("the turn is longer than its log may be")
	// ErrEnded: the turn has ended.
	ErrEnded = errors.New("the turn has ended")
)

// Log is the stream of one turn while it runs and for a while after. Chunks are appended
// by one writer, whom no reader ever makes wait, and read by any number of Readers, each
// from the beginning and at its own pace. All methods may be called concurrently.
//
// A Log is not the list of what was appended, but the shortest stream of the same
// meaning. Text that is appended to a part is one entry that grows: who keeps up gets it
// as it comes, who is behind gets what is missing in one piece. What nobody needs any
// more goes: arguments as they were written once they are complete, preliminary results,
// data parts that were replaced, and output of commands that have ended. So its size is
// bounded by what the turn says, not by how, and it needs no ring that could lap a reader.
type Log struct {
	run string

	mu      sync.Mutex
	checker Checker
	entries []entry // by seq, with holes where something was dropped
	dead    int     // entries that were dropped and are still in entries
	next    uint64  // seq of the next entry
	size    int
	over    bool
	changed chan struct{} // closed at the next change
	// replaceable are the entries that a later one can make superfluous, by what they are
	// about, oldest first.
	replaceable map[string][]uint64
	transient   []string                 // keys in replaceable of transient data
	inputs      map[string]*pendingInput // by tool call
	watchers    int
	unwatched   time.Time // since when watchers is 0
}

// entry is one chunk of the stream, or a part's text.
type entry struct {
	seq   uint64
	chunk Chunk  // nil: dropped. Of text the first delta, without its text
	text  []byte // only appended to; of text only
	size  int
}

// pendingInput are arguments that are not in the log yet.
type pendingInput struct {
	text []byte
	last time.Time
}

// NewLog returns the empty log of the turn that is known as run.
func NewLog(run string) *Log {
	return &Log{
		run: run, changed: make(chan struct{}), unwatched: time.Now(),
		replaceable: map[string][]uint64{}, inputs: map[string]*pendingInput{},
	}
}

// Run is the ID of the turn.
func (l *Log) Run() string { return l.run }

// Append adds c; a delta without text adds nothing. It returns a *RuleError if c may not come now, ErrTurnFull, or ErrEnded,
// and then the log is as before.
func (l *Log) Append(c Chunk) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.append(c, MaxTurn)
}

// End closes all that is open, calls with errorText as their error, and appends last, a
// Finish, an Abort or an Error. It always finds room. It returns ErrEnded if the turn has
// ended, and a *RuleError if last cannot end it or errorText is over 1 KiB.
func (l *Log) End(errorText string, last Chunk) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.end(errorText, last)
}

func (l *Log) end(errorText string, last Chunk) error {
	switch last.(type) {
	case Finish, Abort, Error:
	default:
		return &RuleError{Rule: RuleEnd, Chunk: last.Type(), Message: "does not end a stream"}
	}
	if _, _, err := prepare(last); err != nil {
		return err
	}
	if len(errorText) > maxClosingText {
		return &RuleError{Rule: RuleField, Chunk: last.Type(), Message: "the text for open calls is too long"}
	}
	for _, c := range append(l.checker.Closing(cmp.Or(errorText, "CANCELLED")), last) {
		if err := l.append(c, math.MaxInt-closingRoom); err != nil { // a turn can always end
			return err
		}
	}
	return nil
}

// Ended reports whether the turn has ended.
func (l *Log) Ended() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.over
}

// Size is how many bytes the log holds, about.
func (l *Log) Size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.size
}

// Unwatched is how long nobody has been reading; 0 while somebody is.
func (l *Log) Unwatched() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.watchers > 0 {
		return 0
	}
	return time.Since(l.unwatched)
}

// Message is what a client of version v has made of the stream so far. It costs as much
// time as there is in the log.
func (l *Log) Message(v Client) Message {
	l.mu.Lock()
	for _, id := range l.checker.order {
		l.flushInput(id)
	}
	entries := slices.Clone(l.entries)
	l.mu.Unlock()
	f := newFold(v)
	for _, e := range entries {
		if e.chunk != nil {
			f.add(e.whole())
		}
	}
	return f.message()
}

// whole is the entry's chunk, with all its text.
func (e *entry) whole() Chunk { return withText(e.chunk, e.text) }

func withText(c Chunk, text []byte) Chunk {
	switch c := c.(type) {
	case TextDelta:
		c.Delta = string(text)
		return c
	case ReasoningDelta:
		c.Delta = string(text)
		return c
	case ToolInputDelta:
		c.Delta = string(text)
		return c
	}
	return c
}
