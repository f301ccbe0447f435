package openrouter

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

// Kind is what a server understands beyond OpenAI's protocol.
type Kind string

const (
	// KindOpenRouter: routing, reasoning and session fields are sent.
	KindOpenRouter Kind = "openrouter"
	// KindCompatible: only what OpenAI's protocol has.
	KindCompatible Kind = "compatible"
)

// The defaults of Options.
const (
	connectTimeout = 10 * time.Second
	// HeaderTimeout is for providers that queue a request before they answer.
	HeaderTimeout = 60 * time.Second
	// IdleTimeout is how long no byte may come. OpenRouter sends a comment every few
	// seconds while a provider works.
	IdleTimeout = 60 * time.Second
	// SilenceTimeout is how long nothing but comments may come: the longest thinking
	// without any sign that is known is some minutes.
	SilenceTimeout = 5 * time.Minute
	// StepTimeout is for one Stream, with all its attempts and pauses.
	StepTimeout = 15 * time.Minute
)

// Options say where the models are.
type Options struct {
	// BaseURL is absolute, http or https, and ends before "/chat/completions".
	BaseURL string
	// Key is the bearer token; "" sends none, as local servers need.
	Key string
	// Kind is found from BaseURL if empty.
	Kind Kind
	// Referer is shown in OpenRouter's statistics; "" for none.
	Referer string
	// Transport carries the requests; nil for one with the limits above. A Client closes
	// idle connections of its own only.
	Transport http.RoundTripper
	// The time-outs; 0 for the defaults above.
	HeaderTimeout, IdleTimeout, SilenceTimeout, StepTimeout time.Duration
}

// Client is an [agent.Model]. It is safe for concurrent use.
type Client struct {
	options Options
	api     openai.Client
	host    string
	shared  *shared
}

var _ agent.Model = (*Client)(nil)

// shared is what clients of different keys have in common.
type shared struct {
	http *http.Client
	own  *http.Transport // nil if the transport is the caller's

	// loading holds one value while the list is fetched; mu guards what follows.
	loading chan struct{}
	mu      sync.Mutex
	models  []agent.ModelInfo
	byID    map[string]int
	fetched time.Time
}

// New checks o. It connects to nothing.
func New(o Options) (*Client, error) {
	u, err := url.Parse(o.BaseURL)
	// The error of url.Parse quotes the URL, and that may hold a password.
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("base URL of the models is not an absolute http or https URL")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("base URL of the models has a user, query or fragment: the key is a setting of its own")
	}
	if strings.ContainsAny(o.Key, "\r\n\x00") {
		return nil, fmt.Errorf("key of the models has a line break in it")
	}
	switch o.Kind {
	case "":
		o.Kind = KindCompatible
		if h := strings.ToLower(u.Hostname()); h == "openrouter.ai" || strings.HasSuffix(h, ".openrouter.ai") {
			o.Kind = KindOpenRouter
		}
	case KindOpenRouter, KindCompatible:
	default:
		return nil, fmt.Errorf("kind of provider %q: it is %q or %q", o.Kind, KindOpenRouter, KindCompatible)
	}
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{{&o.HeaderTimeout, HeaderTimeout}, {&o.IdleTimeout, IdleTimeout}, {&o.SilenceTimeout, SilenceTimeout}, {&o.StepTimeout, StepTimeout}} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	s := &shared{loading: make(chan struct{}, 1)}
	if o.Transport == nil {
		s.own = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: connectTimeout}).DialContext,
			TLSHandshakeTimeout: connectTimeout,
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: 16,
			IdleConnTimeout:     90 * time.Second,
			// Compression holds small events back, and hides how large an answer is.
			DisableCompression:     true,
			MaxResponseHeaderBytes: 64 << 10,
		}
		o.Transport = s.own
	}
	s.http = &http.Client{
		Transport: o.Transport,
		// A conversation goes to the host that was configured, and to no other.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	c := &Client{options: o, host: strings.ToLower(u.Hostname()), shared: s}
	c.api = c.newAPI()
	return c, nil
}

// WithKey returns a client that differs in the key only: connections and the list of
// models are shared.
func (c *Client) WithKey(key string) (*Client, error) {
	if strings.ContainsAny(key, "\r\n\x00") {
		return nil, fmt.Errorf("key of the models has a line break in it")
	}
	n := *c
	n.options.Key = key
	n.api = n.newAPI()
	return &n, nil
}

// Close closes idle connections. Running streams go on.
func (c *Client) Close() {
	if c.shared.own != nil {
		c.shared.own.CloseIdleConnections()
	}
}

// Kind is what the server understands.
func (c *Client) Kind() Kind { return c.options.Kind }

// newAPI does not use openai.NewClient: that reads OPENAI_* from the environment and
// sends organisation, project and headers found there to whatever host this is.
func (c *Client) newAPI() openai.Client {
	opts := []option.RequestOption{
		option.WithBaseURL(c.options.BaseURL),
		option.WithHTTPClient(c.shared.http),
		option.WithMaxRetries(0), // stream.go retries, so that it can be shown
		option.WithMiddleware(refuse),
	}
	if c.options.Key != "" {
		opts = append(opts, option.WithAPIKey(c.options.Key))
	}
	if c.options.Kind == KindOpenRouter {
		opts = append(opts, option.WithHeader("X-Title", "Kalpana"))
		if c.options.Referer != "" {
			opts = append(opts, option.WithHeader("HTTP-Referer", c.options.Referer))
		}
	}
	return openai.Client{Options: opts}
}
