package github_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/kalpana-dev/kalpana/internal/github"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// refreshing returns a client whose refreshes call during, and then succeed.
func refreshing(t *testing.T, during func(*http.Request)) *github.Client {
	t.Helper()
	c, err := github.New(github.Options{ClientID: "id", ClientSecret: secret, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		during(r)
		body := `{"access_token":"ghu_next","token_type":"bearer","expires_in":28800,"refresh_token":"ghr_next","refresh_token_expires_in":15897600}`
		return &http.Response{
			StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r,
		}, nil
	})})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestRefreshIsHeardOut: once the request was sent, its answer is the only way to the account.
func TestRefreshIsHeardOut(t *testing.T) {
	ctx, cancel := context.WithCancel(background())
	c := refreshing(t, func(r *http.Request) {
		cancel()
		if err := r.Context().Err(); err != nil {
			t.Errorf("the request ended with its caller: %v", err)
		}
	})
	if token, err := c.Refresh(ctx, "ghr_old"); err != nil || token.Refresh != "ghr_next" {
		t.Errorf("got %v, %v", token, err)
	}
	if _, err := c.Refresh(ctx, "ghr_next"); !errors.Is(err, context.Canceled) {
		t.Errorf("refresh that was never wanted: %v", err)
	}
}

// TestRefreshesAreShared: a refresh token works once, so callers at the same time must not
// each use it.
func TestRefreshesAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var sent atomic.Int32
		c := refreshing(t, func(*http.Request) {
			sent.Add(1)
			<-release
		})
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if token, err := c.Refresh(background(), "ghr_old"); err != nil || token.Access != "ghu_next" || token.Refresh != "ghr_next" {
					t.Errorf("got %q, %v", token.Access, err)
				}
			})
		}
		synctest.Wait() // so that the next one is not the first, which is not stopped
		ctx, cancel := context.WithCancel(background())
		wg.Go(func() {
			if _, err := c.Refresh(ctx, "ghr_old"); !errors.Is(err, context.Canceled) {
				t.Errorf("one that stopped waiting: %v", err)
			}
		})
		synctest.Wait()
		if n := sent.Load(); n != 1 {
			t.Errorf("%d refreshes for the same token", n)
		}
		cancel()
		synctest.Wait()
		close(release)
		wg.Wait()
	})
}
