package git_test

import (
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
)

// canary is a password that occurs nowhere else.
const canary = "canary-q7Zr2xW9"

// host serves repositories over HTTP as real ones do, with git's own program.
type host struct {
	s *stand
	// dir holds the bare repositories.
	dir string
	url string
	// password is wanted for everything below private/, of user x-access-token.
	password atomic.Value
	asked    atomic.Int64
	// stuck, if set, gets requests instead, until they end.
	stuck atomic.Pointer[func(http.ResponseWriter, *http.Request)]
}

func (s *stand) host(t *testing.T) *host {
	t.Helper()
	h := &host{s: s, dir: t.TempDir()}
	h.password.Store(canary)
	backend := &cgi.Handler{
		Path: "/usr/lib/git-core/git-http-backend",
		Env: []string{
			"GIT_PROJECT_ROOT=" + h.dir, "GIT_HTTP_EXPORT_ALL=1",
			"GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
			"GIT_CONFIG_KEY_1=http.receivepack", "GIT_CONFIG_VALUE_1=true",
		},
		InheritEnv: []string{"PATH"},
		Stderr:     &strings.Builder{},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.asked.Add(1)
		if stuck := h.stuck.Load(); stuck != nil {
			(*stuck)(w, r)
			return
		}
		if rest, ok := strings.CutPrefix(r.URL.Path, "/moved/"); ok {
			http.Redirect(w, r, "/"+rest+"?"+r.URL.RawQuery, http.StatusMovedPermanently)
			return
		}
		if status, ok := map[string]int{"/down/": 503, "/forbidden/": 403, "/gone/": 404}[r.URL.Path[:strings.Index(r.URL.Path[1:]+"/", "/")+2]]; ok {
			http.Error(w, "no", status)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/html/") {
			_, _ = w.Write([]byte("<html>\n<body>not git</body>\n</html>\n"))
			return
		}
		if strings.HasPrefix(r.URL.Path, "/private/") {
			if user, password, _ := r.BasicAuth(); user != "x-access-token" || password != h.password.Load() {
				w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
				http.Error(w, "sign in", http.StatusUnauthorized)
				return
			}
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// repository makes a bare repository with one commit of the files given, and returns its URL.
func (h *host) repository(name string, files ...string) string {
	s := h.s
	s.t.Helper()
	bare := filepath.Join(h.dir, name)
	s.git(h.dir, "init", "-q", "--bare", bare)
	if len(files) > 0 {
		work := filepath.Join(s.t.TempDir(), "w")
		s.git(h.dir, "init", "-q", work)
		for _, f := range files {
			s.must(os.MkdirAll(filepath.Dir(filepath.Join(work, f)), 0o755))
			s.must(os.WriteFile(filepath.Join(work, f), []byte(f+"\n"), 0o644))
		}
		s.git(work, "add", ".")
		s.git(work, "commit", "-qm", "first")
		s.git(work, "push", "-q", bare, "main")
	}
	return h.url + "/" + name
}

// helper makes git ask a program that prints a fixed answer, and notes what it was asked.
func (s *stand) helper(user, password string) (asked string) {
	s.t.Helper()
	asked = filepath.Join(s.t.TempDir(), "asked")
	program := filepath.Join(s.t.TempDir(), "helper")
	s.must(os.WriteFile(program, []byte("#!/bin/sh\necho \"$1\" >>"+asked+"; cat >>"+asked+"\n[ \"$1\" != get ] || printf 'username=%s\\npassword=%s\\n' '"+user+"' '"+password+"'\n"), 0o755))
	s.git(s.dir, "config", "--global", "credential.helper", program)
	s.git(s.dir, "config", "--global", "credential.useHttpPath", "true")
	return asked
}

// clone clones and returns the events.
func (s *stand) clone(req bridge.CloneRepository) (bridge.Cloned, []bridge.CloneProgress, error) {
	s.t.Helper()
	var seen []bridge.CloneProgress
	c, err := s.CloneRepository(s.t.Context(), req, func(event string, payload any) error {
		p, ok := payload.(bridge.CloneProgress)
		if event != bridge.EventProgress || !ok {
			s.t.Errorf("event %s: %+v", event, payload)
		}
		seen = append(seen, p)
		return nil
	})
	return c, seen, err
}

// holds checks that the workspace holds these names and no others.
func (s *stand) holds(names ...string) {
	s.t.Helper()
	entries, err := os.ReadDir(s.dir)
	s.must(err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		s.t.Errorf("the workspace holds %q, want %q", got, names)
	}
}
