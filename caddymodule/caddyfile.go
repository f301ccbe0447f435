package caddymodule

import (
	"strconv"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/kalpana-dev/kalpana/internal/config"
)

func registerCaddyfile() {
	httpcaddyfile.RegisterGlobalOption("kalpana", parseApp)
	httpcaddyfile.RegisterHandlerDirective("kalpana", parseHandler)
	httpcaddyfile.RegisterDirectiveOrder("kalpana", httpcaddyfile.Before, "reverse_proxy")
	httpcaddyfile.RegisterDirective("kalpana_auth", parseSite)
	// Before everything that answers or changes the address: the login has to come back to it.
	httpcaddyfile.RegisterDirectiveOrder("kalpana_auth", httpcaddyfile.Before, "request_body")
}

func parseApp(d *caddyfile.Dispenser, _ any) (any, error) {
	var app App
	if err := app.UnmarshalCaddyfile(d); err != nil {
		return nil, err
	}
	return httpcaddyfile.App{Name: "kalpana", Value: caddyconfig.JSON(app.Config, nil)}, nil
}

func parseHandler(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	h.Next()
	if h.NextArg() || h.NextBlock(0) {
		return nil, h.Errf("the directive kalpana takes nothing here: settings go into the global block kalpana { … }")
	}
	return new(Handler), nil
}

// UnmarshalCaddyfile reads the global block; package doc shows it. A word it does not
// know is an error: a typo must not silently drop a setting.
func (a *App) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	c := &a.Config
	texts := map[string][]*string{
		"domain": {&c.Domain}, "workspace_domain": {&c.WorkspaceDomain}, "data_dir": {&c.DataDir}, "secret": {&c.Secret, &c.OldSecret},
		"database_url": {&c.DatabaseURL}, "docker_host": {&c.DockerHost}, "workspace_image": {&c.WorkspaceImage}, "signup": {&c.Signup},
		"github": {&c.GitHubClientID, &c.GitHubClientSecret}, "github_urls": {&c.GitHubURL, &c.GitHubAPIURL},
		"oidc":       {&c.OIDCIssuer, &c.OIDCClientID, &c.OIDCClientSecret},
		"openrouter": {&c.OpenRouterAPIKey, &c.OpenRouterBaseURL}, "agent_model": {&c.AgentModel},
		"github_webhook_secret": {&c.GitHubWebhookSecret}, "template_packages": {&c.TemplatePackages}, "upstream_client": {&c.UpstreamClient},
		"nix_cache": {&c.NixCacheURL, &c.NixCacheKey}, "nixpkgs": {&c.Nixpkgs},
		"agent_mode": {&c.AgentMode}, "agent_mode_cap": {&c.AgentModeCap},
	}
	ints := map[string]*int{"https_port": &c.HTTPSPort, "ports_start": &c.PortStart, "ports_end": &c.PortEnd, "max_workspaces_per_user": &c.MaxWorkspacesPerUser,
		"api_rate": &c.APIRate, "sockets_per_user": &c.SocketsPerUser, "requests_per_workspace": &c.RequestsPerWorkspace,
	}
	bigs := map[string]*int64{"memory": &c.Memory, "cpu": &c.CPU}
	bools := map[string]**bool{
		"wake_on_visit": &c.WakeOnVisit, "nix_custom_configs": &c.NixCustomConfigs, "private_repos": &c.PrivateRepos,
		"agent_own_keys": &c.AgentOwnKeys, "agent_allow_training": &c.AgentAllowTraining,
	}
	budgets := map[string]**config.USD{
		"agent_budget_turn": &c.AgentBudgetTurn, "agent_budget_chat": &c.AgentBudgetChat,
		"agent_budget_user_day": &c.AgentBudgetUserDay, "agent_budget_day": &c.AgentBudgetDay,
	}
	settings := map[string]string{
		"https_port": "KALPANA_HTTPS_PORT", "ports_start": "CONTAINER_PORT_RANGE_START", "ports_end": "CONTAINER_PORT_RANGE_END",
		"max_workspaces_per_user": "MAX_WORKSPACES_PER_USER", "api_rate": "KALPANA_API_RATE", "sockets_per_user": "KALPANA_SOCKETS_PER_USER",
		"requests_per_workspace": "KALPANA_REQUESTS_PER_WORKSPACE", "memory": "DEFAULT_CONTAINER_MEMORY", "cpu": "DEFAULT_CONTAINER_CPU",
		"idle_timeout": "KALPANA_IDLE_TIMEOUT", "pause_timeout": "KALPANA_PAUSE_TIMEOUT", "wake_on_visit": "KALPANA_WAKE_ON_VISIT", "nix_custom_configs": "ENABLE_NIX_CUSTOM_CONFIGS", "private_repos": "ENABLE_PRIVATE_REPOS",
		"agent_own_keys": "AGENT_OWN_KEYS", "agent_allow_training": "AGENT_ALLOW_TRAINING", "agent_budget_turn": "AGENT_BUDGET_TURN",
		"agent_budget_chat": "AGENT_BUDGET_CHAT", "agent_budget_user_day": "AGENT_BUDGET_USER_DAY", "agent_budget_day": "AGENT_BUDGET_DAY",
	}

	d.Next()
	if d.NextArg() {
		return d.ArgErr()
	}
	for d.NextBlock(0) {
		key := d.Val()
		args := d.RemainingArgs()
		if fields, ok := texts[key]; ok {
			if len(args) > len(fields) {
				return d.Errf("%s takes at most %d values", key, len(fields))
			}
			for i, v := range args {
				*fields[i] = v
			}
			continue
		}
		if len(args) > 1 {
			return d.Errf("%s takes one value", key)
		}
		value := ""
		if len(args) == 1 {
			value = args[0]
		}
		wrong := func(allowed string) error {
			return d.WrapErr(&config.Error{Setting: settings[key], Value: value, Allowed: allowed})
		}
		var err error
		switch {
		case ints[key] != nil:
			if value != "" {
				if *ints[key], err = strconv.Atoi(value); err != nil {
					return wrong("must be a whole number")
				}
			}
		case bigs[key] != nil:
			if value != "" {
				if *bigs[key], err = strconv.ParseInt(value, 10, 64); err != nil {
					return wrong("must be a whole number")
				}
			}
		case bools[key] != nil:
			if value != "" {
				b, err := strconv.ParseBool(value)
				if err != nil {
					return wrong("must be true or false")
				}
				*bools[key] = &b
			}
		case budgets[key] != nil:
			if value != "" {
				v, err := config.ParseUSD(value)
				if err != nil {
					return wrong("must be dollars such as 2.50, or 0 for no limit")
				}
				*budgets[key] = &v
			}
		case key == "idle_timeout":
			if value != "" {
				v, err := config.ParseDuration(value)
				if err != nil {
					return wrong("must be a duration such as 30m, or 0 for never")
				}
				c.IdleTimeout = &v
			}
		case key == "pause_timeout":
			if value != "" {
				if c.PauseTimeout, err = config.ParseDuration(value); err != nil {
					return wrong("must be a duration such as 10m, or 0 for never")
				}
			}
		case key == "port_rest":
			if value != "" {
				if c.PortRest, err = config.ParseDuration(value); err != nil {
					return d.WrapErr(err)
				}
			}
		default:
			return d.Errf("%q is no setting of kalpana", key)
		}
	}
	return nil
}
