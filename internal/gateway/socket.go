package gateway

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// waitBuffer is what a WebSocket holds per direction while it is silent, which most
	// are most of the time; a longer message gets a big buffer while it lasts.
	waitBuffer = 1 << 10
	// deafAfter is how long a workspace may leave what a visitor sent unread.
	deafAfter = 2 * time.Minute
	// closeGrace is how long the other side may take to read a close frame.
	closeGrace = time.Second
	// lastWords is how long a workspace may go on once the visitor has said everything. A
	// WebSocket is over with that, but for the answer to a close frame.
	lastWords = 10 * time.Second
)

// socket is one WebSocket between a visitor and a workspace.
type socket struct {
	gateway  *Gateway
	exchange *exchange
	kind     string
	client   net.Conn
	upstream net.Conn
	ending   atomic.Bool
	writing  atomic.Int64 // since when, in Unix seconds, the workspace has been given something; 0 = it takes all
	in, out  atomic.Int64 // bytes since the last report

	mu     sync.Mutex // held while writing to the client
	frames frameTracker
}

func newSocket(g *Gateway, ex *exchange, client, upstream net.Conn) *socket {
	return &socket{gateway: g, exchange: ex, kind: kindLabel(ex.address.Kind), client: client, upstream: upstream}
}

// start copies both ways until one side ends. early and greeting go first.
func (s *socket) start(early, greeting []byte) {
	s.gateway.options.Observer.SocketOpened(s.kind)
	down := make(chan struct{})
	s.gateway.background.start(func() {
		defer close(down)
		s.down(greeting)
	})
	s.gateway.background.start(func() {
		s.up(early)
		<-down
		s.client.Close()
		s.upstream.Close()
		u := s.exchange.route.usage
		s.exchange.endRecording()
		u.leave(s.exchange)
		s.gateway.releaseSocket(s.exchange)
		s.report(s.gateway.options.Observer)
		s.gateway.options.Observer.SocketClosed(s.kind)
	})
}

// up copies from the visitor to the workspace.
func (s *socket) up(early []byte) {
	_, err := s.toUpstream(early)
	if err == nil {
		err = pump(s.client, s.toUpstream)
	}
	if half, ok := s.upstream.(interface{ CloseWrite() error }); ok && err == io.EOF && !s.ending.Load() {
		// The visitor has said everything, and may still listen.
		enough := time.Now().Add(lastWords)
		s.client.SetWriteDeadline(enough)
		s.upstream.SetReadDeadline(enough)
		half.CloseWrite()
		return
	}
	s.upstream.Close()
	if s.ending.Load() && err != nil {
		io.Copy(io.Discard, s.client) // lets a close frame be read; bounded by the read deadline
	}
	s.client.SetWriteDeadline(time.Now().Add(closeGrace)) // down may be writing to a visitor who left
}

// down copies from the workspace to the visitor.
func (s *socket) down(greeting []byte) {
	_, err := s.toClient(greeting)
	if err == nil {
		pump(s.upstream, s.toClient)
	}
	s.hangUp()
}

// hangUp tells the visitor that nothing more comes, and gives up's reading an end.
func (s *socket) hangUp() {
	s.mu.Lock() // a close frame that is being written goes out first
	defer s.mu.Unlock()
	s.ending.Store(true)
	s.client.SetReadDeadline(time.Now().Add(closeGrace))
	s.upstream.SetWriteDeadline(time.Now().Add(closeGrace)) // up may be writing to a program that does not read
	if half, ok := s.client.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
		return
	}
	s.client.Close()
}

func (s *socket) toUpstream(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.writing.Store(s.gateway.touch(s.exchange.route.usage).Unix())
	defer s.writing.Store(0)
	s.in.Add(int64(len(p)))
	if seen := s.exchange.recording; seen != nil {
		seen.Sent(p)
	}
	return s.upstream.Write(p)
}

func (s *socket) toClient(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.gateway.touch(s.exchange.route.usage)
	s.out.Add(int64(len(p)))
	if seen := s.exchange.recording; seen != nil {
		seen.Received(p)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frames.advance(p)
	return s.client.Write(p)
}

// end closes the WebSocket from our side: with a close frame that says why if the
// workspace is not in the middle of one, else by hanging up. Where several want that, the
// others wait until the frame is written: with the workspace gone, nothing can follow.
func (s *socket) end(why ending) {
	if !s.ending.Load() {
		s.client.SetWriteDeadline(time.Now().Add(closeGrace)) // frees a write that is stuck
	}
	s.mu.Lock()
	first := s.ending.CompareAndSwap(false, true)
	if first && s.frames.between() {
		s.frames.closed = true
		s.client.Write(closeFrame(why))
	}
	s.mu.Unlock()
	if first {
		s.client.SetReadDeadline(time.Now().Add(closeGrace))
	}
	s.upstream.Close()
}

// deaf reports whether the workspace has left what it was given unread for too long.
func (s *socket) deaf(now time.Time) bool {
	since := s.writing.Load()
	return since != 0 && now.Sub(time.Unix(since, 0)) > deafAfter
}

// report tells of the bytes carried since the last report.
func (s *socket) report(o Observer) {
	b, ok := o.(SocketBytesObserver)
	if !ok {
		return
	}
	if in, out := s.in.Swap(0), s.out.Swap(0); in != 0 || out != 0 {
		b.SocketBytes(s.kind, in, out)
	}
}

// pump reads until an error, with a small buffer while little comes and a big one, lent,
// while much does.
func pump(src io.Reader, write func([]byte) (int, error)) error {
	small := make([]byte, waitBuffer)
	for {
		n, err := src.Read(small)
		if _, werr := write(small[:n]); werr != nil {
			return werr
		}
		for n >= waitBuffer && err == nil {
			big := copyBuffers.Get()
			for n >= waitBuffer && err == nil {
				n, err = src.Read(big)
				if _, werr := write(big[:n]); werr != nil {
					copyBuffers.Put(big)
					return werr
				}
			}
			copyBuffers.Put(big)
		}
		if err != nil {
			return err
		}
	}
}
