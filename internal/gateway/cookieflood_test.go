package gateway

import (
	"strings"
	"testing"
)

func TestAFloodOfCookiesIsClearedForPages(t *testing.T) {
	r := newRig(t, nil, nil)
	good := "Cookie: " + r.cookie(testID, owner)
	flood := func(n int) string { return "Cookie: a=" + strings.Repeat("x", n) }
	for name, address := range map[string]string{"editor": r.origin(testID) + "/a?b", "port": "https://3000-" + r.host(testID) + "/a?b", "main origin": r.gw.hosts.UIOrigin() + "/a?b"} {
		got := r.get(address, page, good, flood(maxCookieBytes))
		if got.status != 431 || got.header.Get("Clear-Site-Data") != `"cookies"` || got.header.Get("Cache-Control") != "no-store" || !strings.Contains(got.body, `href="`+address+`"`) {
			t.Errorf("%s: %d %v %s", name, got.status, got.header, got.body)
		}
		// Only who opens a page loses anything: nothing that a page embeds or fetches does that.
		for _, h := range [][]string{nil, {page, "Sec-Fetch-Mode: no-cors"}, {page, "Connection: Upgrade", "Upgrade: websocket"}} {
			if got := r.get(address, append(h, flood(maxCookieBytes))...); got.status != 431 || got.header.Get("Clear-Site-Data") != "" {
				t.Errorf("%s, %q: %d %v", name, h, got.status, got.header)
			}
		}
		// Nobody is signed out by a link that is long.
		if got := r.get(address+strings.Repeat("x", maxCookieBytes), page, good, flood(100)); got.header.Get("Clear-Site-Data") != "" {
			t.Errorf("%s, long address: %d %v", name, got.status, got.header)
		}
	}
	if got := r.get(r.origin(testID)+"/", good, flood(maxCookieBytes/2)); got.status != 200 {
		t.Errorf("many cookies: %d", got.status)
	}
}
