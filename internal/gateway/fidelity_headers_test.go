package gateway

import (
	"bufio"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// fuzzedExchange is one to the editor, or to a port.
func fuzzedExchange(port bool) *exchange {
	ex := &exchange{address: Address{Kind: Editor, ID: testID}, route: &Route{ID: testID, key: "the-key"}, client: Client{IP: "192.0.2.7", HTTPS: true}, host: "own.test", framePolicy: "frame-ancestors 'self'"}
	if port {
		ex.address = Address{Kind: Port, ID: testID, Inside: 3000}
		ex.port = &portVisit{setting: workspace.PortSetting{Port: 3000}, origin: "https://own.test"}
	}
	return ex
}

// asCGI is what a program that cannot tell "-", "_" and "." apart makes of a name.
func asCGI(name string) string {
	return strings.NewReplacer("-", "_", ".", "_").Replace(strings.ToUpper(name))
}

// onlyProxies reports whether only a proxy, or Kalpana, may say what has this name.
func onlyProxies(name string) bool {
	cgi := asCGI(name)
	for _, prefix := range []string{"X_KALPANA_", "X_FORWARDED_", "X_ORIGINAL_"} {
		if strings.HasPrefix(cgi, prefix) {
			return true
		}
	}
	return slices.Contains([]string{"FORWARDED", "X_FORWARDED", "X_REAL_IP", "X_REWRITE_URL", "X_HOST", "X_CLIENT_IP", "X_CLUSTER_CLIENT_IP", "X_FORWARDER_FOR"}, cgi)
}

// sayingOurs reports whether a cookie line names a cookie of ours for any reader.
func sayingOurs(line string) bool {
	for pair := range strings.SplitSeq(line, ";") {
		if strings.HasPrefix(strings.ToLower(strings.TrimLeft(pair, " \t\r\n=")), "__host-kalpana") {
			return true
		}
	}
	return false
}

// Whatever a visitor sends, nothing of ours and nothing only a proxy may say reaches a
// workspace, our own words arrive, and all else byte for byte.
func FuzzHeadersOfRequests(f *testing.F) {
	for _, seed := range []string{
		"Cookie: a=1; __Host-kalpana-ws=x; b=2\r\nX-A: b\r\n", "X_Forwarded_For: 1\r\nX.Kalpana.Key: 2\r\nForwarded: 3\r\nX-Real-Ip: 4\r\n",
		"Authorization: Bearer kal_x\r\nAuthorization: Basic eA==\r\n", "Connection: x-kalpana-key, cookie, close, x-forwarded-for\r\nCookie: a=1\r\n", "Cookie: =__HOST-KALPANA\r\nCookie: ;;\r\nCookie: b\r\n",
		"Authorization:  bearer \t kal_\r\nUser-Agent: \r\n", "X-Original-Url: /\r\nX-Rewrite-Url: /\r\nX-Host: a\r\nX_Host: b\r\nx: y\r\n", "Te: trailers\r\nTrailer: X-Kalpana-Key\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n",
		"X-Kalpana-Keys-And-A-Very-Long-Name-That-Does-Not-Fit-Into-Sixty-Four-Bytes: 1\r\nX-Kalpanas: 2\r\nX-Forwardeds: 3\r\n",
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, head string, port bool) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET / HTTP/1.1\r\nHost: own.test\r\n" + head + "\r\n")))
		if err != nil {
			return
		}
		sent := r.Header.Clone()
		dropHopByHop(r.Header)
		kept := r.Header.Clone()
		ex := fuzzedExchange(port)
		dressHeaders(r.Header, ex)

		ours := map[string]string{"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "own.test"}
		if !port {
			ours[keyHeader] = "the-key"
		}
		for name, want := range ours {
			if got := r.Header[name]; !slices.Equal(got, []string{want}) {
				t.Errorf("%s: %q", name, got)
			}
		}
		for name, got := range r.Header {
			_, said := ours[name]
			switch {
			case said:
			case onlyProxies(name):
				t.Errorf("%s came through: %q", name, got)
			case name == "Cookie":
				if slices.ContainsFunc(got, sayingOurs) {
					t.Errorf("cookies came through: %q", got)
				}
				if !slices.ContainsFunc(sent["Cookie"], sayingOurs) && !slices.Equal(got, sent["Cookie"]) {
					t.Errorf("cookies %q became %q", sent["Cookie"], got)
				}
			case name == "Authorization":
				for _, v := range got {
					if words := strings.Fields(v); len(words) > 1 && strings.EqualFold(words[0], "bearer") && strings.HasPrefix(words[1], "kal_") {
						t.Errorf("a token came through: %q", v)
					}
				}
			case name == "User-Agent" && len(got) == 1 && got[0] == "" && len(sent[name]) == 0:
			case !slices.Equal(got, sent[name]):
				t.Errorf("%s: %q became %q", name, sent[name], got)
			}
		}
		for name, values := range kept {
			if _, there := r.Header[name]; !there && !onlyProxies(name) && name != "Cookie" && name != "Authorization" {
				t.Errorf("%s: %q got lost", name, values)
			}
		}
		// Other cookies stay, each as it was.
		for _, line := range kept["Cookie"] {
			for pair := range strings.SplitSeq(line, ";") {
				if pair = strings.Trim(pair, " \t"); pair != "" && !sayingOurs(pair) && !strings.Contains(strings.Join(r.Header["Cookie"], ";"), pair) {
					t.Errorf("the cookie %q got lost: %q", pair, r.Header["Cookie"])
				}
			}
		}
	})
}

// Whatever a workspace answers, it sets no cookie of ours, none for hosts beyond its own,
// and promises browsers nothing that outlives it; all else arrives byte for byte.
func FuzzHeadersOfAnswers(f *testing.F) {
	for _, seed := range []string{
		"Set-Cookie: a=1; Domain=localhost\r\nSet-Cookie: __Host-kalpana-ws=x\r\nX-A: b\r\n", "Set-Cookie: =__HOST-kalpana; path=/\r\nSet-Cookie: a; DOMAIN ; domain = x;Domain\r\n",
		"Strict-Transport-Security: max-age=1\r\nAlt-Svc: h3\r\nClear-Site-Data: \"*\"\r\nPublic-Key-Pins: x\r\nService-Worker-Allowed: /\r\n", "X-Kalpana-Trace: 1\r\nX-Kalpana: 2\r\nX_Kalpana_Key: 3\r\nX-Kalpana-: 4\r\n",
		"Connection: content-security-policy, set-cookie\r\nContent-Security-Policy: default-src 'self'\r\nKeep-Alive: 1\r\nUpgrade: h2c\r\n", "X A: b\r\nSet-Cookie : a\r\n", "Location: http://localhost:3000/\r\nAccess-Control-Allow-Origin: *\r\n",
	} {
		f.Add(seed, "/", false)
		f.Add(seed, "/_static/sw.js", true)
	}
	f.Fuzz(func(t *testing.T, head, path string, port bool) {
		resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader("HTTP/1.1 204 No Content\r\n"+head+"\r\n")), nil)
		if err != nil {
			return
		}
		io.Copy(io.Discard, resp.Body)
		dropHopByHop(resp.Header)
		if wellFormedAnswer(resp) != nil {
			return
		}
		sent := resp.Header.Clone()
		ex := fuzzedExchange(port)
		undressHeaders(resp.Header, path, ex)
		policies := resp.Header["Content-Security-Policy"]
		if len(policies) == 0 || policies[len(policies)-1] != ex.framePolicy {
			t.Errorf("policies %q", policies)
		}
		for name, got := range resp.Header {
			if slices.Contains([]string{"STRICT_TRANSPORT_SECURITY", "ALT_SVC", "CLEAR_SITE_DATA", "PUBLIC_KEY_PINS"}, strings.ReplaceAll(strings.ToUpper(name), "-", "_")) && !strings.Contains(name, "_") || strings.HasPrefix(name, "X-Kalpana-") {
				t.Errorf("%s came through: %q", name, got)
			}
			switch name {
			case "Content-Security-Policy":
				got = got[:len(got)-1]
			case "Cross-Origin-Resource-Policy":
				if !port {
					continue // ours
				}
			case "Service-Worker-Allowed":
				if port || !strings.HasPrefix(path, "/_static/") {
					t.Errorf("%s came through: %q", name, got)
				}
			case "Set-Cookie":
				for _, line := range got {
					first, attributes, _ := strings.Cut(line, ";")
					if sayingOurs(first) {
						t.Errorf("a cookie of ours came through: %q", line)
					}
					for a := range strings.SplitSeq(attributes, ";") {
						if n, _, _ := strings.Cut(a, "="); strings.EqualFold(strings.Trim(n, " \t"), "domain") {
							t.Errorf("a cookie for others came through: %q", line)
						}
					}
					if !slices.ContainsFunc(sent[name], func(s string) bool { return strings.HasPrefix(s, first) }) {
						t.Errorf("%q was never said", line)
					}
				}
				continue
			case "Location", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Vary":
				if port {
					continue // see publicLocation and allowSibling
				}
			}
			if !slices.Equal(got, sent[name]) {
				t.Errorf("%s: %q became %q", name, sent[name], got)
			}
		}
	})
}
