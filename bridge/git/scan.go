package git

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
)

const (
	// maxHeldFile is the largest file that checkpoints hold: larger ones are data, not
	// what people and agents edit.
	maxHeldFile = 5 << 20

	// maxHeldBytes and maxHeldFiles bound one snapshot, so that it takes seconds and its
	// bookkeeping some ten megabytes.
	maxHeldBytes = 200 << 20
	maxHeldFiles = 100_000

	// maxNested is how many repositories inside the workspace are gone into.
	maxNested = 200

	// settled is how old a change must be for times to tell later ones from it: some file
	// systems keep two-second times, and the kernel's clock for them is a little behind.
	settled = 2 * time.Second
)

// ownTemporary are the bridge's own temporary files, which have a random text of 26 letters.
const ownTemporary = ".kalpana-??????????????????????????"

// entry is a file as it was found: enough to tell whether it changed since.
type entry struct {
	path         string
	mode         mode
	inode        uint64
	size         int64
	mtime, ctime int64 // nanoseconds
	hash         hash  // of the contents, once they are known
}

// unchanged reports whether the file has e's contents, as far as its state tells.
func (e entry) unchanged(later entry) bool {
	later.hash = e.hash
	return e == later
}

// list returns the paths of all files that .gitignore does not exclude, sorted. Git
// takes a repository inside another one for one thing; so each is listed by itself.
func (s *store) list(ctx context.Context) ([]string, error) {
	var paths []string
	queue := []string{"."}
	for done := 0; done < len(queue); done++ {
		top := queue[done]
		dir, info, err := child.Open(s.g.root, top)
		if err != nil && top != "." {
			continue // it vanished, or something else took its place
		}
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			_ = dir.Close()
			continue
		}
		i := s.git("ls-files", "-z", "--others", "--exclude-standard", "--exclude="+ownTemporary)
		i.Dir, i.time = dir, snapshotTime
		i.Env = append(i.Env, "GIT_WORK_TREE=.")
		i.Output = &tokens{take: func(p string) error {
			if nested, ok := strings.CutSuffix(p, "/"); ok {
				queue = append(queue, path.Join(top, nested))
			} else {
				paths = append(paths, path.Join(top, p))
			}
			if len(paths) > maxHeldFiles || len(queue) > maxNested {
				return errEnough
			}
			return nil
		}}
		_, err = s.g.do(ctx, i)
		_ = dir.Close()
		if errors.Is(err, errEnough) {
			return nil, bridge.Errorf(bridge.CodeTooLarge,
				"checkpoint skipped: the workspace holds more than %d files or %d repositories that .gitignore does not exclude", maxHeldFiles, maxNested)
		}
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), nil
}

// scan looks at the files. Those that are too large are returned in skipped.
func (s *store) scan(ctx context.Context, paths []string) (found []entry, skipped []string, err error) {
	f := &folders{root: s.g.root}
	defer f.leave(0)
	var total int64
	for _, p := range paths {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if !holdable(p) {
			continue
		}
		dir, name, err := f.of(p, false)
		if err != nil {
			continue // gone, or a part of the path is a link now
		}
		info, err := dir.Lstat(name)
		if err != nil {
			continue
		}
		e, ok := entryOf(p, info)
		switch {
		case !ok || e.mode == symlink && strings.EqualFold(name, ".gitmodules"): // git refuses to store such a link
			continue
		case e.size > maxHeldFile:
			skipped = append(skipped, p)
			continue
		}
		if total += e.size; total > maxHeldBytes {
			return nil, nil, bridge.Errorf(bridge.CodeTooLarge,
				"checkpoint skipped: the workspace holds more than %d MB in files that .gitignore does not exclude", maxHeldBytes>>20)
		}
		found = append(found, e)
	}
	return found, skipped, nil
}

func entryOf(p string, info fs.FileInfo) (entry, bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	e := entry{path: p, mode: modeOf(info.Mode()), size: info.Size()}
	if !ok || e.mode == absent {
		return entry{}, false
	}
	e.inode, e.mtime, e.ctime = st.Ino, st.Mtim.Nano(), st.Ctim.Nano()
	return e, true
}

// errTooLarge: the file has grown since it was looked at.
var errTooLarge = errors.New("the file is too large now")

// read returns the contents of the file e, or where the link e leads. It never waits.
func read(f *folders, e entry) ([]byte, error) {
	dir, name, err := f.of(e.path, false)
	if err != nil {
		return nil, err
	}
	if e.mode == symlink {
		target, err := dir.Readlink(name)
		return []byte(target), err
	}
	file, err := dir.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	// Not a link or a pipe that took the file's place.
	if now, ok := entryOf(e.path, info); !ok || now.inode != e.inode {
		return nil, fs.ErrNotExist
	}
	data := make([]byte, 0, e.size+1)
	for {
		n, err := file.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if err == io.EOF {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
		if len(data) > maxHeldFile {
			return nil, errTooLarge
		}
		if len(data) == cap(data) {
			data = slices.Grow(data, max(len(data)/2, 512))
		}
	}
}
