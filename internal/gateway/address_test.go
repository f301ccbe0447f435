package gateway

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const testID = "abcdefghijk1"

var testEditor = Address{Kind: Editor, ID: testID}

func testHosts(t testing.TB, d Domain) *Hosts {
	t.Helper()
	h, err := NewHosts(d)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestParseHost(t *testing.T) {
	local := Domain{Base: "localhost", UIHost: "ws.localhost", Port: 8443}
	one := Domain{Base: "example.com", Port: 443}
	two := Domain{Base: "example.com", Workspace: "example.dev"}
	long := strings.Repeat("a", 64)
	for _, c := range []struct {
		domain Domain
		host   string
		want   Address
		ours   bool
	}{
		{local, testID + ".ws.localhost", Address{Kind: Editor, ID: testID}, true},
		{local, testID + ".ws.localhost:8443", Address{Kind: Editor, ID: testID, Port: 8443}, true},
		{local, testID + ".ws.localhost.", Address{Kind: Editor, ID: testID}, true},
		{local, testID + ".ws.localhost.:8443", Address{Kind: Editor, ID: testID, Port: 8443}, true},
		{local, "ABCdefGHIJK1.Ws.LOCALhost:1", Address{Kind: Editor, ID: testID, Port: 1}, true},
		{local, testID + ".agent.localhost:8443", Address{Kind: Agent, ID: testID, Port: 8443}, true},
		{local, "localhost", Address{Kind: Main}, true},
		{local, "LOCALHOST.:8443", Address{Kind: Main, Port: 8443}, true},
		{local, "ws.localhost:8443", Address{Kind: UI, Port: 8443}, true},
		{local, "agent.localhost", Address{Kind: Unknown}, true},
		{one, "example.com", Address{Kind: UI}, true},
		{one, "ws.example.com", Address{Kind: Unknown}, true},
		{one, "a.example.com", Address{}, false},
		{two, testID + ".ws.example.dev", Address{Kind: Editor, ID: testID}, true},
		{two, testID + ".ws.example.com", Address{}, false},
		{two, "example.dev", Address{}, false},
		{local, "3000-" + testID + ".ws.localhost", Address{Kind: Port, ID: testID, Inside: 3000}, true},
		{local, "65535-ABCdefGHIJK1.WS.localhost.:8443", Address{Kind: Port, ID: testID, Inside: 65535, Port: 8443}, true},
		{local, "1024-" + testID + ".ws.localhost:x", Address{Kind: Malformed}, true},
		{two, "1024-" + testID + ".ws.example.dev", Address{Kind: Port, ID: testID, Inside: 1024}, true},
		{local, "1023-" + testID + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, "80-" + testID + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, "0-" + testID + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, "-" + testID + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, "3001-" + testID + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, "8080-" + testID + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, "65536-" + testID + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, "99999-" + testID + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, "123456-" + testID + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, "05173-" + testID + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, "+5173-" + testID + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, "5173--" + testID[1:] + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, "5173" + testID + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, "5173-" + testID + "x.ws.localhost", Address{Kind: Unknown}, true},
		{local, "5173-" + testID[1:] + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, "5173." + testID + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, "1e03-" + testID + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, testID + "-5173.ws.localhost", Address{Kind: Unknown}, true},
		{local, "5173-" + testID + ".agent.localhost", Address{Kind: Unknown}, true},
		{local, "x.ws.localhost", Address{Kind: Unknown}, true},
		{local, testID + "x.ws.localhost", Address{Kind: Unknown}, true},
		{local, "a." + testID + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, ".ws.localhost", Address{Kind: Unknown}, true},
		{local, "abcdefghijk_.ws.localhost", Address{Kind: Unknown}, true},
		{local, "-bcdefghijk1.ws.localhost", Address{Kind: Unknown}, true},
		{local, "abcdefghij%2e.ws.localhost", Address{Kind: Unknown}, true},
		{local, "*.ws.localhost", Address{Kind: Unknown}, true},
		{local, long + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, "x@" + testID + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, "x@localhost", Address{}, false},
		{local, "x:y@" + testID + ".ws.localhost:1", Address{Kind: Unknown, Port: 1}, true},
		{local, testID + ".ws.localhost@evil.test", Address{}, false},
		{local, "xn--abcdefg1.ws.localhost", Address{Kind: Unknown}, true},
		{local, "xn--" + testID + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, "5173-xn--abcdefg1.ws.localhost", Address{Kind: Unknown}, true},
		{local, testID + "\x00.ws.localhost", Address{Kind: Unknown}, true},
		{local, "abcdefghij\t1.ws.localhost", Address{Kind: Unknown}, true},
		{local, "\r" + testID[1:] + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, testID + ".ws.localhost\n", Address{}, false},
		{local, " " + testID + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, testID + ".ws.localhost ", Address{}, false},
		{local, testID + ".ws\x00.localhost", Address{}, false},
		{local, testID + "..ws.localhost", Address{Kind: Unknown}, true},
		{local, testID + ".ws..localhost", Address{}, false},
		{local, testID + ".agent.ws.localhost", Address{Kind: Unknown}, true},
		{local, testID + ".ws.agent.localhost", Address{Kind: Unknown}, true},
		{local, strings.Repeat("a", 63) + ".ws.localhost", Address{Kind: Unknown}, true},
		{local, strings.Repeat("a.", 121) + testID + ".ws.localhost", Address{Kind: Unknown}, true}, // 254 + 13 characters
		{local, testID + ".ws.localhost:08443", Address{Kind: Malformed}, true},
		{local, testID + ".ws.localhost:+443", Address{Kind: Malformed}, true},
		{local, testID + ".ws.localhost: 443", Address{Kind: Malformed}, true},
		{local, testID + ".ws.localhost:443:443", Address{}, false},
		{local, testID + ".ws.localhost:\u0664\u0664\u0663", Address{Kind: Malformed}, true},
		{local, "[" + testID + ".ws.localhost]", Address{}, false},
		{local, "[::1%25lo]:8443", Address{}, false},
		{local, "2130706433", Address{}, false},
		{local, "0x7f.1", Address{}, false},
		{local, testID + ".ws.localhost..", Address{}, false},
		{local, testID + ".ws.localhost:abc", Address{Kind: Malformed}, true},
		{local, testID + ".ws.localhost:", Address{Kind: Malformed}, true},
		{local, testID + ".ws.localhost:0", Address{Kind: Malformed}, true},
		{local, testID + ".ws.localhost:65536", Address{Kind: Malformed}, true},
		{local, testID + ".ws.localhost:-1", Address{Kind: Malformed}, true},
		{local, testID + ".ws.localhost.evil.test", Address{}, false},
		{local, testID + "@evil.test", Address{}, false},
		{local, "evilws.localhost", Address{}, false},
		{local, "wor\u212a.ws.localhost", Address{Kind: Unknown}, true},
		{local, "127.0.0.1:8443", Address{}, false},
		{local, "[::1]:8443", Address{}, false},
		{local, "[::1]", Address{}, false},
		{local, "", Address{}, false},
		{local, ":", Address{}, false},
		{local, ".", Address{}, false},
	} {
		got, ours := testHosts(t, c.domain).ParseHost(c.host)
		if got != c.want || ours != c.ours {
			t.Errorf("%q with %q: %+v %v, want %+v %v", c.host, c.domain.Base, got, ours, c.want, c.ours)
		}
	}
}

func TestHostsRefusesNamesThatAreNone(t *testing.T) {
	for _, d := range []Domain{{}, {Base: "Example.com"}, {Base: "a..b"}, {Base: "-a"}, {Base: "a", Workspace: "b."}, {Base: "a", UIHost: "b/c"}, {Base: "a", Port: 70000}} {
		if _, err := NewHosts(d); err == nil {
			t.Errorf("%+v: no error", d)
		}
	}
}

func TestAddressesAreWrittenForBrowsers(t *testing.T) {
	h := testHosts(t, Domain{Base: "localhost", UIHost: "ws.localhost", Port: 8443})
	if got := h.UIOrigin(); got != "https://ws.localhost:8443" {
		t.Error(got)
	}
	if got := h.EditorURL(testID); got != "https://"+testID+".ws.localhost:8443/" {
		t.Error(got)
	}
	if got := h.PortURL(testID, 5173); got != "https://5173-"+testID+".ws.localhost:8443/" {
		t.Error(got)
	}
	h = testHosts(t, Domain{Base: "example.com", Port: 443})
	if got := h.PortURL(testID, 5173); got != "https://5173-"+testID+".ws.example.com/" {
		t.Error(got)
	}
	if got := h.AgentURL(testID); got != "https://"+testID+".agent.example.com/" {
		t.Error(got)
	}
}

func TestACanonicalHostIsParsedWithoutAllocating(t *testing.T) {
	h := testHosts(t, Domain{Base: "localhost", UIHost: "ws.localhost", Port: 8443})
	for _, host := range []string{testID + ".ws.localhost:8443", "5173-" + testID + ".ws.localhost:8443"} {
		if n := testing.AllocsPerRun(100, func() { h.ParseHost(host) }); n != 0 {
			t.Errorf("%s: %v allocations", host, n)
		}
	}
}

// referenceParse is ParseHost by regular expression.
func referenceParse(host string) (Address, bool) {
	name, port := host, ""
	hasPort := false
	if i := strings.LastIndex(host, ":"); i >= 0 && !strings.HasSuffix(host, "]") {
		name, port, hasPort = host[:i], host[i+1:], true
	}
	lower := strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 32
		}
		return r
	}, strings.TrimSuffix(name, "."))
	var a Address
	switch {
	case lower == "ws.localhost":
		a.Kind = UI
	case lower == "localhost":
		a.Kind = Main
	case lower == "agent.localhost":
		a.Kind = Unknown
	case strings.HasSuffix(lower, ".ws.localhost"), strings.HasSuffix(lower, ".agent.localhost"):
		a.Kind = Unknown
		if m := regexp.MustCompile(`^([a-z0-9]{12})\.(ws|agent)\.localhost$`).FindStringSubmatch(lower); m != nil {
			a.Kind, a.ID = Editor, m[1]
			if m[2] == "agent" {
				a.Kind = Agent
			}
		}
		if m := regexp.MustCompile(`^([1-9][0-9]{3,4})-([a-z0-9]{12})\.ws\.localhost$`).FindStringSubmatch(lower); m != nil {
			if n, _ := strconv.Atoi(m[1]); n >= 1024 && n <= 65535 && n != 3001 && n != 8080 {
				a.Kind, a.ID, a.Inside = Port, m[2], n
			}
		}
	default:
		return Address{}, false
	}
	if hasPort {
		n, err := strconv.Atoi(port)
		if err != nil || !regexp.MustCompile(`^[1-9][0-9]{0,4}$`).MatchString(port) || n < 1 || n > 65535 {
			return Address{Kind: Malformed}, true
		}
		a.Port = n
	}
	return a, true
}

func FuzzParseHost(f *testing.F) {
	for _, s := range []string{testID + ".ws.localhost:8443", "ABC.Agent.localhost.", "ws.localhost", "[::1]:1", ":", "a.ws.localhost:x", "\u212a.ws.localhost", "5173-" + testID + ".ws.localhost:8443", "3001-" + testID + ".ws.localhost", "05173-ABCDEFGHIJK1.ws.localhost."} {
		f.Add(s)
	}
	h := testHosts(f, Domain{Base: "localhost", UIHost: "ws.localhost", Port: 8443})
	f.Fuzz(func(t *testing.T, host string) {
		for i := range len(host) {
			if host[i] >= 0x80 {
				return // the reference folds by rune; servers refuse such hosts, and the table has the Kelvin sign
			}
		}
		got, ours := h.ParseHost(host)
		want, wantOurs := referenceParse(host)
		if got != want || ours != wantOurs {
			t.Errorf("%q: %+v %v, reference %+v %v", host, got, ours, want, wantOurs)
		}
		if got.ID == "" {
			return
		}
		// One name is one workspace's: it is the canonical one but for case, a dot and a port,
		// and every other spelling of that says the same.
		name, _, _ := strings.Cut(host, ":")
		canonical := h.name(got)
		if strings.TrimSuffix(strings.ToLower(name), ".") != canonical {
			t.Errorf("%q stands for %q", host, canonical)
		}
		plain := got
		plain.Port = 0
		for _, spelled := range []string{canonical, canonical + ".", strings.ToUpper(canonical)} {
			if again, ok := h.ParseHost(spelled); !ok || again != plain {
				t.Errorf("%q: %+v, and %q: %+v", host, got, spelled, again)
			}
		}
		if !hostName(canonical) {
			t.Errorf("%q: %q is no name", host, canonical)
		}
	})
}
