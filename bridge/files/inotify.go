package files

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/kalpana-dev/kalpana/bridge"
)

// watcher watches a directory tree with inotify, which knows single directories only. It
// is used directly and not by way of a library because those take paths: between the
// look at a path and the watch somebody may put a link there that leads out. Here every
// directory is opened first, below root, and what was opened is watched.
type watcher struct {
	files *Files
	top   string
	only  string // the one name in top that is of interest; "" for all and what is below
	news  *news
	// inotify is read without blocking a thread; closing it ends a read.
	inotify *os.File

	// What follows is used by one goroutine at a time.
	topWatch int32
	dirs     map[int32]string // the watched directories by the kernel's numbers, which it uses once
}

const watchedEvents = unix.IN_CREATE | unix.IN_MODIFY | unix.IN_CLOSE_WRITE | unix.IN_ATTRIB | unix.IN_DELETE |
	unix.IN_MOVED_FROM | unix.IN_MOVED_TO | unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR | unix.IN_EXCL_UNLINK

func (f *Files) newWatcher(top, only string, news *news) (*watcher, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if errors.Is(err, unix.EMFILE) {
		return nil, bridge.Errorf(bridge.CodeBusy, "the system has no watcher left (fs.inotify.max_user_instances); end another watch first")
	}
	if err != nil {
		return nil, fmt.Errorf("watch files: %w", err)
	}
	return &watcher{files: f, top: top, only: only, news: news, inotify: os.NewFile(uintptr(fd), "inotify"), dirs: make(map[int32]string)}, nil
}

// interrupt makes read return.
func (w *watcher) interrupt() { _ = w.inotify.Close() }

// begin watches what is there.
func (w *watcher) begin(ctx context.Context) error {
	return w.files.explain(w.top, w.watchTree(ctx, w.top, false))
}

// watchTree watches a directory and, unless only one name is of interest, those below
// it. If report is set, all that is there is news: nobody saw how it came.
func (w *watcher) watchTree(ctx context.Context, from string, report bool) error {
	for queue := []string{from}; len(queue) > 0; {
		p := queue[len(queue)-1]
		below, err := w.watchDir(ctx, p, report, maxWatched-len(queue))
		// What vanished below was there too short to matter.
		if err != nil && (p == w.top || ctx.Err() != nil) {
			return err
		}
		queue = append(queue[:len(queue)-1], below...)
	}
	return nil
}

// watchDir watches one directory and returns those in it, at most most of them.
func (w *watcher) watchDir(ctx context.Context, p string, report bool, most int) (below []string, err error) {
	dir, err := w.open(p)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	// First to watch and then to look leaves no moment between in which something goes unseen.
	if err := w.add(p, dir); err != nil || w.only != "" {
		return nil, err
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		entries, err := dir.ReadDir(readBatch)
		for _, e := range entries {
			if unwatched(e.Name()) {
				continue
			}
			child := path.Join(p, e.Name())
			if report {
				w.news.add(child)
			}
			if !e.IsDir() {
				continue
			}
			if len(below) >= most {
				w.news.miss(true)
				return below, nil
			}
			below = append(below, child)
		}
		if errors.Is(err, io.EOF) {
			return below, nil
		}
		if err != nil {
			return below, err
		}
	}
}

// open opens a directory; only top may be a link.
func (w *watcher) open(p string) (*os.File, error) {
	if p == w.top {
		return w.files.listing(p)
	}
	parent, err := w.files.folder(path.Dir(p))
	if err != nil {
		return nil, err
	}
	defer parent.Close()
	return openAt(parent, path.Base(p), os.O_RDONLY|unix.O_DIRECTORY, 0)
}

// add begins to watch an open directory. That there are too many is no error but news.
func (w *watcher) add(p string, dir *os.File) error {
	if w.files.watched.Add(1) > maxWatched {
		w.files.watched.Add(-1)
		w.news.miss(true)
		return nil
	}
	var number int
	err := w.control(func(fd int) (err error) {
		number, err = unix.InotifyAddWatch(fd, fmt.Sprintf("/proc/self/fd/%d", dir.Fd()), watchedEvents)
		return err
	})
	if err != nil {
		w.files.watched.Add(-1)
		if errors.Is(err, unix.ENOSPC) { // fs.inotify.max_user_watches
			w.news.miss(true)
			return nil
		}
		return err
	}
	if _, known := w.dirs[int32(number)]; known { // it was moved and is watched still
		w.files.watched.Add(-1)
	}
	w.dirs[int32(number)] = p
	if p == w.top {
		w.topWatch = int32(number)
	}
	return nil
}

// control calls f with inotify's number. File.Fd would make it blocking.
func (w *watcher) control(f func(fd int) error) error {
	conn, err := w.inotify.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := conn.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return err
	}
	return inner
}

// forget ends the watches of a directory and those below it; "" stands for all.
func (w *watcher) forget(p string) {
	for number, dir := range w.dirs {
		if p == "" || dir == p || strings.HasPrefix(dir, p+"/") {
			w.drop(number)
			_ = w.control(func(fd int) error {
				_, err := unix.InotifyRmWatch(fd, uint32(number))
				return err
			})
		}
	}
}

func (w *watcher) drop(number int32) {
	if _, known := w.dirs[number]; known {
		delete(w.dirs, number)
		w.files.watched.Add(-1)
	}
}

// read takes in what the kernel tells until it is interrupted or top is gone.
func (w *watcher) read(ctx context.Context) error {
	buffer := make([]byte, copyBuffer)
	for {
		n, err := w.inotify.Read(buffer)
		if err != nil {
			return fmt.Errorf("watch files: %w", err)
		}
		for events := buffer[:n]; len(events) >= unix.SizeofInotifyEvent; {
			order := binary.NativeEndian
			number, mask, length := int32(order.Uint32(events)), order.Uint32(events[4:]), int(order.Uint32(events[12:]))
			name, _, _ := bytes.Cut(events[unix.SizeofInotifyEvent:unix.SizeofInotifyEvent+length], []byte{0})
			events = events[unix.SizeofInotifyEvent+length:]
			if err := w.handle(ctx, number, mask, string(name)); err != nil {
				return err
			}
		}
	}
}

func (w *watcher) handle(ctx context.Context, number int32, mask uint32, name string) error {
	if mask&unix.IN_Q_OVERFLOW != 0 {
		// Directories may have come and gone unseen.
		w.forget("")
		err := w.begin(ctx)
		w.news.miss(false) // only now: changes until here are missed
		return err
	}
	dir, known := w.dirs[number]
	switch {
	case !known: // forgotten meanwhile
		return nil
	case number == w.topWatch && mask&(unix.IN_DELETE_SELF|unix.IN_MOVE_SELF|unix.IN_UNMOUNT) != 0:
		w.news.add(path.Join(w.top, w.only))
		return bridge.Errorf(bridge.CodeNotFound, "%s was deleted or moved, and is not watched any more", clip(w.top))
	case mask&unix.IN_IGNORED != 0:
		w.drop(number)
		return nil
	case name == "" || unwatched(name) || w.only != "" && name != w.only:
		return nil
	}
	p := path.Join(dir, name)
	w.news.add(p)
	if mask&unix.IN_ISDIR == 0 || w.only != "" {
		return nil
	}
	if mask&unix.IN_MOVED_FROM != 0 {
		w.forget(p)
	}
	if mask&(unix.IN_CREATE|unix.IN_MOVED_TO) != 0 {
		return w.watchTree(ctx, p, true)
	}
	return nil
}

// unwatched reports whether changes of a name are of no interest.
func unwatched(name string) bool { return skipped(name) || strings.HasPrefix(name, tempPrefix) }
