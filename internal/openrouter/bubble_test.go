package openrouter_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/openrouter"
)

// pipes is a network in memory, so that HTTP runs in a bubble of testing/synctest, where
// time passes only when all wait.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-p.done:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// bubble runs f with a client of s where waiting costs nothing.
func bubble(t *testing.T, s http.Handler, f func(*testing.T, *openrouter.Client), change ...func(*openrouter.Options)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
		web := &http.Server{Handler: s}
		var serving sync.WaitGroup
		serving.Go(func() { web.Serve(p) })
		transport := &http.Transport{DialContext: p.dial}
		c := connect(t, "http://models.test/api/v1", append(change, func(o *openrouter.Options) { o.Transport = transport })...)
		f(t, c)
		transport.CloseIdleConnections()
		web.Close()
		serving.Wait()
	})
}

// always answers every request alike.
func always(steps ...llmtest.Step) *llmtest.Server {
	return &llmtest.Server{Strict: true, Answer: func(llmtest.Request) llmtest.Script { return steps }}
}
