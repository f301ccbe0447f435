package caddymodule

import (
	"testing"
)

// One server for all: starting it costs more than what is asked of it.
func TestTheWholeServer(t *testing.T) {
	f := newFront(t)
	for _, id := range []string{mine, another} {
		if got := f.visit("https://" + f.editor(id) + "/"); got.StatusCode != 200 || text(got) != "workspace" {
			t.Fatalf("%s: %d %s", id, got.StatusCode, text(got))
		}
	}
	f.up.take()
	run := func(name string, test func(*testing.T)) {
		t.Run(name, func(part *testing.T) {
			f.t = part
			defer func() { f.t = t }()
			test(part)
		})
	}
	run("hosts", f.hosts)
	run("forwarded hosts", f.forwardedHosts)
	run("base domain", f.baseDomain)
	run("HTTP2", f.http2)
	run("handshakes", f.handshakes)
	run("smuggling", f.smuggling)
	run("headers of the main origin", f.mainHeaders)
	run("foreign names", f.foreignNames)
	f.trustProxies()
	run("a trusted proxy", f.trustedProxy)
	run("foreign pages", f.foreignPages)
	run("forms are no JSON", f.formsAreNoJSON)
	run("tossed cookies", f.tossedCookies)
	run("cookie flood", f.cookieFlood)
}
