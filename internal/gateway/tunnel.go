package gateway

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"time"
)

// handshakeTimeout bounds how long a workspace may think about a handshake.
const handshakeTimeout = 30 * time.Second

// tunnel carries a WebSocket handshake to the workspace and, if it agrees, all that
// follows. Once both sides have switched, copying goes on in goroutines of its own and
// tunnel returns, so that the server's stack and buffers are free. It takes ex off the
// list of usage when all is over.
func (p *proxy) tunnel(ex *exchange, r *http.Request) {
	u := ex.route.usage
	handedOver := false
	if !p.gateway.reserveSocket(ex) {
		u.leave(ex)
		ex.cancel(nil)
		writeProblem(&ex.rec, refuseSockets)
		return
	}
	defer func() {
		if !handedOver {
			p.gateway.releaseSocket(ex)
			u.leave(ex)
			ex.cancel(nil)
			ex.endRecording()
		}
	}()
	if r.Method != http.MethodGet || r.ProtoMajor != 1 || r.ProtoMinor < 1 || !hasToken(r.Header["Connection"], "upgrade") {
		writeProblem(&ex.rec, refuseHandshake)
		return
	}
	ex.framePolicy = p.framePolicy(ex, r)
	resp, up, err := p.shake(ex, r)
	if err != nil {
		p.failed(ex, r, err)
		return
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		p.relay(ex, resp, up.conn)
		return
	}
	handedOver, err = p.join(ex, resp, up)
	if err != nil {
		up.conn.Close()
		p.failed(ex, r, err)
	}
}

// upstreamConn is a connection to a workspace of which a reader may hold bytes already.
type upstreamConn struct {
	conn net.Conn
	buf  *bufio.Reader
	left *io.LimitedReader
}

// shake sends the handshake to the workspace and returns its answer.
func (p *proxy) shake(ex *exchange, r *http.Request) (*http.Response, upstreamConn, error) {
	target, dial := ex.upstream(), p.dialWorkspace
	if ex.port != nil {
		dial = p.dialPort
	}
	conn, err := dial(ex, target.pool)
	if err != nil {
		return nil, upstreamConn{}, fmt.Errorf("dial for a WebSocket: %w", err)
	}
	stop := context.AfterFunc(ex, func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(handshakeTimeout))

	url := outboundURL(target, r.URL, r.RequestURI)
	out := &http.Request{Method: http.MethodGet, URL: &url, Host: ex.sentHost(), Header: r.Header.Clone()}
	dropHopByHop(out.Header)
	dressHeaders(out.Header, ex)
	p.record(ex, out, true)
	out.Header["Connection"], out.Header["Upgrade"] = []string{"Upgrade"}, []string{"websocket"}

	left := &io.LimitedReader{R: conn, N: maxResponseHeader}
	up := upstreamConn{conn: conn, buf: bufio.NewReader(left), left: left}
	var resp *http.Response
	if err = out.Write(conn); err == nil {
		resp, err = http.ReadResponse(up.buf, out)
	}
	if !stop() && err == nil {
		err = context.Cause(ex)
	}
	if err == nil {
		ex.recordAnswer(resp)
	}
	if err == nil && resp.StatusCode == http.StatusSwitchingProtocols && !hasToken(resp.Header["Upgrade"], "websocket") {
		err = errors.New("workspace switched to another protocol than WebSocket")
	}
	if err == nil {
		err = checkResponse(resp, ex)
	}
	if err != nil {
		conn.Close()
		return nil, upstreamConn{}, fmt.Errorf("WebSocket handshake: %w", err)
	}
	left.N = math.MaxInt64 // the head is read; what follows may be long
	conn.SetDeadline(time.Time{})
	return resp, up, nil
}

// relay passes on an answer that is not a switch, for example a 404 of the editor, and
// closes the connection it comes from.
func (p *proxy) relay(ex *exchange, resp *http.Response, conn net.Conn) {
	// The connection itself: to close the body would wait for the read that is under way,
	// and then for the end of a stream that may have none.
	stop := context.AfterFunc(ex, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	dropHopByHop(resp.Header)
	passHeader(ex.rec.Header(), resp.Header)
	ex.rec.WriteHeader(resp.StatusCode)
	_ = http.NewResponseController(&ex.rec).Flush() // a stream may begin with silence
	buf := copyBuffers.Get()
	defer copyBuffers.Put(buf)
	if _, err := io.CopyBuffer(struct{ io.Writer }{&ex.rec}, resp.Body, buf); err != nil {
		p.gateway.options.Log.Debug("answer to a handshake broke off", "workspace", ex.route.ID, "err", err)
		panic(http.ErrAbortHandler) // it must not look whole
	}
}

// join takes the visitor's connection over and sets the copying going.
func (p *proxy) join(ex *exchange, resp *http.Response, up upstreamConn) (handedOver bool, err error) {
	// Past those who wrap the connection itself, as Caddy's do to count bytes: they read their
	// counts when the handler returns, and hold the request until the WebSocket ends.
	client, brw, err := http.NewResponseController(innermost(&ex.rec)).Hijack()
	if err != nil {
		return false, fmt.Errorf("take over the visitor's connection: %w", err)
	}
	ex.rec.status = http.StatusSwitchingProtocols
	dropHopByHop(resp.Header)
	resp.Header["Connection"], resp.Header["Upgrade"] = []string{"Upgrade"}, []string{"websocket"}
	var head bytes.Buffer
	head.WriteString("HTTP/1.1 101 Switching Protocols\r\n")
	resp.Header.Write(&head)
	head.WriteString("\r\n")

	s := newSocket(p.gateway, ex, client, up.conn)
	early := buffered(brw.Reader)   // what the visitor sent ahead
	greeting := buffered(up.buf)    // what the workspace sent with its answer
	client.SetDeadline(time.Time{}) // the server's idle limits end here
	ex.route.usage.became(ex, s)    // from now on an ending reaches the socket
	if _, err := client.Write(head.Bytes()); err != nil {
		client.Close()
		up.conn.Close()
	}
	ended := ex.Err() != nil && context.Cause(ex) != errSocketEnded
	ex.rec.ResponseWriter = nil // the server's buffers go with it; nothing can be answered any more
	s.start(early, greeting)
	if ended { // before there was a socket to tell
		p.gateway.background.start(func() { s.end(endStopped) })
	}
	return true, nil
}

// buffered copies what a reader holds already, so that it can go.
func buffered(r *bufio.Reader) []byte {
	if r == nil || r.Buffered() == 0 {
		return nil
	}
	b, err := r.Peek(r.Buffered())
	if err != nil {
		return nil
	}
	return bytes.Clone(b)
}
