package files

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"github.com/kalpana-dev/kalpana/bridge"
)

// condition is what must hold for a file to be written. The zero value always holds.
type condition struct {
	hash   string // the contents it must have
	absent bool   // it must not be there
}

// place is where a file is written.
type place struct {
	path string   // as the client named it
	dir  *os.File // the directory, a folder; the caller of Files.place closes it
	base string   // the name in dir
	mode fs.FileMode
	// exists: there was a file when the place was looked up.
	exists bool
	// locked: whoever replaces the file need not call Files.lock.
	locked bool
}

// missing says what place does about directories that are not there.
type missing int

const (
	refuseMissing missing = iota
	makeMissing
	// pretendMissing makes none: the place found is that of the first of them.
	pretendMissing
)

// place finds where p is to be written, and refuses what is no writable regular file.
// Directories are not made where only forbids to make a file.
func (f *Files) place(p string, only condition, dirs missing) (*place, error) {
	name, err := f.target(p)
	if err != nil {
		return nil, err
	}
	to := &place{path: p, base: path.Base(name), mode: 0o644}
	switch old, err := f.root.Lstat(name); {
	case errors.Is(err, fs.ErrNotExist):
		if only.hash != "" {
			return nil, changed(p)
		}
		switch dirs {
		case makeMissing:
			err = f.root.MkdirAll(path.Dir(name), 0o755)
		case pretendMissing:
			name, err = f.firstMissing(name)
			to.base = path.Base(name)
		default:
			err = nil
		}
		if err != nil {
			return nil, f.explain(p, err)
		}
	case err != nil:
		return nil, f.explain(p, err)
	default:
		if err := regular(p, old); err != nil {
			return nil, err
		}
		to.mode, to.exists = old.Mode().Perm(), true
		// Renaming over it would work: only the directory's mode counts for that.
		if to.mode&0o200 == 0 {
			return nil, bridge.Errorf(bridge.CodePermissionDenied, "%s is read-only", clip(p))
		}
	}
	if to.dir, err = f.folder(path.Dir(name)); err != nil {
		return nil, f.explain(p, err)
	}
	return to, nil
}

// locks lets the bridge's own requests replace a file one after the other, so that none
// of them overwrites what it did not see. Files share a few locks; to wait for another
// one's file costs milliseconds.
type locks [32]chan struct{}

// lock waits until no other request is about to replace the file at the place.
func (f *Files) lock(ctx context.Context, at *place) (unlock func(), err error) {
	// Not by its path, which may be one of many.
	var dir unix.Stat_t
	if err := unix.Fstat(int(at.dir.Fd()), &dir); err != nil {
		return nil, f.explain(at.path, err)
	}
	key := maphash.String(seed, fmt.Sprintf("%d %d %s", dir.Dev, dir.Ino, at.base))
	lock := f.locks[key%uint64(len(f.locks))]
	select {
	case lock <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	at.locked = true
	return func() { <-lock }, nil
}

// check reports why only does not hold at the place; nil if it does.
func (f *Files) check(ctx context.Context, at *place, only condition) error {
	if only.absent {
		var stat unix.Stat_t
		err := unix.Fstatat(int(at.dir.Fd()), at.base, &stat, unix.AT_SYMLINK_NOFOLLOW)
		switch {
		case err == nil:
			return exists(at.path)
		case !errors.Is(err, unix.ENOENT):
			return f.explain(at.path, err)
		}
	}
	if only.hash == "" {
		return nil
	}
	file, err := openAt(at.dir, at.base, os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ELOOP) { // gone, or a link now
		return changed(at.path)
	}
	if err != nil {
		return f.explain(at.path, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return f.explain(at.path, err)
	}
	if err := regular(at.path, info); err != nil {
		return err
	}
	hash, err := hashOf(ctx, file, info)
	if err != nil {
		return f.explain(at.path, err)
	}
	if hash != only.hash {
		return changed(at.path)
	}
	return nil
}

func changed(p string) error {
	return bridge.Errorf(bridge.CodeChangedOnDisk, "%s is not the file that ifHash names: it was changed or deleted since; read it again", clip(p))
}

func exists(p string) error {
	return bridge.Errorf(bridge.CodeExists, "%s exists already", clip(p))
}
