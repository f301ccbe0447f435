package uistream

import (
	"errors"
	"sync"
	"time"
)

// KeepEnded is how long the log of an ended turn can still be replayed: long enough for a
// page that was reloading while it ended.
const KeepEnded = 60 * time.Second

// ErrRunning: the chat has a turn that has not ended.
var ErrRunning = errors.New("a turn is running in this chat")

// Turns are the running turns' logs, and for KeepEnded those that have ended, by chat. The
// zero value is empty. Safe for concurrent use.
type Turns struct {
	mu   sync.Mutex
	logs map[string]*Log
}

// Start returns a new log for the turn run of the chat. If one is running there it returns
// that and ErrRunning.
func (t *Turns) Start(chat, run string) (*Log, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if old := t.logs[chat]; old != nil && !old.Ended() {
		return old, ErrRunning
	}
	l := NewLog(run)
	l.ended = func() {
		time.AfterFunc(KeepEnded, func() { t.forget(chat, l) })
	}
	if t.logs == nil {
		t.logs = map[string]*Log{}
	}
	t.logs[chat] = l
	return l, nil
}

// Get returns the log of the chat's running turn, or of the one that ended less than
// KeepEnded ago.
func (t *Turns) Get(chat string) (*Log, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l, ok := t.logs[chat]
	return l, ok
}

func (t *Turns) forget(chat string, l *Log) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.logs[chat] == l {
		delete(t.logs, chat)
	}
}
