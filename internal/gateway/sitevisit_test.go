package gateway

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// What is under way ends when the right to it does, however the site answers it.
func TestASitesVisitorsLeaveWhenTheyMust(t *testing.T) {
	for name, c := range map[string]struct {
		forbid func(*siteRig)
		auth   func(s *siteRig, site string) string
	}{
		"signed out": {func(s *siteRig) { s.visitors.revoke("session-" + owner) }, func(s *siteRig, site string) string { return s.signedIn(site, owner) }},
		"token gone": {func(s *siteRig) { s.visitors.revoke(ownerToken) }, func(*siteRig, string) string { return "Authorization: Bearer " + ownerToken }},
		"suspended": {func(s *siteRig) {
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.people, owner)
		}, func(s *siteRig, site string) string { return s.signedIn(site, owner) }},
		"no longer administrator": {func(s *siteRig) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.people[owner] = Person{ID: owner, Email: "ann@example.com"}
		}, func(s *siteRig, site string) string { return s.signedIn(site, owner) }},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSiteRig(t, nil)
			ops, wiki := s.siteOrigin("ops.site.test"), s.siteOrigin("wiki.site.test")
			who := c.auth(s, ops)
			sock, _, err := s.dial("wss"+strings.TrimPrefix(ops, "https")+"/socket", who, "Origin: "+ops)
			if err != nil {
				t.Fatal(err)
			}
			defer sock.CloseNow()
			other, _, err := s.dial("wss"+strings.TrimPrefix(wiki, "https")+"/socket", s.signedIn(wiki, stranger), "Origin: "+wiki)
			if err != nil {
				t.Fatal(err)
			}
			defer other.CloseNow()
			open := func(c *http.Client, path string, body io.Reader) io.ReadCloser {
				method := "GET"
				if body != nil {
					method = "POST"
				}
				resp, err := c.Do(s.request(method, ops+path, body, who, "Origin: "+ops))
				if err != nil {
					t.Fatal(err)
				}
				return resp.Body
			}
			streams := []io.ReadCloser{open(s.h1, "/stream", nil), open(s.h2, "/stream", nil), open(s.h1, "/careless", nil), open(s.h2, "/careless", nil)}
			upload, fed := io.Pipe()
			uploading := make(chan error, 1)
			go func() {
				resp, err := s.h1.Do(s.request("POST", ops+"/upload", upload, who, "Origin: "+ops))
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
					if resp.StatusCode == http.StatusOK {
						err = nil
					}
				}
				uploading <- err
			}()
			if _, err := fed.Write([]byte("begun")); err != nil {
				t.Fatal(err)
			}
			eventually(t, "all are under way", func() bool { return len(s.gw.sites.list()) == 7 })

			c.forbid(s)
			s.gw.Sweep()
			ctx, cancel := context.WithTimeout(t.Context(), waitAtMost)
			defer cancel()
			if _, _, err := sock.Read(ctx); err == nil || ctx.Err() != nil {
				t.Errorf("the WebSocket went on: %v", err)
			}
			for i, b := range streams {
				done := make(chan error, 1)
				go func() {
					_, err := io.Copy(io.Discard, b)
					done <- err
				}()
				select {
				case <-done:
				case <-ctx.Done():
					t.Errorf("stream %d went on", i)
				}
				b.Close()
			}
			eventually(t, "the upload has ended too", func() bool { return len(s.gw.sites.list()) == 1 && s.underWay.Load() == 1 })
			fed.CloseWithError(io.ErrUnexpectedEOF) // the client waits for its body
			if err := <-uploading; err == nil {
				t.Error("the upload was taken")
			}
			if err := other.Write(ctx, websocket.MessageText, []byte("x")); err != nil {
				t.Errorf("somebody else's WebSocket ended: %v", err)
			} else if _, _, err := other.Read(ctx); err != nil {
				t.Errorf("somebody else's WebSocket ended: %v", err)
			}
			other.CloseNow()
			eventually(t, "nothing is left", func() bool { return len(s.gw.sites.list()) == 0 && s.observed.sockets.Load() == 0 })
		})
	}
}

func TestClosingEndsWhatSitesAnswer(t *testing.T) {
	s := newSiteRig(t, nil)
	wiki := s.siteOrigin("wiki.site.test")
	resp, err := s.h1.Do(s.request("GET", wiki+"/stream", nil, s.signedIn(wiki, owner)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := s.gw.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	if got := s.get(wiki+"/", s.signedIn(wiki, owner)); got.status != 503 {
		t.Errorf("after the end: %d", got.status)
	}
}
