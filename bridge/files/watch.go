package files

import (
	"context"
	"maps"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

const (
	// gatherFor is how long changes are gathered before they are sent: a build makes
	// thousands within that, and nobody notices it.
	gatherFor = 100 * time.Millisecond
	// maxChanged is how many paths one event names. With more, looking at everything is
	// cheaper for the client than looking at each.
	maxChanged = 1000
	// maxWatched is how many directories one bridge watches, of all requests together.
	// Each takes about 1 KiB of the kernel's memory, of which the editor wants its part.
	maxWatched = 8192
)

// Watch answers watchFiles: it calls emit with bridge.EventChanged until ctx ends, whose
// error it then returns. The first event, without paths, says that watching has begun.
// An event is sent even while changes go on, and never two at a time; a slow emit makes
// events larger, not more. If the watched path itself is deleted or moved the last event
// says so and not_found is returned. Links are not followed, except to a directory that is
// the path itself.
func (f *Files) Watch(ctx context.Context, req bridge.WatchFiles, emit func(event string, payload any) error) error {
	if req.Path == "" {
		req.Path = "."
	}
	p, err := f.clean(req.Path)
	if err != nil {
		return err
	}
	info, err := f.root.Stat(p)
	if err != nil {
		return f.explain(p, err)
	}
	only := ""
	if !info.IsDir() {
		// A file is watched in its directory: most editors replace it by another one.
		p, only = path.Dir(p), path.Base(p)
	}
	news := &news{ready: make(chan struct{}, 1), paths: make(map[string]struct{})}
	w, err := f.newWatcher(p, only, news)
	if err != nil {
		return err
	}
	var reading sync.WaitGroup
	defer func() {
		w.interrupt()
		reading.Wait()
		w.forget("")
	}()
	if err := w.begin(ctx); err != nil {
		return err
	}
	if err := emit(bridge.EventChanged, news.take()); err != nil {
		return err
	}
	ended := make(chan error, 1)
	reading.Go(func() { ended <- w.read(ctx) })
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-ended:
			if emitErr := emit(bridge.EventChanged, news.take()); emitErr != nil {
				return emitErr
			}
			return err
		case <-news.ready:
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(gatherFor):
		}
		if err := emit(bridge.EventChanged, news.take()); err != nil {
			return err
		}
	}
}

// news is what changed since it was last taken.
type news struct {
	// ready holds one element when there is something to take.
	ready chan struct{}

	mu         sync.Mutex // guards what follows
	paths      map[string]struct{}
	incomplete bool
	// partial: incomplete for good, as there are directories that are not watched.
	partial bool
}

// add notes that a path changed.
func (n *news) add(p string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, known := n.paths[p]; !known && len(n.paths) == maxChanged {
		n.incomplete = true
	} else {
		n.paths[p] = struct{}{}
	}
	n.announce()
}

// miss notes that changes were missed or, for good, that some will be.
func (n *news) miss(forGood bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if forGood && n.partial {
		return
	}
	n.incomplete, n.partial = true, n.partial || forGood
	n.announce()
}

func (n *news) announce() {
	select {
	case n.ready <- struct{}{}:
	default:
	}
}

// take returns what is new and forgets it.
func (n *news) take() bridge.FilesChanged {
	n.mu.Lock()
	defer n.mu.Unlock()
	select {
	case <-n.ready:
	default:
	}
	changed := bridge.FilesChanged{Paths: slices.AppendSeq(make([]string, 0, len(n.paths)), maps.Keys(n.paths)), Incomplete: n.incomplete || n.partial}
	slices.Sort(changed.Paths)
	clear(n.paths)
	n.incomplete = false
	return changed
}
