package git_test

import (
	"fmt"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/git"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
)

// BenchmarkCheckpoint makes checkpoints of 20,000 files in 400 folders, of which one
// changes each time. The first one, of all of them, is not measured.
func BenchmarkCheckpoint(b *testing.B) {
	dir := b.TempDir()
	for i := range 20_000 {
		file := filepath.Join(dir, fmt.Sprint(i%20), fmt.Sprint(i%400), fmt.Sprint(i))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(file, fmt.Appendf(nil, "%04000d\n", i), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer root.Close()
	g := git.New(root, b.TempDir(), supervisor.NewChildren())
	create := func() {
		if _, err := g.CreateCheckpoint(b.Context(), bridge.CreateCheckpoint{}); err != nil {
			b.Fatal(err)
		}
	}
	g.SetSettled(-1 << 40) // as if the files were old
	create()
	n := 0
	for b.Loop() {
		n++
		if err := os.WriteFile(filepath.Join(dir, "x"), fmt.Append(nil, n), 0o644); err != nil {
			b.Fatal(err)
		}
		create()
	}
}

// BenchmarkClone clones 3,000 files over HTTP, with git alone and through the bridge's
// package: the difference is the price of progress, checks and the move.
func BenchmarkClone(b *testing.B) {
	dir := b.TempDir()
	b.Setenv("HOME", dir)
	run := func(args ...string) {
		b.Helper()
		if out, err := exec.CommandContext(b.Context(), "git", args...).CombinedOutput(); err != nil {
			b.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	work, bare := filepath.Join(dir, "work"), filepath.Join(dir, "engine.git")
	for i := range 3000 {
		file := filepath.Join(work, fmt.Sprint(i%60), fmt.Sprint(i))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(file, fmt.Appendf(nil, "%04000d\n", i), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	run("init", "-q", "-b", "main", work)
	run("-C", work, "add", ".")
	run("-C", work, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x")
	run("clone", "-q", "--bare", work, bare)
	server := httptest.NewServer(&cgi.Handler{Path: "/usr/lib/git-core/git-http-backend", Env: []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1"}, InheritEnv: []string{"PATH"}})
	b.Cleanup(server.Close)
	workspace := b.TempDir()
	root, err := os.OpenRoot(workspace)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = root.Close() })
	g := git.New(root, b.TempDir(), supervisor.NewChildren())
	for name, clone := range map[string]func(folder string){
		"git": func(folder string) { run("clone", "-q", server.URL+"/engine.git", filepath.Join(workspace, folder)) },
		"bridge": func(folder string) {
			_, err := g.CloneRepository(b.Context(), bridge.CloneRepository{URL: server.URL + "/engine.git", Folder: folder}, func(string, any) error { return nil })
			if err != nil {
				b.Fatal(err)
			}
		},
	} {
		b.Run(name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				n++
				clone(fmt.Sprint(name, n))
				b.StopTimer()
				if err := root.RemoveAll(fmt.Sprint(name, n)); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}
