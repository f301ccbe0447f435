package bridgeclient

import (
	"context"
	"io"
	"sync"

	"github.com/kalpana-dev/kalpana/bridge"
)

// running is one call that is not answered yet.
type running struct {
	client *Client
	id     string
	stream uint32 // guarded by the client's mu
	// to takes the frames of a download; its own goroutine's.
	to io.Writer

	// mu guards inbox: what came and was not looked at. It is bounded by the windows, which
	// the bridge keeps to; arrived holds a value when something was put in.
	mu      sync.Mutex
	inbox   []arrival
	arrived chan struct{}
}

// arrival is a message or a frame.
type arrival struct {
	message message
	frame   *bridge.Frame
}

// put is called by the receiver; r is nil for what came too late.
func (r *running) put(a arrival) {
	if r == nil {
		return
	}
	r.mu.Lock()
	r.inbox = append(r.inbox, a)
	r.mu.Unlock()
	select {
	case r.arrived <- struct{}{}:
	default:
	}
}

// next waits for what comes next.
func (r *running) next(ctx context.Context) (arrival, error) {
	for {
		if a, ok := r.pop(); ok {
			return a, nil
		}
		select {
		case <-r.arrived:
		case <-ctx.Done():
			return arrival{}, ctx.Err()
		case <-r.client.done:
			if a, ok := r.pop(); ok { // it may have come just before the end
				return a, nil
			}
			return arrival{}, ErrClosed
		}
	}
}

func (r *running) pop() (arrival, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.inbox) == 0 {
		return arrival{}, false
	}
	a := r.inbox[0]
	r.inbox = r.inbox[1:]
	return a, true
}

// take writes a frame of a download and gives the bridge room for more.
func (r *running) take(f bridge.Frame) error {
	if len(f.Data) == 0 {
		return nil
	}
	if r.to != nil {
		if _, err := r.to.Write(f.Data); err != nil {
			return err
		}
	}
	return r.client.acknowledge(context.Background(), r.id, int64(len(f.Data)))
}
