package github

import (
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	connectTimeout = 10 * time.Second
	// requestTimeout is for one request with its body: a person is waiting.
	requestTimeout = 15 * time.Second
	// maxAnswer is for one REST answer. A hundred repositories are about 600 KB, and a
	// file of MaxFile bytes in base64 is 1.4 MB.
	maxAnswer = 8 << 20
	// cacheBytes is the standard for Options.CacheBytes: a hundred repositories take 30 KB.
	cacheBytes = 8 << 20
)

// Options say where GitHub is and who we are there.
type Options struct {
	// URL is where people and git go. Default: https://github.com.
	URL string
	// APIURL is where REST is, for Enterprise "https://<host>/api/v3". Default:
	// https://api.github.com.
	APIURL string
	// ClientID and ClientSecret are of the OAuth or GitHub App. Without them only the
	// calls that need a token, or none, work.
	ClientID, ClientSecret string
	// Transport carries the requests; nil for one of the client's own, which Close ends.
	Transport http.RoundTripper
	// CacheBytes is the memory for answers, of all tokens together; one of more than an
	// eighth of it is not kept. Default: 8 MiB.
	CacheBytes int
	// Now is the clock; nil for time.Now.
	Now func() time.Time
}

// Client is safe for concurrent use. Close it.
type Client struct {
	o         Options
	web, api  *url.URL
	http      *http.Client
	own       *http.Transport // nil if the transport is the caller's
	cache     *cache
	limits    *limits
	refreshes refreshes
}

// New checks o. It connects to nothing.
func New(o Options) (*Client, error) {
	if o.URL == "" {
		o.URL = "https://github.com"
	}
	if o.APIURL == "" {
		o.APIURL = "https://api.github.com"
	}
	if o.CacheBytes <= 0 {
		o.CacheBytes = cacheBytes
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &Client{o: o, cache: newCache(o.CacheBytes), limits: newLimits(o.Now)}
	for _, a := range []struct {
		what, raw string
		to        **url.URL
	}{{"GitHub", o.URL, &c.web}, {"GitHub's API", o.APIURL, &c.api}} {
		u, err := url.Parse(strings.TrimRight(a.raw, "/"))
		// The error of url.Parse quotes the address, and that may hold a password.
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return nil, fmt.Errorf("address of %s is not an http or https address without user and query", a.what)
		}
		*a.to = u
	}
	if (o.ClientID == "") != (o.ClientSecret == "") {
		return nil, fmt.Errorf("client id and client secret of GitHub: both are needed, or neither")
	}
	if o.Transport == nil {
		c.own = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: connectTimeout}).DialContext,
			TLSHandshakeTimeout:    connectTimeout,
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    8,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		}
		o.Transport = c.own
	}
	c.http = &http.Client{
		Transport: o.Transport,
		Timeout:   requestTimeout,
		// A redirect would carry the token, the code or the secret to somewhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c, nil
}

// Close closes idle connections. Running calls go on.
func (c *Client) Close() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// Forget drops all that is kept in memory for a token, as when it was revoked.
func (c *Client) Forget(token string) {
	c.cache.forget(hash(token))
	c.limits.forget(hash(token))
}

// tokenHash stands for a token in memory; for "" too, which is everybody's.
type tokenHash [sha256.Size]byte

func hash(token string) tokenHash { return sha256.Sum256([]byte(token)) }

// maxToken is far above GitHub's 40 to 255 characters.
const maxToken = 4096

// sendable reports whether token can be in a header. An empty one cannot.
func sendable(token string) bool {
	if token == "" || len(token) > maxToken {
		return false
	}
	for i := range len(token) {
		if token[i] <= ' ' || token[i] > '~' {
			return false
		}
	}
	return true
}
