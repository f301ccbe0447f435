package bridgeserver

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/bridge"
)

// newStream gives out a number and a window for the frames of r.
func (r *request) newStream() (number uint32, window int64) {
	window = r.window
	if window == 0 {
		window = bridge.DefaultWindow
	}
	r.conn.mu.Lock()
	defer r.conn.mu.Unlock()
	r.conn.lastStream++
	return r.conn.lastStream, window
}

// download sends bytes to the client in binary frames. It is an io.Writer.
type download struct {
	r      *request
	number uint32
	frame  []byte
}

// download tells the client which stream follows; size is -1 if it is not known. The
// caller must end it.
func (r *request) download(size int64) (*download, error) {
	number, window := r.newStream()
	if err := r.emit(bridge.EventStream, bridge.Stream{Stream: number, Window: window, Size: size}); err != nil {
		return nil, err
	}
	if r.window == 0 {
		r.credit.add(window)
	}
	return &download{r: r, number: number}, nil
}

func (d *download) Write(p []byte) (int, error) {
	sent := 0
	for sent < len(p) {
		piece := p[sent:min(sent+bridge.MaxFrameData, len(p))]
		if err := d.r.credit.take(d.r.ctx, int64(len(piece))); err != nil {
			return sent, err
		}
		if err := d.send(bridge.Frame{Stream: d.number, Data: piece}); err != nil {
			return sent, err
		}
		sent += len(piece)
	}
	return sent, nil
}

// end sends the last frame, which is empty.
func (d *download) end() error { return d.send(bridge.Frame{Stream: d.number, Last: true}) }

func (d *download) send(f bridge.Frame) error {
	d.frame = f.Append(d.frame[:0])
	return d.r.conn.write(d.r.conn.server.life, websocket.MessageBinary, d.frame)
}

// ReadFrom copies without holding more than one frame.
func (d *download) ReadFrom(src io.Reader) (n int64, err error) {
	buf := make([]byte, bridge.MaxFrameData)
	for {
		got, err := src.Read(buf)
		if got > 0 {
			written, werr := d.Write(buf[:got])
			n += int64(written)
			if werr != nil {
				return n, werr
			}
		}
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

// upload takes binary frames of the client in. It is an io.Reader for one goroutine.
type upload struct {
	r      *request
	number uint32
	window int64
	unread int64 // read and not acknowledged yet; the reader's own

	// mu guards what follows. arrived holds a value when one of them has changed.
	mu      sync.Mutex
	chunks  [][]byte
	pending int64 // bytes that came and are not acknowledged
	last    bool
	failed  error
	arrived chan struct{}
}

// upload tells the client which stream to send. The caller must close it.
func (r *request) upload() (*upload, error) {
	number, window := r.newStream()
	u := &upload{r: r, number: number, window: window, arrived: make(chan struct{}, 1)}
	r.conn.mu.Lock()
	r.conn.streams[number] = u
	r.conn.mu.Unlock()
	if err := r.emit(bridge.EventStream, bridge.Stream{Stream: number, Window: window, Size: -1}); err != nil {
		u.close()
		return nil, err
	}
	return u, nil
}

func (u *upload) close() {
	u.r.conn.mu.Lock()
	defer u.r.conn.mu.Unlock()
	delete(u.r.conn.streams, u.number)
}

// receiveFrame takes one binary message in. What belongs to no stream is dropped: the
// request may have ended while it was under way.
func (c *conn) receiveFrame(ctx context.Context, body io.Reader) error {
	message, err := io.ReadAll(io.LimitReader(body, bridge.FrameHeader+bridge.MaxFrameData+1))
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return err
	}
	frame, err := bridge.ParseFrame(message)
	if err != nil {
		c.fail(ctx, "", bridge.Errorf(bridge.CodeBadRequest, "%v", err))
		return nil
	}
	c.mu.Lock()
	u := c.streams[frame.Stream]
	c.mu.Unlock()
	if u != nil {
		u.receive(frame)
	}
	return nil
}

func (u *upload) receive(f bridge.Frame) {
	u.mu.Lock()
	switch {
	case u.last || u.failed != nil:
	case u.pending+int64(len(f.Data)) > u.window:
		u.failed = bridge.Errorf(bridge.CodeFlowControl, "more than the window of %d bytes came; wait for the event %q", u.window, bridge.EventAck)
	default:
		if len(f.Data) > 0 {
			// Small frames share a chunk: each slice has room it does not use.
			if last := len(u.chunks) - 1; last >= 0 && len(u.chunks[last])+len(f.Data) <= bridge.MaxFrameData {
				u.chunks[last] = append(u.chunks[last], f.Data...)
			} else {
				u.chunks = append(u.chunks, f.Data)
			}
			u.pending += int64(len(f.Data))
		}
		u.last = f.Last
	}
	u.mu.Unlock()
	select {
	case u.arrived <- struct{}{}:
	default:
	}
}

// Read returns io.EOF after the last frame.
func (u *upload) Read(p []byte) (int, error) {
	for {
		u.mu.Lock()
		switch {
		case u.failed != nil:
			defer u.mu.Unlock()
			return 0, u.failed
		case len(u.chunks) > 0:
			n := copy(p, u.chunks[0])
			if u.chunks[0] = u.chunks[0][n:]; len(u.chunks[0]) == 0 {
				u.chunks = u.chunks[1:]
			}
			u.mu.Unlock()
			return n, u.taken(int64(n))
		case u.last:
			u.mu.Unlock()
			return 0, io.EOF
		}
		u.mu.Unlock()
		select {
		case <-u.arrived:
		case <-u.r.ctx.Done():
			return 0, u.r.ctx.Err()
		}
	}
}

// taken gives the client room again, half a window at a time.
func (u *upload) taken(n int64) error {
	if u.unread += n; u.unread < u.window/2 {
		return nil
	}
	u.mu.Lock()
	u.pending -= u.unread
	u.mu.Unlock()
	n, u.unread = u.unread, 0
	return u.r.emitFreely(bridge.EventAck, bridge.Ack{Bytes: n})
}
