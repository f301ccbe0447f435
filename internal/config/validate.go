package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/kalpana-dev/kalpana/internal/secretbox"
)

// Error names the setting that is wrong (as operators write it), its value and what is
// allowed. The value of a secret is never in it.
type Error struct {
	Setting string
	Value   string
	Allowed string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s is %q: %s", e.Setting, e.Value, e.Allowed)
}

const (
	minMemory        = 256 << 20   // code-server does not start with less
	minCPU           = 100_000_000 // a tenth of a core
	maxCPU           = 1024 * 1e9  // more cores than any machine has: catches a wrong unit
	maxMemory        = 64 << 40    // likewise
	maxIdle          = 365 * 24 * time.Hour
	minPause         = 10 * time.Second // shorter than some people think
	minWebhookSecret = 16
	maxLimit         = 1_000_000          // of things at once, or in a second: as good as none
	maxBudget        = 1_000_000 * Dollar // catches cents or billionths in place of dollars
)

// Validate returns the first wrong setting as an *Error. Call it on the result of Defaults.
func (c Config) Validate() error {
	wrong := func(setting string, value any, allowed string) error {
		return &Error{setting, fmt.Sprint(value), allowed}
	}
	for _, d := range []struct{ setting, value string }{{"KALPANA_DOMAIN", c.Domain}, {"KALPANA_WORKSPACE_DOMAIN", c.WorkspaceDomain}} {
		if why := badDomain(d.value); why != "" {
			return wrong(d.setting, d.value, why)
		}
	}
	if c.WorkspaceDomain == c.Domain && !c.EmbedEditor() {
		return wrong("KALPANA_DOMAIN", c.Domain, "browsers would treat the dashboard and the workspaces as different sites; choose a domain that is not a public suffix")
	}
	if c.WorkspaceDomain != c.Domain && (strings.HasSuffix(c.Domain, ".ws."+c.WorkspaceDomain) || strings.HasSuffix(c.Domain, ".agent."+c.WorkspaceDomain)) {
		return wrong("KALPANA_WORKSPACE_DOMAIN", c.WorkspaceDomain, "KALPANA_DOMAIN must not lie below its ws. or agent. hosts")
	}
	if c.HTTPSPort < 1 || c.HTTPSPort > 65535 {
		return wrong("KALPANA_HTTPS_PORT", c.HTTPSPort, "must be a port from 1 to 65535")
	}
	if c.DataDir == "" || !strings.HasPrefix(c.DataDir, "/") {
		return wrong("KALPANA_DATA_DIR", c.DataDir, "must be an absolute path")
	}
	if c.Secret != "" && len(c.Secret) < secretbox.MinSecretBytes {
		return wrong("KALPANA_SECRET", "(hidden)", fmt.Sprintf("has %d bytes, must have %d or more; leave it empty to have one generated", len(c.Secret), secretbox.MinSecretBytes))
	}
	if c.OldSecret != "" && (len(c.OldSecret) < secretbox.MinSecretBytes || c.Secret == "") {
		return wrong("KALPANA_OLD_SECRET", "(hidden)", fmt.Sprintf("must have %d bytes or more, and KALPANA_SECRET must be set too", secretbox.MinSecretBytes))
	}
	if c.DatabaseURL != "" && !strings.HasPrefix(c.DatabaseURL, "mongodb://") && !strings.HasPrefix(c.DatabaseURL, "mongodb+srv://") {
		return wrong("DATABASE_URL", "(hidden)", "must begin with mongodb:// or mongodb+srv://, or be empty for the embedded database")
	}
	if !strings.HasPrefix(c.DockerHost, "unix://") && !strings.HasPrefix(c.DockerHost, "tcp://") {
		return wrong("DOCKER_HOST", c.DockerHost, "must begin with unix:// or tcp://")
	}
	if c.PortStart < 1024 || c.PortStart > 65534 {
		return wrong("CONTAINER_PORT_RANGE_START", c.PortStart, "must be a port from 1024 to 65534")
	}
	if c.PortEnd > 65536 || c.PortEnd < c.PortStart+2 {
		return wrong("CONTAINER_PORT_RANGE_END", c.PortEnd, fmt.Sprintf("must leave at least one pair of ports: from %d to 65536", c.PortStart+2))
	}
	if c.PortStart <= c.HTTPSPort && c.HTTPSPort < c.PortEnd {
		return wrong("KALPANA_HTTPS_PORT", c.HTTPSPort, "must lie outside the range that workspaces lease from")
	}
	if c.PortRest < 0 || time.Duration(c.PortRest) > time.Hour {
		return wrong("port_rest", time.Duration(c.PortRest), "must be from 0 to 1h")
	}
	if c.Memory < minMemory || c.Memory > maxMemory {
		return wrong("DEFAULT_CONTAINER_MEMORY", c.Memory, fmt.Sprintf("must be a number of bytes, %d or more", minMemory))
	}
	if c.CPU < minCPU || c.CPU > maxCPU {
		return wrong("DEFAULT_CONTAINER_CPU", c.CPU, fmt.Sprintf("must be billionths of a core, %d or more", minCPU))
	}
	if c.MaxWorkspacesPerUser < 1 || c.MaxWorkspacesPerUser > 10_000 {
		return wrong("MAX_WORKSPACES_PER_USER", c.MaxWorkspacesPerUser, "must be from 1 to 10000")
	}
	for _, l := range []struct {
		setting string
		value   int
	}{{"KALPANA_API_RATE", c.APIRate}, {"KALPANA_SOCKETS_PER_USER", c.SocketsPerUser}, {"KALPANA_REQUESTS_PER_WORKSPACE", c.RequestsPerWorkspace}} {
		if l.value < 1 || l.value > maxLimit {
			return wrong(l.setting, l.value, fmt.Sprintf("must be from 1 to %d", maxLimit))
		}
	}
	if strings.TrimSpace(c.WorkspaceImage) != c.WorkspaceImage || strings.ContainsAny(c.WorkspaceImage, " \t\n") {
		return wrong("KALPANA_WORKSPACE_IMAGE", c.WorkspaceImage, "must be the name of an image, such as kalpana/workspace:latest")
	}
	if idle := time.Duration(*c.IdleTimeout); idle < 0 || idle > maxIdle || (idle > 0 && idle < time.Second) {
		return wrong("KALPANA_IDLE_TIMEOUT", idle, "must be 0 (never) or from 1s to 8760h")
	}
	if pause, idle := time.Duration(c.PauseTimeout), time.Duration(*c.IdleTimeout); pause != 0 && (pause < minPause || pause > maxIdle || idle > 0 && pause >= idle) {
		return wrong("KALPANA_PAUSE_TIMEOUT", pause, "must be 0 (never), or 10s or more and less than KALPANA_IDLE_TIMEOUT")
	}
	switch c.Signup {
	case SignupOpen, SignupInvite, SignupClosed:
	default:
		return wrong("KALPANA_SIGNUP", c.Signup, "must be open, invite or closed")
	}
	switch c.TemplatePackages {
	case PackagesDebian, PackagesNix:
	default:
		return wrong("TEMPLATE_PACKAGES", c.TemplatePackages, "must be debian or nix")
	}
	switch c.UpstreamClient {
	case ClientHTTP1, ClientNetHTTP:
	default:
		return wrong("KALPANA_UPSTREAM_CLIENT", c.UpstreamClient, "must be http1 or net/http")
	}
	if c.GitHubWebhookSecret != "" && len(c.GitHubWebhookSecret) < minWebhookSecret {
		return wrong("GITHUB_WEBHOOK_SECRET", "(hidden)", fmt.Sprintf("must have %d characters or more", minWebhookSecret))
	}
	if strings.ContainsAny(c.Nixpkgs, " \t\n") {
		return wrong("NIXPKGS", c.Nixpkgs, "must be a flake reference such as github:NixOS/nixpkgs/nixos-unstable")
	}
	if strings.ContainsAny(c.NixCacheKey, " \t\n") || c.NixCacheKey != "" && !strings.Contains(c.NixCacheKey, ":") {
		return wrong("NIX_CACHE_KEY", c.NixCacheKey, "must be a public key as nix key prints it, name:base64")
	}
	if (c.GitHubClientID == "") != (c.GitHubClientSecret == "") {
		return wrong("GITHUB_CLIENT_ID", c.GitHubClientID, "GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET must both be set, or neither")
	}
	if n := count(c.OIDCIssuer, c.OIDCClientID, c.OIDCClientSecret); n != 0 && n != 3 {
		return wrong("OIDC_ISSUER", c.OIDCIssuer, "OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET must all be set, or none")
	}
	for _, u := range []struct{ setting, value string }{
		{"GITHUB_URL", c.GitHubURL}, {"GITHUB_API_URL", c.GitHubAPIURL}, {"OIDC_ISSUER", c.OIDCIssuer}, {"OPENROUTER_BASE_URL", c.OpenRouterBaseURL},
		{"NIX_CACHE_URL", c.NixCacheURL},
	} {
		if p, err := url.Parse(u.value); u.value != "" && (err != nil || (p.Scheme != "https" && p.Scheme != "http") || p.Host == "" || p.User != nil) {
			return wrong(u.setting, u.value, "must be an http:// or https:// address without a user name")
		}
	}
	for _, m := range []struct{ setting, value string }{{"AGENT_MODE", c.AgentMode}, {"AGENT_MODE_CAP", c.AgentModeCap}} {
		switch m.value {
		case ModePlan, ModeAsk, ModeAutoEdit, ModeAuto:
		default:
			return wrong(m.setting, m.value, "must be plan, ask, autoEdit or auto")
		}
	}
	for _, b := range []struct {
		setting string
		value   USD
	}{
		{"AGENT_BUDGET_TURN", *c.AgentBudgetTurn}, {"AGENT_BUDGET_CHAT", *c.AgentBudgetChat},
		{"AGENT_BUDGET_USER_DAY", *c.AgentBudgetUserDay}, {"AGENT_BUDGET_DAY", *c.AgentBudgetDay},
	} {
		if b.value < 0 || b.value > maxBudget {
			return wrong(b.setting, b.value, "must be from 0 (no limit) to 1000000 dollars")
		}
	}
	return nil
}

func count(values ...string) (n int) {
	for _, v := range values {
		if v != "" {
			n++
		}
	}
	return n
}

func canonicalHost(h string) string { return strings.TrimSuffix(strings.ToLower(h), ".") }

// badDomain says why a base domain cannot be used, or "". The longest host below it is
// 5 digits, a dash, 12 characters of id and ".agent.".
func badDomain(d string) string {
	if _, err := netip.ParseAddr(strings.Trim(d, "[]")); err == nil {
		return "must be a domain name, an IP address cannot have subdomains; use localhost or a domain with a wildcard DNS record"
	}
	if len(d) > 253-len("65535-abcdefghijkl.agent.") {
		return "is too long"
	}
	for label := range strings.SplitSeq(d, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return "must be a domain name such as localhost or kalpana.example.com, without scheme, port or wildcard"
		}
	}
	return ""
}

// isPublicSuffix reports whether browsers refuse to share cookies between d and its children.
func isPublicSuffix(d string) bool {
	suffix, _ := publicsuffix.PublicSuffix(d)
	return suffix == d
}

func sameSite(a, b string) bool {
	x, err1 := publicsuffix.EffectiveTLDPlusOne(a)
	y, err2 := publicsuffix.EffectiveTLDPlusOne(b)
	return err1 == nil && err2 == nil && x == y
}
