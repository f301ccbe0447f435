package bridgeclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/proof"
)

// ErrClosed is returned by calls on a connection that has ended.
var ErrClosed = errors.New("connection to the bridge is closed")

// ErrUnauthorized: what listens there is not the bridge of the workspace the key is for,
// or does not take the token. Trying again is pointless.
var ErrUnauthorized = errors.New("bridge does not know this key")

// Client is a connection to one bridge. Safe for concurrent use. It does not come back
// by itself: after ErrClosed, dial again.
type Client struct {
	ws *websocket.Conn
	// Hello is what the bridge said of itself.
	Hello bridge.Hello
	// done is closed when the connection has ended.
	done chan struct{}

	// mu guards the rest: the last id given out, running calls by id, and those that get
	// frames by stream.
	mu      sync.Mutex
	next    uint64
	running map[string]*running
	streams map[uint32]*running
}

// message is any JSON message of the bridge: a response, or an event if Event is set.
type message struct {
	bridge.Response
	Event string `json:"event"`
}

// Dial connects to the bridge at addr ("127.0.0.1:40001") with the workspace's key. ctx
// bounds the handshake only. The caller must Close the Client. Errors: ErrUnauthorized, or
// why it cannot be reached.
func Dial(ctx context.Context, addr, key string) (*Client, error) {
	transport := proving(addr, key)
	defer transport.CloseIdleConnections()
	return DialURL(ctx, "ws://"+addr+"/", &websocket.DialOptions{
		HTTPHeader: http.Header{bridge.KeyHeader: {key}}, HTTPClient: &http.Client{Transport: transport, CheckRedirect: stay},
	})
}

// DialURL connects to a bridge through a gateway, at the address that the API calls
// agentUrl ("wss://<id>.agent.example.com/"); options hold the token as a header and, if it
// is not the default one, the HTTP client. Otherwise it is like Dial.
func DialURL(ctx context.Context, url string, options *websocket.DialOptions) (*Client, error) {
	o := *options
	o.CompressionMode = websocket.CompressionDisabled
	o.Subprotocols = []string{bridge.Subprotocol}
	ws, resp, err := websocket.Dial(ctx, url, &o)
	if err != nil {
		if errors.Is(err, proof.ErrNot) || resp != nil && resp.StatusCode == http.StatusUnauthorized {
			return nil, fmt.Errorf("dial bridge %s: %w", url, ErrUnauthorized)
		}
		if detail := problemOf(resp); detail != "" {
			return nil, fmt.Errorf("dial bridge %s: %s", url, detail)
		}
		return nil, fmt.Errorf("dial bridge %s: %w", url, err)
	}
	ws.SetReadLimit(bridge.MaxMessageBytes)
	c := &Client{ws: ws, done: make(chan struct{}), running: make(map[string]*running), streams: make(map[uint32]*running)}
	if err := c.greet(ctx); err != nil {
		_ = ws.CloseNow()
		return nil, fmt.Errorf("dial bridge %s: %w", url, err)
	}
	go c.receive()
	return c, nil
}

// problemOf is the sentence of a refusal, if there is one.
func problemOf(resp *http.Response) string {
	if resp == nil || resp.Body == nil {
		return ""
	}
	var p struct {
		Detail string `json:"detail"`
		Title  string `json:"title"`
	}
	_ = json.NewDecoder(io.LimitReader(resp.Body, 4<<10)).Decode(&p)
	if p.Detail == "" {
		return p.Title
	}
	return p.Detail
}

// greet reads hello, which a bridge sends to whoever speaks its subprotocol.
func (c *Client) greet(ctx context.Context) error {
	if c.ws.Subprotocol() == "" {
		return errors.New("its bridge is older than this program and does not speak " + bridge.Subprotocol + "; restart the workspace")
	}
	_, data, err := c.ws.Read(ctx)
	if err != nil {
		return fmt.Errorf("read hello: %w", err)
	}
	var m message
	if err := json.Unmarshal(data, &m); err != nil || m.Event != bridge.EventHello {
		return errors.New("its first message is no hello")
	}
	if err := json.Unmarshal(m.Payload, &c.Hello); err != nil {
		return fmt.Errorf("read hello: %w", err)
	}
	return nil
}

// Call sends one request and decodes the payload of its answer into out, unless out is
// nil; events are dropped. A refusal of the bridge comes back as a *bridge.Error. When ctx
// ends first, the bridge is told to stop and ctx's error returned; the connection stays
// usable.
func (c *Client) Call(ctx context.Context, kind string, payload, out any) error {
	return c.call(ctx, bridge.Request{Type: kind}, payload, out, func(*running, bridge.Event) error { return nil })
}

// Stream is Call for requests that send events: each is given to handle, in order. The
// bridge waits while handle is behind by bridge.DefaultWindow bytes. An error of handle
// cancels the request and is returned.
func (c *Client) Stream(ctx context.Context, kind string, payload, out any, handle func(bridge.Event) error) error {
	return c.call(ctx, bridge.Request{Type: kind, Window: bridge.DefaultWindow}, payload, out, func(_ *running, e bridge.Event) error {
		return handle(e)
	})
}

func (c *Client) call(ctx context.Context, req bridge.Request, payload, out any, handle func(*running, bridge.Event) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if payload != nil {
		var err error
		if req.Payload, err = json.Marshal(payload); err != nil {
			return fmt.Errorf("encode payload of %s: %w", req.Type, err)
		}
	}
	r := c.begin(&req)
	defer c.end(r)
	if err := c.send(ctx, req); err != nil {
		return err
	}
	for {
		a, err := r.next(ctx)
		switch {
		case err != nil && ctx.Err() != nil:
			_ = c.send(ctx, bridge.Request{ID: req.ID, Type: bridge.TypeCancel})
			return ctx.Err()
		case err != nil:
			return err
		case a.frame != nil:
			err = r.take(*a.frame)
		case a.message.Event == "":
			return a.message.decode(req.Type, out)
		default:
			err = handle(r, bridge.Event{ID: req.ID, Event: a.message.Event, Payload: a.message.Payload})
			if err == nil && req.Window > 0 && len(a.message.Payload) > 0 {
				err = c.acknowledge(ctx, req.ID, int64(len(a.message.Payload)))
			}
		}
		if err != nil {
			_ = c.send(ctx, bridge.Request{ID: req.ID, Type: bridge.TypeCancel})
			return err
		}
	}
}

func (c *Client) acknowledge(ctx context.Context, id string, n int64) error {
	payload, err := json.Marshal(bridge.Ack{Bytes: n})
	if err != nil {
		return err
	}
	return c.send(ctx, bridge.Request{ID: id, Type: bridge.TypeAck, Payload: payload})
}

func (m message) decode(kind string, out any) error {
	switch {
	case m.Error != nil:
		return m.Error
	case !m.Success:
		return fmt.Errorf("bridge answered %s with neither success nor error", kind)
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(m.Payload, out); err != nil {
		return fmt.Errorf("decode answer to %s: %w", kind, err)
	}
	return nil
}

// send writes one message. The end of ctx does not cut it off, for half a message would
// end the connection for all other calls.
func (c *Client) send(ctx context.Context, req bridge.Request) error {
	data, err := json.Marshal(req)
	if err != nil {
		return fmt.Errorf("encode %s: %w", req.Type, err)
	}
	if len(data) > bridge.MaxMessageBytes {
		return bridge.Errorf(bridge.CodeTooLarge, "the request is larger than %d MiB", bridge.MaxMessageBytes>>20)
	}
	return c.write(ctx, websocket.MessageText, data)
}

func (c *Client) write(ctx context.Context, kind websocket.MessageType, data []byte) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bridge.WriteTimeout)
	defer cancel()
	if err := c.ws.Write(ctx, kind, data); err != nil {
		return fmt.Errorf("send to the bridge: %w: %w", ErrClosed, err)
	}
	return nil
}

// receive hands messages to their callers until the connection ends.
func (c *Client) receive() {
	defer close(c.done)
	for {
		// No deadline: the bridge pings, and reading answers it.
		kind, data, err := c.ws.Read(context.Background())
		if err != nil {
			return
		}
		if kind == websocket.MessageBinary {
			if f, err := bridge.ParseFrame(data); err == nil {
				c.mu.Lock()
				r := c.streams[f.Stream]
				c.mu.Unlock()
				r.put(arrival{frame: &f})
			}
			continue
		}
		var m message
		if json.Unmarshal(data, &m) != nil {
			continue // what cannot be read has nobody to go to
		}
		c.mu.Lock()
		r := c.running[m.ID]
		var s bridge.Stream
		// Frames may follow at once, before the caller has seen the event.
		if r != nil && m.Event == bridge.EventStream && json.Unmarshal(m.Payload, &s) == nil {
			r.stream = s.Stream
			c.streams[s.Stream] = r
		}
		c.mu.Unlock()
		r.put(arrival{message: m})
	}
}

func (c *Client) begin(req *bridge.Request) *running {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next++
	req.ID = strconv.FormatUint(c.next, 10)
	r := &running{client: c, id: req.ID, arrived: make(chan struct{}, 1)}
	c.running[req.ID] = r
	return r
}

func (c *Client) end(r *running) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.running, r.id)
	delete(c.streams, r.stream)
}

// Done is closed when the connection has ended, for whatever reason.
func (c *Client) Done() <-chan struct{} { return c.done }

// Close ends the connection and all calls on it. Calling it again does nothing.
func (c *Client) Close() error {
	_ = c.ws.Close(websocket.StatusNormalClosure, "")
	<-c.done
	return nil
}
