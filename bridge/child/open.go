package child

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/bridge"
)

// Open opens the file or directory p below root for reading, whatever links lead there as
// long as they stay below root. It never waits for the other end of a pipe. What is
// neither a directory nor a regular file is refused. Errors are for the client.
func Open(root *os.Root, p string) (*os.File, fs.FileInfo, error) {
	f, err := root.OpenFile(p, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, explain(root, p, err)
	}
	info, err := f.Stat()
	if err == nil && !info.IsDir() && !info.Mode().IsRegular() {
		err = bridge.Errorf(bridge.CodeNotRegular, "%s is no regular file", Clip(p))
	}
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// RealPath returns the absolute path, without links, of what f holds open.
func RealPath(f *os.File) (string, error) {
	p, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
	if err != nil {
		return "", fmt.Errorf("find the path of an open file: %w", err)
	}
	return p, nil
}

func explain(root *os.Root, p string, err error) error {
	name := Clip(p)
	switch {
	case errors.Is(err, escapes(root)):
		return bridge.Errorf(bridge.CodeOutsideWorkspace, "%s leads out of the workspace", name)
	case errors.Is(err, fs.ErrNotExist):
		return bridge.Errorf(bridge.CodeNotFound, "there is no %s", name)
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		return bridge.Errorf(bridge.CodeNotDirectory, "a part of %s is no directory", name)
	case errors.Is(err, syscall.ENXIO), errors.Is(err, syscall.ENODEV): // a socket
		return bridge.Errorf(bridge.CodeNotRegular, "%s is no regular file", name)
	case errors.Is(err, syscall.ELOOP):
		return bridge.Errorf(bridge.CodeInvalidPath, "%s goes through too many links", name)
	case errors.Is(err, syscall.ENAMETOOLONG):
		return bridge.Errorf(bridge.CodeInvalidPath, "a name in %s is longer than 255 bytes", name)
	case errors.Is(err, fs.ErrPermission):
		return bridge.Errorf(bridge.CodePermissionDenied, "no right to read %s", name)
	}
	return err
}

// escapes returns what root says of paths that leave it. The os package has no name for
// it, so it is asked for one.
func escapes(root *os.Root) error {
	_, err := root.Lstat("..")
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

// Clip shortens a text for a message, which must stay short whatever it is about.
func Clip(s string) string {
	const most = 200
	if len(s) <= most {
		return Text(s)
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return Text(s[:cut]) + "…"
}
