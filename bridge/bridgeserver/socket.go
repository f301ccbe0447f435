package bridgeserver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/sync/semaphore"

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

	taken := &hijacked{ResponseWriter: w}
	ws, err := websocket.Accept(taken, r, &websocket.AcceptOptions{
		// The gateway checks Origin; whoever has the key is the gateway.
		InsecureSkipVerify: true,
		// The gateway is on the same machine: compressing would only cost memory.
		CompressionMode: websocket.CompressionDisabled,
		Subprotocols:    []string{bridge.Subprotocol},
	})
	if err != nil {
		s.log.Debug("websocket handshake refused", "err", err)
		return
	}
	if len(r.Header["Sec-Websocket-Protocol"]) > 0 && ws.Subprotocol() == "" {
		taken.hurry()
		_ = ws.Close(bridge.CloseVersion, "this bridge speaks "+bridge.Subprotocol)
		return
	}
	ws.SetReadLimit(bridge.MaxMessageBytes)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	c := &conn{
		server: s, ws: ws,
		unsent:  make(chan struct{}, 2*bridge.MaxInFlight),
		running: make(map[string]*request),
		streams: make(map[uint32]*upload),
		turn:    make(chan struct{}, 1),
		work:    semaphore.NewWeighted(workBytes),
	}
	defer context.AfterFunc(s.life, func() {
		c.cancelAll() // what they started needs its time to end, too
		taken.hurry()
		_ = ws.Close(websocket.StatusServiceRestart, "the bridge ends")
		cancel()
	})()
	if ws.Subprotocol() != "" {
		c.send(ctx, encode(bridge.Event{Event: bridge.EventHello, Payload: s.hello}))
	}
	c.serve(ctx)
	cancel()
	c.requests.Wait()
	_ = ws.CloseNow()
}

// greeting is the payload of hello, the same for everybody.
func (s *Server) greeting(version string) json.RawMessage {
	types := make([]string, 0, len(s.operations))
	for t := range s.operations {
		types = append(types, t)
	}
	slices.Sort(types)
	return encode(bridge.Hello{Version: 1, Bridge: version, Root: s.root.Name(), Types: types, Limits: bridge.Limits{
		MessageBytes: bridge.MaxMessageBytes, InlineBytes: bridge.MaxInlineBytes, FrameBytes: bridge.MaxFrameData,
		InFlight: bridge.MaxInFlight, Processes: bridge.MaxProcesses,
	}})
}

// conn is one WebSocket with its running requests.
type conn struct {
	server   *Server
	ws       *websocket.Conn
	requests sync.WaitGroup
	// unsent holds one value per request whose answer is not sent, running or not. When
	// it is full the client reads no answers, and the connection is not read either.
	unsent chan struct{}
	// work is the memory of requests that hold much; see bounded.
	work *semaphore.Weighted
	// writing counts messages that are being sent; turn holds a value while one is.
	writing atomic.Int32
	turn    chan struct{}

	// mu guards the rest: unanswered requests by id, what the client may send frames of,
	// and the number of the latest stream.
	mu         sync.Mutex
	running    map[string]*request
	streams    map[uint32]*upload
	lastStream uint32
}

// serve reads messages until the connection ends.
func (c *conn) serve(ctx context.Context) {
	c.requests.Go(func() { c.keepAlive(ctx) })
	for {
		kind, body, err := c.ws.Reader(ctx)
		if err != nil {
			return
		}
		if kind == websocket.MessageBinary {
			err = c.receiveFrame(ctx, body)
		} else {
			var message []byte
			if message, err = io.ReadAll(body); err == nil {
				c.handle(ctx, message)
			}
		}
		if err != nil {
			return
		}
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
	switch req.Type {
	case bridge.TypeCancel:
		c.cancel(req.ID)
		return
	case bridge.TypeAck:
		c.acknowledge(req)
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
	r := newRequest(ctx, c, req)
	if refused := c.begin(r); refused != nil {
		r.cancel()
		c.fail(ctx, req.ID, refused)
		<-c.unsent
		return
	}
	c.requests.Go(func() {
		defer func() { <-c.unsent }()
		defer r.cancel()
		defer func() { c.work.Release(r.held) }()
		payload, bad := c.run(r, op, req)
		// The id is free before the answer is out: the client may use it again then.
		c.end(r)
		if bad != nil {
			c.fail(ctx, req.ID, bad)
			return
		}
		c.send(ctx, encode(bridge.Response{ID: req.ID, Success: true, Payload: payload}))
	})
}

func (c *conn) begin(r *request) *bridge.Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, taken := c.running[r.id]; taken {
		return bridge.Errorf(bridge.CodeDuplicateID, "a request with this id is still running")
	}
	if len(c.running) >= bridge.MaxInFlight {
		return bridge.Errorf(bridge.CodeBusy, "%d requests of this connection are unanswered; wait for one", bridge.MaxInFlight)
	}
	c.running[r.id] = r
	return nil
}

func (c *conn) end(r *request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.running, r.id)
}

// find returns a running request. One that has just ended is no error: its answer and
// what the client said about it crossed.
func (c *conn) find(id string) *request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.running[id]
}

func (c *conn) cancel(id string) {
	if r := c.find(id); r != nil {
		r.cancel()
	}
}

func (c *conn) cancelAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.running {
		r.cancel()
	}
}

func (c *conn) acknowledge(req bridge.Request) {
	var ack bridge.Ack
	if r := c.find(req.ID); r != nil && json.Unmarshal(req.Payload, &ack) == nil {
		r.credit.add(ack.Bytes)
	}
}

func (c *conn) fail(ctx context.Context, id string, err *bridge.Error) {
	c.send(ctx, encode(bridge.Response{ID: id, Error: err}))
}

// send writes one text message. ctx is the connection's: a message that is cut off in the
// middle would take the connection with it. On error the connection is gone, and reading
// ends as well.
func (c *conn) send(ctx context.Context, message []byte) error {
	return c.write(ctx, websocket.MessageText, message)
}

func (c *conn) write(ctx context.Context, kind websocket.MessageType, message []byte) error {
	c.writing.Add(1)
	defer c.writing.Add(-1)
	// The time-out is for one message, not for those before it.
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, bridge.WriteTimeout)
	defer cancel()
	return c.ws.Write(ctx, kind, message)
}

// keepAlive closes the connection when its peer does not answer a ping. While something
// is being sent it asks nothing: a reader that is merely slow would look dead, and one
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
		if c.writing.Load() > 0 {
			continue
		}
		alive, cancel := context.WithTimeout(ctx, bridge.PingInterval)
		err := c.ws.Ping(alive)
		cancel()
		if err != nil && c.writing.Load() == 0 {
			_ = c.ws.CloseNow()
			return
		}
	}
}

// errEnded is what writers get of a request that is over.
var errEnded = errors.New("the request is over")

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
