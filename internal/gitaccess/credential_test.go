package gitaccess_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/gitaccess"
	"github.com/kalpana-dev/kalpana/internal/githubtest"
)

// H159, H160.
func TestCredentialsAreForTheRepositorysHostOnly(t *testing.T) {
	t.Parallel()
	st, ctx := newStand(t, settings{private: true}), t.Context()
	token := st.connect("ada", "repo").Access
	st.secretly("canary-of-git.example.org", "canary-of-other.example.org")
	for _, host := range []string{"git.example.org", "other.example.org", "git.example.org:8443"} {
		if _, err := st.PutHost(ctx, "ada", host, "ada-there", "canary-of-"+host); err != nil {
			t.Fatal(err)
		}
	}
	type q = gitaccess.Question
	hub, other := "ada/engine", "https://git.example.org/team/x.git"
	for name, c := range map[string]struct {
		user, repo string
		q          q
		want       string // the password, or words of the refusal
	}{
		"GitHub":                     {"ada", hub, q{"http", st.host, "ada/engine.git", ""}, token},
		"another repository there":   {"ada", hub, q{"http", st.host, "acme/lib.git", ""}, token},
		"no path":                    {"ada", hub, q{"http", st.host, "", ""}, token},
		"a name in the address":      {"ada", hub, q{"http", st.host, "ada/engine.git", "ada"}, token},
		"no repository":              {"ada", "", q{"http", st.host, "x/y", ""}, token},
		"GitHub by its address":      {"ada", st.web.URL + "/ada/engine", q{"http", st.host, "ada/engine.git", ""}, token},
		"another host":               {"ada", other, q{"https", "git.example.org", "team/x.git", ""}, "canary-of-git.example.org"},
		"the stored name":            {"ada", other, q{"https", "git.example.org", "team/x.git", "ada-there"}, "canary-of-git.example.org"},
		"another host with a port":   {"ada", "https://git.example.org:8443/x", q{"https", "git.example.org:8443", "x", ""}, "canary-of-git.example.org:8443"},
		"not connected":              {"eve", hub, q{"http", st.host, "ada/engine.git", ""}, "Connect GitHub in Settings"},
		"nobody":                     {"", hub, q{"http", st.host, "ada/engine.git", ""}, "Connect GitHub in Settings"},
		"nothing stored":             {"eve", other, q{"https", "git.example.org", "team/x.git", ""}, "Store a user name"},
		"another name":               {"ada", other, q{"https", "git.example.org", "team/x.git", "root"}, "another user name"},
		"a submodule elsewhere":      {"ada", hub, q{"https", "git.example.org", "team/x.git", ""}, "only, not at"},
		"GitHub from elsewhere":      {"ada", other, q{"http", st.host, "ada/engine.git", ""}, "only, not at"},
		"stored, but not this one's": {"ada", other, q{"https", "other.example.org", "x", ""}, "only, not at"},
		"another port":               {"ada", hub, q{"http", "127.0.0.1:1", "x", ""}, "only, not at"},
		"no port":                    {"ada", hub, q{"http", "127.0.0.1", "x", ""}, "only, not at"},
		"a port too much":            {"ada", other, q{"https", "git.example.org:8443", "x", ""}, "only, not at"},
		"the standard port":          {"ada", other, q{"https", "git.example.org:443", "x", ""}, "only, not at"},
		"another protocol":           {"ada", hub, q{"https", st.host, "x", ""}, "by http only"},
		"in the clear":               {"ada", other, q{"http", "git.example.org", "x", ""}, "by https only"},
		"no protocol":                {"ada", other, q{"", "git.example.org", "x", ""}, "by https only"},
		"protocol of capitals":       {"ada", other, q{"HTTPS", "git.example.org", "x", ""}, "by https only"},
		"ssh":                        {"ada", other, q{"ssh", "git.example.org", "x", ""}, "by https only"},
		"no host":                    {"ada", other, q{"https", "", "x", ""}, "cannot be"},
		"host of capitals":           {"ada", other, q{"https", "GIT.example.org", "x", ""}, "cannot be"},
		"a dot more":                 {"ada", other, q{"https", "git.example.org.", "x", ""}, "cannot be"},
		"an end like it":             {"ada", other, q{"https", "evilgit.example.org", "x", ""}, "only, not at"},
		"a beginning like it":        {"ada", other, q{"https", "git.example.org.evil.test", "x", ""}, "only, not at"},
		"look-alike letter":          {"ada", other, q{"https", "git.exаmple.org", "x", ""}, "cannot be"},
		"a line more in the host":    {"ada", other, q{"https", "git.example.org\nhost=evil.test", "x", ""}, "cannot be"},
		"CR in the host":             {"ada", other, q{"https", "git.example.org\r", "x", ""}, "cannot be"},
		"NUL in the host":            {"ada", other, q{"https", "git.example.org\x00.evil.test", "x", ""}, "cannot be"},
		"user in the host":           {"ada", other, q{"https", "git.example.org@evil.test", "x", ""}, "cannot be"},
		"password in the host":       {"ada", other, q{"https", "a:b@git.example.org", "x", ""}, "cannot be"},
		"path in the host":           {"ada", other, q{"https", "git.example.org/x", "x", ""}, "cannot be"},
		"a line more in the path":    {"ada", other, q{"https", "git.example.org", "x\nhost=evil.test", ""}, "cannot be"},
		"a line more in the name":    {"ada", other, q{"https", "git.example.org", "x", "a\nhost=evil.test"}, "cannot be"},
		"NUL in the path":            {"ada", other, q{"https", "git.example.org", "x\x00", ""}, "cannot be"},
		"huge path":                  {"ada", other, q{"https", "git.example.org", strings.Repeat("x", 1<<20), ""}, "cannot be"},
		"huge name":                  {"ada", other, q{"https", "git.example.org", "x", strings.Repeat("x", 1<<20)}, "cannot be"},
		"no text":                    {"ada", other, q{"https", "git.example.org", "\xff", ""}, "cannot be"},
		"workspace of no repository": {"ada", "file:///etc", q{"https", "git.example.org", "x", ""}, "cannot be used"},
		"user in the workspace's":    {"ada", "https://git.example.org@evil.test/x", q{"https", "evil.test", "x", ""}, "cannot be used"},
	} {
		got, err := st.Credential(ctx, c.user, c.repo, c.q)
		if refused, ok := errors.AsType[*gitaccess.RefusedError](err); ok {
			if got != (gitaccess.Credential{}) || !strings.Contains(refused.Reason, c.want) || strings.ContainsAny(refused.Reason, "\r\n\x00") || len(refused.Reason) > 500 {
				t.Errorf("%s: refused with %q", name, refused.Reason)
			}
		} else if err != nil || got.Password != c.want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if name == "GitHub" && got.Username != "x-access-token" || name == "another host" && got.Username != "ada-there" {
			t.Errorf("%s: user name %q", name, got.Username)
		}
		if err == nil {
			st.hides(got)
			st.hides(slog.AnyValue(got).Resolve())
		} else {
			st.hides(err)
		}
	}
}

func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

func TestRejectedCountsOnlyIfItIsTrue(t *testing.T) {
	t.Parallel()
	st, ctx := newStand(t, settings{private: true}), t.Context()
	token := st.connect("ada", "repo").Access
	rejected := func(host, password string) {
		t.Helper()
		if err := st.Rejected(ctx, "ada", gitaccess.Rejection{Protocol: "http", Host: host, Username: "x-access-token", PasswordSHA256: sum(password)}); err != nil {
			t.Error(err)
		}
	}
	broken := func() bool {
		t.Helper()
		s, err := st.Status(ctx, "ada")
		if err != nil {
			t.Fatal(err)
		}
		return s.Problem != ""
	}
	asked := st.count("GET", "/user")
	rejected(st.host, "an older one")
	rejected("evil.test", token)
	if n := st.count("GET", "/user"); n != asked || broken() {
		t.Errorf("GitHub was asked %d times, broken: %v", n-asked, broken())
	}
	for range 20 {
		rejected(st.host, token)
	}
	if n := st.count("GET", "/user"); n != asked+1 || broken() {
		t.Errorf("a lie: GitHub was asked %d times, broken: %v", n-asked, broken())
	}
	st.hub.RevokeAll("ada")
	rejected(st.host, token)
	if broken() {
		t.Error("asked again within the minute")
	}
	st.clock.advance(time.Minute)
	rejected(st.host, token)
	if !broken() {
		t.Error("a revocation is not noticed")
	}
	rejected(st.host, token)
	if err := st.Rejected(ctx, "eve", gitaccess.Rejection{Host: st.host, PasswordSHA256: sum(token)}); err != nil {
		t.Errorf("somebody who is not connected: %v", err)
	}

	if _, err := st.PutHost(ctx, "ada", "git.example.org", "x-access-token", "password-canary"); err != nil {
		t.Fatal(err)
	}
	problem := func() string {
		t.Helper()
		all, err := st.Hosts(ctx, "ada")
		if err != nil || len(all) != 1 || all[0].Password != nil {
			t.Fatal(all, err)
		}
		return all[0].Problem
	}
	rejected("git.example.org", "an older one")
	if problem() != "" {
		t.Error(problem())
	}
	rejected("git.example.org", "password-canary")
	if !strings.Contains(problem(), "git.example.org refused it") {
		t.Errorf("%q", problem())
	}
	if _, err := st.Credential(ctx, "ada", "https://git.example.org/x", gitaccess.Question{Protocol: "https", Host: "git.example.org"}); err != nil {
		t.Errorf("what a program says takes a credential away: %v", err)
	}
	if _, err := st.PutHost(ctx, "ada", "git.example.org", "ada", "password-canary"); err != nil || problem() != "" {
		t.Error("stored again, and still wrong", err, problem())
	}
}

func TestHostsAreKeptByUser(t *testing.T) {
	t.Parallel()
	st, ctx := newStand(t, settings{}), t.Context()
	st.secretly("password-canary")
	for name, c := range map[string]struct{ host, username, password, field string }{
		"plain":                {"git.example.org", "ada", "password-canary", ""},
		"capitals, port":       {" Git2.Example.org:8443 ", "ada@example.org", "password-canary", ""},
		"standard port":        {"git3.example.org:443", "ada", "password-canary", ""},
		"address":              {"192.0.2.1:3000", "ada", "password-canary", ""},
		"again":                {"git.example.org", "eve", "password-canary", ""},
		"nothing":              {"", "ada", "password-canary", "host"},
		"a whole address":      {"https://git.example.org", "ada", "password-canary", "host"},
		"with a user":          {"ada@git.example.org", "ada", "password-canary", "host"},
		"port 0":               {"git.example.org:0", "ada", "password-canary", "host"},
		"port of five figures": {"git.example.org:70000", "ada", "password-canary", "host"},
		"port with a zero":     {"git.example.org:0443", "ada", "password-canary", "host"},
		"no port":              {"git.example.org:", "ada", "password-canary", "host"},
		"IPv6":                 {"[::1]:80", "ada", "password-canary", "host"},
		"the configured":       {strings.TrimPrefix(st.web.URL, "http://"), "ada", "password-canary", "host"},
		"long":                 {strings.Repeat("a.", 130) + "org", "ada", "password-canary", "host"},
		"no name":              {"git.example.org", "", "password-canary", "username"},
		"name of two lines":    {"git.example.org", "a\nb", "password-canary", "username"},
		"no password":          {"git.example.org", "ada", "", "password"},
		"password of two":      {"git.example.org", "ada", "password-canary\nx", "password"},
		"long password":        {"git.example.org", "ada", strings.Repeat("password-canary", 300), "password"},
	} {
		got, err := st.PutHost(ctx, "ada", c.host, c.username, c.password)
		invalid, _ := errors.AsType[*gitaccess.InvalidError](err)
		switch {
		case c.field != "" && (invalid == nil || invalid.Field != c.field || invalid.Message == ""):
			t.Errorf("%s: %v", name, err)
		case c.field == "" && (err != nil || got.Username != c.username || got.Password != nil || got.CreatedAt.IsZero()):
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if err != nil {
			st.hides(err)
		}
	}
	all, err := st.Hosts(ctx, "ada")
	var hosts []string
	for _, c := range all {
		hosts = append(hosts, c.Host)
	}
	if err != nil || fmt.Sprint(hosts) != "[192.0.2.1:3000 git.example.org git2.example.org:8443 git3.example.org]" {
		t.Errorf("%v, %v", hosts, err)
	}
	shown, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	st.hides(string(shown))
	if other, err := st.Hosts(ctx, "eve"); err != nil || len(other) != 0 {
		t.Errorf("another user has %v, %v", other, err)
	}
	if err := st.DeleteHost(ctx, "eve", "git.example.org"); !errors.Is(err, gitaccess.ErrNotFound) {
		t.Errorf("another user's: %v", err)
	}
	for i, want := range []error{nil, gitaccess.ErrNotFound} {
		if err := st.DeleteHost(ctx, "ada", "GIT.example.org:443"); !errors.Is(err, want) {
			t.Errorf("delete %d: %v", i+1, err)
		}
	}
	for i := range 60 {
		_, err := st.PutHost(ctx, "eve", fmt.Sprintf("git%d.example.org", i), "eve", "password-canary")
		if invalid, _ := errors.AsType[*gitaccess.InvalidError](err); (invalid != nil) != (i >= 50) {
			t.Errorf("host %d: %v", i+1, err)
		}
	}
}

func TestPrivateRepositoriesSwitchedOff(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]settings{"OAuth app": {}, "GitHub App": {hub: githubtest.Options{Lifetime: 8 * time.Hour}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, ctx := newStand(t, o), t.Context()
			st.hub.AddRepo(githubtest.Repo{Name: "ada/secret", Private: true, Files: map[string]string{"a": "a"}})
			st.hub.AddRepo(githubtest.Repo{Name: "ada/open", Files: map[string]string{"a": "a"}})
			st.connect("ada", "repo") // granted before the setting was changed
			app := o.hub.Lifetime > 0
			if s, err := st.Status(ctx, "ada"); err != nil || s.Private || s.PrivateAllowed || (s.Problem != "") == app {
				t.Errorf("%+v, %v", s, err)
			}
			page, err := st.Repos(ctx, "ada", "", "", 100)
			if err != nil || len(page.Items) != 1 || page.Items[0].Name != "ada/open" {
				t.Errorf("list: %+v, %v", page, err)
			}
			if err := st.MayUse(ctx, "ada", "ada/secret"); !errors.Is(err, gitaccess.ErrPrivateDisabled) {
				t.Errorf("create: %v", err)
			}
			if _, err := st.CloneURL(ctx, "ada", "ada/secret"); !errors.Is(err, gitaccess.ErrPrivateDisabled) {
				t.Errorf("clone: %v", err)
			}
			if _, err := st.Branches(ctx, "ada", "ada/secret", "", "", 10); !errors.Is(err, gitaccess.ErrPrivateDisabled) {
				t.Errorf("branches: %v", err)
			}
			if _, err := st.File(ctx, "ada", "ada/secret", "a", ""); !errors.Is(err, gitaccess.ErrPrivateDisabled) {
				t.Errorf("file: %v", err)
			}
			if _, err := st.Files(ctx, "ada", "ada/secret", "", ""); !errors.Is(err, gitaccess.ErrPrivateDisabled) {
				t.Errorf("folder: %v", err)
			}
			for _, may := range []string{"ada/open", "", "https://git.example.org/x", "ada/nowhere"} {
				if err := st.MayUse(ctx, "ada", may); err != nil {
					t.Errorf("%q: %v", may, err)
				}
			}
			for path, want := range map[string]bool{"ada/open.git": app, "ada/secret.git": false, "ada/nowhere.git": false, "": false} {
				_, err := st.Credential(ctx, "ada", "ada/open", gitaccess.Question{Protocol: "http", Host: st.host, Path: path})
				if _, refused := errors.AsType[*gitaccess.RefusedError](err); refused == want || (err != nil && !refused) {
					t.Errorf("credential for %q: %v", path, err)
				}
			}
			st.connect("ada")
			if c, err := st.Credential(ctx, "ada", "ada/open", gitaccess.Question{Protocol: "http", Host: st.host, Path: "ada/open.git"}); err != nil || c.Password == "" {
				t.Errorf("connected with less: %v", err)
			}
		})
	}
}
