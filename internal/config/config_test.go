package config

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func valid() Config { return Config{DataDir: "/var/lib/kalpana"} }

func TestDefaultsAreTheDocumentedOnes(t *testing.T) {
	c := valid().Defaults()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if c.Domain != "localhost" || c.WorkspaceDomain != "localhost" || c.HTTPSPort != 8443 || c.PortStart != 40000 || c.PortEnd != 50000 ||
		c.Memory != 2147483648 || c.CPU != 1000000000 || c.MaxWorkspacesPerUser != 5 || time.Duration(*c.IdleTimeout) != 30*time.Minute ||
		c.PauseTimeout != 0 || !*c.WakeOnVisit || c.Signup != "invite" || !*c.NixCustomConfigs || !*c.PrivateRepos || c.WorkspaceImage != "kalpana/workspace:latest" ||
		c.AgentMode != "ask" || c.AgentModeCap != "auto" || *c.AgentBudgetTurn != 1e9 || *c.AgentBudgetChat != 0 || *c.AgentBudgetUserDay != 10e9 ||
		*c.AgentBudgetDay != 100e9 || !*c.AgentOwnKeys || *c.AgentAllowTraining {
		t.Fatalf("defaults: %+v", c)
	}
	if d := (Config{Domain: "Kalpana.Example.COM."}).Defaults(); d.Domain != "kalpana.example.com" || d.HTTPSPort != 443 || d.WorkspaceDomain != d.Domain {
		t.Fatalf("defaults on a domain: %+v", d)
	}
}

func TestThePageHostIsTheSameSiteAsTheEditors(t *testing.T) {
	for _, c := range []struct {
		domain, workspace, ui string
		embed                 bool
	}{
		{"localhost", "", "ws.localhost", true},
		{"example.com", "", "example.com", true},
		{"kalpana.example.co.uk", "", "kalpana.example.co.uk", true},
		{"github.io", "", "ws.github.io", true},
		{"example.com", "example-workspaces.net", "example.com", false},
		{"app.example.com", "example.com", "app.example.com", true},
	} {
		got := Config{Domain: c.domain, WorkspaceDomain: c.workspace}.Defaults()
		if got.UIHost() != c.ui || got.EmbedEditor() != c.embed {
			t.Errorf("%s + %s: pages on %s, embed %v; want %s, %v", c.domain, c.workspace, got.UIHost(), got.EmbedEditor(), c.ui, c.embed)
		}
	}
}

func TestAWrongValueIsNamedWithWhatIsAllowed(t *testing.T) {
	minus, debt, fortune := Duration(-time.Second), USD(-1), 1_000_000*Dollar+1
	for setting, change := range map[string]func(*Config){
		"KALPANA_DOMAIN":                 func(c *Config) { c.Domain = "https://example.com" },
		"KALPANA_WORKSPACE_DOMAIN":       func(c *Config) { c.WorkspaceDomain = "127.0.0.1" },
		"KALPANA_HTTPS_PORT":             func(c *Config) { c.HTTPSPort = 70000 },
		"KALPANA_DATA_DIR":               func(c *Config) { c.DataDir = "data" },
		"KALPANA_SECRET":                 func(c *Config) { c.Secret = "tooshort-canary" },
		"DATABASE_URL":                   func(c *Config) { c.DatabaseURL = "postgres://canary@x" },
		"DOCKER_HOST":                    func(c *Config) { c.DockerHost = "docker" },
		"CONTAINER_PORT_RANGE_START":     func(c *Config) { c.PortStart = 80 },
		"CONTAINER_PORT_RANGE_END":       func(c *Config) { c.PortEnd = 40001 },
		"DEFAULT_CONTAINER_MEMORY":       func(c *Config) { c.Memory = 2048 },
		"DEFAULT_CONTAINER_CPU":          func(c *Config) { c.CPU = 1 },
		"MAX_WORKSPACES_PER_USER":        func(c *Config) { c.MaxWorkspacesPerUser = -1 },
		"KALPANA_API_RATE":               func(c *Config) { c.APIRate = -1 },
		"KALPANA_SOCKETS_PER_USER":       func(c *Config) { c.SocketsPerUser = 1_000_001 },
		"KALPANA_REQUESTS_PER_WORKSPACE": func(c *Config) { c.RequestsPerWorkspace = -1 },
		"KALPANA_WORKSPACE_IMAGE":        func(c *Config) { c.WorkspaceImage = "a b" },
		"KALPANA_IDLE_TIMEOUT":           func(c *Config) { c.IdleTimeout = &minus },
		"KALPANA_PAUSE_TIMEOUT":          func(c *Config) { c.PauseTimeout = Duration(30 * time.Minute) },
		"KALPANA_SIGNUP":                 func(c *Config) { c.Signup = "everyone" },
		"GITHUB_CLIENT_ID":               func(c *Config) { c.GitHubClientSecret = "canary" },
		"OIDC_ISSUER":                    func(c *Config) { c.OIDCIssuer = "https://id.example.com" },
		"AGENT_MODE":                     func(c *Config) { c.AgentMode = "autoedit" },
		"AGENT_MODE_CAP":                 func(c *Config) { c.AgentModeCap = "none" },
		"AGENT_BUDGET_TURN":              func(c *Config) { c.AgentBudgetTurn = &debt },
		"AGENT_BUDGET_CHAT":              func(c *Config) { c.AgentBudgetChat = &fortune },
		"AGENT_BUDGET_USER_DAY":          func(c *Config) { c.AgentBudgetUserDay = &debt },
		"AGENT_BUDGET_DAY":               func(c *Config) { c.AgentBudgetDay = &fortune },
		"GITHUB_URL":                     func(c *Config) { c.GitHubURL = "ftp://x" },
	} {
		c := valid()
		change(&c)
		err := c.Defaults().Validate()
		var wrong *Error
		if !errors.As(err, &wrong) || wrong.Setting != setting {
			t.Errorf("%s: got %v", setting, err)
			continue
		}
		if strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: message shows a secret or has more than one line: %s", setting, err)
		}
	}
}
