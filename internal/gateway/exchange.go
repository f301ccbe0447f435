package gateway

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"

	"github.com/kalpana-dev/kalpana/internal/inspect"
)

// visitor is who asks. Exactly one of sessionID, tokenID and linkID is set, or nothing for
// visitors of a public port.
type visitor struct {
	// linkID is the link to a port that lets somebody in of whom nothing is known.
	linkID    string
	userID    string
	sessionID string
	tokenID   string
	// expires is when the login cookie ends, Unix seconds; 0 for tokens.
	expires int64
}

// byCookie reports whether the visitor's browser said who they are, whichever page made it.
func (v visitor) byCookie() bool { return v.sessionID != "" || v.linkID != "" }

// exchange is one request to a workspace, or the WebSocket that came of it, from arrival
// to its last byte. It is the request's context too, so that it can be found again
// behind the reverse proxy without another allocation.
type exchange struct {
	context.Context
	cancel context.CancelCauseFunc

	address Address
	route   *Route
	visitor visitor
	client  Client
	// host is the one that was asked for, as the workspace may know it.
	host string
	page bool // a person is opening a page
	// guest: the visitor has no right to use the workspace. Set before the exchange is counted,
	// and not changed: what is given back has to be what was taken.
	guest bool
	// port is set for hosts of ports only.
	port *portVisit
	// framePolicy is the header that says who may frame the page; empty = the program says it.
	framePolicy string

	rec  recorder
	body countingBody
	// out is the request as the workspace gets it.
	out    http.Request
	outURL url.URL
	// sock is set once the exchange has become a WebSocket.
	sock *socket
	// recording is of what passes to a port at which somebody looks; nil for most.
	recording *inspect.Recording

	prev, next *exchange // in the list of usage, guarded by its mu
	listed     bool
	counted    bool // among the requests of its workspace that are under way
}

// upstream is where the exchange's request goes.
func (ex *exchange) upstream() upstream {
	if ex.port != nil {
		return ex.port.upstream
	}
	return ex.route.upstreamOf(ex.address.Kind)
}

// sentHost is what the workspace sees as Host.
func (ex *exchange) sentHost() string {
	if ex.port != nil {
		return ex.port.host(ex.host)
	}
	return ex.host
}

// exchangeOf finds the exchange of a proxied request.
func exchangeOf(r *http.Request) *exchange {
	ex, _ := r.Context().Value(exchangeKey{}).(*exchange)
	return ex
}

type exchangeKey struct{}

func (ex *exchange) Value(key any) any {
	if _, ok := key.(exchangeKey); ok {
		return ex
	}
	return ex.Context.Value(key)
}

// recorder passes a response on and notes its status and size.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
	// answered is set once the answer has begun.
	answered atomic.Bool
	copied   *inspect.Recording // gets the body, if not nil
	upload   *countingBody      // the body of the request, once it is passed on
}

// WriteHeader keeps answers 1xx back: their headers are read by no check of ours, and
// nobody depends on them. The server sends "100 Continue" by itself.
func (w *recorder) WriteHeader(status int) {
	if status < 200 {
		return
	}
	if w.status < 200 {
		w.status = status
	}
	w.answered.Store(true)
	if w.upload != nil && w.upload.underWay() {
		// The workspace answers before it has read everything, and may read on: the server
		// would take what is left for itself. Or the body broke off: what follows on the
		// connection is no request. The server notices neither if somebody else reads.
		w.Header()["Connection"] = []string{"close"}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	if w.status < 200 {
		w.status = http.StatusOK
		w.answered.Store(true)
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	if w.copied != nil {
		w.copied.Received(p[:n])
	}
	return n, err
}

// Unwrap lets http.ResponseController flush and hijack.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// countingBody passes a request body on and notes its size and whether the visitor's
// side failed. The transport reads it in a goroutine of its own.
type countingBody struct {
	io.ReadCloser
	bytes  atomic.Int64
	failed atomic.Bool
	over   atomic.Bool        // read to its end
	used   func()             // told of every piece, if not nil
	copied *inspect.Recording // gets it, if not nil
	length int64              // -1 = in chunks
	http1  bool               // it comes over HTTP/1
}

// underWay reports whether some of a body over HTTP/1 is still to come.
func (b *countingBody) underWay() bool {
	return b.http1 && b.ReadCloser != nil && !b.over.Load() && (b.length < 0 || b.bytes.Load() < b.length)
}

func (b *countingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.bytes.Add(int64(n))
	if b.used != nil && n > 0 {
		b.used()
	}
	if b.copied != nil {
		b.copied.Sent(p[:n])
		if err == io.EOF {
			b.copied.SentAll()
		}
	}
	switch err {
	case nil:
	case io.EOF:
		b.over.Store(true)
	default:
		b.failed.Store(true)
	}
	return n, err
}
