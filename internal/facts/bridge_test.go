package facts_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
	"github.com/kalpana-dev/kalpana/bridge/bridgeserver"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
	"github.com/kalpana-dev/kalpana/internal/facts"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

const key = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// realBridge serves the real bridge of a workspace whose files are in root, and returns
// its address.
func realBridge(t testing.TB, root string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(key))
	server, err := bridgeserver.New(bridgeserver.Config{
		KeySHA256: hex.EncodeToString(sum[:]), Root: root, StateDir: t.TempDir(), EditorSocket: filepath.Join(t.TempDir(), "e"), PagesFolder: t.TempDir(),
		HoldEditor: true, EditorData: t.TempDir(), EditorCLI: []string{"/bin/false"}, Children: supervisor.NewChildren(), Env: os.Environ(), Version: "test",
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "k") // short: a Unix socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	var listeners [3]net.Listener
	for i, at := range [][2]string{{"tcp", "127.0.0.1:0"}, {"tcp", "127.0.0.1:0"}, {"unix", filepath.Join(dir, "i")}} {
		if listeners[i], err = net.Listen(at[0], at[1]); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, listeners[0], listeners[1], listeners[2]) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return listeners[0].Addr().String()
}

// repository makes one with two commits of which no remote knows, and a file that is in neither.
func repository(t testing.TB, folder string) {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	git := func(args ...string) {
		t.Helper()
		c := exec.Command("git", append([]string{"-C", folder, "-c", "user.name=Ada", "-c", "user.email=ada@example.com"}, args...)...)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	git("init", "-q", "-b", "main")
	for _, subject := range []string{"Begin", "Go on"} {
		if err := os.WriteFile(filepath.Join(folder, "file"), []byte(subject), 0o644); err != nil {
			t.Fatal(err)
		}
		git("add", ".")
		git("commit", "-q", "-m", subject)
	}
	if err := os.WriteFile(filepath.Join(folder, "new"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestFactsOfARealBridge(t *testing.T) {
	root := t.TempDir()
	repository(t, filepath.Join(root, "engine"))
	program, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	addr := realBridge(t, root)
	dial := func(ctx context.Context, w workspace.Workspace) (facts.Bridge, error) {
		return bridgeclient.Dial(ctx, addr, key)
	}
	s, stop := run(facts.Options{Engine: newMeter(), Dial: dial})
	defer stop()
	w := running("a")
	w.Folder = "engine"
	port := program.Addr().(*net.TCPAddr).Port
	var got facts.Facts
	for tick, end := time.NewTicker(50*time.Millisecond), time.Now().Add(20*time.Second); ; <-tick.C {
		got = look(s, w)
		if len(got.CPU) > 0 && got.Git != nil {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("not within 20 s: %+v", got)
		}
	}
	if g := got.Git; g.Folder != "engine" || g.Branch != "main" || g.Commit == nil || g.Commit.Subject != "Go on" || time.Since(g.Commit.Time) > time.Minute || g.Changed != 1 || g.Unpushed != 2 {
		t.Errorf("git: %+v %+v", g, g.Commit)
	}
	if len(got.Ports) < facts.MaxPorts && !slices.ContainsFunc(got.Ports, func(p bridge.Port) bool { return p.Port == port }) {
		t.Errorf("port %d is missing: %+v", port, got.Ports)
	}
	// Looking is no use of a workspace: else one whose card is on a screen would never stop.
	used, err := bridgeclient.Activity(t.Context(), addr, key)
	if err != nil || !used.Last().IsZero() {
		t.Errorf("counts as use: %+v %v", used, err)
	}
}

// BenchmarkLookInside is what a bridge costs every five seconds, of which one in three has git.
func BenchmarkLookInside(b *testing.B) {
	root := b.TempDir()
	repository(b, root)
	addr := realBridge(b, root)
	for _, kinds := range [][]string{{bridge.TypePorts}, {bridge.TypePorts, bridge.TypeGitStatus}} {
		b.Run(fmt.Sprint(kinds), func(b *testing.B) {
			for b.Loop() {
				c, err := bridgeclient.Dial(b.Context(), addr, key)
				if err != nil {
					b.Fatal(err)
				}
				for _, kind := range kinds {
					if err := c.Call(b.Context(), kind, nil, nil); err != nil {
						b.Fatal(err)
					}
				}
				c.Close()
			}
		})
	}
}
