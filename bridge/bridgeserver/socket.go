package bridgeserver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/bridge"
)

// socket serves one WebSocket until it closes or the server does.
func (s *Server) socket(w http.ResponseWriter, r *http.Request) {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		w.Header().Set("Upgrade", "websocket")
		problem(w, http.StatusUpgradeRequired, bridge.CodeUpgradeRequired, "open a WebSocket here")
		return
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		problem(w, http.StatusServiceUnavailable, bridge.CodeTooManyConnections, "too many WebSockets are open; close one")
		return
	}
	s.sockets.Add(1)
	defer s.sockets.Done()

	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		// The gateway checks Origin; whoever has the key is the gateway.
		InsecureSkipVerify: true,
		// The gateway is on the same machine: compressing would only cost memory.
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		s.log.Debug("websocket handshake refused", "err", err)
		return
	}
	ws.SetReadLimit(bridge.MaxMessageBytes)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.life, func() {
		_ = ws.Close(websocket.StatusServiceRestart, "the bridge ends")
		cancel()
	})()
	c := &conn{
		server: s, ws: ws,
		unsent:  make(chan struct{}, 2*bridge.MaxInFlight),
		running: make(map[string]context.CancelFunc),
	}
	c.serve(ctx)
	cancel()
	c.requests.Wait()
	_ = ws.CloseNow()
}

// conn is one WebSocket with its running requests.
type conn struct {
	server   *Server
	ws       *websocket.Conn
	requests sync.WaitGroup
	// unsent holds one value per request whose answer is not sent, running or not. When
	// it is full the client reads no answers, and the connection is not read either.
	unsent chan struct{}

	// mu guards running: what stops each unanswered request, by id.
	mu      sync.Mutex
	running map[string]context.CancelFunc
}

// serve reads messages until the connection ends.
func (c *conn) serve(ctx context.Context) {
	c.requests.Go(func() { c.keepAlive(ctx) })
	for {
		kind, message, err := c.ws.Read(ctx)
		if err != nil {
			return
		}
		if kind != websocket.MessageText {
			c.fail(ctx, "", bridge.Errorf(bridge.CodeBadRequest, "only text messages are understood"))
			continue
		}
		c.handle(ctx, message)
	}
}

// handle starts one request, or answers at once why not. A client that reads no answers
// blocks it, and so stops being read itself.
func (c *conn) handle(ctx context.Context, message []byte) {
	req, bad := bridge.ParseRequest(message)
	if bad != nil {
		c.fail(ctx, req.ID, bad)
		return
	}
	if req.Type == bridge.TypeCancel {
		c.stop(req.ID)
		return
	}
	op, known := c.server.operations[req.Type]
	if !known {
		c.fail(ctx, req.ID, bridge.Errorf(bridge.CodeUnknownType, "this bridge knows no %q", clip(req.Type)))
		return
	}
	select {
	case c.unsent <- struct{}{}:
	case <-ctx.Done():
		return
	}
	reqCtx, cancel := context.WithCancel(ctx)
	if refused := c.begin(req.ID, cancel); refused != nil {
		cancel()
		c.fail(ctx, req.ID, refused)
		<-c.unsent
		return
	}
	c.requests.Go(func() {
		defer func() { <-c.unsent }()
		defer cancel()
		call := &call{work: c.server.work}
		defer call.release()
		payload, err := c.run(reqCtx, op, call, req)
		// The id is free before the answer is out: the client may use it again then.
		c.end(req.ID)
		if err != nil {
			c.fail(ctx, req.ID, err)
			return
		}
		c.write(ctx, bridge.Response{ID: req.ID, Success: true, Payload: payload})
	})
}

// run does the work of one request and encodes what comes of it.
func (c *conn) run(ctx context.Context, op operation, call *call, req bridge.Request) (payload json.RawMessage, bad *bridge.Error) {
	defer func() {
		// One bad request must not end PID 1 and with it the workspace.
		if p := recover(); p != nil {
			c.server.log.Error("request panicked", "type", req.Type, "err", p, "stack", string(debug.Stack()))
			bad = bridge.Errorf(bridge.CodeInternal, "the bridge made a mistake; its log says more")
		}
	}()
	result, err := op(ctx, call, req.Payload)
	if err != nil {
		if e, ok := errors.AsType[*bridge.Error](err); ok {
			return nil, e
		}
		if ctx.Err() != nil {
			return nil, bridge.Errorf(bridge.CodeCancelled, "the request was cancelled")
		}
		c.server.log.Error("request broke", "type", req.Type, "err", err)
		return nil, bridge.Errorf(bridge.CodeInternal, "the bridge made a mistake; its log says more")
	}
	return encode(result), nil
}

func (c *conn) begin(id string, stop context.CancelFunc) *bridge.Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, taken := c.running[id]; taken {
		return bridge.Errorf(bridge.CodeDuplicateID, "a request with this id is still running")
	}
	if len(c.running) >= bridge.MaxInFlight {
		return bridge.Errorf(bridge.CodeBusy, "%d requests of this connection are unanswered; wait for one", bridge.MaxInFlight)
	}
	c.running[id] = stop
	return nil
}

func (c *conn) end(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.running, id)
}

// stop cancels a running request. One that has just ended is no error: its answer and
// the cancel crossed.
func (c *conn) stop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cancel, ok := c.running[id]; ok {
		cancel()
	}
}

func (c *conn) fail(ctx context.Context, id string, err *bridge.Error) {
	c.write(ctx, bridge.Response{ID: id, Error: err})
}

// write sends one answer. ctx is the connection's: a message that is cut off in the
// middle would take the connection with it.
func (c *conn) write(ctx context.Context, r bridge.Response) {
	ctx, cancel := context.WithTimeout(ctx, bridge.WriteTimeout)
	defer cancel()
	// On error the connection is gone, and reading ends as well.
	_ = c.ws.Write(ctx, websocket.MessageText, encode(r))
}

// keepAlive closes the connection when an idle peer does not answer a ping. While
// requests run it asks nothing: a reader that is merely slow would look dead, and one
// that is dead runs into the write's own deadline.
func (c *conn) keepAlive(ctx context.Context) {
	tick := time.NewTicker(bridge.PingInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		c.mu.Lock()
		idle := len(c.running) == 0
		c.mu.Unlock()
		if !idle {
			continue
		}
		alive, cancel := context.WithTimeout(ctx, bridge.PingInterval)
		err := c.ws.Ping(alive)
		cancel()
		if err != nil {
			_ = c.ws.CloseNow()
			return
		}
	}
}

// encode is json.Marshal without the escapes meant for HTML, which would make source
// code half as long again.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // our own types always encode
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// clip shortens what a client sent for use in a message to it.
func clip(s string) string {
	const longest = 64 // enough to recognise it
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(s[:longest], "") + "…"
}
