package gateway

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// benchGateway knows n workspaces, all of one owner and on one upstream.
func benchGateway(b *testing.B, n int) *rig {
	b.Helper()
	r := newRig(b, nil, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1024")
		w.Write(make([]byte, 1024))
	})
	for i := range n {
		r.announce(fmt.Sprintf("%012d", i), owner, workspace.StatusRunning, 1)
	}
	return r
}

func BenchmarkParseHost(b *testing.B) {
	h := testHosts(b, Domain{Base: "localhost", UIHost: "ws.localhost", Port: 8443})
	b.ReportAllocs()
	for b.Loop() {
		if a, ok := h.ParseHost("abcdefghijk1.ws.localhost:8443"); !ok || a.Kind != Editor {
			b.Fatal(a)
		}
	}
}

func BenchmarkCookie(b *testing.B) {
	c := newLoginCodec(testBox(b))
	now := time.Now()
	value := c.issue(testEditor, login{userID: "u0123456789abcdef", sessionID: "s0123456789abcdef", expires: now.Add(time.Hour)})
	lines := []string{"_ga=GA1.2.3; vscode-tkn=abcdefghijklmnopqrstuvwxyz; " + loginCookie + "=" + value + "; theme=dark"}
	l, _ := c.verify(testEditor, value, now)
	var known verifiedLogins
	known.put(0, value, l, now)
	b.Run("checked", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			v, _ := findCookie(lines, loginCookie)
			if _, ok := known.get(0, v, now); !ok {
				b.Fatal("not known")
			}
		}
	})
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			v, _ := findCookie(lines, loginCookie)
			if _, ok := c.verify(testEditor, v, now); !ok {
				b.Fatal("not good")
			}
		}
	})
	b.Run("strip", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			stripCookies(lines)
		}
	})
}

func BenchmarkLookup(b *testing.B) {
	for _, n := range []int{10, 5000} {
		d := newDirectory(testBox(b), func(*usage) {})
		ids := make([]string, n)
		for i := range ids {
			ids[i] = fmt.Sprintf("%c%c%010d", 'a'+i%26, 'a'+i/26%26, i)
			d.set(&workspace.Workspace{ID: ids[i], Version: 1}, time.Now())
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if d.lookup(ids[i%n]) == nil {
					b.Fatal("lost")
				}
			}
		})
	}
}

func BenchmarkAnnounce(b *testing.B) {
	for _, n := range []int{10, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			d := newDirectory(testBox(b), func(*usage) {})
			ids := make([]string, n)
			for i := range ids {
				ids[i] = fmt.Sprintf("%c%c%010d", 'a'+i%26, 'a'+i/26%26, i)
				d.set(&workspace.Workspace{ID: ids[i], Version: 1}, time.Now())
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				d.set(&workspace.Workspace{ID: ids[i%n], Version: int64(i + 2)}, time.Now())
			}
		})
	}
}

// BenchmarkDecision is everything before the proxying: host, cookie, rights, route.
func BenchmarkDecision(b *testing.B) {
	for _, n := range []int{10, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := benchGateway(b, n)
			r.announce(testID, owner, workspace.StatusStopped, 1) // so that the answer is ours
			req := httptest.NewRequest(http.MethodGet, r.origin(testID)+"/", nil)
			req.Header.Set("Cookie", r.cookie(testID, owner))
			w := discard{}
			b.ReportAllocs()
			for b.Loop() {
				clear(w)
				r.gw.Handle(w, req)
			}
		})
	}
}

type discard http.Header

func (d discard) Header() http.Header         { return http.Header(d) }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// BenchmarkAuthenticatedRequest is a request through the gateway's handler to a real
// upstream, without the server in front of it.
func BenchmarkAuthenticatedRequest(b *testing.B) {
	for _, n := range []int{10, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := benchGateway(b, n)
			cookie := r.cookie(testID, owner)
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(p *testing.PB) {
				w := discard{}
				for p.Next() {
					req := httptest.NewRequest(http.MethodGet, r.origin(testID)+"/", nil)
					req.Header.Set("Cookie", cookie)
					clear(w)
					r.gw.Handle(w, req)
				}
			})
		})
	}
}

// BenchmarkDirect is the same upstream without the gateway, to compare with.
func BenchmarkDirect(b *testing.B) {
	r := benchGateway(b, 1)
	t := &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}
	defer t.CloseIdleConnections()
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			req, _ := http.NewRequest(http.MethodGet, r.up.URL, nil)
			resp, err := t.RoundTrip(req)
			if err != nil {
				b.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	})
}
