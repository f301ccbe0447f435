package gateway

import (
	"bufio"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// rawTarget writes a request as it is and returns the answer's status.
func rawTarget(t *testing.T, s *httptest.Server, request string) int {
	t.Helper()
	conn, err := tls.Dial("tcp", s.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(waitAtMost))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// A promise to use HTTPS is made by real domains over HTTPS only: by the main origin at
// every answer, by a workspace's host when a login ends there. A workspace makes none.
func TestHTTPSIsPromisedOnRealDomainsOverHTTPSOnly(t *testing.T) {
	const header = "Strict-Transport-Security"
	r := newRig(t, func(o *Options) { o.Domain.Base, o.Domain.UIHost = "kalpana.test", "kalpana.test" }, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(header, "max-age=1; includeSubDomains; preload")
	})
	for _, path := range []string{"/", TicketPath, "/.kalpana/page.css"} {
		if got := r.get(r.gw.hosts.UIOrigin() + path); got.header.Get(header) != transportPolicy {
			t.Errorf("%s: %q", path, got.header.Get(header))
		}
	}
	plain := r.plain.Client()
	if got := r.do(plain, r.request("GET", r.plain.URL+"/", nil, "Host: kalpana.test")); got.header.Get(header) != "" {
		t.Errorf("over plain HTTP: %q", got.header.Get(header))
	}
	b := r.browser()
	b.login(owner)
	address := r.origin(testID) + "/"
	var promised []string
	for range 4 {
		got := b.step(address)
		promised = append(promised, got.header.Get(header))
		address = got.header.Get("Location")
	}
	if got, want := strings.Join(promised, "|"), "|"+transportPolicy+"|"+transportPolicy+"|"; got != want {
		t.Errorf("on the way to the editor: %q, want %q", got, want)
	}
	local := newRig(t, nil, nil)
	if got := local.get(local.gw.hosts.UIOrigin() + "/"); got.header.Get(header) != "" || got.header.Get("Origin-Agent-Cluster") != "?1" {
		t.Errorf("on localhost: %v", got.header)
	}
}

// A page of the main origin is framed by nobody, but for the end of a login that began in
// a workspace's frame; the editor's files are for its own pages.
func TestWhoMayFrameAndEmbed(t *testing.T) {
	r := newRig(t, nil, nil)
	ticket := r.gw.hosts.UIOrigin() + TicketPath
	r.visitors.addSession("session-"+owner, owner)
	session := "Cookie: " + mainCookie + "=session-" + owner
	for dest, want := range map[string]string{"document": "frame-ancestors 'none'", "iframe": "frame-ancestors 'self' " + r.gw.hosts.UIOrigin(), "frame": "frame-ancestors 'none'", "": "frame-ancestors 'none'"} {
		headers := []string{page, session}
		if dest != "" {
			headers = append(headers, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: "+dest)
		}
		got := r.get(ticket, headers...)
		if csp := got.header["Content-Security-Policy"]; len(csp) != 1 || !strings.HasSuffix(csp[0], "; "+want) {
			t.Errorf("%q: %d %q", dest, got.status, csp)
		}
	}
	for _, status := range []int{200, 304, 404, 500} {
		r := newRig(t, nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
			w.Header().Set("Access-Control-Allow-Origin", "*")
			w.WriteHeader(status)
		})
		h := r.get(r.origin(testID)+"/file.js", "Cookie: "+r.cookie(testID, owner)).header
		if got := h["Cross-Origin-Resource-Policy"]; len(got) != 1 || got[0] != "same-origin" {
			t.Errorf("%d: Cross-Origin-Resource-Policy %q", status, got)
		}
		if got := h.Get("Content-Security-Policy"); got != "frame-ancestors 'self' "+r.gw.hosts.UIOrigin() {
			t.Errorf("%d: policy %q", status, got)
		}
	}
}
