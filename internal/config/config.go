// Package config holds every setting of Kalpana: what it means, its unit, its default
// and what is allowed. It reads neither files nor the environment; the Caddy module
// fills it in, Defaults completes it and Validate refuses what cannot work.
package config

import (
	"encoding/json"
	"fmt"
	"time"
)

// Config is the configuration of one installation. Fields that hold a secret are filled
// from placeholders ({env.NAME}) when the module is provisioned, so the secret itself
// never stands in the Caddy configuration.
type Config struct {
	// Domain is the base domain. Default: localhost.
	Domain string `json:"domain,omitempty"`
	// WorkspaceDomain is the base of the ws. and agent. hosts. Default: Domain. A second
	// registrable domain keeps workspace pages out of the main origin's cookie jar; the
	// editor then opens in a tab of its own instead of inside the dashboard.
	WorkspaceDomain string `json:"workspace_domain,omitempty"`
	// HTTPSPort is the port users see in addresses. Default: 8443 for localhost, else 443.
	HTTPSPort int `json:"https_port,omitempty"`
	// DataDir holds database, keys and sockets. Made with mode 0700. Required.
	DataDir string `json:"data_dir,omitempty"`
	// Secret is key material, 32 bytes or more. Default: generated into DataDir.
	Secret string `json:"secret,omitempty"`
	// OldSecret is what Secret was before it was changed: what was sealed with it is read,
	// and sealed anew at the start. 32 bytes or more.
	OldSecret string `json:"old_secret,omitempty"`
	// DatabaseURL is a mongodb:// or mongodb+srv:// address. Default: the embedded database.
	DatabaseURL string `json:"database_url,omitempty"`
	// DockerHost is the engine's address. Default: unix:///var/run/docker.sock.
	DockerHost string `json:"docker_host,omitempty"`
	// PortStart and PortEnd are the half-open range that leases come from. Default: 40000, 50000.
	PortStart int `json:"port_start,omitempty"`
	PortEnd   int `json:"port_end,omitempty"`
	// PortRest is how long a returned pair of ports is not leased again. Default: 1m.
	PortRest Duration `json:"port_rest,omitempty"`
	// Memory (bytes) and CPU (billionths of a core) of a workspace that names none.
	// Default: 2147483648 and 1000000000.
	Memory int64 `json:"memory,omitempty"`
	CPU    int64 `json:"cpu,omitempty"`
	// MaxWorkspacesPerUser counts stopped workspaces too. Default: 5.
	MaxWorkspacesPerUser int `json:"max_workspaces_per_user,omitempty"`
	// WorkspaceImage is what containers are made from. Default: kalpana/workspace:latest.
	WorkspaceImage string `json:"workspace_image,omitempty"`
	// IdleTimeout stops a workspace unused for this long; 0 = never. Default: 30m.
	IdleTimeout *Duration `json:"idle_timeout,omitempty"`
	// PauseTimeout pauses a workspace unused for this long, until somebody comes: its memory
	// stays, and it takes no processor. It must be shorter than IdleTimeout. Default: 0 = never.
	PauseTimeout Duration `json:"pause_timeout,omitempty"`
	// WakeOnVisit starts a stopped workspace when somebody who may opens a page of it.
	// Default: true.
	WakeOnVisit *bool `json:"wake_on_visit,omitempty"`
	// Signup is who may make an account: open, invite or closed. Default: invite.
	Signup string `json:"signup,omitempty"`

	// GitHubClientID and GitHubClientSecret switch GitHub login on; both or none.
	GitHubClientID     string `json:"github_client_id,omitempty"`
	GitHubClientSecret string `json:"github_client_secret,omitempty"`
	// GitHubURL and GitHubAPIURL are for GitHub Enterprise. Default: the public service.
	GitHubURL    string `json:"github_url,omitempty"`
	GitHubAPIURL string `json:"github_api_url,omitempty"`
	// GitHubWebhookSecret is what GitHub signs its webhooks with; empty = none are taken.
	GitHubWebhookSecret string `json:"github_webhook_secret,omitempty"`
	// OIDCIssuer, OIDCClientID and OIDCClientSecret switch OpenID Connect on; all or none.
	OIDCIssuer       string `json:"oidc_issuer,omitempty"`
	OIDCClientID     string `json:"oidc_client_id,omitempty"`
	OIDCClientSecret string `json:"oidc_client_secret,omitempty"`

	// OpenRouterAPIKey and OpenRouterBaseURL name the server of language models.
	OpenRouterAPIKey  string `json:"openrouter_api_key,omitempty"`
	OpenRouterBaseURL string `json:"openrouter_base_url,omitempty"`
	// AgentModel is the model of a chat that names none.
	AgentModel string `json:"agent_model,omitempty"`
	// AgentMode is how much the agent does without asking, in a chat that names no mode:
	// plan, ask, autoEdit or auto. It is lowered to AgentModeCap. Default: ask.
	AgentMode string `json:"agent_mode,omitempty"`
	// AgentModeCap is the freest mode that any chat may have. Default: auto.
	AgentModeCap string `json:"agent_mode_cap,omitempty"`
	// AgentBudgetTurn, AgentBudgetChat, AgentBudgetUserDay and AgentBudgetDay are the most
	// that one turn, one chat, one user in a day and all users in a day may spend on
	// models; 0 = no limit. Days are UTC. Default: 1, 0, 10 and 100.
	AgentBudgetTurn    *USD `json:"agent_budget_turn,omitempty"`
	AgentBudgetChat    *USD `json:"agent_budget_chat,omitempty"`
	AgentBudgetUserDay *USD `json:"agent_budget_user_day,omitempty"`
	AgentBudgetDay     *USD `json:"agent_budget_day,omitempty"`
	// AgentOwnKeys lets users store a provider's key of their own. What it pays for does
	// not count towards AgentBudgetDay. Default: true.
	AgentOwnKeys *bool `json:"agent_own_keys,omitempty"`
	// AgentAllowTraining permits providers that keep or learn from what they are sent.
	// Default: false.
	AgentAllowTraining *bool `json:"agent_allow_training,omitempty"`
	// APIRate is how many calls of the API a second one session or token may make in the
	// long run, four times as many at once. Default: 100.
	APIRate int `json:"api_rate,omitempty"`
	// SocketsPerUser is how many WebSockets one user may have open in all workspaces
	// together. Default: 4096.
	SocketsPerUser int `json:"sockets_per_user,omitempty"`
	// RequestsPerWorkspace is how many requests to one workspace may be under way at once,
	// WebSockets aside. Default: 1024.
	RequestsPerWorkspace int `json:"requests_per_workspace,omitempty"`
	// UpstreamClient is what sends requests to workspaces: http1, Kalpana's own client, or
	// net/http, the standard library's, in case of doubt about the former. Default: http1.
	UpstreamClient string `json:"upstream_client,omitempty"`
	// NixCustomConfigs and PrivateRepos allow what their names say. Default: true.
	NixCustomConfigs *bool `json:"nix_custom_configs,omitempty"`
	// TemplatePackages says where templates that have both a flake and Debian packages get
	// their tools: debian or nix. Default: debian.
	TemplatePackages string `json:"template_packages,omitempty"`
	// NixCacheURL is the binary cache that workspaces use, NixCacheKey the key that it signs
	// with. Default: Nix's own, https://cache.nixos.org.
	NixCacheURL string `json:"nix_cache_url,omitempty"`
	NixCacheKey string `json:"nix_cache_key,omitempty"`
	// Nixpkgs is the flake reference that "nixpkgs" stands for. Default: github:NixOS/nixpkgs/nixos-unstable.
	Nixpkgs      string `json:"nixpkgs,omitempty"`
	PrivateRepos *bool  `json:"private_repos,omitempty"`
}

// Defaults returns c with every empty field set to its default.
func (c Config) Defaults() Config {
	set(&c.Domain, "localhost")
	c.Domain = canonicalHost(c.Domain)
	set(&c.WorkspaceDomain, c.Domain)
	c.WorkspaceDomain = canonicalHost(c.WorkspaceDomain)
	if c.Local() {
		set(&c.HTTPSPort, 8443)
	}
	set(&c.HTTPSPort, 443)
	set(&c.DockerHost, "unix:///var/run/docker.sock")
	set(&c.PortStart, 40000)
	set(&c.PortEnd, 50000)
	set(&c.PortRest, Duration(time.Minute))
	set(&c.Memory, 2<<30)
	set(&c.CPU, 1_000_000_000)
	set(&c.MaxWorkspacesPerUser, 5)
	set(&c.WorkspaceImage, "kalpana/workspace:latest")
	set(&c.Signup, SignupInvite)
	set(&c.TemplatePackages, PackagesDebian)
	set(&c.UpstreamClient, ClientHTTP1)
	set(&c.APIRate, 100)
	set(&c.SocketsPerUser, 4096)
	set(&c.RequestsPerWorkspace, 1024)
	set(&c.NixCacheURL, "https://cache.nixos.org")
	set(&c.Nixpkgs, "github:NixOS/nixpkgs/nixos-unstable")
	set(&c.GitHubURL, "https://github.com")
	set(&c.GitHubAPIURL, "https://api.github.com")
	set(&c.OpenRouterBaseURL, "https://openrouter.ai/api/v1")
	set(&c.AgentModel, "anthropic/claude-sonnet-4.5")
	set(&c.AgentMode, ModeAsk)
	set(&c.AgentModeCap, ModeAuto)
	setPointer(&c.AgentBudgetTurn, 1*Dollar)
	setPointer(&c.AgentBudgetChat, 0)
	setPointer(&c.AgentBudgetUserDay, 10*Dollar)
	setPointer(&c.AgentBudgetDay, 100*Dollar)
	setPointer(&c.AgentOwnKeys, true)
	setPointer(&c.AgentAllowTraining, false)
	setPointer(&c.IdleTimeout, Duration(30*time.Minute))
	setPointer(&c.WakeOnVisit, true)
	setPointer(&c.NixCustomConfigs, true)
	setPointer(&c.PrivateRepos, true)
	return c
}

// Who may make an account.
const (
	SignupOpen   = "open"
	SignupInvite = "invite"
	SignupClosed = "closed"
)

// Where templates' tools come from.
const (
	PackagesDebian = "debian"
	PackagesNix    = "nix"
)

// Clients that send requests to workspaces.
const (
	ClientHTTP1   = "http1"
	ClientNetHTTP = "net/http"
)

// Modes of the agent, from the most careful to the freest.
const (
	ModePlan     = "plan"     // reads, and runs commands known to only read
	ModeAsk      = "ask"      // asks before every change and command
	ModeAutoEdit = "autoEdit" // changes files of the workspace without asking
	ModeAuto     = "auto"     // asks only for what always asks
)

// Local reports whether the installation is for browsers on this machine only.
func (c Config) Local() bool { return c.Domain == "localhost" }

// UIHost is the host that serves pages: ws.<domain> where browsers treat the domain as a
// public suffix, so that the dashboard and the editors it frames are the same site.
func (c Config) UIHost() string {
	if isPublicSuffix(c.Domain) {
		return "ws." + c.Domain
	}
	return c.Domain
}

// EmbedEditor reports whether the dashboard can frame editors: only when browsers see
// both as one site; else storage and service workers are denied to the frame.
func (c Config) EmbedEditor() bool { return sameSite(c.UIHost(), "x.ws."+c.WorkspaceDomain) }

// Origin is scheme, host and port as browsers write them, for any host of the installation.
func (c Config) Origin(host string) string {
	if c.HTTPSPort == 443 {
		return "https://" + host
	}
	return fmt.Sprintf("https://%s:%d", host, c.HTTPSPort)
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// setPointer sets a field whose zero value means something.
func setPointer[T any](field **T, value T) {
	if *field == nil {
		*field = &value
	}
}

// Duration is a time.Duration written as Go writes it ("30m"), or 0.
type Duration time.Duration

// ParseDuration reads "30m", "1h30m" or "0".
func ParseDuration(s string) (Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%q is no duration; write for example 30m, 8h or 0", s)
	}
	return Duration(d), nil
}

// MarshalJSON writes the duration as a string.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON reads a string; numbers are refused because their unit would be a guess.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("duration must be a string such as \"30m\"")
	}
	v, err := ParseDuration(s)
	*d = v
	return err
}
