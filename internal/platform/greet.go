package platform

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// greetWait is how long the listener may take to come up after the platform has opened;
// the greeting is printed then in any case.
const greetWait = 30 * time.Second

// Greet prints where to go, as soon as that address answers, and a one-time link that
// signs in as the administrator.
func (p *Platform) Greet(w io.Writer) {
	parts := p.parts.Load()
	if parts == nil {
		return
	}
	ctx, cancel := context.WithTimeout(parts.lifetime, greetWait)
	defer cancel()
	host := p.config.UIHost()
	for !answers(ctx, host, p.config.HTTPSPort) {
		select {
		case <-ctx.Done():
			if parts.lifetime.Err() != nil {
				return
			}
		case <-time.After(20 * time.Millisecond):
			continue
		}
		break
	}
	link, err := parts.identity.NewFirstLink(parts.lifetime)
	if err != nil {
		p.log.Error("making the administrator link", "err", err)
		return
	}
	fmt.Fprintf(w, `
Kalpana is up.

  Open             %s/
  Administrator    %s
                   (one-time link, good for 24 hours; %s prints another)
  Stop             Ctrl-C. Running workspaces go on and are found again.

`, p.config.Origin(host), link, "`kalpana login-link`")
}

// answers reports whether a TLS server answers for host on this machine. Nothing is sent
// to it: whether the certificate is trusted is the browser's business.
func answers(ctx context.Context, host string, port int) bool {
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: time.Second}, Config: &tls.Config{ServerName: host, InsecureSkipVerify: true}}
	c, err := d.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	c.Close()
	return true
}
