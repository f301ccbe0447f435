package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/kalpana-dev/kalpana/internal/config"
)

// connection is how a command reaches the running Kalpana: over the admin socket, as the
// operator of the server on this machine, or from anywhere over HTTPS with an API token,
// as the token's user. Both answer the same API.
type connection struct {
	socket string
	url    string // of the main origin, without a path
	token  string // empty = the admin socket
	caFile string
	user   string // email the operator acts for; empty = nobody in particular

	https *http.Client // made by gateway
}

const remoteHelp = `
Without a token this talks to the server on this machine, as its operator. With one it
works from anywhere, for the token's user:
  KALPANA_TOKEN     an API token; --token gives it too, but then all users of this machine see it
  KALPANA_URL       address of the dashboard, https://…; --url
  KALPANA_CA_FILE   certificates to trust beside the system's; --ca-file`

// register adds the flags that say where to. remote: the command works with a token, too.
func (c *connection) register(flags *pflag.FlagSet, remote bool) {
	flags.StringVar(&c.socket, "socket", c.socket, "path of the admin socket")
	if !remote {
		return
	}
	flags.StringVar(&c.token, "token", os.Getenv("KALPANA_TOKEN"), "API token")
	flags.StringVar(&c.url, "url", os.Getenv("KALPANA_URL"), "address of the dashboard")
	flags.StringVar(&c.caFile, "ca-file", os.Getenv("KALPANA_CA_FILE"), "file with certificates to trust")
}

// complete decides which way to go, once the flags are read.
func (c *connection) complete(flags *pflag.FlagSet) error {
	if flags.Changed("socket") {
		if flags.Changed("token") {
			return usageError{"--socket and --token are two different ways; give one"}
		}
		c.token, c.url = "", ""
	}
	c.token = strings.TrimSpace(c.token)
	switch {
	case c.token == "" && c.url != "":
		return usageError{"an address was given, but no token: set KALPANA_TOKEN, or leave KALPANA_URL and --url out to talk to the server on this machine"}
	case c.token == "":
		return nil
	case c.url == "":
		port, _ := strconv.Atoi(os.Getenv("KALPANA_HTTPS_PORT")) // the server says what is wrong with it
		domain := config.Config{Domain: os.Getenv("KALPANA_DOMAIN"), HTTPSPort: port}.Defaults()
		c.url = domain.Origin(domain.UIHost())
	}
	u, err := url.Parse(c.url)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return usageError{fmt.Sprintf("%q is no address of a dashboard; write for example https://ws.localhost:8443", c.url)}
	}
	c.url = "https://" + u.Host
	return nil
}

// remote reports whether requests carry a token.
func (c *connection) remote() bool { return c.token != "" }

// do sends body as JSON, unless it is nil, and reads the answer into out, unless that is nil.
func (c *connection) do(ctx context.Context, method, path string, body, out any, headers ...string) error {
	resp, err := c.open(ctx, method, path, body, headers...)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return fmt.Errorf("read the answer to %s %s: %w", method, path, err)
	}
	return nil
}

// open is do for answers that are no JSON: the caller reads and closes the body.
func (c *connection) open(ctx context.Context, method, path string, body any, headers ...string) (*http.Response, error) {
	var reader io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(data)
	}
	base := "http://127.0.0.1/kalpana"
	if c.remote() {
		base = c.url
	}
	req, err := http.NewRequestWithContext(ctx, method, base+path, reader)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.remote() {
		req.Header.Set("Authorization", "Bearer "+c.token)
	} else if c.user != "" {
		req.Header.Set("X-Kalpana-User", c.user)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client, err := c.client()
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, c.explain(err)
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, c.refusal(resp, method+" "+path)
}

// client sends requests for the API.
func (c *connection) client() (*http.Client, error) {
	if c.remote() {
		return c.gateway()
	}
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, // a command asks little; a connection left open would outlive it
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", c.socket)
		},
	}}, nil
}

// gateway sends requests over HTTPS. It follows no redirect: nobody else gets the token.
func (c *connection) gateway() (*http.Client, error) {
	if c.https != nil {
		return c.https, nil
	}
	trust, err := trusted(c.socket, c.caFile)
	if err != nil {
		return nil, err
	}
	c.https = &http.Client{
		Transport: &http.Transport{
			Proxy: proxyFor, DialContext: dial, TLSClientConfig: trust, TLSHandshakeTimeout: 15 * time.Second,
			IdleConnTimeout: time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c.https, nil
}

// close lets idle connections go.
func (c *connection) close() {
	if c.https != nil {
		c.https.CloseIdleConnections()
	}
}

// explain says what to do about a server that cannot be asked.
func (c *connection) explain(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // without the URL, which the message has
	}
	switch {
	case c.remote() && untrusted(err):
		return fmt.Errorf("reach %s: %w; set KALPANA_CA_FILE to the certificate of the server's own authority (caddy/pki/authorities/local/root.crt in its data directory)", c.url, err)
	case c.remote():
		return fmt.Errorf("reach %s: %w", c.url, err)
	case errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("no server answers at %s; start one with `kalpana run`, or set KALPANA_DATA_DIR to its data directory, or KALPANA_TOKEN and KALPANA_URL to reach one elsewhere", c.socket)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("no right to open %s; run this as the user who runs the server", c.socket)
	}
	return err
}

// refusal is what an answer that is no success says.
func (c *connection) refusal(resp *http.Response, what string) error {
	if c.remote() && resp.StatusCode == http.StatusUnauthorized {
		return fmt.Errorf("%s does not take the token: it may be mistyped, expired or revoked", c.url)
	}
	if resp.StatusCode < 400 {
		return fmt.Errorf("%s: the server sends to %q instead of answering; is that the address of the dashboard?", what, resp.Header.Get("Location"))
	}
	if detail := detailOf(resp.Body); detail != "" {
		return errors.New(detail)
	}
	return fmt.Errorf("%s: %s", what, resp.Status)
}

// detailOf is the sentence of a problem, of Kalpana or of Caddy, or empty.
func detailOf(body io.Reader) string {
	var p struct{ Detail, Error, Title string }
	data, _ := io.ReadAll(io.LimitReader(body, 1<<16)) // a problem is one sentence
	_ = json.Unmarshal(data, &p)                       // what is no problem has no detail
	for _, s := range []string{p.Detail, p.Error, p.Title} {
		if s != "" {
			return s
		}
	}
	return ""
}
