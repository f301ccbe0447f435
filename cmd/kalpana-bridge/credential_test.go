package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
)

// token occurs nowhere but in the answers to git.
const token = "canary-Jw83nXk2"

// privateHost serves one repository to those who know the token.
func privateHost(t *testing.T) (url, bare string) {
	t.Helper()
	dir := t.TempDir()
	bare = filepath.Join(dir, "ada", "engine.git")
	for _, command := range [][]string{{"init", "-q", "--bare", "-b", "main", bare}, {"-C", bare, "config", "http.receivepack", "true"}} {
		if out, err := exec.CommandContext(t.Context(), "git", command...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	backend := &cgi.Handler{Path: "/usr/lib/git-core/git-http-backend", Env: []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1"}, InheritEnv: []string{"PATH"}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != token {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			http.Error(w, "sign in", http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/ada/engine.git", bare
}

// watched is a running bridge whose credentials come from the test.
type watched struct {
	t      *testing.T
	dir    string
	client *bridgeclient.Client
	// answer is what the one who watches says; rejected holds what hosts refused.
	answer   atomic.Pointer[func(bridge.CredentialRequest) bridge.AnswerCredential]
	rejected chan bridge.CredentialRejected
}

func startWatched(t *testing.T, watch bool) *watched {
	t.Helper()
	w := &watched{t: t, dir: t.TempDir(), rejected: make(chan bridge.CredentialRejected, 16)}
	root, home, socket := filepath.Join(w.dir, "workspace"), filepath.Join(w.dir, "home"), filepath.Join(w.dir, "i.sock")
	for _, dir := range []string{root, home} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	config := "[credential]\nuseHttpPath = true\nhelper = \"!env TEST_BE_THE_BRIDGE=1 " + os.Args[0] + " credential -inside-socket " + socket + "\"\n"
	if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("key"))
	serve, out := program(t, []string{"KALPANA_KEY_SHA256=" + hex.EncodeToString(sum[:]), "HOME=" + home, "GIT_CONFIG_NOSYSTEM=1"},
		"serve", "-api", "127.0.0.1:0", "-editor", "127.0.0.1:0", "-inside-socket", socket, "-root", root, "-editor-socket", filepath.Join(w.dir, "e.sock"), "--", "sleep", "1000")
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = serve.Process.Signal(os.Interrupt)
		_ = serve.Wait()
		if strings.Contains(out.String(), token) {
			t.Errorf("the log holds the token:\n%s", out)
		}
	})
	address := regexp.MustCompile(`"api":"([^"]+)"`)
	eventually(t, "it serves", out, func() bool { return address.MatchString(out.String()) })
	var err error
	if w.client, err = bridgeclient.Dial(t.Context(), address.FindStringSubmatch(out.String())[1], "key"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.client.Close() })
	if watch {
		w.watch()
	}
	return w
}

func (w *watched) answers(f func(bridge.CredentialRequest) bridge.AnswerCredential) {
	w.answer.Store(&f)
}

func (w *watched) watch() {
	ctx, cancel := context.WithCancel(w.t.Context())
	ready, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_ = w.client.Stream(ctx, bridge.TypeWatchCredentials, nil, nil, func(e bridge.Event) error {
			switch e.Event {
			case bridge.EventWatching:
				close(ready)
			case bridge.EventCredential:
				var r bridge.CredentialRequest
				if err := json.Unmarshal(e.Payload, &r); err != nil {
					return err
				}
				a := (*w.answer.Load())(r)
				a.Request = r.Request
				return w.client.Call(ctx, bridge.TypeAnswerCredential, a, nil)
			case bridge.EventRejected:
				var r bridge.CredentialRejected
				if err := json.Unmarshal(e.Payload, &r); err != nil {
					return err
				}
				w.rejected <- r
			}
			return nil
		})
	}()
	w.t.Cleanup(func() { cancel(); <-done })
	<-ready
}

// command runs a command in the workspace as its user does.
func (w *watched) command(line string) (output string, exitCode int) {
	w.t.Helper()
	var r bridge.CommandResult
	if err := w.client.Call(w.t.Context(), bridge.TypeRunCommand, bridge.RunCommand{Command: line, Quiet: true}, &r); err != nil || r.ExitCode == nil {
		w.t.Fatalf("%s: %+v, %v", line, r, err)
	}
	return r.Output, *r.ExitCode
}

func TestAPrivateRepositoryIsClonedAndPushedWithoutATokenInside(t *testing.T) {
	t.Parallel()
	url, bare := privateHost(t)
	w := startWatched(t, false)
	w.answers(func(r bridge.CredentialRequest) bridge.AnswerCredential {
		if r.Protocol+"://"+r.Host+"/"+r.Path != url {
			t.Errorf("%+v", r)
		}
		return bridge.AnswerCredential{Username: "x-access-token", Password: token}
	})
	w.watch()
	var c bridge.Cloned
	if err := w.client.Call(t.Context(), bridge.TypeCloneRepository, bridge.CloneRepository{URL: url}, &c); err != nil || !c.Empty || c.Folder != "engine" {
		t.Fatalf("%+v, %v", c, err)
	}
	if err := w.client.Call(t.Context(), bridge.TypeSetIdentity, bridge.SetIdentity{Name: "Ada", Email: "ada@example.com"}, nil); err != nil {
		t.Fatal(err)
	}
	if out, code := w.command("cd engine && env >../env && echo x >a.txt && git add . && git commit -qm first && git push -q origin HEAD:main && tr '\\0' '\\n' </proc/self/environ >>../env"); code != 0 {
		t.Fatalf("%d %s", code, out)
	}
	if out, err := exec.CommandContext(t.Context(), "git", "-C", bare, "log", "-1", "--format=%an %s", "main").CombinedOutput(); err != nil || string(out) != "Ada first\n" {
		t.Errorf("the host has %s, %v", out, err)
	}
	err := filepath.WalkDir(w.dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(p)
		if strings.Contains(string(data), token) {
			t.Errorf("%s holds the token", p)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestWithoutACredentialGitSaysWhy(t *testing.T) {
	t.Parallel()
	url, _ := privateHost(t)
	w := startWatched(t, false)
	clone := func(code string, says ...string) {
		t.Helper()
		began := time.Now()
		err := w.client.Call(t.Context(), bridge.TypeCloneRepository, bridge.CloneRepository{URL: url}, nil)
		if err == nil || !strings.HasPrefix(err.Error(), code+": ") {
			t.Fatalf("%v, want %s", err, code)
		}
		for _, s := range says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("it does not say %q: %v", s, err)
			}
		}
		if took := time.Since(began); took >= bridge.CredentialTimeout {
			t.Errorf("it took %s", took)
		}
	}
	clone(bridge.CodeAuthenticationFailed, "no credential for "+url, "is not connected to this workspace")
	w.answers(func(bridge.CredentialRequest) bridge.AnswerCredential {
		return bridge.AnswerCredential{Refused: "sign in to GitHub again"}
	})
	w.watch()
	clone(bridge.CodeAuthenticationFailed, "sign in to GitHub again")
	w.answers(func(bridge.CredentialRequest) bridge.AnswerCredential {
		return bridge.AnswerCredential{Username: "x", Password: "revoked"}
	})
	clone(bridge.CodeAuthenticationFailed, "Authentication failed")
	sum := sha256.Sum256([]byte("revoked"))
	if r := <-w.rejected; r.PasswordSHA256 != hex.EncodeToString(sum[:]) || r.Path != "ada/engine.git" {
		t.Errorf("%+v", r)
	}
}

func TestTheHelperAlone(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "none.sock")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"credential"}, 2, "credential needs one of get, store and erase"},
		{[]string{"credential", "-inside-socket", socket, "get"}, 1, "ask the bridge for a credential"},
		{[]string{"credential", "-inside-socket", socket, "store"}, 0, ""},
		{[]string{"credential", "-inside-socket", socket, "capability"}, 0, ""},
	} {
		cmd, out := program(t, nil, c.args...)
		cmd.Stdin = strings.NewReader("protocol=https\nhost=github.com\nusername=x\npassword=" + token + "\n")
		_ = cmd.Run()
		if got := cmd.ProcessState.ExitCode(); got != c.code || !strings.Contains(out.String(), c.says) || strings.Contains(out.String(), token) || c.says == "" && out.String() != "" {
			t.Errorf("%v: exit code %d\n%s", c.args, got, out)
		}
	}
}
