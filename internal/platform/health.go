package platform

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/internal/api"
	"github.com/kalpana-dev/kalpana/internal/config"
	"github.com/kalpana-dev/kalpana/internal/hostnet"
)

const (
	// healthKeep is how old an answer about the health may be.
	healthKeep = 10 * time.Second
	// lookWithin is how long one look may take; what has not answered by then is reported as that.
	lookWithin = 8 * time.Second
	// certificateSoon is how long before its end a certificate is a matter of concern: an
	// authority's renewals come well before it.
	certificateSoon = 3 * 24 * time.Hour
)

// health looks at what a running platform needs, with the connections that it has: unlike
// [Diagnose], which begins from nothing, it opens neither database nor engine.
type health struct {
	a *parts
	c config.Config
	// within bounds one look.
	within time.Duration

	mu     sync.Mutex // held while looking: those who ask meanwhile get the same answer
	looked time.Time
	found  []api.Check
}

// titles are what checks are called, in the order in which they are shown.
var titles = []struct{ name, title string }{
	{api.CheckDocker, "Container engine"},
	{api.CheckImage, "Workspace image"},
	{api.CheckDatabase, "Database"},
	{api.CheckAddress, "Addresses"},
	{api.CheckCertificate, "Certificate"},
	{api.CheckPorts, "Ports for workspaces"},
	{api.CheckClock, "Clock"},
	{api.CheckDisk, "Disk space"},
	{api.CheckFirewall, "Firewall"},
	{api.CheckFirewall6, "Firewall, IPv6"},
	{api.CheckReserved, "Reserved ports"},
}

// checks returns all checks, at most healthKeep old.
func (h *health) checks(ctx context.Context) []api.Check {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.found != nil && time.Since(h.looked) < healthKeep {
		return h.found
	}
	h.found = h.look(context.WithoutCancel(ctx)) // others wait for it, too
	h.looked = time.Now()
	return h.found
}

// fix does what the server can, and looks again.
func (h *health) fix(ctx context.Context, name string) (api.Check, error) {
	if !fixable(name) {
		return api.Check{}, api.ErrNoFix
	}
	(hostnet.Host{}).Close(ctx, h.c.PortStart, h.c.PortEnd)
	h.mu.Lock()
	h.found = nil
	h.mu.Unlock()
	for _, c := range h.checks(ctx) {
		if c.Name == name {
			return c, nil
		}
	}
	return api.Check{}, api.ErrNoFix
}

// fixable: rules of the host are set anew, if there is the right to; they may have gone
// with a restart of the engine.
func fixable(name string) bool {
	switch name {
	case api.CheckFirewall, api.CheckFirewall6, api.CheckReserved:
		return os.Geteuid() == 0
	}
	return false
}

// look asks everything at once.
func (h *health) look(ctx context.Context) []api.Check {
	ctx, cancel := context.WithTimeout(ctx, h.within)
	defer cancel()
	looks := []func(context.Context) map[string]hostnet.Finding{
		h.lookEngine, h.lookDatabase, h.lookAddress, h.lookCertificate, h.lookHost,
	}
	answers := make(chan map[string]hostnet.Finding, len(looks))
	for _, look := range looks {
		go func() { answers <- look(ctx) }() // each is bounded by ctx or by itself
	}
	found := map[string]hostnet.Finding{}
wait:
	for range looks {
		select {
		case some := <-answers:
			for name, f := range some {
				found[name] = f
			}
		case <-ctx.Done():
			break wait
		}
	}
	out := make([]api.Check, 0, len(titles))
	for _, t := range titles {
		f, ok := found[t.name]
		if !ok {
			f = bad(t.name, fmt.Sprintf("did not answer within %d seconds", int(h.within.Seconds())), "look again; if it stays so, the server's log says more")
		}
		c := api.Check{Name: t.name, Title: t.title, OK: f.OK, Detail: f.Detail}
		if !f.OK {
			c.Fix = f.Fix
			if fixable(t.name) {
				c.Action = t.name
			}
		}
		out = append(out, c)
	}
	return out
}

func (h *health) lookEngine(ctx context.Context) map[string]hostnet.Finding {
	const howTo = "make engine, or: sudo scripts/install-docker.sh"
	if err := h.a.engine.Ping(ctx); err != nil {
		return map[string]hostnet.Finding{
			api.CheckDocker: bad("", fmt.Sprintf("%s does not answer: %v", h.c.DockerHost, err), howTo),
			api.CheckImage:  bad("", "cannot be looked for while the container engine does not answer", howTo),
		}
	}
	image := good("", h.c.WorkspaceImage+" is there")
	if present, err := h.a.engine.ImageExists(ctx, h.c.WorkspaceImage); err != nil || !present {
		image = bad("", h.c.WorkspaceImage+" is not there", "make image")
	}
	return map[string]hostnet.Finding{api.CheckDocker: good("", h.c.DockerHost+" answers"), api.CheckImage: image}
}

func (h *health) lookDatabase(ctx context.Context) map[string]hostnet.Finding {
	what, howTo := "the database at DATABASE_URL", "start the database, or correct DATABASE_URL"
	if h.c.DatabaseURL == "" {
		what, howTo = "the embedded database in "+filepath.Join(h.c.DataDir, "db"), "the server's log says why; restart Kalpana"
	}
	began := time.Now()
	if err := h.a.store.Ping(ctx); err != nil {
		return map[string]hostnet.Finding{api.CheckDatabase: bad("", what+": "+err.Error(), howTo)}
	}
	return map[string]hostnet.Finding{api.CheckDatabase: good("", fmt.Sprintf("%s answers in %d ms", what, time.Since(began).Milliseconds()))}
}

func (h *health) lookAddress(ctx context.Context) map[string]hostnet.Finding {
	all := diagnoseNames(ctx, h.c)
	var details []string
	for _, f := range all {
		text := f.Detail
		if name, ok := strings.CutPrefix(f.Name, "name "); ok {
			text = name + " " + text
		}
		if !f.OK {
			return map[string]hostnet.Finding{api.CheckAddress: bad("", text, f.Fix)}
		}
		details = append(details, text)
	}
	return map[string]hostnet.Finding{api.CheckAddress: good("", strings.Join(details, "; "))}
}

func (h *health) lookCertificate(ctx context.Context) map[string]hostnet.Finding {
	f := diagnoseTrust(h.c)
	if f.OK {
		f = servedCertificate(ctx, h.c)
	}
	return map[string]hostnet.Finding{api.CheckCertificate: f}
}

// servedCertificate looks at what is served for the pages' name on this machine.
func servedCertificate(ctx context.Context, c config.Config) hostnet.Finding {
	host := c.UIHost()
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: 3 * time.Second}, Config: &tls.Config{ServerName: host, InsecureSkipVerify: true}} // verified below, to say what is wrong
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(c.HTTPSPort)))
	if err != nil {
		return good("", fmt.Sprintf("not looked at: nothing serves TLS on port %d of this machine, as when something in front of it does", c.HTTPSPort))
	}
	defer conn.Close()
	chain := conn.(*tls.Conn).ConnectionState().PeerCertificates
	if len(chain) == 0 {
		return bad("", "no certificate is served for "+host, "the server's log says why")
	}
	options := x509.VerifyOptions{DNSName: host, Intermediates: x509.NewCertPool()}
	for _, cert := range chain[1:] {
		options.Intermediates.AddCert(cert)
	}
	if _, err := chain[0].Verify(options); err != nil {
		return bad("", "browsers will refuse the certificate for "+host+": "+err.Error(), "the server's log says why no other one was issued")
	}
	left := time.Until(chain[0].NotAfter)
	detail := fmt.Sprintf("good for %s until %s", host, chain[0].NotAfter.UTC().Format("2006-01-02 15:04 UTC"))
	if left < certificateSoon && !c.Local() { // the local authority's live for hours
		return bad("", detail, "it should have been renewed by now; the server's log says why not")
	}
	return good("", detail)
}

func (h *health) lookHost(ctx context.Context) map[string]hostnet.Finding {
	out := map[string]hostnet.Finding{
		api.CheckClock: diagnoseClock(h.c),
		api.CheckDisk:  diagnoseDisk("", existing(h.c.DataDir)),
	}
	held, pairs := h.a.workspaces.HoldingPorts(), h.a.leaser.Pairs()
	detail := fmt.Sprintf("%d of %d pairs in %d–%d are free", pairs-held, pairs, h.c.PortStart, h.c.PortEnd-1)
	if held >= pairs {
		out[api.CheckPorts] = bad("", detail, "stop workspaces, or widen CONTAINER_PORT_RANGE_START and CONTAINER_PORT_RANGE_END")
	} else {
		out[api.CheckPorts] = good("", detail)
	}
	names := []string{api.CheckFirewall, api.CheckFirewall6, api.CheckReserved} // in Look's order
	for i, f := range (hostnet.Host{}).Look(ctx, h.c.PortStart, h.c.PortEnd) {
		if i < len(names) {
			out[names[i]] = f
		}
	}
	return out
}
