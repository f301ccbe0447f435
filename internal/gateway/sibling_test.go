package gateway

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// origins are pages that make requests to the program, and whether the gateway takes
// them for the owner's own.
func (r *portRig) origins() map[string]bool {
	sibling := r.originAt(at(3000))
	r.announce(otherID, stranger, workspace.StatusRunning, 1)
	const second, deleting = "sssssssssss2", "ddddddddddd3"
	settings := r.settings
	r.settings = nil
	r.announce(second, owner, workspace.StatusStopped, 1)
	r.settings = settings
	r.version++
	r.gw.Announce(workspace.Workspace{ID: deleting, OwnerID: owner, Version: r.version, Status: workspace.StatusRunning, Desired: workspace.DesiredDeleted})
	port := func(id string) string { return r.originAt(Address{Kind: Port, ID: id, Inside: 3000}) }
	return map[string]bool{
		sibling:              true,
		port(second):         true,
		port(otherID):        false,
		port(deleting):       false,
		port("nobodyhasit1"): false,
		r.origin(testID):     false, // the editor has no business here
		r.originAt(Address{Kind: Agent, ID: testID}): false,
		r.gw.hosts.UIOrigin():                        false,
		"https://evil.test":                          false,
		"null":                                       false,
		"":                                           false,
		sibling + "/":                                false,
		sibling + ".evil.test":                       false,
		sibling + ":1":                               false,
		strings.ToUpper(sibling):                     false,
		"http" + strings.TrimPrefix(sibling, "https"):                                        false,
		strings.TrimSuffix(sibling, fmt.Sprint(":", r.port())):                               false,
		strings.TrimSuffix(sibling, fmt.Sprint(":", r.port())) + ".:" + fmt.Sprint(r.port()): false,
		strings.Replace(sibling, "https://", "https://x@", 1):                                false,
		strings.Replace(sibling, "3000-", "3001-", 1):                                        false,
		strings.Replace(sibling, "3000-", "03000-", 1):                                       false,
		strings.Replace(sibling, testID, "x."+testID, 1):                                     false,
	}
}

func TestOnlyPortsOfOneOwnerMayCallEachOther(t *testing.T) {
	r := newPortRig(t, nil, func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/says" {
			w.Header().Set("Access-Control-Allow-Origin", "https://its-own.test")
			w.Header().Set("Vary", "Accept")
		}
		fmt.Fprint(w, "answer")
	})
	for _, visibility := range []workspace.Visibility{workspace.VisibleOwner, workspace.VisibleUsers} {
		r.share(r.visible(visibility))
		for origin, allowed := range r.origins() {
			from := "Origin: " + origin
			fetch := []string{r.as(owner), from, "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"}
			check := func(what string, got answer, status int) {
				t.Helper()
				if !allowed {
					status = 403
				}
				cors := got.header["Access-Control-Allow-Origin"]
				if got.status != status || slices.Equal(cors, []string{origin}) != allowed || (len(cors) > 0) != allowed ||
					(got.header.Get("Access-Control-Allow-Credentials") == "true") != allowed || strings.Contains(got.header.Get("Vary"), "Origin") != allowed {
					t.Errorf("%s, %s from %q: %d %v", visibility, what, origin, got.status, got.header)
				}
			}
			check("GET", r.get(r.url("/"), fetch...), 200)
			check("POST", r.do(r.h2, r.request("POST", r.url("/"), strings.NewReader("x"), fetch...)), 200)
			check("without a login", r.get(r.url("/"), fetch[1:]...), 401)
			before := r.app.count.Load()
			got := r.do(r.h2, r.request("OPTIONS", r.url("/"), nil, from, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: content-type,x-app", "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: cors"))
			check("preflight", got, 204)
			if allowed && (got.header.Get("Access-Control-Allow-Methods") != "PUT" || got.header.Get("Access-Control-Allow-Headers") != "content-type,x-app" || got.header.Get("Access-Control-Max-Age") == "") {
				t.Errorf("preflight: %v", got.header)
			}
			if r.app.count.Load() != before {
				t.Error("a preflight reached the program")
			}
			socket := r.get(r.url("/"), r.as(owner), from, "Connection: Upgrade", "Upgrade: websocket")
			check("handshake", socket, 200) // this program does not switch
			// Requests that no Sec-Fetch header describes, as of an old browser.
			check("POST, old browser", r.do(r.h1, r.request("POST", r.url("/"), nil, r.as(owner), from)), 200)
			check("GET, old browser", r.get(r.url("/"), r.as(owner), from), 200)
		}
	}
	says := r.get(r.url("/says"), r.as(owner), "Origin: "+r.originAt(at(3000)))
	if got := says.header["Access-Control-Allow-Origin"]; !slices.Equal(got, []string{"https://its-own.test"}) || says.header.Get("Access-Control-Allow-Credentials") != "" || says.header.Get("Vary") != "Accept" {
		t.Errorf("what the program says was changed: %v", says.header)
	}
}

func TestPreflightsThatAreNoneAreRefused(t *testing.T) {
	r := newPortRig(t, nil, nil)
	from := "Origin: " + r.originAt(at(3000))
	for _, headers := range [][]string{
		{from, from, "Access-Control-Request-Method: PUT"},
		{from, "Access-Control-Request-Method: "},
		{from, "Access-Control-Request-Method: P UT"},
		{from, "Access-Control-Request-Method: PUT", "Access-Control-Request-Method: GET"},
		{from, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: a b"},
		{from, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: a,,b"},
		{from, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: a", "Access-Control-Request-Headers: b"},
		{from, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: " + strings.Repeat("a", 4<<10)},
	} {
		got := r.do(r.h1, r.request("OPTIONS", r.url("/"), nil, headers...))
		if got.status != 403 || got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%.200v: %d %v", headers, got.status, got.header)
		}
	}
	if got := r.do(r.h1, r.request("OPTIONS", r.url("/"), nil, r.as(owner), r.own())); got.status != 200 {
		t.Errorf("OPTIONS of the program's own page: %d", got.status)
	}
}

func TestWhatAPageEmbeds(t *testing.T) {
	r := newPortRig(t, nil, nil)
	image := []string{r.as(owner), "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}
	for referer, allowed := range r.origins() {
		want := 403
		if allowed || referer == r.originAt(at(3000))+"/" { // a referrer has a path
			want = 200
		}
		if got := r.get(r.url("/a.png"), append(image, "Referer: "+referer)...); got.status != want || got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("an image of %q: %d %v", referer, got.status, got.header)
		}
		if got := r.do(r.h2, r.request("POST", r.url("/"), nil, append(image, "Referer: "+referer)...)); got.status != 403 {
			t.Errorf("a POST of %q: %d", referer, got.status)
		}
	}
	if got := r.get(r.url("/a.png"), image...); got.status != 403 {
		t.Errorf("an image of nobody: %d", got.status)
	}
	for _, dest := range []string{"document", "iframe"} {
		if got := r.get(r.url("/"), r.as(owner), page, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: "+dest); got.status != 200 {
			t.Errorf("following a link into a %s: %d", dest, got.status)
		}
	}
}

func TestFormsAndProgramsWithoutOrigin(t *testing.T) {
	r := newPortRig(t, nil, nil)
	token := "Authorization: Bearer " + ownerToken
	for _, c := range []struct {
		name    string
		headers []string
		want    int
	}{
		{"own page", []string{r.as(owner), r.own()}, 200},
		{"no Origin", []string{r.as(owner)}, 403},
		{"null", []string{r.as(owner), "Origin: null"}, 403},
		{"own form without referrer", []string{r.as(owner), "Origin: null", "Sec-Fetch-Site: same-origin"}, 200},
		{"a form elsewhere without referrer", []string{r.as(owner), "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, 403},
		{"a form elsewhere", []string{r.as(owner), "Origin: https://evil.test", "Sec-Fetch-Site: same-origin"}, 403},
		{"two Origins", []string{r.as(owner), r.own(), "Origin: null", "Sec-Fetch-Site: same-origin"}, 403},
		{"a token alone", []string{token}, 200},
		{"a token on its own page", []string{token, r.own()}, 200},
		{"a token on a page elsewhere", []string{token, "Origin: https://evil.test"}, 403},
	} {
		if got := r.do(r.h1, r.request("POST", r.url("/"), nil, c.headers...)); got.status != c.want {
			t.Errorf("%s: %d, want %d", c.name, got.status, c.want)
		}
	}
	socket := []string{"Connection: Upgrade", "Upgrade: websocket"}
	for name, c := range map[string]struct {
		header string
		want   int
	}{"cookie": {r.as(owner), 403}, "token": {token, 200}} {
		if got := r.get(r.url("/"), append(socket, c.header)...); got.status != c.want {
			t.Errorf("handshake without Origin by %s: %d", name, got.status)
		}
		if got := r.get(r.url("/"), append(socket, c.header, "Origin: null", "Sec-Fetch-Site: same-origin")...); got.status != 403 {
			t.Errorf("handshake with Origin null by %s: %d", name, got.status)
		}
	}
}

func TestAPublicPortMakesItsOwnRules(t *testing.T) {
	r := newPortRig(t, nil, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://partner.test")
		fmt.Fprint(w, req.Method)
	})
	r.share(r.visible(workspace.VisiblePublic))
	for _, c := range []struct {
		method  string
		headers []string
	}{
		{"GET", []string{"Origin: https://evil.test", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors"}},
		{"POST", []string{"Origin: https://evil.test", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors", r.as(owner)}},
		{"OPTIONS", []string{"Origin: https://partner.test", "Access-Control-Request-Method: PUT"}},
		{"OPTIONS", []string{"Origin: " + r.originAt(at(3000)), "Access-Control-Request-Method: PUT"}},
		{"GET", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"}},
		{"GET", []string{"Connection: Upgrade", "Upgrade: websocket", "Origin: https://evil.test"}},
	} {
		got := r.do(r.h1, r.request(c.method, r.url("/"), nil, c.headers...))
		if got.status != 200 || got.body != c.method || !slices.Equal(got.header["Access-Control-Allow-Origin"], []string{"https://partner.test"}) {
			t.Errorf("%s %v: %d %v", c.method, c.headers, got.status, got.header)
		}
		if _, says := got.header["Content-Security-Policy"]; says {
			t.Errorf("a policy was added: %v", got.header)
		}
		if seen := r.app.seen(); seen.Header.Get("Cookie") != "" {
			t.Errorf("our cookie reached the program: %v", seen.Header)
		}
	}
	// What is the gateway's own stays closed to pages from elsewhere.
	for _, path := range []string{"/.kalpana/status", "/.kalpana/start"} {
		got := r.do(r.h1, r.request("POST", r.url(path), nil, r.as(owner), "Origin: https://evil.test", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"))
		if got.status != 403 || r.starter.count() != 0 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if got := r.do(r.h1, r.request("POST", r.url("/.kalpana/start"), nil, r.as(owner), "Origin: https://evil.test")); got.status != 403 {
		t.Errorf("start from elsewhere: %d", got.status)
	}
}

func FuzzSibling(f *testing.F) {
	hosts := testHosts(f, Domain{Base: "localhost", UIHost: "ws.localhost", Port: 8443})
	g := &Gateway{hosts: hosts, routes: newDirectory(testBox(f), func(*usage) {})}
	g.routes.set(&workspace.Workspace{ID: testID, OwnerID: owner, Version: 1}, time.Now())
	own := strings.TrimSuffix(hosts.PortURL(testID, 5173), "/")
	for _, s := range []string{own, "null", "", "https://3000-" + testID + ".ws.localhost:8443", "https://3000-" + testID + ".ws.localhost:8443:8443", "https://x@3000-" + testID + ".ws.localhost:8443", "://:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, origin string) {
		if !g.sibling(origin, own, g.routes.lookup(testID)) {
			return
		}
		// What is taken for a sibling is what this installation would write itself.
		a, ok := hosts.ParseHost(strings.TrimPrefix(origin, "https://"))
		if !ok || a.Kind != Port || a.ID != testID || origin+"/" != hosts.PortURL(testID, a.Inside) {
			t.Fatalf("%q is a sibling", origin)
		}
	})
}
