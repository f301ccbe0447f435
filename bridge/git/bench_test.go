package git_test

import (
	"fmt"
	"os"
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
