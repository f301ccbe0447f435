package mongostore

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/kalpana-dev/kalpana/internal/chat"
)

// runningChats are the chats of the embedded database that a turn may run in: all of which
// this was written, and at the first question all that were found in it. So only that one
// question reads all chats. Safe for concurrent use.
type runningChats struct {
	mu    sync.Mutex
	known bool             // all chats have been read
	marks map[string]int64 // a new number each time it is written, by chat
	last  int64
}

// note is called after a chat was written, or may have been.
func (r *runningChats) note(rec chat.Chat) {
	if rec.Run.TurnID == "" {
		return // it is forgotten at the next question
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.marks == nil {
		r.marks = map[string]int64{}
	}
	r.last++
	r.marks[rec.ID] = r.last
}

// forget leaves out a chat that no turn ran in, unless it was written meanwhile.
func (r *runningChats) forget(id string, mark int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.marks[id] == mark {
		delete(r.marks, id)
	}
}

// snapshot reports false if the chats have not been read yet.
func (r *runningChats) snapshot() (map[string]int64, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	marks := map[string]int64{}
	for id, mark := range r.marks {
		marks[id] = mark
	}
	return marks, r.known
}

func (r *runningChats) read() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known = true
}

// findRunning returns the chats of all workspaces that a turn runs in, newest first.
func (c *Chats) findRunning(ctx context.Context, q chat.ChatQuery) ([]chat.Chat, error) {
	if _, known := c.s.running.snapshot(); !known {
		all, err := c.findByLists(ctx, chat.ChatQuery{})
		if err != nil {
			return nil, err
		}
		for _, rec := range all {
			c.s.running.note(rec)
		}
		c.s.running.read()
	}
	var found []chat.Chat
	marks, _ := c.s.running.snapshot()
	for id, mark := range marks {
		rec, err := c.GetChat(ctx, id)
		switch {
		case errors.Is(err, chat.ErrNotFound) || err == nil && rec.Run.TurnID == "":
			c.s.running.forget(id, mark)
		case err != nil:
			return nil, err
		case q.Before.ID == "" || newestFirst(listedChat{rec.ID, rec.CreatedAt}, listedChat{q.Before.ID, q.Before.CreatedAt}) > 0:
			found = append(found, rec)
		}
	}
	return newest(found, q.Limit), nil
}

// newest sorts chats, newest first, and cuts them off at limit if it is above 0.
func newest(all []chat.Chat, limit int) []chat.Chat {
	slices.SortFunc(all, func(a, b chat.Chat) int {
		return newestFirst(listedChat{a.ID, a.CreatedAt}, listedChat{b.ID, b.CreatedAt})
	})
	if limit > 0 {
		all = all[:min(limit, len(all))]
	}
	return all
}
