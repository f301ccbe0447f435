package bridgeserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

// editorIdle is how long an unused connection to the editor is kept. Node closes them
// after five seconds; a request sent at that very moment would be lost.
const editorIdle = 4 * time.Second

// editor is the proxy in front of code-server, which asks nobody who they are.
type editor struct {
	transport *http.Transport
	proxy     *httputil.ReverseProxy
	traffic   traffic
}

func newEditor(socket string, log *slog.Logger) *editor {
	dialer := &net.Dialer{}
	e := &editor{}
	e.transport = &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			c, err := dialer.DialContext(ctx, "unix", socket)
			if err != nil {
				return nil, err
			}
			return countedConn{c, &e.traffic}, nil
		},
		DisableCompression:  true, // bodies pass as they are
		MaxIdleConnsPerHost: 32,
		IdleConnTimeout:     editorIdle,
	}
	e.proxy = &httputil.ReverseProxy{
		Transport:     e.transport,
		FlushInterval: -1, // at once: the editor streams
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", "editor"
			// Host stays as the browser sent it: code-server compares it with Origin.
			// Forwarded headers are gone, which it would believe before Host.
			r.Out.Host = r.In.Host
			// ReverseProxy drops what it cannot parse; that is the editor's to judge.
			r.Out.URL.RawQuery = r.In.URL.RawQuery
		},
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() != nil {
				return // nobody is there to read an answer
			}
			if dialError(err) {
				w.Header().Set("Retry-After", "1")
				problem(w, http.StatusServiceUnavailable, bridge.CodeEditorStarting, "the editor is starting; try again in a second")
				return
			}
			log.Warn("editor broke off", "err", err)
			problem(w, http.StatusBadGateway, bridge.CodeEditorFailed, "the editor broke off before it answered; try again")
		},
	}
	return e
}

func dialError(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

func (e *editor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if leadsToPort(r.URL) {
		problem(w, http.StatusNotFound, bridge.CodeNotFound, "ports of a workspace have host names of their own")
		return
	}
	e.proxy.ServeHTTP(w, r)
}

// leadsToPort reports paths under which code-server passes requests on to any port of
// the container, on the editor's own origin: a page served there could drive the editor.
// Its routes ignore case, so this does; anything that only looks like one is refused too.
func leadsToPort(u *url.URL) bool {
	for _, p := range []string{u.Path, u.EscapedPath()} {
		p = path.Clean("/" + strings.ReplaceAll(p, `\`, "/"))
		first, _, _ := strings.Cut(p[1:], "/")
		if strings.EqualFold(first, "proxy") || strings.EqualFold(first, "absproxy") {
			return true
		}
	}
	return false
}

// ready returns nil when the editor shows its page, else what it does instead.
func (e *editor) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second) // a page takes 10 ms; the first one a second
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://editor/", nil)
	if err != nil {
		return err
	}
	// The page is behind a redirect that names the folder; the client follows it.
	resp, err := (&http.Client{Transport: e.transport}).Do(req)
	if err != nil {
		if dialError(err) {
			return errors.New("the editor does not accept connections yet")
		}
		return fmt.Errorf("ask the editor for its page: %w", err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)) // so that the connection can be used again
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if resp.StatusCode != http.StatusOK || kind != "text/html" {
		return fmt.Errorf("the editor answers %d (%s) instead of its page", resp.StatusCode, kind)
	}
	return nil
}

func (e *editor) close() { e.transport.CloseIdleConnections() }
