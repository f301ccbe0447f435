package identity_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/identity"
)

// What strangers can make the server do at /auth is limited by address.
func TestWhatAStrangerCanAskForIsLimited(t *testing.T) {
	t.Parallel()
	var address atomic.Value
	var limited, stands atomic.Int64 // stands: a clock that goes on only when told to
	began := time.Now()
	s := newSite(t, func(o *identity.Options) {
		o.GitHub = identity.GitHub{ClientID: "id", Secret: "secret", URL: "https://github.test", APIURL: "https://github.test/api"}
		o.ClientIP = func(*http.Request) string { return address.Load().(string) }
		o.Now = func() time.Time { return began.Add(time.Duration(stands.Load())) }
		o.Limited = func() { limited.Add(1) }
	})
	b := s.browser()
	b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for i, c := range []struct {
		path    string
		allowed int
		want    int // before the limit
	}{
		{"/auth/github", 60, 303},
		{"/auth/github/callback?state=" + strings.Repeat("x", 43) + "&code=c", 120, 400},
		{"/auth/first?code=" + strings.Repeat("x", 43), 60, 410},
	} {
		address.Store("192.0.2." + strconv.Itoa(i+1))
		for n := range c.allowed {
			if resp, _ := b.visit(c.path); resp.StatusCode != c.want {
				t.Fatalf("%s, request %d: %d", c.path, n+1, resp.StatusCode)
			}
		}
		before := limited.Load()
		resp, text := b.visit(c.path)
		after, err := strconv.Atoi(resp.Header.Get("Retry-After"))
		if resp.StatusCode != 429 || err != nil || after < 1 || !strings.Contains(text, "Wait a minute") {
			t.Errorf("%s, beyond the limit: %d, Retry-After %q, %s", c.path, resp.StatusCode, resp.Header.Get("Retry-After"), text)
		}
		if got := limited.Load() - before; got != 1 {
			t.Errorf("%s: %d refusals were told of", c.path, got)
		}
		stands.Add(int64(time.Duration(after) * time.Second))
		if resp, _ := b.visit(c.path); resp.StatusCode != c.want {
			t.Errorf("%s, after the wait that was asked for: %d", c.path, resp.StatusCode)
		}
	}
}

// What pages make their visitors' browsers load takes none of what these may do to sign in.
func TestWhatPagesLoadTakesNoLogins(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *identity.Options) {
		o.GitHub = identity.GitHub{ClientID: "id", Secret: "secret", URL: "https://github.test", APIURL: "https://github.test/api"}
	})
	b := s.browser()
	b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	load := func(path, mode, dest string) int {
		r, err := http.NewRequest(http.MethodGet, s.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Sec-Fetch-Mode", mode)
		r.Header.Set("Sec-Fetch-Dest", dest)
		resp, err := b.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	for path, want := range map[string]int{
		"/auth/github": 303, "/auth/github/callback?state=" + strings.Repeat("x", 43) + "&code=c": 400, "/auth/first?code=" + strings.Repeat("x", 43): 410,
	} {
		for n := range 130 {
			for _, how := range [][2]string{{"no-cors", "image"}, {"navigate", "iframe"}} {
				if got := load(path, how[0], how[1]); got != 403 {
					t.Fatalf("%s as %v, number %d: %d", path, how, n+1, got)
				}
			}
		}
		if got := load(path, "navigate", "document"); got != want {
			t.Errorf("%s in a window: %d", path, got)
		}
	}
}
