package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/repoevent"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

const (
	// eventsKept is how many past events a reconnecting page can catch up on.
	eventsKept = 1024
	// eventsQueued is how far one reader may fall behind before it is cut off; it then
	// reconnects and catches up, or is told to read everything again.
	eventsQueued = 128
	// eventsPing keeps proxies between us and the page from closing a quiet stream.
	eventsPing = 20 * time.Second
)

// Events fans changes of workspaces out to the pages that may see them. It is an
// Announcer of package workspace. Safe for concurrent use.
type Events struct {
	boot string

	mu      sync.Mutex
	seq     uint64
	past    []event
	known   map[string]known // by workspace
	readers map[chan event]struct{}
}

// known is what the last event of a workspace said.
type known struct {
	version int64
	owner   string
	shares  []workspace.Share
}

type event struct {
	seq  uint64
	name string
	id   string // of the workspace or the chat
	// workspace is the one it is about, of owner. Who else sees the event is whoever has a
	// right to that workspace when it is sent.
	workspace, owner string
	// to are the only ones who see it, where that cannot be looked up: what it is about is
	// gone, or gone for them, which is lost.
	to   []string
	lost bool
	ws   workspace.Workspace
	chat chat.Chat
	repo repoevent.Event
}

// NewEvents returns a hub whose ids are not those of an earlier process.
func NewEvents() *Events {
	return &Events{boot: strconv.FormatInt(time.Now().UnixNano(), 36), known: map[string]known{}, readers: map[chan event]struct{}{}}
}

// Announce tells readers that a workspace has changed.
func (e *Events) Announce(w workspace.Workspace) {
	e.mu.Lock()
	defer e.mu.Unlock()
	before := e.known[w.ID]
	if before.version >= w.Version {
		return // from our own write or the poll, whichever was second
	}
	e.known[w.ID] = known{w.Version, w.OwnerID, w.Shares}
	e.publish(event{name: "workspace", id: w.ID, workspace: w.ID, owner: w.OwnerID, ws: w})
	var lost []string
	for _, s := range before.shares {
		if !slices.ContainsFunc(w.Shares, func(left workspace.Share) bool { return left.UserID == s.UserID }) {
			lost = append(lost, s.UserID)
		}
	}
	if len(lost) > 0 { // to them it is as if it had been deleted
		e.publish(event{name: "workspace.deleted", id: w.ID, to: lost, lost: true})
	}
}

// AnnounceDeleted tells readers that a workspace is gone.
func (e *Events) AnnounceDeleted(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	last, ok := e.known[id]
	if !ok {
		return
	}
	delete(e.known, id)
	to := []string{last.owner}
	for _, s := range last.shares {
		to = append(to, s.UserID)
	}
	e.publish(event{name: "workspace.deleted", id: id, to: to})
}

// AnnounceChat tells readers that a chat has changed.
func (e *Events) AnnounceChat(c chat.Chat) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.publish(event{name: "chat", id: c.ID, workspace: c.WorkspaceID, owner: c.OwnerID, chat: c})
}

// AnnounceChatDeleted tells readers that a chat is gone.
func (e *Events) AnnounceChatDeleted(c chat.Chat) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.publish(event{name: "chat.deleted", id: c.ID, workspace: c.WorkspaceID, owner: c.OwnerID, chat: c})
}

// AnnounceRepository tells readers what happened at the repository of a workspace.
func (e *Events) AnnounceRepository(n repoevent.Notice) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.publish(event{name: "repository", id: n.WorkspaceID, workspace: n.WorkspaceID, owner: n.OwnerID, repo: n.Event})
}

func (e *Events) publish(ev event) {
	e.seq++
	ev.seq = e.seq
	e.past = append(e.past, ev)
	if len(e.past) > 2*eventsKept {
		e.past = append([]event(nil), e.past[len(e.past)-eventsKept:]...)
	}
	for ch := range e.readers {
		select {
		case ch <- ev:
		default:
			delete(e.readers, ch)
			close(ch)
		}
	}
}

// follow returns the events after lastID and a channel of the coming ones, closed when
// the reader is too slow. reset is true when lastID is too old or of another process.
func (e *Events) follow(lastID string) (missed []event, reset bool, ch chan event, leave func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ch = make(chan event, eventsQueued)
	e.readers[ch] = struct{}{}
	leave = func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.readers, ch)
	}
	if lastID == "" {
		return nil, false, ch, leave
	}
	boot, n, _ := strings.Cut(lastID, "-")
	seq, err := strconv.ParseUint(n, 10, 64)
	oldest := e.seq + 1
	if len(e.past) > 0 {
		oldest = e.past[0].seq
	}
	if err != nil || boot != e.boot || seq > e.seq || seq+1 < oldest {
		return nil, true, ch, leave
	}
	for _, ev := range e.past {
		if ev.seq > seq {
			missed = append(missed, ev)
		}
	}
	return missed, false, ch, leave
}

// serveEvents is GET /api/v1/events.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	me := caller(r.Context())
	missed, reset, ch, leave := s.Events.follow(r.Header.Get("Last-Event-ID"))
	defer leave()
	out := startStream(w)
	send := func(ev event) error {
		if !s.concerns(ev, me) {
			return nil
		}
		var data any = map[string]string{"id": ev.id}
		switch ev.name {
		case "workspace":
			data = s.wire(r.Context(), ev.ws)
		case "repository":
			data = map[string]any{"workspaceId": ev.id, "event": wireRepositoryEvent(ev.repo)}
		case "chat":
			data = wireChat(ev.chat)
		case "chat.deleted":
			data = map[string]string{"id": ev.id, "workspaceId": ev.chat.WorkspaceID}
		}
		return out.send(s.Events.boot+"-"+strconv.FormatUint(ev.seq, 10), ev.name, data)
	}
	if reset {
		out.send("", "reset", struct{}{})
	}
	out.comment("connected")
	for _, ev := range missed {
		if send(ev) != nil {
			return
		}
	}
	ping := time.NewTicker(eventsPing)
	defer ping.Stop()
	live := time.NewTicker(watchEvery)
	defer live.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case ev, ok := <-ch:
			if !ok || send(ev) != nil {
				return
			}
		case <-live.C: // log-out and suspension end streams too
			if !s.stillLoggedIn(me) {
				return
			}
		case <-ping.C:
			if out.comment("ping") != nil {
				return
			}
		}
	}
}

// concerns reports whether p may see an event now, which may be a while after it happened.
func (s *Server) concerns(ev event, p principal) bool {
	switch {
	case p.System:
		return !ev.lost
	case ev.to != nil:
		return slices.Contains(ev.to, p.UserID)
	case ev.owner == p.UserID:
		return true
	case !s.Workspaces.Right(ev.workspace, p.UserID).Allows(workspace.RightView):
		return false
	default: // and then, in the case of a workspace as it was before it was shared
		return ev.name != "workspace" || ev.ws.RightOf(p.UserID, time.Now()) != workspace.RightNone
	}
}

func (s *Server) stillLoggedIn(p principal) bool {
	switch {
	case p.System:
		return true
	case p.SessionID != "":
		_, live := s.Identity.SessionLive(p.SessionID)
		return live
	default:
		return s.Identity.TokenLive(p.TokenID)
	}
}

// stream writes server-sent events (HTML standard, 9.2).
type stream struct {
	w http.ResponseWriter
	c *http.ResponseController
}

func startStream(w http.ResponseWriter) stream {
	c := http.NewResponseController(w)
	c.SetWriteDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // an nginx in front would gather events
	w.WriteHeader(http.StatusOK)
	return stream{w, c}
}

func (s stream) send(id, name string, data any) error {
	body, err := json.Marshal(data)
	if err != nil {
		return err
	}
	if id != "" {
		fmt.Fprintf(s.w, "id: %s\n", id)
	}
	fmt.Fprintf(s.w, "event: %s\ndata: %s\n\n", name, body)
	return s.c.Flush()
}

func (s stream) comment(text string) error {
	fmt.Fprintf(s.w, ": %s\n\n", text)
	return s.c.Flush()
}
