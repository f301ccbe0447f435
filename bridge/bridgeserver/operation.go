package bridgeserver

import (
	"context"
	"encoding/json"

	"golang.org/x/sync/semaphore"

	"github.com/kalpana-dev/kalpana/bridge"
)

// operation does the work of one type of request. It returns the payload of the answer
// or an error: a *bridge.Error for the client, anything else for the log.
type operation func(ctx context.Context, call *call, payload json.RawMessage) (any, error)

// call is one request's share of the server's memory.
type call struct {
	work *semaphore.Weighted
	held int64
}

// reserve waits until the request may use n more bytes of memory. Ask once, for all:
// two requests that each wait for their second half would wait for ever.
func (c *call) reserve(ctx context.Context, n int64) error {
	n = min(n, workBytes)
	if err := c.work.Acquire(ctx, n); err != nil {
		return err
	}
	c.held += n
	return nil
}

func (c *call) release() { c.work.Release(c.held) }

func ping(context.Context, *call, json.RawMessage) (any, error) { return struct{}{}, nil }

// decode reads a payload; an absent one counts as {}.
func decode[T any](payload json.RawMessage) (T, error) {
	var v T
	if len(payload) == 0 {
		return v, nil
	}
	if err := json.Unmarshal(payload, &v); err != nil {
		return v, bridge.Errorf(bridge.CodeBadRequest, "payload: %v", err)
	}
	return v, nil
}
