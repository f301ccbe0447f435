package bridgeserver

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"

	"github.com/kalpana-dev/kalpana/bridge"
)

// maxLinks is how many symbolic links in a row are followed to a file that is written;
// the kernel's own limit is 40, and honest chains have one or two.
const maxLinks = 10

// cleanPath checks a client's path and returns it in its shortest form, "." for the
// workspace itself. What links lead to is os.Root's to check, when the path is used.
func cleanPath(p string) (string, error) {
	switch {
	case p == "":
		return "", bridge.Errorf(bridge.CodeInvalidPath, "path is missing")
	case len(p) > bridge.MaxPathBytes:
		return "", bridge.Errorf(bridge.CodeInvalidPath, "path is longer than %d bytes", bridge.MaxPathBytes)
	case strings.ContainsRune(p, 0):
		return "", bridge.Errorf(bridge.CodeInvalidPath, "path holds a NUL byte")
	case p[0] == '/':
		return "", bridge.Errorf(bridge.CodeOutsideWorkspace, "%s is absolute; give it relative to the workspace", clip(p))
	}
	for element := range strings.SplitSeq(p, "/") {
		if element == ".." {
			return "", bridge.Errorf(bridge.CodeOutsideWorkspace, `%s holds ".."; give the path without it`, clip(p))
		}
	}
	return path.Clean(p), nil
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

// explain turns an error of the file system into one for the client. p is the client's path.
func (f *files) explain(p string, err error) error {
	p = clip(p)
	switch {
	case err == nil:
		return nil
	case f.escapes != nil && errors.Is(err, f.escapes):
		return bridge.Errorf(bridge.CodeOutsideWorkspace, "%s leads out of the workspace", p)
	case errors.Is(err, fs.ErrNotExist):
		return bridge.Errorf(bridge.CodeNotFound, "there is no %s", p)
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist): // the latter for a directory that is a dead link
		return bridge.Errorf(bridge.CodeNotDirectory, "a part of %s is no directory", p)
	case errors.Is(err, syscall.EISDIR):
		return bridge.Errorf(bridge.CodeIsDirectory, "%s is a directory", p)
	case errors.Is(err, syscall.ENXIO), errors.Is(err, syscall.ENODEV): // a pipe without reader, a socket
		return bridge.Errorf(bridge.CodeNotRegular, "%s is no regular file", p)
	case errors.Is(err, syscall.ELOOP):
		return bridge.Errorf(bridge.CodeInvalidPath, "%s goes through too many links", p)
	case errors.Is(err, syscall.ENAMETOOLONG):
		return bridge.Errorf(bridge.CodeInvalidPath, "a name in %s is longer than 255 bytes", p)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return bridge.Errorf(bridge.CodePermissionDenied, "no right to do this to %s", p)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return bridge.Errorf(bridge.CodeDiskFull, "the disk is full; %s is unchanged", p)
	}
	return err
}

// target follows symbolic links from p to the file that they stand for, so that writing
// replaces that file and not the link. p need not exist.
func (f *files) target(p string) (string, error) {
	for name, hops := p, 0; ; hops++ {
		info, err := f.root.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) && hops == 0 {
			return name, nil
		}
		if err != nil {
			return "", f.explain(p, err)
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			// Joining names is not following them where a directory on the way is a link
			// too: what was found must be what the system finds.
			if hops > 0 {
				there, err := f.root.Stat(p)
				if err != nil {
					return "", f.explain(p, err)
				}
				if !os.SameFile(info, there) {
					return "", bridge.Errorf(bridge.CodeInvalidPath, "%s goes through too many links", clip(p))
				}
			}
			return name, nil
		}
		if hops >= maxLinks {
			return "", bridge.Errorf(bridge.CodeInvalidPath, "%s goes through too many links", clip(p))
		}
		link, err := f.root.Readlink(name)
		if err != nil {
			return "", f.explain(p, err)
		}
		if path.IsAbs(link) {
			return "", bridge.Errorf(bridge.CodeOutsideWorkspace, "%s is a link to an absolute path", clip(p))
		}
		if name = path.Join(path.Dir(name), link); name == ".." || strings.HasPrefix(name, "../") {
			return "", bridge.Errorf(bridge.CodeOutsideWorkspace, "%s leads out of the workspace", clip(p))
		}
	}
}
