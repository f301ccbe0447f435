package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/internal/inspect"
)

const (
	// replayFor is how long a program may take to answer a request that is sent again, and
	// replayStream how long an answer without end is listened to.
	replayFor    = 30 * time.Second
	replayStream = 2 * time.Second
	// replayBytes is how much of an answer is taken in.
	replayBytes = 32 << 20
	// replaysAtOnce and replaysPerMinute bound what one workspace is sent again: a program
	// could have the request sent again that it is answering.
	replaysAtOnce    = 4
	replaysPerMinute = 60
)

// Replayer is who has a request sent again. Its right to do so was checked by the caller;
// one with neither session nor token is not looked at again meanwhile.
type Replayer struct{ UserID, SessionID, TokenID string }

// Replay sends a request that was recorded to the same port again, as it was, and returns
// the recording of that. It counts as use of the workspace, and ends when the workspace does
// or the login of by. Errors: inspect.ErrSocket, inspect.ErrNotKept, inspect.ErrNotRunning,
// inspect.ErrBusy, or why nothing answered.
func (g *Gateway) Replay(ctx context.Context, by Replayer, t inspect.Target, x inspect.Exchange) (inspect.Exchange, error) {
	var none inspect.Exchange
	if err := x.Repeatable(); err != nil {
		return none, err
	}
	if g.options.Inspector == nil {
		return none, inspect.ErrNotKept
	}
	route := g.routes.lookup(t.Workspace)
	if route == nil || route.Deleting || !route.answers() || g.closing.Load() {
		return none, inspect.ErrNotRunning
	}
	if !g.replays.enter(t.Workspace, g.now()) {
		return none, inspect.ErrBusy
	}
	defer g.replays.leave(t.Workspace)

	limited, end := context.WithTimeout(ctx, replayFor)
	defer end()
	ctx, cancel := context.WithCancelCause(limited)
	defer cancel(nil)
	ex := &exchange{
		Context: ctx, cancel: cancel, route: route, address: Address{Kind: Port, ID: t.Workspace, Inside: t.Port},
		visitor: visitor{userID: by.UserID, sessionID: by.SessionID, tokenID: by.TokenID},
		port:    &portVisit{setting: route.setting(t.Port), upstream: route.portUpstream(t.Port)},
	}
	if by.SessionID != "" || by.TokenID != "" {
		if entered, full := route.usage.enter(ex, false, g.limits.mayHave(ex)); full {
			return none, inspect.ErrBusy
		} else if !entered {
			return none, inspect.ErrNotRunning
		}
		defer route.usage.leave(ex)
	}
	out, err := replayed(ex, x)
	if err != nil {
		return none, err
	}
	g.touch(route.usage)
	ex.recording = g.options.Inspector.Begin(t, func() inspect.Request {
		return inspect.Request{Method: x.Method, Path: x.Path, Host: x.Host, Headers: x.RequestHeaders, Length: int64(len(x.RequestBody.Data)), ReplayOf: x.ID}
	})
	if ex.recording == nil { // nobody looks at the port any more
		return none, inspect.ErrNotKept
	}
	defer ex.endRecording()
	ex.recording.Sent(x.RequestBody.Data)
	resp, err := g.proxy.portTransport.RoundTrip(out)
	if err != nil {
		ex.rec.status = http.StatusBadGateway
		if cause := context.Cause(ex); cause != nil && !errors.Is(err, cause) {
			err = fmt.Errorf("%w: %w", cause, err)
		}
		return none, fmt.Errorf("send a request to port %d of workspace %s again: %w", t.Port, t.Workspace, err)
	}
	ex.rec.status = resp.StatusCode
	ex.recordAnswer(resp)
	if goesOn(resp) {
		stop := time.AfterFunc(replayStream, func() { cancel(nil) })
		defer stop.Stop()
	}
	takeIn(ex.recording, resp.Body)
	ex.endRecording()
	again, kept := ex.recording.Snapshot()
	if !kept {
		return none, inspect.ErrBusy // a hundred others came meanwhile
	}
	return again, nil
}

// replayed is the request that x was.
func replayed(ex *exchange, x inspect.Exchange) (*http.Request, error) {
	u, err := url.ParseRequestURI(x.Path)
	if err != nil {
		return nil, fmt.Errorf("send %s again: %w", x.Method, err)
	}
	to := outboundURL(ex.upstream(), u, x.Path)
	out := (&http.Request{Method: x.Method, URL: &to, Host: x.Host, Header: make(http.Header), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}).WithContext(ex)
	for _, h := range x.RequestHeaders {
		out.Header[h[0]] = append(out.Header[h[0]], h[1])
	}
	if _, ok := out.Header["User-Agent"]; !ok {
		out.Header["User-Agent"] = []string{""} // else net/http would write its own
	}
	if n := len(x.RequestBody.Data); n > 0 {
		out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(x.RequestBody.Data)), int64(n)
	}
	return out, nil
}

// takeIn reads an answer to its end, as far as it is wanted, and closes it.
func takeIn(seen *inspect.Recording, body io.ReadCloser) {
	defer body.Close()
	buf := copyBuffers.Get()
	defer copyBuffers.Put(buf)
	for total := 0; total < replayBytes; {
		n, err := body.Read(buf)
		seen.Received(buf[:n])
		if total += n; err != nil {
			return // the end, or what came until it broke off
		}
	}
}

// replays counts the requests that are sent again, by workspace.
type replays struct {
	mu     sync.Mutex
	now    map[string]int
	minute map[string]int // since began
	began  time.Time
}

func (r *replays) enter(id string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now == nil || now.Sub(r.began) >= time.Minute {
		r.minute, r.began = map[string]int{}, now
	}
	if r.now == nil {
		r.now = map[string]int{}
	}
	if r.now[id] >= replaysAtOnce || r.minute[id] >= replaysPerMinute {
		return false
	}
	r.now[id]++
	r.minute[id]++
	return true
}

func (r *replays) leave(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now[id]--; r.now[id] == 0 {
		delete(r.now, id)
	}
}
