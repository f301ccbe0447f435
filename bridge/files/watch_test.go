package files_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
)

// watch is a running Watch and what it said.
type watch struct {
	stop  context.CancelFunc
	ended chan error

	mu         sync.Mutex // guards what follows
	events     int
	seen       map[string]bool
	incomplete bool
	longest    int
	hold       chan struct{} // if set, emit waits for it
}

// watching starts a watch and waits until it has begun.
func (s *stand) watching(p string) *watch {
	s.t.Helper()
	w := &watch{ended: make(chan error, 1), seen: map[string]bool{}}
	ctx, stop := context.WithCancel(s.t.Context())
	w.stop = stop
	var wg sync.WaitGroup
	wg.Go(func() { w.ended <- s.Watch(ctx, bridge.WatchFiles{Path: p}, w.emit) })
	s.t.Cleanup(func() { stop(); wg.Wait() })
	eventually(s.t, "watching "+p, func() bool { return w.get(func() bool { return w.events > 0 }) })
	return w
}

func (w *watch) emit(event string, payload any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	changed := payload.(bridge.FilesChanged)
	if event != bridge.EventChanged || changed.Paths == nil || !slices.IsSorted(changed.Paths) || w.events == 0 && len(changed.Paths) > 0 {
		return fmt.Errorf("bad event %s: %+v", event, payload)
	}
	w.events++
	for _, p := range changed.Paths {
		w.seen[p] = true
	}
	w.longest = max(w.longest, len(changed.Paths))
	w.incomplete = w.incomplete || changed.Incomplete
	if w.hold != nil {
		hold := w.hold
		w.mu.Unlock()
		<-hold
		w.mu.Lock()
	}
	return nil
}

func (w *watch) get(f func() bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return f()
}

// sees waits until all paths are told, and none of those that begin with "!".
func (w *watch) sees(t *testing.T, paths ...string) {
	t.Helper()
	for _, p := range paths {
		if not, ok := strings.CutPrefix(p, "!"); ok {
			if w.get(func() bool { return w.seen[not] }) {
				t.Errorf("%s was told", not)
			}
			continue
		}
		eventually(t, "news of "+p, func() bool { return w.get(func() bool { return w.seen[p] }) })
	}
	w.get(func() bool { clear(w.seen); return true })
}

func TestWatching(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.put("a/b/c", "1")
	s.put(".git/HEAD", "1")
	s.put("node_modules/x/y", "1")
	must(t, os.Symlink("/tmp", s.path("out")))
	w := s.watching("")

	s.put("a/b/c", "2")
	w.sees(t, "a/b/c")
	must(t, os.Chmod(s.path("a/b/c"), 0o600))
	w.sees(t, "a/b/c")
	must(t, s.write(bridge.WriteFile{Path: "a/new"}, "x"))
	w.sees(t, "a/new")
	must(t, os.Rename(s.path("a/new"), s.path("a/b/newer")))
	w.sees(t, "a/new", "a/b/newer")
	must(t, os.Remove(s.path("a/b/newer")))
	w.sees(t, "a/b/newer")

	s.put(".git/HEAD", "2")
	s.put("node_modules/x/y", "2")
	s.put("a/node_modules/x", "1")
	s.put("a/.kalpana-temp", "1")
	s.put("a/after", "1")
	w.sees(t, "a/after", "!.git/HEAD", "!.git", "!node_modules", "!node_modules/x/y", "!a/node_modules", "!a/node_modules/x", "!a/.kalpana-temp")

	// Directories that come, move and go.
	s.put("n/e/w/f", "1")
	w.sees(t, "n", "n/e", "n/e/w", "n/e/w/f")
	s.put("n/e/w/f", "2")
	w.sees(t, "n/e/w/f")
	must(t, os.Rename(s.path("n/e"), s.path("a/moved")))
	w.sees(t, "n/e", "a/moved", "a/moved/w", "a/moved/w/f")
	s.put("a/moved/w/f", "3")
	w.sees(t, "a/moved/w/f", "!n/e/w/f")
	must(t, os.Rename(s.path("a/moved"), s.path("../elsewhere")))
	w.sees(t, "a/moved")
	must(t, os.WriteFile(s.path("../elsewhere/w/f"), nil, 0o644))
	s.put("after", "1")
	w.sees(t, "after", "!a/moved/w/f", "!n/e/w/f")
	must(t, os.Rename(s.path("../elsewhere"), s.path("back")))
	w.sees(t, "back/w/f")
	must(t, os.RemoveAll(s.path("back")))
	w.sees(t, "back", "back/w", "back/w/f")

	w.stop()
	if err := <-w.ended; !errors.Is(err, context.Canceled) || w.incomplete {
		t.Errorf("%v, incomplete %t", err, w.incomplete)
	}
}

func TestWatchingAPart(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.put("a/b/f", "1")
	s.put("other/f", "1")
	s.put(".git/HEAD", "1")
	must(t, os.Symlink("a", s.path("l")))
	below, through, file, head := s.watching("a/b"), s.watching("l"), s.watching("a/b/f"), s.watching(".git/HEAD")
	s.put("other/f", "2")
	s.put("a/b/g", "2")
	must(t, s.write(bridge.WriteFile{Path: "a/b/f"}, "2"))
	s.put(".git/HEAD", "2")
	below.sees(t, "a/b/f", "a/b/g", "!other/f")
	through.sees(t, "l/b/f", "l/b/g")
	file.sees(t, "a/b/f", "!a/b/g")
	must(t, s.write(bridge.WriteFile{Path: "a/b/f"}, "3"))
	file.sees(t, "a/b/f")
	head.sees(t, ".git/HEAD")

	// What is watched goes away.
	must(t, os.Rename(s.path("a/b"), s.path("a/c")))
	for _, w := range []*watch{below, file} {
		if err := <-w.ended; code(t, err) != bridge.CodeNotFound {
			t.Errorf("%v", err)
		}
	}
	below.sees(t, "a/b")
	through.sees(t, "l/b", "l/c")
	if err := s.Watch(t.Context(), bridge.WatchFiles{Path: "a/b"}, nil); code(t, err) != bridge.CodeNotFound {
		t.Errorf("%v", err)
	}
	failed := errors.New("the client is gone")
	if err := s.Watch(t.Context(), bridge.WatchFiles{}, func(string, any) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("%v", err)
	}
}

// TestFilesInNewDirectoriesAreNotMissed makes trees as fast as it can.
func TestFilesInNewDirectoriesAreNotMissed(t *testing.T) {
	t.Parallel()
	s := start(t)
	w := s.watching(".")
	for i := range 60 {
		s.put(fmt.Sprintf("%d/a/b/c/f", i), "")
	}
	for i := range 60 {
		p := fmt.Sprintf("%d/a/b/c/f", i)
		eventually(t, "news of "+p, func() bool { return w.get(func() bool { return w.seen[p] || w.incomplete }) })
	}
}

func TestTooManyChangesAreIncomplete(t *testing.T) {
	t.Parallel()
	s := start(t)
	w := s.watching(".")
	hold := make(chan struct{})
	w.get(func() bool { w.hold = hold; return true })
	s.put("first", "")
	eventually(t, "the first event", func() bool { return w.get(func() bool { return w.events == 2 }) })
	// Nobody takes events now.
	for i := range 3000 {
		must(t, os.WriteFile(s.path(fmt.Sprint(i)), nil, 0o644))
	}
	w.get(func() bool { w.hold = nil; return true })
	close(hold)
	eventually(t, "an incomplete event", func() bool { return w.get(func() bool { return w.incomplete }) })
	// When it is quiet again, single changes are told again.
	for _, p := range []string{"last", "d/last"} {
		eventually(t, "news of "+p, func() bool {
			s.put(p, "again")
			return w.get(func() bool { return w.seen[p] })
		})
	}
	if w.longest > 1000 {
		t.Errorf("%d paths in an event", w.longest)
	}
}

func TestOnlySoManyDirectoriesAreWatched(t *testing.T) {
	t.Parallel()
	s := start(t)
	const most = 8192
	for i := range 100 {
		for k := range most/100 + 2 {
			must(t, os.MkdirAll(s.path(fmt.Sprintf("%d/%d", i, k)), 0o755))
		}
	}
	must(t, os.Mkdir(s.path("../alone"), 0o755))
	w := s.watching(".")
	if !w.get(func() bool { return w.incomplete }) {
		t.Error("the first event is not incomplete")
	}
	// The limit is for all requests together, and a watch that ends gives back its part.
	other := s.watching("0")
	if !other.get(func() bool { return other.incomplete }) {
		t.Error("a second watch is not incomplete")
	}
	w.stop()
	other.stop()
	<-w.ended
	<-other.ended
	third := s.watching("0")
	if third.get(func() bool { return third.incomplete }) {
		t.Error("the places were not given back")
	}
	s.put("0/0/f", "")
	third.sees(t, "0/0/f")
}
