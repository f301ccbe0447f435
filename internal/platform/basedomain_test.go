package platform

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/gateway"
	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/redirecttest"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// Pages of the base domain are on another host, and whatever is asked for, that is where
// visitors are sent.
func TestTheBaseDomainLeadsToThePagesAndNowhereElse(t *testing.T) {
	box, err := secretbox.New(bytes.Repeat([]byte("s"), secretbox.MinSecretBytes))
	if err != nil {
		t.Fatal(err)
	}
	edge, err := gateway.New(gateway.Options{
		Domain: gateway.Domain{Base: "localhost", UIHost: "ws.localhost", Port: 8443}, Box: box, Visitors: visitors{&identity.Service{}}, Tickets: &mongostore.Store{}, Starter: starter{func() *workspace.Service { return nil }},
	})
	if err != nil {
		t.Fatal(err)
	}
	const pages = "https://ws.localhost:8443"
	p := &parts{gateway: edge}
	asked := 0
	for _, uri := range append(redirecttest.Addresses(), "http:@evil.test/", "x:@evil.test", "*", "http:.evil.test", "http://@evil.test//evil.test") {
		u, err := url.ParseRequestURI(uri) // as the server reads it
		if err != nil {
			continue // and refuses it
		}
		asked++
		r := httptest.NewRequest(http.MethodGet, "https://localhost:8443/", nil)
		r.RequestURI, r.URL = uri, u
		w := httptest.NewRecorder()
		p.serveMain(w, r, gateway.Main)
		to := w.Header().Get("Location")
		if to == "" { // the API and health checks answer here too
			t.Errorf("%q: %d", uri, w.Code)
		} else if at := redirecttest.Origin("https://localhost:8443", to); at != pages {
			t.Errorf("%q leads to %q, so to %q", uri, to, at)
		}
	}
	if asked < 5000 {
		t.Errorf("only %d addresses were asked for", asked)
	}
}
