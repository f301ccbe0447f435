package bridgeclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/bridge"
)

// ErrClosed is returned by calls on a connection that has ended.
var ErrClosed = errors.New("connection to the bridge is closed")

// ErrUnauthorized: what listens there is not the bridge of the workspace the key is for.
// It may be another workspace's, so trying again is pointless.
var ErrUnauthorized = errors.New("bridge does not know this key")

// Client is a connection to one bridge. Safe for concurrent use. It does not come back
// by itself: after ErrClosed, dial again.
type Client struct {
	ws *websocket.Conn
	// done is closed when the connection has ended.
	done chan struct{}

	// mu guards next and waiting: the last id given out, and who waits for which answer.
	mu      sync.Mutex
	next    uint64
	waiting map[string]chan answer
}

// answer is any message of the bridge: a response, or an event if Event is set.
type answer struct {
	bridge.Response
	Event string `json:"event"`
}

// Dial connects to the bridge at addr ("127.0.0.1:40001"). ctx bounds the handshake only.
// The caller must Close the Client. Errors: ErrUnauthorized, or why it cannot be reached.
func Dial(ctx context.Context, addr, key string) (*Client, error) {
	ws, resp, err := websocket.Dial(ctx, "ws://"+addr+"/", &websocket.DialOptions{
		HTTPHeader:      http.Header{bridge.KeyHeader: {key}},
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		if resp != nil && resp.StatusCode == http.StatusUnauthorized {
			return nil, fmt.Errorf("dial bridge %s: %w", addr, ErrUnauthorized)
		}
		return nil, fmt.Errorf("dial bridge %s: %w", addr, err)
	}
	ws.SetReadLimit(bridge.MaxMessageBytes)
	c := &Client{ws: ws, done: make(chan struct{}), waiting: make(map[string]chan answer)}
	go c.receive()
	return c, nil
}

// Call sends one request and decodes the payload of its answer into out, unless out is
// nil. A refusal of the bridge comes back as a *bridge.Error. When ctx ends first, the
// bridge is told to stop and ctx's error returned; the connection stays usable.
func (c *Client) Call(ctx context.Context, kind string, payload, out any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	req := bridge.Request{Type: kind}
	if payload != nil {
		var err error
		if req.Payload, err = json.Marshal(payload); err != nil {
			return fmt.Errorf("encode payload of %s: %w", kind, err)
		}
	}
	answered := make(chan answer, 1)
	c.mu.Lock()
	c.next++
	req.ID = strconv.FormatUint(c.next, 10)
	c.waiting[req.ID] = answered
	c.mu.Unlock()
	defer c.forget(req.ID)

	if err := c.send(ctx, req); err != nil {
		return err
	}
	select {
	case a := <-answered:
		return a.decode(kind, out)
	case <-c.done:
		return ErrClosed
	case <-ctx.Done():
		_ = c.send(ctx, bridge.Request{ID: req.ID, Type: bridge.TypeCancel})
		return ctx.Err()
	}
}

func (a answer) decode(kind string, out any) error {
	switch {
	case a.Error != nil:
		return a.Error
	case !a.Success:
		return fmt.Errorf("bridge answered %s with neither success nor error", kind)
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(a.Payload, out); err != nil {
		return fmt.Errorf("decode answer to %s: %w", kind, err)
	}
	return nil
}

// send writes one message. The end of ctx does not cut it off, for half a message would
// end the connection for all other calls.
func (c *Client) send(ctx context.Context, req bridge.Request) error {
	message, err := json.Marshal(req)
	if err != nil {
		return fmt.Errorf("encode %s: %w", req.Type, err)
	}
	if len(message) > bridge.MaxMessageBytes {
		return bridge.Errorf(bridge.CodeTooLarge, "the request is larger than %d MiB", bridge.MaxMessageBytes>>20)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bridge.WriteTimeout)
	defer cancel()
	if err := c.ws.Write(ctx, websocket.MessageText, message); err != nil {
		return fmt.Errorf("send %s: %w: %w", req.Type, ErrClosed, err)
	}
	return nil
}

// receive hands answers to their callers until the connection ends.
func (c *Client) receive() {
	defer close(c.done)
	for {
		// No deadline: the bridge pings, and reading answers it.
		_, message, err := c.ws.Read(context.Background())
		if err != nil {
			return
		}
		var a answer
		// An event has nobody to go to; what cannot be read, or comes too late, neither.
		if json.Unmarshal(message, &a) != nil || a.Event != "" {
			continue
		}
		c.mu.Lock()
		if answered, ok := c.waiting[a.ID]; ok {
			delete(c.waiting, a.ID)
			answered <- a
		}
		c.mu.Unlock()
	}
}

func (c *Client) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, id)
}

// Done is closed when the connection has ended, for whatever reason.
func (c *Client) Done() <-chan struct{} { return c.done }

// Close ends the connection and all calls on it. Calling it again does nothing.
func (c *Client) Close() error {
	_ = c.ws.Close(websocket.StatusNormalClosure, "")
	<-c.done
	return nil
}
