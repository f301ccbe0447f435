package platform

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/api"
	"github.com/kalpana-dev/kalpana/internal/config"
	"github.com/kalpana-dev/kalpana/internal/docker"
	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/portlease"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// newHealth looks at a real embedded database and at an engine at host.
func newHealth(t *testing.T, host string) *health {
	t.Helper()
	dir, err := os.MkdirTemp("", "k") // short: a Unix socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	c := config.Config{DataDir: dir, DockerHost: host, HTTPSPort: 1}.Defaults()
	db, err := embeddeddb.Open(filepath.Join(dir, "db"), log)
	if err != nil {
		t.Fatal(err)
	}
	a := &parts{log: log}
	if a.store, err = mongostore.Open(t.Context(), db.URI(), nil); err != nil {
		t.Fatal(err)
	}
	if a.engine, err = docker.New(docker.Options{Host: host, Installation: "test", Log: log}); err != nil {
		t.Fatal(err)
	}
	a.leaser = portlease.New(a.store.Ports(), portlease.Options{Start: c.PortStart, End: c.PortEnd})
	a.workspaces = workspace.New(workspace.Options{Store: a.store.Workspaces(), Log: log})
	t.Cleanup(func() {
		a.workspaces.Close(context.WithoutCancel(t.Context()))
		a.engine.Close()
		a.store.Close(context.WithoutCancel(t.Context()))
		db.Close()
		os.RemoveAll(dir)
	})
	return &health{a: a, c: c, within: lookWithin}
}

func byName(checks []api.Check) map[string]api.Check {
	out := map[string]api.Check{}
	for _, c := range checks {
		out[c.Name] = c
	}
	return out
}

func TestHealthSaysWhatIsWrongAndWhatHelps(t *testing.T) {
	h := newHealth(t, "unix:///nonexistent/docker.sock")
	checks := h.checks(t.Context())
	if len(checks) != len(titles) {
		t.Errorf("%d checks, want %d", len(checks), len(titles))
	}
	for _, c := range checks {
		if c.Title == "" || c.Detail == "" || c.OK == (c.Fix != "") {
			t.Errorf("a check without title or detail, or with a fix where nothing is wrong: %+v", c)
		}
	}
	found := byName(checks)
	for name, ok := range map[string]bool{
		api.CheckDocker: false, api.CheckImage: false, api.CheckDatabase: true, api.CheckAddress: true, api.CheckPorts: true, api.CheckClock: true,
	} {
		if found[name].OK != ok {
			t.Errorf("%s is %+v", name, found[name])
		}
	}
	if c := found[api.CheckDocker]; !strings.Contains(c.Detail, "/nonexistent/docker.sock") || c.Action != "" {
		t.Errorf("docker: %+v", c)
	}
	if again := h.checks(t.Context()); &again[0] != &checks[0] {
		t.Error("it was looked at again within a moment")
	}
	if _, err := h.fix(t.Context(), api.CheckDocker); !errors.Is(err, api.ErrNoFix) {
		t.Errorf("fix of the engine: %v", err)
	}
	if _, err := h.fix(t.Context(), "nonsense"); !errors.Is(err, api.ErrNoFix) {
		t.Errorf("fix of nothing: %v", err)
	}
}

func TestHealthWaitsForNobodyForLong(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	h := newHealth(t, "tcp://"+l.Addr().String())
	h.within = 4 * time.Second // in which the database does answer, on a busy machine too
	began := time.Now()
	found := byName(h.checks(t.Context()))
	if took := time.Since(began); took > 12*time.Second {
		t.Errorf("it took %s", took)
	}
	if found[api.CheckDocker].OK || !found[api.CheckDatabase].OK {
		t.Errorf("docker %+v, database %+v", found[api.CheckDocker], found[api.CheckDatabase])
	}
}

func TestTheServedCertificateIsLookedAt(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.StartTLS()
	defer srv.Close()
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	if f := servedCertificate(t.Context(), config.Config{Domain: "example.com", HTTPSPort: port}); f.OK || !strings.Contains(f.Detail, "example.com") || f.Fix == "" {
		t.Errorf("one that nobody signed: %+v", f)
	}
	srv.Close()
	if f := servedCertificate(t.Context(), config.Config{Domain: "example.com", HTTPSPort: port}); !f.OK || !strings.Contains(f.Detail, "not looked at") {
		t.Errorf("where nothing serves: %+v", f)
	}
}
