package cli_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/cli"
)

func TestBothWaysLookTheSame(t *testing.T) {
	s := newStand(t)
	for _, way := range []string{"socket", "token"} {
		if way == "token" {
			s.remotely(t)
		}
		code, out, errs := s.run(t, "workspace", "ls")
		if code != 0 || !strings.Contains(out, workspaceID) || !strings.Contains(out, stoppedID) || !strings.Contains(out, "RUNNING") {
			t.Errorf("%s: ls: %d %q %q", way, code, out, errs)
		}
		code, out, errs = s.run(t, "workspace", "ls", "--json")
		var all []map[string]any
		if err := json.Unmarshal([]byte(out), &all); code != 0 || err != nil || len(all) != 2 {
			t.Errorf("%s: ls --json: %d %q %q", way, code, out, errs)
		}
		if code, out, errs = s.run(t, "workspace", "logs", "my app"); code != 0 || out != "first\nsecond\n" {
			t.Errorf("%s: logs: %d %q %q", way, code, out, errs)
		}
		s.mu.Lock()
		s.status[stoppedID] = "STOPPED"
		s.mu.Unlock()
		if code, out, errs = s.run(t, "workspace", "start", stoppedID); code != 0 || !strings.Contains(out, "RUNNING") {
			t.Errorf("%s: start: %d %q %q", way, code, out, errs)
		}
		if code, out, errs = s.run(t, "workspace", "rm", workspaceID); code != 0 || !strings.Contains(out, "deleted") {
			t.Errorf("%s: rm: %d %q %q", way, code, out, errs)
		}
		if code, _, errs = s.run(t, "workspace", "rm", "nosuch"); code != 1 || !strings.Contains(errs, "kalpana workspace ls") {
			t.Errorf("%s: rm of nothing: %d %q", way, code, errs)
		}
	}
}

func TestOnlyTheOperatorActsForOthers(t *testing.T) {
	s := newStand(t)
	if code, _, errs := s.run(t, "workspace", "create", "x"); code != 2 || !strings.Contains(errs, "--user") {
		t.Errorf("whose is it? %d %q", code, errs)
	}
	if code, _, errs := s.run(t, "workspace", "create", "x", "--user", "a@example.com"); code != 0 {
		t.Errorf("operator: %d %q", code, errs)
	}
	s.remotely(t)
	if code, _, errs := s.run(t, "workspace", "create", "x", "--user", "a@example.com"); code != 2 || !strings.Contains(errs, "own user") {
		t.Errorf("a token that acts for others: %d %q", code, errs)
	}
	if code, _, errs := s.run(t, "workspace", "create", "y"); code != 0 {
		t.Errorf("with a token: %d %q", code, errs)
	}
	if len(s.created) != 2 || s.created[0]["for"] != "a@example.com" || s.created[1]["for"] != "" {
		t.Errorf("created: %v", s.created)
	}
}

func TestWhereTo(t *testing.T) {
	s := newStand(t)
	other := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer other.Close()
	with := func(more ...string) []string { return append([]string{"workspace", "ls"}, more...) }
	for name, c := range map[string]struct {
		env   map[string]string
		words []string
		code  int
		says  string
	}{
		"flags":                          {nil, with("--token", userToken, "--url", s.url, "--ca-file", s.caFile), 0, ""},
		"a slash at the end":             {nil, with("--token", userToken, "--url", s.url+"/", "--ca-file", s.caFile), 0, ""},
		"a token with a line end":        {nil, with("--token", userToken+"\n", "--url", s.url, "--ca-file", s.caFile), 0, ""},
		"environment":                    {map[string]string{"KALPANA_TOKEN": userToken, "KALPANA_URL": s.url, "KALPANA_CA_FILE": s.caFile}, with(), 0, ""},
		"the configuration's own":        {map[string]string{"KALPANA_TOKEN": userToken, "KALPANA_DOMAIN": "localhost", "KALPANA_HTTPS_PORT": s.port(), "KALPANA_CA_FILE": s.caFile}, with(), 0, ""},
		"--socket beats the environment": {map[string]string{"KALPANA_TOKEN": "kal_wrong", "KALPANA_URL": "https://nobody.localhost:1"}, with("--socket", s.socket), 0, ""},
		"no certificate":                 {nil, with("--token", userToken, "--url", s.url), 1, "KALPANA_CA_FILE"},
		"certificate of another":         {nil, with("--token", userToken, "--url", other.URL, "--ca-file", s.caFile), 1, "KALPANA_CA_FILE"},
		"no certificate file":            {nil, with("--token", userToken, "--url", s.url, "--ca-file", "/nosuch"), 1, "no such file"},
		"a file without certificates":    {nil, with("--token", userToken, "--url", s.url, "--ca-file", "/dev/null"), 1, "holds none"},
		"wrong token":                    {nil, with("--token", "kal_wrong", "--url", s.url, "--ca-file", s.caFile), 1, "does not take the token"},
		"nobody there":                   {nil, with("--token", userToken, "--url", "https://ws.localhost:1"), 1, "reach https://ws.localhost:1: dial"},
		"address without token":          {nil, with("--url", s.url), 2, "KALPANA_TOKEN"},
		"plain HTTP":                     {nil, with("--token", userToken, "--url", "http://ws.localhost"), 2, "no address"},
		"a path":                         {nil, with("--token", userToken, "--url", s.url+"/api"), 2, "no address"},
		"a password":                     {nil, with("--token", userToken, "--url", "https://a:b@ws.localhost"), 2, "no address"},
		"two ways at once":               {nil, with("--token", userToken, "--socket", s.socket), 2, "give one"},
		"no server":                      {nil, with("--socket", filepath.Join(t.TempDir(), "none.sock")), 1, "kalpana run"},
		"no such flag":                   {nil, with("--insecure"), 2, "unknown flag"},
		"tokens only at the socket":      {nil, []string{"token", "create", "--user", "a@example.com", "--url", s.url}, 2, "unknown flag"},
	} {
		t.Run(name, func(t *testing.T) {
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			code, out, errs := s.run(t, c.words...)
			if code != c.code || !strings.Contains(errs, c.says) {
				t.Errorf("%d %q %q; want %d and %q", code, out, errs, c.code, c.says)
			}
			if strings.Contains(out+errs, "kal_") {
				t.Errorf("a token is shown: %q %q", out, errs)
			}
		})
	}
}

func TestTokenGoesNowhereElse(t *testing.T) {
	s := newStand(t)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("somebody else was asked, with %q", r.Header.Get("Authorization"))
	}))
	defer other.Close()
	s.remotely(t)
	away, own := http.RedirectHandler(other.URL+"/login", http.StatusFound), s.front.Config.Handler
	s.front.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Host, ".agent.") {
			away.ServeHTTP(w, r)
			return
		}
		own.ServeHTTP(w, r)
	})
	if code, _, errs := s.run(t, "workspace", "exec", workspaceID, "true"); code != 1 || !strings.Contains(errs, "302") {
		t.Errorf("a bridge that sends away: %d %q", code, errs)
	}
	s.front.Config.Handler = away
	for _, words := range [][]string{{"workspace", "ls"}, {"workspace", "exec", workspaceID, "true"}} {
		code, _, errs := s.run(t, words...)
		if code != 1 || !strings.Contains(errs, other.URL) || !strings.Contains(errs, "address of the dashboard") {
			t.Errorf("%v: %d %q", words, code, errs)
		}
	}
}

func TestHelpNamesTheEnvironment(t *testing.T) {
	s := newStand(t)
	for _, c := range cli.Commands {
		code, out, errs := s.run(t, c.Name, "--help")
		if code != 0 || !strings.Contains(out, "Usage:\n  kalpana "+c.Name) || errs != "" {
			t.Errorf("%s: %d %q %q", c.Name, code, out, errs)
		}
		if remote := c.Name == "workspace" || c.Name == "port-forward"; remote != strings.Contains(out, "KALPANA_TOKEN") {
			t.Errorf("%s: what its help says of tokens: %q", c.Name, out)
		}
	}
	if code, out, _ := s.run(t, "workspace", "exec", "--help"); code != 0 || !strings.Contains(out, "exactly as they are") {
		t.Errorf("help of exec: %d %q", code, out)
	}
}
