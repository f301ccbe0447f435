package files

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/kalpana-dev/kalpana/bridge"
)

// Runner starts processes and waits for them. It stands between because the bridge is
// PID 1: whoever reaps orphans there must know which children have a waiter.
type Runner interface {
	// Start does what cmd.Start does.
	Start(cmd *exec.Cmd) error
	// Wait does what cmd.Wait does; called once for every cmd that was started.
	Wait(cmd *exec.Cmd) error
}

// Files does the work of file requests, all of it below one root. Safe for concurrent use.
type Files struct {
	root *os.Root
	run  Runner
	// escapes is the error of root for paths that leave it.
	escapes error
	locks   locks
	// watched counts the directories that are watched, of all requests together.
	watched atomic.Int64
}

// New returns the files below root, whose name must be the workspace's absolute folder.
// The caller closes root when no request is running any more.
func New(root *os.Root, run Runner) *Files {
	f := &Files{root: root, run: run, escapes: escapeError(root)}
	for i := range f.locks {
		f.locks[i] = make(chan struct{}, 1)
	}
	return f
}

// escapeError returns what root says of paths that leave it. The os package has no name
// for it, so it is asked for one.
func escapeError(root *os.Root) error {
	_, err := root.Lstat("..")
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

func (f *Files) clean(p string) (string, error) { return Clean(f.root.Name(), p) }

// folder opens a directory as a place for names, without the right to list it. An open
// directory stays the same one, whatever is renamed meanwhile; system calls on a name in
// it that follow no link are as confined as root is. Root.OpenRoot would do, but it
// blocks when somebody has put a pipe in the directory's place.
func (f *Files) folder(p string) (*os.File, error) {
	return f.root.OpenFile(p, unix.O_PATH|unix.O_DIRECTORY, 0)
}

// listing opens a directory for reading its names.
func (f *Files) listing(p string) (*os.File, error) {
	return f.root.OpenFile(p, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NONBLOCK, 0)
}

// openAt opens name in dir and follows no link. It does not block, either: to open a
// pipe would otherwise wait for somebody at its other end.
func openAt(dir *os.File, name string, flags int, mode fs.FileMode) (*os.File, error) {
	for {
		fd, err := unix.Openat(int(dir.Fd()), name, flags|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, uint32(mode.Perm()))
		switch {
		case err == nil:
			return os.NewFile(uintptr(fd), name), nil
		case !errors.Is(err, unix.EINTR):
			return nil, &fs.PathError{Op: "openat", Path: name, Err: err}
		}
	}
}

// explain turns an error of the file system into one for the client. p is the client's path.
func (f *Files) explain(p string, err error) error {
	if _, ok := errors.AsType[*bridge.Error](err); ok {
		return err
	}
	p = clip(p)
	switch {
	case err == nil:
		return nil
	case f.escapes != nil && errors.Is(err, f.escapes):
		return bridge.Errorf(bridge.CodeOutsideWorkspace, "%s leads out of the workspace", p)
	case errors.Is(err, fs.ErrNotExist):
		return bridge.Errorf(bridge.CodeNotFound, "there is no %s", p)
	case errors.Is(err, unix.ENOTDIR), errors.Is(err, fs.ErrExist): // the latter for a directory that is a dead link
		return bridge.Errorf(bridge.CodeNotDirectory, "a part of %s is no directory", p)
	case errors.Is(err, unix.EISDIR):
		return bridge.Errorf(bridge.CodeIsDirectory, "%s is a directory", p)
	case errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV): // a pipe without reader, a socket
		return bridge.Errorf(bridge.CodeNotRegular, "%s is no regular file", p)
	case errors.Is(err, unix.ELOOP):
		return bridge.Errorf(bridge.CodeInvalidPath, "%s goes through too many links", p)
	case errors.Is(err, unix.ENAMETOOLONG):
		return bridge.Errorf(bridge.CodeInvalidPath, "a name in %s is longer than 255 bytes", p)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, unix.EROFS):
		return bridge.Errorf(bridge.CodePermissionDenied, "no right to do this to %s", p)
	case errors.Is(err, unix.EBUSY):
		return bridge.Errorf(bridge.CodePermissionDenied, "%s is in use by the system, as a mount point for example", p)
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		return bridge.Errorf(bridge.CodeDiskFull, "the disk is full; %s is unchanged", p)
	}
	return err
}

// regular refuses everything that is no regular file.
func regular(p string, info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return bridge.Errorf(bridge.CodeIsDirectory, "%s is a directory", clip(p))
	case !info.Mode().IsRegular():
		return bridge.Errorf(bridge.CodeNotRegular, "%s is no regular file", clip(p))
	}
	return nil
}

// open opens a regular file for reading, through links that stay inside.
func (f *Files) open(p string) (*os.File, fs.FileInfo, error) {
	file, err := f.root.OpenFile(p, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, f.explain(p, err)
	}
	info, err := file.Stat()
	if err == nil {
		err = regular(p, info)
	}
	if err != nil {
		_ = file.Close()
		return nil, nil, f.explain(p, err)
	}
	return file, info, nil
}

// Locate returns the absolute path of a regular file, which a program outside is to open.
// It may be another file by then; that program has its own rights.
func (f *Files) Locate(p string) (string, error) {
	name, err := f.clean(p)
	if err != nil {
		return "", err
	}
	file, _, err := f.open(name)
	if err != nil {
		return "", err
	}
	return path.Join(f.root.Name(), name), file.Close()
}
