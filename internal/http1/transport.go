package http1

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Transport sends requests over connections that it keeps for the next ones. The zero
// value needs Dial. Safe for concurrent use; its fields must not change once it is used.
type Transport struct {
	// Dial connects to the host of a request's URL, which need not be a name that anybody
	// else knows.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// MaxIdlePerHost and MaxIdle bound the unused connections that are kept, for one
	// address and in all; 0 = none are kept.
	MaxIdlePerHost int
	MaxIdle        int
	// IdleFor is how long an unused connection is kept; it may be half as long again.
	IdleFor time.Duration
	// MaxHeaderBytes bounds the head of a response, and of each that precedes it; 0 = 1 MiB.
	MaxHeaderBytes int64
	// ContinueTimeout is how long a request that expects "100 Continue" waits for it before
	// its body is sent in any case; 0 = it does not wait.
	ContinueTimeout time.Duration

	pools    sync.Map // address → *pool
	idle     atomic.Int64
	sweeping atomic.Bool
}

const defaultMaxHeader = 1 << 20

// maxInformational is how many responses 1xx may come before the one that counts, as
// net/http has it.
const maxInformational = 5

var (
	errSwitched      = errors.New("http1: the server switched protocols, which nobody asked for")
	errNoStatus      = errors.New("http1: the status of the response is none")
	errTooMuchBefore = errors.New("http1: too many responses 1xx")
	errHeadTooLarge  = errors.New("http1: the head of the response is too large")
)

// lostError: the connection ended before the first byte of an answer, perhaps just because
// the server had had it open for long enough.
type lostError struct{ err error }

func (e *lostError) Error() string {
	return "http1: connection lost before an answer: " + e.err.Error()
}
func (e *lostError) Unwrap() error { return e.err }

// RoundTrip is Send with the request's own context.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	return t.Send(req.Context(), req)
}

// Send sends a request and returns its response, whose body the caller closes. The
// context ends both, also later while the body is read. A request that may be repeated is,
// when a kept connection turns out to be gone. Errors of the request's own body are
// returned as they are. The request's headers are not looked at any more once Send returns.
func (t *Transport) Send(ctx context.Context, req *http.Request) (*http.Response, error) {
	if err := check(req); err != nil {
		closeBody(req)
		return nil, err
	}
	for {
		c, err := t.connection(ctx, req.URL.Host)
		if err != nil {
			closeBody(req)
			return nil, err
		}
		resp, err := c.roundTrip(ctx, req)
		if err == nil {
			return resp, nil
		}
		if _, lost := errors.AsType[*lostError](err); !lost || !c.used || !repeatable(req) || ctx.Err() != nil {
			return nil, err
		}
	}
}

// repeatable: nothing changes when the server has seen the request already (RFC 9110, 9.2.2).
func repeatable(req *http.Request) bool {
	if req.Body != nil && req.Body != http.NoBody {
		return false
	}
	switch req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// connection takes one that is kept, or makes one.
func (t *Transport) connection(ctx context.Context, address string) (*conn, error) {
	if c := t.take(address); c != nil {
		return c, nil
	}
	raw, err := t.Dial(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", address, err)
	}
	return newConn(t, address, raw), nil
}

func (t *Transport) maxHeader() int64 {
	if t.MaxHeaderBytes > 0 {
		return t.MaxHeaderBytes
	}
	return defaultMaxHeader
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// endedEarly is what the error a body is whose connection ends before it does.
func endedEarly(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
