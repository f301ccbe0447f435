package caddymodule

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// operation is one of the API's, with an address that could be meant.
type operation struct {
	method, path string
	// json tells that it takes a JSON body.
	json bool
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

// operations are all that the API says it has.
func (f *front) operations() []operation {
	f.t.Helper()
	var document struct {
		Paths map[string]map[string]struct {
			RequestBody struct{ Content map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(text(f.get("https://"+f.main()+"/api/openapi.json"))), &document); err != nil {
		f.t.Fatal(err)
	}
	var all []operation
	for path, methods := range document.Paths {
		path = pathParameter.ReplaceAllStringFunc(path, func(p string) string {
			if p == "{id}" {
				return mine
			}
			return "3000"
		})
		for method, o := range methods {
			_, takes := o.RequestBody.Content["application/json"]
			all = append(all, operation{strings.ToUpper(method), path, takes})
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	if len(all) < 60 {
		f.t.Fatalf("only %d operations are documented", len(all))
	}
	return all
}

func safe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// A page of another origin reaches nothing of the API with the visitor's cookie: not one
// of a workspace, which is same-site, not one of another site, not with a request that says
// nothing of where it comes from.
func (f *front) foreignPages(t *testing.T) {
	own := "Origin: https://" + f.main()
	workspaces := text(f.get("https://" + f.main() + "/api/v1/workspaces"))
	changing := [][]string{
		{"Origin: https://" + f.editor(mine), "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: cors"},
		{"Origin: https://3000-" + f.editor(mine), "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors"},
		{"Origin: https://localhost" + f.suffix(), "Sec-Fetch-Site: same-site"},
		{"Origin: https://evil.test", "Sec-Fetch-Site: cross-site"},
		{"Origin: https://evil.test"},
		{"Origin: null"},
		{own + ".evil.test"},
		{"Origin: http://" + f.main()},
		{"Origin: https://ws.localhost"},
		{"Origin: https://x@" + f.main()},
		{own, own},
		{own, "Sec-Fetch-Site: same-site"},
		{own, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"},
		{"Sec-Fetch-Site: none"},
		{},
	}
	reading := [][]string{
		{"Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"},
		{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"},
		{"Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"},
		{"Origin: https://" + f.editor(mine)},
		{"Origin: null"},
		{"Origin: https://" + f.editor(mine), "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="},
	}
	old := &http.Client{Jar: f.jar, CheckRedirect: f.client.CheckRedirect, Transport: f.client.Transport.(*http.Transport).Clone()}
	old.Transport.(*http.Transport).Protocols = new(http.Protocols)
	old.Transport.(*http.Transport).Protocols.SetHTTP1(true)
	t.Cleanup(old.CloseIdleConnections)
	for _, o := range f.operations() {
		shapes := changing
		if safe(o.method) {
			shapes = reading
		}
		for _, shape := range shapes {
			c := f.client
			if slices.Contains(shape, "Upgrade: websocket") {
				c = old
			}
			got := f.do(c, o.method, "https://"+f.main()+o.path, "{}", append([]string{"Content-Type: application/json", f.anyone()}, shape...)...)
			if got.StatusCode != http.StatusForbidden || !strings.Contains(text(got), `"forbidden_origin"`) {
				t.Errorf("%s %s with %q: %d %.200s", o.method, o.path, shape, got.StatusCode, text(got))
			}
			noSharing(t, o, got)
		}
		asked := f.do(f.client, http.MethodOptions, "https://"+f.main()+o.path, "", f.anyone(), "Origin: https://"+f.editor(mine), "Access-Control-Request-Method: "+o.method, "Access-Control-Request-Headers: content-type", "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: cors")
		if asked.StatusCode < 400 {
			t.Errorf("OPTIONS %s: %d", o.path, asked.StatusCode)
		}
		noSharing(t, o, asked)
	}
	if now := text(f.get("https://" + f.main() + "/api/v1/workspaces")); now != workspaces {
		t.Errorf("the workspaces were\n%s\nand are\n%s", workspaces, now)
	}
}

// noSharing checks that an answer lets no page of another origin read it.
func noSharing(t *testing.T, o operation, got *http.Response) {
	t.Helper()
	for name := range got.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("%s %s says %s: %s", o.method, o.path, name, got.Header.Get(name))
		}
	}
}

// A form can send text that is JSON; no operation takes it for that.
func (f *front) formsAreNoJSON(t *testing.T) {
	n := 0
	for _, o := range f.operations() {
		if !o.json || strings.HasSuffix(o.path, "/webhook") { // where a signature counts, and no cookie
			continue
		}
		n++
		for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
			got := f.do(f.client, o.method, "https://"+f.main()+o.path, `{"name":"taken"}`, "Content-Type: "+kind, "Origin: https://"+f.main(), "Sec-Fetch-Site: same-origin")
			if got.StatusCode != http.StatusUnsupportedMediaType && got.StatusCode != http.StatusBadRequest {
				t.Errorf("%s %s takes %s: %d %.200s", o.method, o.path, kind, got.StatusCode, text(got))
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d operations take JSON", n)
	}
}

// What a browser may send beside or instead of the session's cookie is nobody's login.
func (f *front) tossedCookies(t *testing.T) {
	const name = "__Host-kalpana"
	session := f.cookies(f.main())
	_, value, _ := strings.Cut(session, name+"=")
	value, _, _ = strings.Cut(value, ";")
	ask := func(cookies ...string) int {
		lines := ""
		for _, c := range cookies {
			lines += "Cookie: " + c + "\r\n"
		}
		got := f.raw("ws.localhost", "GET /api/v1/me HTTP/1.1\r\nHost: "+f.main()+"\r\n"+lines+"Connection: close\r\n\r\n")
		if got == nil {
			return 0
		}
		return got.StatusCode
	}
	many := name + "=" + value
	for i := range 200 {
		many += fmt.Sprintf("; c%d=v", i)
	}
	for what, c := range map[string]struct {
		lines []string
		want  int
	}{
		"alone":                      {[]string{name + "=" + value}, 200},
		"among 200":                  {[]string{many}, 200},
		"among others":               {[]string{"a=1; " + name + "=" + value + "; " + name + "x=2"}, 200},
		"twice, good first":          {[]string{name + "=" + value + "; " + name + "=x"}, 401},
		"twice, good last":           {[]string{name + "=x; " + name + "=" + value}, 401},
		"twice the same":             {[]string{name + "=" + value + "; " + name + "=" + value}, 401},
		"twice, two lines":           {[]string{name + "=" + value, name + "=x"}, 401},
		"other case":                 {[]string{"__host-kalpana=" + value}, 401},
		"U+00A0 before":              {[]string{"\u00a0" + name + "=" + value}, 401},
		"U+2000 before":              {[]string{"\u2000" + name + "=" + value}, 401},
		"vertical tab before":        {[]string{"\v" + name + "=" + value}, 400},
		"blank in the name":          {[]string{name + " =" + value}, 401},
		"nameless":                   {[]string{"=" + name + "=" + value}, 401},
		"version":                    {[]string{"$Version=1," + name + "=" + value}, 401},
		"version, apart":             {[]string{`$Version="1"; ` + name + "=" + value + `; $Path="/"`}, 200},
		"quoted":                     {[]string{name + `="` + value + `"`}, 401},
		"in another's value":         {[]string{"a=" + name + "=" + value}, 401},
		"in another's quotes":        {[]string{`a="; ` + name + `=` + value + `"`}, 401},
		"by a comma":                 {[]string{"a=1, " + name + "=" + value}, 401},
		"a character more":           {[]string{name + "=" + value + "x"}, 401},
		"a character changed":        {[]string{name + "=" + strings.ToUpper(value)}, 401},
		"4 KB":                       {[]string{name + "=" + strings.Repeat("a", 4096)}, 401},
		"the cookie of a workspace":  {[]string{strings.TrimPrefix(f.cookies(f.editor(mine)), "Cookie: ")}, 401},
		"a workspace's, in its name": {[]string{name + "=" + strings.TrimPrefix(f.cookies(f.editor(mine)), "Cookie: __Host-kalpana-ws=")}, 401},
	} {
		if got := ask(c.lines...); got != c.want {
			t.Errorf("%s: %d, want %d", what, got, c.want)
		}
	}
}

// A jar that is too full locks nobody out: whoever opens a page gets one that empties it.
func (f *front) cookieFlood(t *testing.T) {
	var flood []string
	for i := range 180 { // as many as Chromium keeps for one site, each as long as it takes
		flood = append(flood, fmt.Sprintf("c%03d=%s", i, strings.Repeat("x", 4090)))
	}
	line := "Cookie: " + strings.Join(flood, "; ")
	for _, host := range []string{f.main(), f.editor(mine), "3000-" + f.editor(mine), "localhost" + f.suffix()} {
		sni, _, _ := strings.Cut(host, ":")
		for what, ask := range map[string]func(headers ...string) *http.Response{
			"HTTP/2": func(headers ...string) *http.Response {
				return f.do(&http.Client{Transport: f.client.Transport, CheckRedirect: f.client.CheckRedirect}, http.MethodGet, "https://"+host+"/a", "", append(headers, line)...)
			},
			"HTTP/1.1": func(headers ...string) *http.Response {
				got := f.raw(sni, "GET /a HTTP/1.1\r\nHost: "+host+"\r\n"+strings.Join(append(headers, line, "Connection: close", "", ""), "\r\n"))
				if got == nil {
					t.Fatalf("%s: no answer", host)
				}
				return got
			},
		} {
			page := ask("Accept: text/html")
			if page.StatusCode != http.StatusRequestHeaderFieldsTooLarge || page.Header.Get("Clear-Site-Data") != `"cookies"` || !strings.Contains(text(page), `href="https://`+host+`/a"`) {
				t.Errorf("%s %s: %d, Clear-Site-Data %q: %.300s", what, host, page.StatusCode, page.Header.Get("Clear-Site-Data"), text(page))
			}
			if got := ask("Accept: application/json"); got.StatusCode != http.StatusRequestHeaderFieldsTooLarge || got.Header.Get("Clear-Site-Data") != "" {
				t.Errorf("%s %s, no page: %d, Clear-Site-Data %q", what, host, got.StatusCode, got.Header.Get("Clear-Site-Data"))
			}
		}
	}
	if n := len(f.up.take()); n > 0 {
		t.Errorf("%d requests arrived", n)
	}
	if got := f.get("https://" + f.main() + "/api/v1/me"); got.StatusCode != 200 {
		t.Errorf("afterwards: %d", got.StatusCode)
	}
}
