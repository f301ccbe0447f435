package image_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
)

// token occurs nowhere but in the answers to git.
const token = "canary-V5mQ0rTz"

// gitHost serves a private repository with large files to containers.
type gitHost struct {
	url, bare string
	mu        sync.Mutex
	large     map[string][]byte // contents by SHA-256
}

// startGitHost listens where containers reach it: the address of Docker's own bridge.
func startGitHost(t *testing.T) *gitHost {
	t.Helper()
	dir := t.TempDir()
	h := &gitHost{bare: filepath.Join(dir, "ada", "engine.git"), large: map[string][]byte{}}
	backend := &cgi.Handler{Path: "/usr/lib/git-core/git-http-backend", Env: []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1"}, InheritEnv: []string{"PATH"}}
	gateway := docker(t, "network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Gateway}}")
	l, err := net.Listen("tcp", net.JoinHostPort(gateway, "0"))
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if oid, ok := strings.CutPrefix(r.URL.Path, "/large/"); ok {
			h.object(w, r, oid)
			return
		}
		if _, password, _ := r.BasicAuth(); password != token {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.Header().Set("Lfs-Authenticate", `Basic realm="test"`)
			http.Error(w, "sign in", http.StatusUnauthorized)
			return
		}
		switch _, rest, _ := strings.Cut(r.URL.Path, "/info/lfs/"); rest {
		case "":
			backend.ServeHTTP(w, r)
		case "objects/batch":
			h.batch(w, r)
		default: // locks, which a host may not have
			http.NotFound(w, r)
		}
	})}}
	server.Start()
	t.Cleanup(server.Close)
	h.url = server.URL + "/ada/engine.git"
	work := filepath.Join(dir, "work")
	content := []byte("a large file\n")
	sum := sha256.Sum256(content)
	h.large[hex.EncodeToString(sum[:])] = content
	h.git(t, "init", "-q", "--bare", "-b", "main", h.bare)
	h.git(t, "-C", h.bare, "config", "http.receivepack", "true")
	h.git(t, "init", "-q", "-b", "main", work)
	for name, text := range map[string]string{
		".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
		"a.txt":          "small\n",
		"data.bin":       fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%x\nsize %d\n", sum, len(content)),
	} {
		if err := os.WriteFile(filepath.Join(work, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	h.git(t, "-C", work, "-c", "filter.lfs.process=", "-c", "filter.lfs.clean=", "-c", "filter.lfs.required=false", "add", ".")
	h.git(t, "-C", work, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first")
	h.git(t, "-C", work, "push", "-q", h.bare, "main")
	return h
}

func (h *gitHost) git(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// batch answers the Git LFS batch API for both directions.
func (h *gitHost) batch(w http.ResponseWriter, r *http.Request) {
	type object struct {
		OID     string         `json:"oid"`
		Size    int64          `json:"size"`
		Actions map[string]any `json:"actions"`
	}
	var asked struct {
		Operation string   `json:"operation"`
		Objects   []object `json:"objects"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for i := range asked.Objects {
		asked.Objects[i].Actions = map[string]any{asked.Operation: map[string]string{"href": "http://" + r.Host + "/large/" + asked.Objects[i].OID}}
	}
	w.Header().Set("Content-Type", "application/vnd.git-lfs+json")
	_ = json.NewEncoder(w).Encode(map[string]any{"transfer": "basic", "objects": asked.Objects})
}

func (h *gitHost) object(w http.ResponseWriter, r *http.Request, oid string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.Method == http.MethodPut {
		h.large[oid], _ = io.ReadAll(io.LimitReader(r.Body, 1<<20))
		return
	}
	_, _ = w.Write(h.large[oid])
}

func TestAPrivateRepositoryInTheImage(t *testing.T) {
	h := startGitHost(t)
	w := start(t)
	c, err := bridgeclient.Dial(t.Context(), w.api, w.key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	watching := make(chan struct{})
	var paths sync.Map
	go func() {
		_ = c.Stream(t.Context(), bridge.TypeWatchCredentials, nil, nil, func(e bridge.Event) error {
			var r bridge.CredentialRequest
			switch e.Event {
			case bridge.EventWatching:
				close(watching)
			case bridge.EventRejected:
				t.Errorf("rejected: %s", e.Payload)
			case bridge.EventCredential:
				if err := json.Unmarshal(e.Payload, &r); err != nil {
					return err
				}
				paths.Store(r.Path, true)
				return c.Call(t.Context(), bridge.TypeAnswerCredential, bridge.AnswerCredential{Request: r.Request, Username: "x-access-token", Password: token}, nil)
			}
			return nil
		})
	}()
	<-watching
	var cloned bridge.Cloned
	phases := map[string]bool{}
	err = c.Stream(t.Context(), bridge.TypeCloneRepository, bridge.CloneRepository{URL: h.url, LFS: true, Submodules: true}, &cloned, func(e bridge.Event) error {
		var p bridge.CloneProgress
		err := json.Unmarshal(e.Payload, &p)
		phases[p.Phase] = true
		return err
	})
	if err != nil || cloned.Warnings != nil || cloned.Folder != "engine" || cloned.Branch != "main" {
		t.Fatalf("%+v, %v", cloned, err)
	}
	if !phases[bridge.PhaseConnect] || !phases[bridge.PhaseReceive] || !phases[bridge.PhaseLFS] {
		t.Errorf("phases: %v", phases)
	}
	var identity bridge.Identity
	if err := c.Call(t.Context(), bridge.TypeSetIdentity, bridge.SetIdentity{Name: "Ada", Email: "ada@example.com"}, &identity); err != nil || !identity.Changed {
		t.Fatalf("%+v, %v", identity, err)
	}
	if got := w.inside(t, "cat /workspace/engine/data.bin; git -C /workspace/engine status --porcelain; ls -A /workspace"); got != "a large file\nengine" {
		t.Errorf("after the clone: %s", got)
	}
	// As a terminal does it: the environment of the image and nothing of ours.
	if got := w.inside(t, "cd /workspace/engine && echo more >>a.txt && echo other >new.bin && git add . && git commit -qm second && echo committed"); got != "committed" {
		t.Fatal(got)
	}
	unpushed := func() (u bridge.UnpushedWork) {
		t.Helper()
		if err := c.Call(t.Context(), bridge.TypeUnpushed, nil, &u); err != nil {
			t.Fatal(err)
		}
		return u
	}
	if u := unpushed(); len(u.Repositories) != 1 || len(u.Repositories[0].Branches) != 1 || u.Repositories[0].Branches[0].Commits != 1 {
		t.Errorf("before the push: %+v", u)
	}
	if got := w.inside(t, "cd /workspace/engine && git push -q 2>&1 && echo pushed"); !strings.HasSuffix(got, "pushed") {
		t.Errorf("push: %s", got)
	}
	if got := h.git(t, "-C", h.bare, "log", "-1", "--format=%an %s", "main"); got != "Ada second" {
		t.Errorf("the host has %s", got)
	}
	sum := sha256.Sum256([]byte("other\n"))
	h.mu.Lock()
	if string(h.large[hex.EncodeToString(sum[:])]) != "other\n" {
		t.Error("the large file did not come with the push")
	}
	h.mu.Unlock()
	if u := unpushed(); len(u.Repositories) != 0 || u.Found != 1 {
		t.Errorf("after the push: %+v", u)
	}
	paths.Range(func(path, _ any) bool { // Git LFS asks for the repository, too
		if path != "ada/engine.git" {
			t.Errorf("somebody asked for %s", path)
		}
		return true
	})
	// The script must not hold the token, or it would find itself.
	half := token[:len(token)/2] + "'" + "'" + token[len(token)/2:]
	if got := w.inside(t, "grep -rlsIF '"+half+"' /workspace /home /tmp /run /etc /nix/var 2>/dev/null; grep -lsF '"+half+"' /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null; echo searched"); got != "searched" {
		t.Errorf("the token is at %s", got)
	}
	if strings.Contains(docker(t, "inspect", w.name), token) || strings.Contains(docker(t, "logs", w.name), token) {
		t.Error("docker shows the token")
	}
	// Without anybody who watches, git says why.
	_ = c.Close()
	var got string
	eventually(t, "git says that nobody has credentials", func() bool {
		got = w.inside(t, "GIT_TERMINAL_PROMPT=0 git -C /workspace/engine fetch 2>&1")
		return strings.Contains(got, "no credential for http://") && strings.Contains(got, "not connected to this workspace")
	}, func() string { return got })
}
