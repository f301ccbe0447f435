package gateway

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/redirecttest"
)

// sample is some hundreds of addresses that try to lead elsewhere.
func sample(every int) (some []string) {
	for i, a := range redirecttest.Addresses() {
		if i%every == 0 {
			some = append(some, a)
		}
	}
	return some
}

// asks serves a page visit to an address of the rig's port without a network between, so
// that the request line may be anything.
func (r *rig) asks(h http.Handler, host, uri string, headers ...string) *httptest.ResponseRecorder {
	r.t.Helper()
	req := httptest.NewRequest(http.MethodGet, "https://"+host+"/", nil)
	req.RequestURI = uri
	if u, err := url.ParseRequestURI(uri); err == nil { // as the server reads it
		req.URL = u
	}
	for _, line := range append(headers, page) {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

// T19, H141: the way through a login ends on the host that it began on.
func TestNoLoginOfAWorkspaceLeadsElsewhere(t *testing.T) {
	r := newRig(t, nil, nil)
	r.visitors.addSession("session-"+owner, owner)
	ui, self := r.gw.hosts.UIOrigin(), r.origin(testID)
	session, nonce := "Cookie: "+mainCookie+"=session-"+owner, newCode()
	all := http.HandlerFunc(r.serveAll)
	tickets, ends := 0, 0
	check := func(what, from, to, want string) {
		t.Helper()
		if at := redirecttest.Origin(from, to); at != want {
			t.Errorf("%s: a browser goes to %q, to %q", what, at, to)
		}
	}
	for i, a := range sample(19) {
		if i%50 == 0 {
			r.skew.Add(int64(time.Minute)) // so many tickets are not one minute's
		}
		query := "&nonce=" + nonceHash(nonce) + "&path="
		// As the host to get a ticket for.
		w := r.asks(all, "ws.localhost", TicketPath+"?host="+url.QueryEscape(a)+query+"Lw", session)
		if to := w.Header().Get("Location"); to != "" {
			check("host "+a, ui, to, self)
		}
		// As the path to come back to: with the ticket, and after it.
		target := TicketPath + "?host=" + r.gw.hosts.EditorName(testID) + query + base64.RawURLEncoding.EncodeToString([]byte(a))
		for _, more := range []string{"", "&return=" + url.QueryEscape(a), "&next=" + url.QueryEscape(a)} {
			if more != "" && i%10 != 0 {
				continue
			}
			w = r.asks(all, "ws.localhost", target+more, session, "X-Forwarded-Host: evil.test", "Referer: https://evil.test/")
			to := w.Header().Get("Location")
			if to == "" {
				continue
			}
			tickets++
			check("ticket for path "+a, ui, to, self)
			w = r.asks(all, r.host(testID), strings.TrimPrefix(to, self), "Cookie: "+nonceCookie+"="+nonce)
			if to = w.Header().Get("Location"); to != self+a {
				t.Errorf("path %q: %d, ends at %q", a, w.Code, to)
			}
			check("end at path "+a, self, to, self)
			ends++
		}
		// As the address that is visited, at the host and at one that is spelled oddly.
		for _, host := range []string{r.host(testID), r.gw.hosts.EditorName(testID) + ".:1", r.gw.hosts.EditorName(testID)} {
			w = r.asks(all, host, a)
			if to := w.Header().Get("Location"); strings.HasPrefix(to, ui+TicketPath+"?host="+r.gw.hosts.EditorName(testID)+"&") {
				check("visit of "+a, self, to, ui)
			} else if to != "" {
				check("visit of "+a, self, to, self)
			}
		}
		// Without a session, to the login page and back.
		w = r.asks(all, "ws.localhost", target)
		check("login for "+a, ui, w.Header().Get("Location"), ui)
	}
	if tickets < 550 || ends != tickets {
		t.Errorf("%d tickets were given out, %d used", tickets, ends)
	}
}

// Request lines that no browser sends, and net/url takes for something without a path.
func TestAddressesWithoutAPathLeadNowhereElse(t *testing.T) {
	r := newRig(t, nil, nil)
	for _, uri := range []string{"http:@evil.test/", "http:.evil.test", "https:@evil.test", "x:@evil.test", "*", "http://evil.test", "http://@evil.test/x", "http://evil.test//evil.test"} {
		for host, want := range map[string]string{r.host(testID): r.gw.hosts.UIOrigin(), r.gw.hosts.EditorName(testID): r.origin(testID), "ws.localhost": ""} {
			w := r.asks(http.HandlerFunc(r.serveAll), host, uri)
			if to := w.Header().Get("Location"); to != "" && redirecttest.Origin("https://x.test", to) != want {
				t.Errorf("%q at %s leads to %q", uri, host, to)
			}
		}
		req := httptest.NewRequest(http.MethodGet, "https://ws.localhost/", nil)
		req.RequestURI, req.URL = uri, &url.URL{Scheme: "http", Opaque: "@evil.test"}
		if got := requestURI(req); !strings.HasPrefix(got, "/") {
			t.Errorf("the address of %q is %q", uri, got)
		}
	}
}

func FuzzWhereATicketLeads(f *testing.F) {
	for _, a := range sample(400) {
		f.Add(a)
	}
	const self = "https://abcdefghijk1.ws.localhost:8443"
	f.Fuzz(func(t *testing.T, path string) {
		kept, ok := carriedPath(base64.RawURLEncoding.EncodeToString([]byte(path)))
		if !ok {
			return
		}
		if kept != path {
			t.Fatalf("%q became %q", path, kept)
		}
		if at := redirecttest.Origin("https://ws.localhost:8443", self+kept); at != self {
			t.Fatalf("%q leads to %q", path, at)
		}
	})
}
