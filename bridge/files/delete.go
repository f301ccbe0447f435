package files

import (
	"context"
	"errors"
	"io"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"github.com/kalpana-dev/kalpana/bridge"
)

// maxDepth is how many directories inside each other are deleted. Each costs an open
// file; paths have room for no more (bridge.MaxPathBytes).
const maxDepth = bridge.MaxPathBytes / 2

// Delete answers deleteFile. It follows no link on the way down, whoever puts one there
// meanwhile. If it fails or is cancelled half-way, what is gone is gone.
func (f *Files) Delete(ctx context.Context, req bridge.DeleteFile) (bridge.Deleted, error) {
	p, err := f.clean(req.Path)
	if err != nil {
		return bridge.Deleted{}, err
	}
	if p == "." {
		return bridge.Deleted{}, bridge.Errorf(bridge.CodeBadRequest, "the workspace itself is not deleted")
	}
	dir, err := f.folder(path.Dir(p))
	if err != nil {
		return bridge.Deleted{}, f.explain(p, err)
	}
	defer dir.Close()
	name := path.Base(p)
	err = unlink(dir, name, 0)
	if !errors.Is(err, unix.EISDIR) {
		if err != nil {
			return bridge.Deleted{}, f.explain(p, err)
		}
		return bridge.Deleted{Count: 1}, nil
	}
	if req.Recursive {
		var answer bridge.Deleted
		err := f.deleteTree(ctx, dir, name, p, 1, &answer.Count)
		return answer, err
	}
	err = unlink(dir, name, unix.AT_REMOVEDIR)
	switch {
	case err == nil:
		return bridge.Deleted{Count: 1}, nil
	case errors.Is(err, unix.ENOTEMPTY), errors.Is(err, unix.EEXIST):
		return bridge.Deleted{}, notEmpty(p, "set recursive to delete it with its contents")
	}
	return bridge.Deleted{}, f.explain(p, err)
}

// deleteTree deletes the directory name in dir and what is in it. p is its path, for messages.
func (f *Files) deleteTree(ctx context.Context, dir *os.File, name, p string, depth int, count *int) error {
	if depth > maxDepth {
		return bridge.Errorf(bridge.CodeTooLarge, "%s is more than %d directories deep; delete it with a command", clip(p), maxDepth)
	}
	d, err := openAt(dir, name, os.O_RDONLY|unix.O_DIRECTORY, 0)
	switch {
	case err == nil:
	case depth > 1 && (errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP)):
		return nil // it is another thing by now, which the caller comes across once more
	default:
		return f.explain(p, err)
	}
	defer d.Close()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		names, err := d.Readdirnames(readBatch)
		if err != nil && !errors.Is(err, io.EOF) {
			return f.explain(p, err)
		}
		if len(names) == 0 {
			break
		}
		for _, n := range names {
			err := unlink(d, n, 0)
			switch {
			case err == nil:
				*count++
			case errors.Is(err, unix.EISDIR):
				err = f.deleteTree(ctx, d, n, path.Join(p, n), depth+1, count)
			}
			if err != nil && !errors.Is(err, unix.ENOENT) {
				return f.explain(path.Join(p, n), err)
			}
		}
		// Deleting moves what comes next, on some file systems.
		if _, err := d.Seek(0, io.SeekStart); err != nil {
			return f.explain(p, err)
		}
	}
	switch err := unlink(dir, name, unix.AT_REMOVEDIR); {
	case err == nil:
		*count++
	case errors.Is(err, unix.ENOTEMPTY), errors.Is(err, unix.EEXIST):
		return notEmpty(p, "something was put there while it was deleted")
	case !errors.Is(err, unix.ENOENT):
		return f.explain(p, err)
	}
	return nil
}

func notEmpty(p, why string) error {
	return bridge.Errorf(bridge.CodeNotEmpty, "%s is not empty; %s", clip(p), why)
}

func unlink(dir *os.File, name string, flags int) error {
	return unix.Unlinkat(int(dir.Fd()), name, flags)
}
