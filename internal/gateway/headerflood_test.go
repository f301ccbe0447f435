package gateway

import (
	"fmt"
	"strings"
	"testing"
)

func TestHeadersHaveALimit(t *testing.T) {
	r := newRig(t, nil, nil)
	r.server.Config.MaxHeaderBytes = 1 << 20
	many := func(n int) (lines []string) {
		for i := range n {
			lines = append(lines, fmt.Sprintf("X-%d: v", i))
		}
		return lines
	}
	good := "Cookie: " + r.cookie(testID, owner)
	own := len([]string{"Connection", "Cookie"}) // what rawRequest and this test send besides; Host is none
	for _, c := range []struct {
		name, host string
		headers    []string
		want       int
	}{
		{"as many names as may be", r.host(testID), append(many(maxHeaderNames-own), good), 200},
		{"one name more", r.host(testID), append(many(maxHeaderNames-own+1), good), 431},
		{"10,000 names", r.host(testID), append(many(10_000), good), 431},
		{"10,000 names on the main origin", "ws.localhost", many(10_000), 431},
		{"long on the main origin", "ws.localhost", []string{"X-Long: " + strings.Repeat("x", maxMainHeader-100)}, 200},
		{"too long on the main origin", "ws.localhost", []string{"X-Long: " + strings.Repeat("x", maxMainHeader)}, 431},
		{"too long in two", "ws.localhost", []string{"X-Long: " + strings.Repeat("x", maxMainHeader/2), "X-Long: " + strings.Repeat("x", maxMainHeader/2)}, 431},
	} {
		before := r.up.count.Load()
		got := rawRequest(t, r.server, "GET", c.host, "/", c.headers)
		if got.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.name, got.StatusCode, c.want)
		}
		if c.want == 431 && r.up.count.Load() != before {
			t.Errorf("%s: it reached the workspace", c.name)
		}
	}
}
