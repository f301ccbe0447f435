package caddymodule

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	"github.com/kalpana-dev/kalpana/internal/config"
)

// adapt turns a Caddyfile into the kalpana app's configuration and the whole JSON.
func adapt(t *testing.T, text string) (config.Config, string, error) {
	t.Helper()
	data, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(text), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		return config.Config{}, "", err
	}
	var whole struct {
		Apps struct{ Kalpana config.Config }
	}
	if err := json.Unmarshal(data, &whole); err != nil {
		t.Fatal(err)
	}
	return whole.Apps.Kalpana, string(data), nil
}

// environment prepares the environment as the program does, with nothing else of ours in it.
func environment(t *testing.T, set ...string) {
	t.Helper()
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if ours(name) || name == "KALPANA_CADDY_OPTIONS" {
			t.Setenv(name, "") // restores it when the test ends
			os.Unsetenv(name)
		}
	}
	for _, name := range []string{"KALPANA_DOMAIN", "KALPANA_WORKSPACE_DOMAIN", "KALPANA_DATA_DIR", "KALPANA_HTTPS_PORT", "KALPANA_TLS", "KALPANA_AUTO_HTTPS", "KALPANA_CADDY_OPTIONS"} {
		t.Setenv(name, "")
		os.Unsetenv(name)
	}
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	for i := 0; i+1 < len(set); i += 2 {
		t.Setenv(set[i], set[i+1])
	}
	if err := PrepareEnvironment([]string{"run", "--config", filepath.Join(t.TempDir(), "Caddyfile")}); err != nil {
		t.Fatal(err)
	}
}

func shipped(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheShippedCaddyfileMeansTheDocumentedDefaults(t *testing.T) {
	environment(t, "XDG_DATA_HOME", "/tmp/xdg", "KALPANA_SIGNUP", "", "MAX_WORKSPACES_PER_USER", "")
	c, whole, err := adapt(t, shipped(t))
	if err != nil {
		t.Fatal(err)
	}
	if c.DataDir != "/tmp/xdg/kalpana" || c.Domain != "localhost" || c.HTTPSPort != 8443 || c.Signup != "" || c.MaxWorkspacesPerUser != 0 {
		t.Errorf("%+v", c)
	}
	for _, want := range []string{`"*.ws.localhost"`, `"*.agent.localhost"`, `"ws.localhost"`, `":8443"`, `"module":"internal"`, `"127.0.0.1:9180"`, `unix//tmp/xdg/kalpana/admin.sock`, `"handler":"kalpana"`} {
		if !strings.Contains(whole, want) {
			t.Errorf("the configuration lacks %s", want)
		}
	}
}

func TestOnADomainCertificatesComeOnDemandForHostsThatExist(t *testing.T) {
	environment(t, "KALPANA_DOMAIN", "kalpana.example.com", "KALPANA_WORKSPACE_DOMAIN", "example.net", "KALPANA_DATA_DIR", "/tmp/x")
	c, whole, err := adapt(t, shipped(t))
	if err != nil {
		t.Fatal(err)
	}
	if c.HTTPSPort != 443 || c.WorkspaceDomain != "example.net" {
		t.Errorf("%+v", c)
	}
	for _, want := range []string{`"on_demand":true`, `"permission":{"module":"kalpana"}`, `"*.ws.example.net"`, `"kalpana.example.com"`} {
		if !strings.Contains(whole, want) {
			t.Errorf("the configuration lacks %s in %s", want, whole)
		}
	}
	if strings.Contains(whole, `"module":"internal"`) || strings.Contains(whole, "disable_redirects") {
		t.Error("a real domain must use a public authority and redirect plain HTTP")
	}
}

func TestSecretsStayOutOfTheConfiguration(t *testing.T) {
	environment(t, "KALPANA_DATA_DIR", "/tmp/x", "KALPANA_SECRET", "canary-1-canary-1-canary-1-canary", "DATABASE_URL", "mongodb://user:canary-2@db/kalpana",
		"GITHUB_CLIENT_ID", "id", "GITHUB_CLIENT_SECRET", "canary-3", "OIDC_ISSUER", "https://id.example.com", "OIDC_CLIENT_ID", "id", "OIDC_CLIENT_SECRET", "canary-4", "OPENROUTER_API_KEY", "canary-5")
	c, whole, err := adapt(t, shipped(t))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(whole, "canary") {
		t.Errorf("a secret stands in %s", whole)
	}
	app := App{Config: c}
	if err := app.complete(); err != nil {
		t.Fatal(err)
	}
	if app.Secret != "canary-1-canary-1-canary-1-canary" || app.GitHubClientSecret != "canary-3" || app.DatabaseURL != "mongodb://user:canary-2@db/kalpana" || app.OIDCClientSecret != "canary-4" || app.OpenRouterAPIKey != "canary-5" {
		t.Errorf("secrets did not arrive: %+v", app.Config)
	}
}

func TestEverySettingArrives(t *testing.T) {
	environment(t, "KALPANA_DATA_DIR", "/tmp/x", "KALPANA_HTTPS_PORT", "9443", "DOCKER_HOST", "tcp://10.0.0.1:2376", "CONTAINER_PORT_RANGE_START", "41000", "CONTAINER_PORT_RANGE_END", "42000",
		"DEFAULT_CONTAINER_MEMORY", "1073741824", "DEFAULT_CONTAINER_CPU", "500000000", "MAX_WORKSPACES_PER_USER", "7", "KALPANA_API_RATE", "11", "KALPANA_SOCKETS_PER_USER", "12", "KALPANA_REQUESTS_PER_WORKSPACE", "13", "KALPANA_CONNECTIONS_PER_ADDRESS", "14",
		"KALPANA_WORKSPACE_IMAGE", "x/y:z",
		"KALPANA_IDLE_TIMEOUT", "0", "KALPANA_PAUSE_TIMEOUT", "10m", "KALPANA_WAKE_ON_VISIT", "false", "KALPANA_SIGNUP", "closed", "GITHUB_URL", "https://git.example.com", "GITHUB_API_URL", "https://git.example.com/api/v3",
		"OPENROUTER_API_KEY", "k", "OPENROUTER_BASE_URL", "https://models.example.com/v1", "AGENT_MODEL", "m", "AGENT_MODE", "plan", "AGENT_MODE_CAP", "autoEdit", "AGENT_BUDGET_TURN", "0",
		"AGENT_BUDGET_CHAT", "2.5", "AGENT_BUDGET_USER_DAY", "3", "AGENT_BUDGET_DAY", "0.000000001", "AGENT_OWN_KEYS", "false", "AGENT_ALLOW_TRAINING", "true", "ENABLE_NIX_CUSTOM_CONFIGS", "false", "ENABLE_PRIVATE_REPOS", "false")
	c, whole, err := adapt(t, shipped(t))
	if err != nil {
		t.Fatal(err)
	}
	if c.HTTPSPort != 9443 || c.DockerHost != "tcp://10.0.0.1:2376" || c.PortStart != 41000 || c.PortEnd != 42000 || c.Memory != 1<<30 || c.CPU != 5e8 || c.MaxWorkspacesPerUser != 7 || c.APIRate != 11 || c.SocketsPerUser != 12 || c.RequestsPerWorkspace != 13 ||
		!strings.Contains(whole, `"per_address":14`) ||
		c.WorkspaceImage != "x/y:z" || time.Duration(*c.IdleTimeout) != 0 || time.Duration(c.PauseTimeout) != 10*time.Minute || *c.WakeOnVisit || c.Signup != "closed" || c.GitHubURL != "https://git.example.com" || c.GitHubAPIURL != "https://git.example.com/api/v3" ||
		c.OpenRouterBaseURL != "https://models.example.com/v1" || c.AgentModel != "m" || c.AgentMode != "plan" || c.AgentModeCap != "autoEdit" ||
		*c.AgentBudgetTurn != 0 || *c.AgentBudgetChat != 2_500_000_000 || *c.AgentBudgetUserDay != 3*config.Dollar || *c.AgentBudgetDay != 1 ||
		*c.AgentOwnKeys || !*c.AgentAllowTraining || *c.NixCustomConfigs || *c.PrivateRepos {
		t.Errorf("%+v", c)
	}
}

func TestATypoIsNoSilentDefault(t *testing.T) {
	for text, want := range map[string]string{
		"{\n kalpana {\n  sign_up open\n }\n}":               `"sign_up" is no setting of kalpana, at Caddyfile:3`,
		"{\n kalpana {\n  domain a b\n }\n}":                 "domain takes at most 1 values",
		"{\n kalpana {\n  memory 2g\n }\n}":                  `DEFAULT_CONTAINER_MEMORY is "2g": must be a whole number`,
		"{\n kalpana {\n  idle_timeout soon\n }\n}":          `KALPANA_IDLE_TIMEOUT is "soon"`,
		"{\n kalpana {\n  private_repos perhaps\n }\n}":      `ENABLE_PRIVATE_REPOS is "perhaps": must be true or false`,
		"{\n kalpana {\n  agent_budget_day $5\n }\n}":        `AGENT_BUDGET_DAY is "$5": must be dollars such as 2.50, or 0 for no limit`,
		"{\n kalpana {\n  agent_own_keys perhaps\n }\n}":     `AGENT_OWN_KEYS is "perhaps": must be true or false`,
		"localhost {\n kalpana now\n}":                       "takes nothing here",
		"{\n on_demand_tls {\n  permission kalpana x\n }\n}": "takes nothing",
	} {
		if _, _, err := adapt(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestAFileBesideTheConfigurationSetsTheEnvironment(t *testing.T) {
	environment(t)
	for _, name := range []string{"KALPANA_DOMAIN", "KALPANA_WORKSPACE_DOMAIN", "KALPANA_HTTPS_PORT"} {
		os.Unsetenv(name)
	}
	t.Setenv("KALPANA_SIGNUP", "closed")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte("KALPANA_DOMAIN=file.example.com\nKALPANA_SIGNUP=open\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := PrepareEnvironment([]string{"run", "--config=" + filepath.Join(dir, "Caddyfile")}); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("KALPANA_DOMAIN") != "file.example.com" || os.Getenv("KALPANA_SIGNUP") != "closed" || os.Getenv("KALPANA_HTTPS_PORT") != "443" {
		t.Errorf("domain %q, sign-up %q, port %q", os.Getenv("KALPANA_DOMAIN"), os.Getenv("KALPANA_SIGNUP"), os.Getenv("KALPANA_HTTPS_PORT"))
	}
}

func FuzzCaddyfile(f *testing.F) {
	f.Add("kalpana {\n domain localhost\n idle_timeout 30m\n}")
	f.Add("kalpana {\n memory\n}")
	f.Fuzz(func(t *testing.T, text string) {
		tokens, err := caddyfile.Tokenize([]byte(text), "Caddyfile")
		if err != nil {
			return // no Caddyfile; caddyfile.NewTestDispenser would end the process
		}
		var app App
		if app.UnmarshalCaddyfile(caddyfile.NewDispenser(tokens)) == nil {
			app.Config.Defaults().Validate()
		}
	})
}

// A .env that came with a repository must not say where a token goes, ours or one that is
// made for the command.
func TestAFileDoesNotSayWhereATokenGoes(t *testing.T) {
	for name, c := range map[string]struct {
		token string
		args  []string
		read  bool
	}{
		"no token":                {"", []string{"workspace", "ls"}, true},
		"in the environment":      {"kal_x", []string{"workspace", "ls"}, false},
		"on the command line":     {"", []string{"workspace", "ls", "--token", "kal_x"}, false},
		"on the command line too": {"", []string{"port-forward", "--token=kal_x", "w", "3000"}, false},
		"of the command inside":   {"", []string{"workspace", "exec", "w", "--", "tool", "--token", "x"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t)
			t.Setenv("KALPANA_TOKEN", c.token)
			for _, unset := range []string{"KALPANA_URL", "KALPANA_DATA_DIR", "HTTPS_PROXY"} {
				t.Setenv(unset, "")
				os.Unsetenv(unset)
			}
			t.Chdir(t.TempDir())
			if err := os.WriteFile(".env", []byte("KALPANA_URL=https://evil.test\nHTTPS_PROXY=http://evil.test\nKALPANA_DATA_DIR=/srv/kalpana\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := PrepareEnvironment(c.args); err != nil {
				t.Fatal(err)
			}
			if read := os.Getenv("KALPANA_DATA_DIR") == "/srv/kalpana"; read != c.read {
				t.Errorf("the file was read: %v", read)
			}
			if url, proxy := os.Getenv("KALPANA_URL"), os.Getenv("HTTPS_PROXY"); url != "" || proxy != "" {
				t.Errorf("the file sends the token to %q by %q", url, proxy)
			}
		})
	}
}
