package identity_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/identity"
)

func TestFirstLinkMakesTheAdministratorOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *identity.Options) { o.Signup = identity.SignupClosed })
	link, err := s.NewFirstLink(t.Context())
	if err != nil || !strings.HasPrefix(link, s.url+"/auth/first?code=") {
		t.Fatal(link, err)
	}
	b := s.browser()
	head, err := b.http.Head(link)
	if resp, _ := b.read(head, err); resp.StatusCode != 405 || b.cookie() != "" {
		t.Fatalf("HEAD: %s", resp.Status)
	}
	resp := b.step(link)
	if resp.StatusCode != 303 || resp.Header.Get("Location") != "/" {
		t.Fatalf("first visit: %s to %q", resp.Status, resp.Header.Get("Location"))
	}
	me := b.me()
	if !me.Admin || me.Name != "Administrator" {
		t.Fatalf("signed in as %+v", me)
	}
	again, page := s.browser().visit(link)
	if again.StatusCode != 410 || !strings.Contains(page, "kalpana login-link") || len(again.Header["Set-Cookie"]) != 0 {
		t.Errorf("second visit: %s %q", again.Status, page)
	}
	for _, h := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy"} {
		if again.Header.Get(h) == "" {
			t.Errorf("page lacks %s", h)
		}
	}
	if csp := again.Header.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || strings.Contains(page, "<script") {
		t.Errorf("policy %q", csp)
	}
	link, _ = s.NewFirstLink(t.Context())
	c := s.browser()
	if c.visit(link); c.me().UserID != me.UserID {
		t.Error("a second link signs in as somebody else than the first administrator")
	}
	if s.count("first ok") != 2 || s.count("first invalid") != 1 {
		t.Errorf("observed %v", s.observed)
	}
}

func TestFirstLinkThatIsExpiredOrWrong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	link, _ := s.NewFirstLink(t.Context())
	s.clock.Advance(24*time.Hour + time.Second)
	base := s.url + "/auth/first"
	for name, c := range map[string]struct {
		link string
		want int
	}{
		"expired":   {link, http.StatusGone},
		"unknown":   {base + "?code=" + strings.Repeat("A", 43), http.StatusGone},
		"none":      {base, http.StatusBadRequest},
		"cut off":   {link[:len(link)-3], http.StatusBadRequest},
		"two codes": {link + "&code=x", http.StatusBadRequest},
	} {
		b := s.browser()
		if resp, page := b.visit(c.link); resp.StatusCode != c.want || b.cookie() != "" || !strings.Contains(page, "login-link") {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
}

func TestFirstLinkUsedManyTimesAtOnceSignsInOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	link, _ := s.NewFirstLink(t.Context())
	var in atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		b := s.browser()
		all.Go(func() {
			if b.step(link).StatusCode == 303 {
				in.Add(1)
			}
		})
	}
	all.Wait()
	if in.Load() != 1 {
		t.Errorf("%d browsers came in by one link", in.Load())
	}
}

func TestFirstLinkPassesSuspendedAdministratorsAndTakenEmails(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.browser().signup("admin@127.0.0.1") // the email the administrator would get
	link, _ := s.NewFirstLink(t.Context())
	b := s.browser()
	b.visit(link)
	if me := b.me(); !me.Admin || me.Email == "admin@127.0.0.1" {
		t.Errorf("somebody's account became the administrator's: %+v", me)
	}
}
