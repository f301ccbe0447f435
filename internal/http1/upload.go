package http1

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	uploadSize = 32 << 10
	// chunkRoom is for the size of a chunk and the end of line before it.
	chunkRoom = 10
)

var uploadBuffers = sync.Pool{New: func() any { return new([chunkRoom + uploadSize + 2]byte) }}

// upload is the body of a request while it is sent.
type upload struct {
	ctx    context.Context
	c      *conn
	req    *http.Request
	length int64 // -1 = in chunks
	// wait is closed when the server wants the body, or has answered without; nil unless
	// the request waits for that.
	wait    chan struct{}
	once    sync.Once
	refused atomic.Bool // answered before it was asked for

	failed atomic.Pointer[error] // the body's own error
	whole  bool                  // all of it went; counts once done is closed
	done   chan struct{}
}

// lastWait is for the moment between a server's having the last byte, and answering, and
// this side's knowing that it was written. net/http waits as long.
const lastWait = 50 * time.Millisecond

func newUpload(ctx context.Context, c *conn, req *http.Request, length int64) *upload {
	u := &upload{ctx: ctx, c: c, req: req, length: length, done: make(chan struct{})}
	if c.t.ContinueTimeout > 0 && expectsContinue(req) {
		u.wait = make(chan struct{})
	}
	return u
}

// wanted: the server says that it wants the body.
func (u *upload) wanted() {
	if u.wait != nil {
		u.once.Do(func() { close(u.wait) })
	}
}

// answered: the server has answered, and will not say that it wants the body any more.
func (u *upload) answered() {
	if u.wait != nil {
		u.once.Do(func() {
			u.refused.Store(true)
			close(u.wait)
		})
	}
}

// written reports whether the server has had all of the body, now that it has answered.
func (u *upload) written() bool {
	select {
	case <-u.done:
		return u.whole
	default:
	}
	timer := time.NewTimer(lastWait)
	defer timer.Stop()
	select {
	case <-u.done:
		return u.whole
	case <-timer.C:
		return false
	}
}

// cause is the body's own error, if that ended the exchange.
func (u *upload) cause() error {
	if err := u.failed.Load(); err != nil {
		return *err
	}
	return nil
}

func (u *upload) run() {
	defer close(u.done)
	defer u.req.Body.Close()
	if u.wait != nil {
		timer := time.NewTimer(u.c.t.ContinueTimeout)
		select {
		case <-u.wait:
		case <-timer.C:
			u.wanted()
		case <-u.ctx.Done():
		}
		timer.Stop()
		if u.refused.Load() || u.ctx.Err() != nil {
			return
		}
	}
	u.whole = u.send()
}

// send copies the body to the connection and reports whether all of it went. An error of
// the body ends the connection; one of the connection does not: the server may have
// answered, and closed because it wants no more.
func (u *upload) send() bool {
	buf := uploadBuffers.Get().(*[chunkRoom + uploadSize + 2]byte)
	defer uploadBuffers.Put(buf)
	for left := u.length; left != 0; {
		room := buf[chunkRoom : chunkRoom+uploadSize]
		if left > 0 && left < int64(len(room)) {
			room = room[:left]
		}
		n, err := u.req.Body.Read(room)
		if n > 0 {
			out := room[:n]
			if left < 0 {
				out = chunk(buf, n)
			} else {
				left -= int64(n)
			}
			if _, err := u.c.raw.Write(out); err != nil {
				return false
			}
		}
		switch {
		case err == io.EOF && left < 0:
			_, err := io.WriteString(u.c.raw, "0\r\n\r\n")
			return err == nil
		case err == io.EOF && left > 0:
			err = io.ErrUnexpectedEOF
			fallthrough
		case err != nil && err != io.EOF:
			u.failed.Store(&err)
			u.c.abort()
			return false
		}
	}
	return true
}

// chunk frames the n bytes that are in buf after chunkRoom.
func chunk(buf *[chunkRoom + uploadSize + 2]byte, n int) []byte {
	var size [8]byte
	hex := strconv.AppendInt(size[:0], int64(n), 16)
	begin := chunkRoom - len(hex) - 2
	copy(buf[begin:], hex)
	copy(buf[chunkRoom-2:], "\r\n")
	copy(buf[chunkRoom+n:], "\r\n")
	return buf[begin : chunkRoom+n+2]
}
