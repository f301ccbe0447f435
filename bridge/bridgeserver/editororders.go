package bridgeserver

import (
	"context"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

const (
	// orderWait is how long the extension in a page waits for something to do before it asks
	// again; well below what anything on the way would take for a dead connection.
	orderWait = 25 * time.Second
	// takeWait is how long a page is looked for that takes an order, takeAgain how often.
	takeWait  = 2 * time.Second
	takeAgain = 50 * time.Millisecond
	// maxWaiting bounds the pages that wait; what asks is a program of the container.
	maxWaiting = 32
)

// orderTerminal has the page show its terminal.
const orderTerminal = "terminal"

// editorOrders are what pages of the editor are to do that VS Code's own socket cannot tell
// them. The extension in a page asks, and waits.
type editorOrders struct {
	mu      sync.Mutex
	waiting map[string]chan string // by the page's socket
}

// wait is the next order for a page; empty when there was none for a while.
func (o *editorOrders) wait(ctx context.Context, socket string) (order string, ok bool) {
	orders := make(chan string)
	o.mu.Lock()
	if o.waiting == nil {
		o.waiting = map[string]chan string{}
	}
	if _, again := o.waiting[socket]; !again && len(o.waiting) >= maxWaiting {
		o.mu.Unlock()
		return "", false
	}
	o.waiting[socket] = orders // a page that asks twice has begun anew
	o.mu.Unlock()
	defer func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.waiting[socket] == orders {
			delete(o.waiting, socket)
		}
	}()
	timer := time.NewTimer(orderWait)
	defer timer.Stop()
	select {
	case order = <-orders:
	case <-timer.C:
	case <-ctx.Done():
	}
	return order, true
}

// give hands an order to one page, or returns false if it does not take it.
func (o *editorOrders) give(ctx context.Context, socket, order string) bool {
	o.mu.Lock()
	orders := o.waiting[socket]
	o.mu.Unlock()
	select {
	case orders <- order: // nil blocks
		return true
	case <-ctx.Done():
		return false
	}
}

// pages are the sockets of those that wait.
func (o *editorOrders) pages() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Collect(maps.Keys(o.waiting))
}

// showTerminal has a page show its terminal: the one that was used last, of those whose
// browsers are there.
func (s *Server) showTerminal(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, takeWait)
	defer cancel()
	for {
		waiting := s.orders.pages()
		used := func(socket string) int {
			n := slices.IndexFunc(s.states.all(), func(r report) bool { return r.socket == socket })
			return (n + maxReports) % maxReports // the latest first, those that said nothing last
		}
		slices.SortFunc(waiting, func(a, b string) int { return used(a) - used(b) })
		for _, socket := range waiting {
			asking, end := context.WithTimeout(ctx, aliveFor)
			given := tell(asking, socket, pageMessage{Type: "status"}) == nil && s.orders.give(asking, socket, orderTerminal)
			end()
			if given {
				return nil
			}
		}
		select {
		case <-time.After(takeAgain): // a page that has just had an order asks for the next
		case <-ctx.Done():
			return bridge.Errorf(bridge.CodeNoEditor, "no page of the editor is open that could show its terminal; open the editor and try again")
		}
	}
}

// getEditorOrder answers the extension in a page with what the page is to do.
func (s *Server) getEditorOrder(w http.ResponseWriter, r *http.Request) {
	socket := r.URL.Query().Get("socket")
	if !s.isPage(socket) {
		problem(w, http.StatusBadRequest, bridge.CodeBadRequest, "socket is not one of a page of the editor")
		return
	}
	order, ok := s.orders.wait(r.Context(), socket)
	switch {
	case !ok:
		problem(w, http.StatusServiceUnavailable, bridge.CodeBadRequest, "too many pages wait")
	case order == "":
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(order))
	}
}

// isPage reports whether a path is where a page of the editor listens.
func (s *Server) isPage(socket string) bool {
	ok, _ := filepath.Match(pageSockets, filepath.Base(socket))
	return ok && filepath.Dir(socket) == filepath.Clean(s.pages.folder)
}
