package identity

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"
)

const (
	// providerTimeout bounds each call to a provider: a person is waiting.
	providerTimeout = 10 * time.Second
	// maxProviderBytes is far above any real answer; the libraries read all they get.
	maxProviderBytes = 1 << 20
)

// addProviders makes the configured providers. It does no I/O.
func (s *Service) addProviders() {
	s.transport = http.DefaultTransport.(*http.Transport).Clone()
	client := &http.Client{
		Timeout:   providerTimeout,
		Transport: bounded{s.transport},
		// A redirect would carry the code, the secret or the token to somewhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if s.o.GitHub.ClientID != "" {
		s.providers = append(s.providers, newGitHub(s.o.GitHub, s.address("/auth/github/callback", nil), client))
	}
	if s.o.OIDC.ClientID != "" {
		s.providers = append(s.providers, newOIDC(s.o.OIDC, s.address("/auth/oidc/callback", nil), client))
	}
}

// bounded ends bodies that are too long with an error.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(r)
	if err == nil {
		resp.Body = &boundedBody{resp.Body, maxProviderBytes}
	}
	return resp, err
}

type boundedBody struct {
	io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("answer is longer than %d bytes", maxProviderBytes)
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// describe is what may be logged of a provider's failure: the libraries put whole
// answers, claims and tokens among them, into their errors.
func describe(err error) string {
	if r, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		status := 0
		if r.Response != nil {
			status = r.Response.StatusCode
		}
		return fmt.Sprintf("exchange of the code: status %d, error %.64q", status, r.ErrorCode)
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		if at, e := url.Parse(u.URL); e == nil {
			return fmt.Sprintf("%s %s://%s%s: %v", u.Op, at.Scheme, at.Host, at.Path, u.Err)
		}
	}
	return fmt.Sprintf("%.200s", err.Error())
}

// cleanAvatar keeps the address of a picture if pages may load it.
func cleanAvatar(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(raw) > 1024 {
		return ""
	}
	return u.String()
}
