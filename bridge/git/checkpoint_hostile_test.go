package git_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

// A folder that becomes a link out of the workspace while files are read and written.
func TestARaceWithALinkNeitherReadsNorWritesOutside(t *testing.T) {
	s := start(t)
	outside := t.TempDir()
	for i := range 30 {
		s.write(fmt.Sprintf("d/e/%d", i), "inside")
		s.must(os.MkdirAll(filepath.Join(outside, "e"), 0o755))
		s.must(os.WriteFile(filepath.Join(outside, "e", fmt.Sprint(i)), []byte("secret"), 0o644))
	}
	c := s.checkpoint("")
	before := s.tree(outside)
	s.link(outside, "lure")
	done, swapped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(swapped)
		for {
			select {
			case <-done:
				return
			default:
				_ = os.Rename(s.path("d"), s.path("tmp"))
				_ = os.Rename(s.path("lure"), s.path("d"))
				_ = os.Rename(s.path("d"), s.path("lure"))
				_ = os.Rename(s.path("tmp"), s.path("d"))
			}
		}
	}()
	for i := range 12 {
		for j := range 30 {
			_ = os.WriteFile(s.path(fmt.Sprintf("d/e/%d", j)), []byte(fmt.Sprint(i)), 0o644)
		}
		// The writes above may have gone out themselves; only git's are judged.
		for j := range 30 {
			s.must(os.WriteFile(filepath.Join(outside, "e", fmt.Sprint(j)), []byte("secret"), 0o644))
		}
		r, err := s.RestoreCheckpoint(t.Context(), bridge.RestoreCheckpoint{ID: c.ID})
		code(t, err)
		if d := differences(before, s.tree(outside)); d != "" {
			t.Fatalf("outside: %s", d)
		}
		if r.Before.ID == "" {
			continue
		}
		d := s.since(bridge.DiffCheckpoint{ID: c.ID, To: r.Before.ID})
		if strings.Contains(d.Diff, "secret") {
			t.Fatalf("a checkpoint holds what is outside:\n%s", d.Diff)
		}
	}
	close(done)
	<-swapped
}

func TestALinkThatStaysInsideIsNotWrittenThrough(t *testing.T) {
	s := start(t)
	s.write("d/x", "of the checkpoint")
	s.write("other/x", "precious")
	s.write(".gitignore", "/other\n/d\n")
	s.remove(".gitignore")
	c := s.checkpoint("")
	s.write(".gitignore", "/other\n/d\n")
	s.remove("d")
	s.link("other", "d") // ignored, so that no checkpoint holds the link
	_, err := s.RestoreCheckpoint(t.Context(), bridge.RestoreCheckpoint{ID: c.ID})
	if code(t, err) != bridge.CodeNotEmpty || !strings.Contains(err.Error(), "d/x") {
		t.Errorf("got %v", err)
	}
	if s.read("other/x") != "precious" {
		t.Error("written through the link")
	}
}

func TestWhatIsInTheWayIsLeftAloneAndTold(t *testing.T) {
	s := start(t)
	for _, p := range []string{"a", "b", "c", "e", "f/x", "z"} {
		s.write(p, "old")
	}
	c := s.checkpoint("")
	for _, p := range []string{"a", "b", "c", "e", "f"} {
		s.remove(p)
	}
	s.write(".git/info/exclude", "")
	s.write("a/.git/HEAD", "not even a repository\n") // below .git: no checkpoint holds it
	s.must(syscall.Mkfifo(s.path("b"), 0o644))
	s.must(os.MkdirAll(s.path("c/empty/deeper"), 0o755))
	s.must(os.Mkdir(s.path("e"), 0o755)) // an empty folder is nothing to lose
	s.must(syscall.Mkfifo(s.path("f"), 0o644))
	s.write("z", "new")
	r, err := s.RestoreCheckpoint(t.Context(), bridge.RestoreCheckpoint{ID: c.ID})
	if code(t, err) != bridge.CodeNotEmpty {
		t.Fatalf("got %v", err)
	}
	for _, says := range []string{"a: a folder", "b: something", "c: a folder", "f/x: a part", r.Before.ID} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%q is not in: %v", says, err)
		}
	}
	if strings.Contains(err.Error(), s.dir) || strings.Contains(err.Error(), "/proc") {
		t.Errorf("the container's path is in: %v", err)
	}
	if s.read("a/.git/HEAD") != "not even a repository\n" || s.read("e") != "old" || s.read("z") != "old" {
		t.Error("what could be restored was not, or too much was")
	}
}

func TestPipesAndSocketsHoldNothingUp(t *testing.T) {
	s := start(t)
	s.write("a", "1")
	s.must(syscall.Mkfifo(s.path("pipe"), 0o644))
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	s.must(err)
	defer syscall.Close(fd)
	t.Chdir(s.dir) // a socket's path must be short
	s.must(syscall.Bind(fd, &syscall.SockaddrUnix{Name: "socket"}))
	c := s.checkpoint("")
	s.write("a", "2")
	s.restore(c.ID)
	if info, err := os.Lstat("pipe"); err != nil || info.Mode()&os.ModeNamedPipe == 0 || s.read("a") != "1" {
		t.Errorf("got %v, %v", info, err)
	}
}

func TestNamesThatGitRefusesSpoilNothing(t *testing.T) {
	s := start(t)
	s.write("a", "1")
	s.write("x/.GIT/y", "1")
	s.must(os.Mkdir(s.path("m"), 0o755))
	s.link("a", "m/.gitmodules")
	s.link("/dev/zero", "m/.gitattributes")
	s.write(".gitmodules", "[submodule \"x\"]\npath = -x\nurl = ext::sh\n")
	deep := strings.Repeat("d/", 201)
	s.write(deep+"x", "1")
	s.write(deep[2:]+"y", "1")
	s.write(".kalpana-"+strings.Repeat("A", 26), "the bridge's own")
	s.write(".kalpana-mine", "1")
	c := s.checkpoint("")
	before := s.tree(s.dir)
	for _, p := range []string{"a", ".gitmodules", deep[2:] + "y", ".kalpana-mine"} {
		s.remove(p)
	}
	if r := s.restore(c.ID); r.Changed != 4 {
		t.Errorf("got %+v", r)
	}
	if d := differences(before, s.tree(s.dir)); d != "" {
		t.Errorf("differs: %s", d)
	}
}

// A file that changes to the same length, with its time set back.
func TestChangesThatTimesDoNotShowAreSeen(t *testing.T) {
	s := start(t)
	s.write("a", "1")
	s.write("b", "1")
	info, err := os.Lstat(s.path("a"))
	s.must(err)
	for i := range 10 {
		s.write("a", fmt.Sprint(i))
		s.must(os.Chtimes(s.path("a"), info.ModTime(), info.ModTime()))
		c := s.checkpoint("")
		s.write("a", "x")
		s.must(os.Chtimes(s.path("a"), info.ModTime(), info.ModTime()))
		if d := s.since(bridge.DiffCheckpoint{ID: c.ID}); !strings.Contains(d.Diff, fmt.Sprintf("-%d\n", i)) {
			t.Fatalf("change %d was not seen: %+v", i, d)
		}
	}
}

func TestManyFilesOfWhichFewChange(t *testing.T) {
	s := start(t)
	s.SetSettled(-time.Hour) // so that what was seen counts at once
	const many = 5000
	for i := range many {
		s.write(fmt.Sprintf("d%d/%d", i%50, i), fmt.Sprintf("contents %d\n", i/2)) // each twice
	}
	first := s.checkpoint("")
	if c := s.checkpoint(""); !c.Unchanged {
		t.Errorf("got %+v", c)
	}
	s.write("d1/1", "other, and longer\n")
	s.remove("d2")
	s.must(os.Rename(s.path("d3/3"), s.path("moved")))
	if d := s.since(bridge.DiffCheckpoint{ID: first.ID}); d.Files != 1+many/50+1 {
		t.Errorf("%d files differ", d.Files)
	}
	if r := s.restore(first.ID); r.Changed != 1+many/50+2 {
		t.Errorf("%d files changed", r.Changed)
	}
	if d := s.since(bridge.DiffCheckpoint{ID: first.ID}); d.Files != 0 {
		t.Errorf("%d files differ after restoring", d.Files)
	}
	if s.read("d1/1") != "contents 0\n" || s.read("d2/4952") != "contents 2476\n" {
		t.Error("wrong contents")
	}
}

func TestManyAtATime(t *testing.T) {
	s := start(t)
	s.write("a", "0")
	first := s.checkpoint("")
	var ids sync.Map
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			_ = os.WriteFile(s.path(fmt.Sprintf("f%d", i)), []byte("x"), 0o644)
			c, err := s.CreateCheckpoint(t.Context(), bridge.CreateCheckpoint{Message: fmt.Sprint(i)})
			if err != nil {
				t.Error(err)
				return
			}
			if other, twice := ids.Swap(c.ID, c.Message); twice && other != c.Message {
				t.Errorf("id %s was given to %v and %s", c.ID, other, c.Message)
			}
			if _, err := s.DiffCheckpoint(t.Context(), bridge.DiffCheckpoint{ID: first.ID}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	// Who waits for his turn may give up.
	s.must(syscall.Mkfifo(s.path(".gitignore"), 0o644)) // nobody ever writes into it
	busy, release := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := s.CreateCheckpoint(busy, bridge.CreateCheckpoint{})
		ended <- err
	}()
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := s.CreateCheckpoint(short, bridge.CreateCheckpoint{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	release()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	s.remove(".gitignore")
	s.checkpoint("")
}

func TestFilesThatMayNotBeReadAreSkippedAndNeverLost(t *testing.T) {
	if os.Getuid() == 0 {
		t.Log("root reads everything: only a file that others lock is tried")
	}
	s := start(t)
	s.write("locked", "1")
	s.write("open", "1")
	c := s.checkpoint("")
	s.must(os.Chmod(s.path("locked"), 0))
	s.write("open", "2")
	again := s.checkpoint("")
	_, err := s.RestoreCheckpoint(t.Context(), bridge.RestoreCheckpoint{ID: c.ID})
	if os.Getuid() == 0 {
		s.must(err)
	} else if !slices.Equal(again.Skipped, []string{"locked"}) || code(t, err) != bridge.CodeTooLarge {
		t.Errorf("skipped %q, %v", again.Skipped, err)
	}
	s.must(os.Chmod(s.path("locked"), 0o600))
	if s.read("locked") != "1" {
		t.Error("lost")
	}
}
