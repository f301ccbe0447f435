package caddymodule

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
)

// Whoever holds an upload or an answer of a workspace up is sent away after the time that
// the Caddyfile allows, here a second; what is slow or has nothing to say goes on.
func TestStalledTransfersEndAndSlowOnesGoOn(t *testing.T) {
	const idle = time.Second
	f := newFront(t)
	quick := f.config
	for _, name := range []string{"read_idle_timeout", "write_idle_timeout"} {
		next := bytes.ReplaceAll(quick, []byte(`"`+name+`":600000000000`), []byte(`"`+name+`":1000000000`))
		if bytes.Equal(next, quick) {
			t.Fatalf("the configuration has no %s of ten minutes", name)
		}
		quick = next
	}
	if err := caddy.Load(quick, true); err != nil {
		t.Fatal(err)
	}
	ended := map[string]chan string{"http/1.1": make(chan string, 8), "h2": make(chan string, 8)} // by the query
	f.up.mu.Lock()
	f.up.then = func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		switch r.URL.Path {
		case "/then/upload":
			n, err := io.Copy(io.Discard, r.Body)
			if err != nil {
				ended[r.URL.RawQuery] <- "upload"
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			io.WriteString(w, strings.Repeat("x", int(n)))
		case "/then/silence":
			w.Header().Set("Content-Type", "text/event-stream")
			io.WriteString(w, "data: begun\n\n")
			control.Flush()
			silence := time.NewTimer(2 * idle)
			defer silence.Stop()
			select {
			case <-silence.C:
			case <-r.Context().Done():
			}
			io.WriteString(w, "data: ended\n\n")
		case "/then/endless":
			for part := make([]byte, 1<<20); ; {
				if _, err := w.Write(part); err != nil {
					ended[r.URL.RawQuery] <- "endless"
					return
				}
			}
		}
	}
	f.up.mu.Unlock()
	origin := "https://" + f.editor(mine)
	if got := f.visit(origin + "/"); got.StatusCode != http.StatusOK {
		t.Fatalf("the editor: %d", got.StatusCode)
	}
	for _, protocol := range []string{"http/1.1", "h2"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			client := &http.Client{Jar: f.jar, Transport: &http.Transport{
				TLSClientConfig: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{protocol}}, ForceAttemptHTTP2: protocol == "h2",
				DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
					return (&net.Dialer{}).DialContext(ctx, network, f.address())
				},
			}}
			defer client.CloseIdleConnections()
			ask := func(method, path string, body io.Reader) (*http.Response, error) {
				ctx, cancel := context.WithTimeout(t.Context(), waitAtMost)
				t.Cleanup(cancel)
				req, err := http.NewRequestWithContext(ctx, method, origin+path+"?"+protocol, body)
				if err != nil {
					return nil, err
				}
				req.Header.Set("Origin", origin)
				return client.Do(req)
			}
			over := func(what string) {
				t.Helper()
				select {
				case got := <-ended[protocol]:
					if got != what {
						t.Errorf("%s ended, want %s", got, what)
					}
				case <-time.After(waitAtMost):
					t.Errorf("%s goes on for ever", what)
				}
			}

			body, sent := io.Pipe()
			go func() {
				for range 6 {
					sent.Write([]byte("part"))
					<-time.After(idle / 2)
				}
				sent.Close()
			}()
			resp, err := ask(http.MethodPost, "/then/upload", body)
			if err != nil {
				t.Fatal(err)
			}
			if got := text(keep(t, resp)); resp.StatusCode != http.StatusOK || len(got) != 24 {
				t.Errorf("a slow upload: %d %q", resp.StatusCode, got)
			}

			body, sent = io.Pipe()
			go sent.Write([]byte("part"))
			status := make(chan int, 1)
			go func() { // net/http's client waits for a body that does not end, too
				resp, err := ask(http.MethodPost, "/then/upload", body)
				if err != nil {
					status <- 0
					return
				}
				resp.Body.Close()
				status <- resp.StatusCode
			}()
			over("upload")
			sent.CloseWithError(io.ErrUnexpectedEOF)
			if got := <-status; got != 0 && got < 400 {
				t.Errorf("a stalled upload: %d", got)
			}

			resp, err = ask(http.MethodGet, "/then/silence", nil)
			if err != nil {
				t.Fatal(err)
			}
			all, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || string(all) != "data: begun\n\ndata: ended\n\n" {
				t.Errorf("a silent stream: %q %v", all, err)
			}

			resp, err = ask(http.MethodGet, "/then/endless", nil)
			if err != nil {
				t.Fatal(err)
			}
			over("endless")
			resp.Body.Close()
		})
	}
}
