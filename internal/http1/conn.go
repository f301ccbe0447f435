package http1

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// conn is one connection. It is used by one request at a time.
type conn struct {
	t       *Transport
	address string
	raw     net.Conn
	sys     syscall.RawConn // nil if the connection is no socket
	used    bool            // it has carried a request before
	since   time.Time       // when it became idle
	// left is how many bytes may still be read; it bounds the heads of responses.
	left int64

	peek func(fd uintptr) bool // made once: quiet is on every request's way
	open bool                  // what peek found
}

func newConn(t *Transport, address string, raw net.Conn) *conn {
	c := &conn{t: t, address: address, raw: raw}
	if s, ok := raw.(syscall.Conn); ok {
		c.sys, _ = s.SyscallConn()
	}
	c.peek = func(fd uintptr) bool {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		c.open = err == syscall.EAGAIN
		return true
	}
	return c
}

// Read reads from the connection, up to left.
func (c *conn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errHeadTooLarge
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.raw.Read(p)
	c.left -= int64(n)
	return n, err
}

// quiet reports whether the server has said nothing since the last response: neither that
// it closes, nor anything that could be taken for the next response.
func (c *conn) quiet() bool {
	if c.sys == nil {
		return true
	}
	c.open = false
	return c.sys.Read(c.peek) == nil && c.open
}

// readers lends out buffers to connections in use: idle ones need none.
var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 4<<10) }}

// heads lends out room to put a request's head together.
var heads = sync.Pool{New: func() any { return new([]byte) }}

// maxKeptHead is how large such room may be to be kept.
const maxKeptHead = 16 << 10

// exchange is one request and its response on a connection.
type exchange struct {
	c    *conn
	ctx  context.Context
	req  *http.Request
	in   *bufio.Reader
	stop func() bool // ends the watch over the request's context; nil without one
	body *upload     // nil without a body
}

// roundTrip sends a request and reads the response up to its body.
func (c *conn) roundTrip(ctx context.Context, req *http.Request) (*http.Response, error) {
	f := framingOf(req)
	room := heads.Get().(*[]byte)
	head, err := appendHead((*room)[:0], req, f)
	if err != nil {
		heads.Put(room)
		closeBody(req)
		c.t.keep(c) // nothing was written to it
		return nil, err
	}
	ex := exchange{c: c, ctx: ctx, req: req, in: readers.Get().(*bufio.Reader)}
	ex.in.Reset(c)
	if ctx.Done() != nil {
		ex.stop = context.AfterFunc(ctx, c.abort)
	}
	_, err = c.raw.Write(head)
	if cap(head) <= maxKeptHead {
		*room = head[:0]
		heads.Put(room)
	}
	if err != nil {
		closeBody(req)
		return nil, ex.fail(&lostError{err})
	}
	if f.present {
		ex.body = newUpload(ctx, c, req, f.length)
		go ex.body.run()
	}
	resp, err := ex.response()
	if err != nil {
		return nil, ex.fail(err)
	}
	if req.Method == http.MethodHead || resp.ContentLength == 0 || resp.Body == http.NoBody {
		_ = resp.Body.Close()
		resp.Body = http.NoBody
		ex.finish(resp)
		return resp, nil
	}
	resp.Body = &download{exchange: ex, resp: resp, from: resp.Body}
	return resp, nil
}

// abort makes everything that waits for the connection fail.
func (c *conn) abort() { _ = c.raw.Close() }

// response reads the one that counts.
func (ex *exchange) response() (*http.Response, error) {
	for before := 0; ; before++ {
		ex.c.left = ex.c.t.maxHeader()
		if before == 0 {
			if _, err := ex.in.Peek(1); err != nil {
				return nil, &lostError{endedEarly(err)}
			}
		}
		resp, err := http.ReadResponse(ex.in, ex.req)
		if err != nil {
			return nil, endedEarly(err)
		}
		switch {
		case resp.StatusCode == http.StatusSwitchingProtocols:
			return nil, errSwitched
		case resp.StatusCode < 100:
			return nil, errNoStatus
		case resp.StatusCode >= 200:
			ex.c.left = math.MaxInt64
			if ex.body != nil {
				ex.body.answered()
			}
			return resp, nil
		case before == maxInformational:
			return nil, errTooMuchBefore
		}
		if resp.StatusCode == http.StatusContinue && ex.body != nil {
			ex.body.wanted()
		}
	}
}

// fail ends the connection and finds out which of the errors around is the cause.
func (ex *exchange) fail(err error) error {
	_ = ex.c.raw.Close()
	ex.release()
	if ex.body != nil {
		ex.body.answered()
		if cause := ex.body.cause(); cause != nil {
			err = cause
		}
	}
	if ex.stop != nil {
		ex.stop()
	}
	if ex.ctx.Err() != nil {
		return context.Cause(ex.ctx)
	}
	return err
}

// finish keeps the connection for the next request, if both sides are through with this one.
func (ex *exchange) finish(resp *http.Response) {
	again := !resp.Close && !ex.req.Close && ex.in.Buffered() == 0
	ex.release()
	if ex.body != nil && !ex.body.written() {
		again = false
	}
	if ex.stop != nil && !ex.stop() {
		again = false
	}
	if again {
		ex.c.t.keep(ex.c)
	} else {
		_ = ex.c.raw.Close()
	}
}

func (ex *exchange) release() {
	ex.in.Reset(nil)
	readers.Put(ex.in)
	ex.in = nil
}

// download is the body of a response. Read and Close may be called by two goroutines, as
// with net/http.
type download struct {
	mu sync.Mutex
	exchange
	resp *http.Response
	from io.ReadCloser
	over error // what Read returns once the exchange is over
	// claimed by the one of Read and Close that ends the exchange: afterwards the connection
	// may be another request's.
	claimed atomic.Bool
}

var errClosed = errors.New("http1: read of a closed body")

func (d *download) Read(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over != nil {
		return 0, d.over
	}
	n, err := d.from.Read(p)
	switch {
	case err == io.EOF && d.claimed.CompareAndSwap(false, true):
		d.over = io.EOF
		d.finish(d.resp)
	case err == io.EOF: // closed at this moment
		d.over = errClosed
		_ = d.fail(errClosed)
		err = errClosed
	case err != nil:
		d.over = d.fail(err)
		err = d.over
	}
	return n, err
}

// Buffered is how many bytes have come that Read has not taken yet; what frames the body is
// counted too. It may be called by the goroutine that reads.
func (d *download) Buffered() int {
	if d.over != nil {
		return 0
	}
	return d.in.Buffered()
}

// Close ends the connection unless the body was read to its end.
func (d *download) Close() error {
	if !d.mu.TryLock() {
		if d.claimed.CompareAndSwap(false, true) {
			d.c.abort() // somebody waits for bytes, and now no longer
		}
		d.mu.Lock()
	}
	defer d.mu.Unlock()
	if d.over == nil {
		d.over = errClosed
		_ = d.fail(errClosed)
	}
	return nil
}

// expectsContinue: the body is to wait for the server's word.
func expectsContinue(req *http.Request) bool {
	for _, line := range req.Header["Expect"] {
		if strings.EqualFold(strings.TrimSpace(line), "100-continue") {
			return true
		}
	}
	return false
}
