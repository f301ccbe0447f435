package files

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/kalpana-dev/kalpana/bridge"
)

// Stat answers statFile. A link is described itself, not what it leads to.
func (f *Files) Stat(_ context.Context, req bridge.StatFile) (bridge.Entry, error) {
	p, err := f.clean(req.Path)
	if err != nil {
		return bridge.Entry{}, err
	}
	return f.stat(p)
}

func (f *Files) stat(p string) (bridge.Entry, error) {
	info, err := f.root.Lstat(p)
	if err != nil {
		return bridge.Entry{}, f.explain(p, err)
	}
	return entry(p, info), nil
}

// MakeDirectory answers makeDirectory. A link to a directory counts as one.
func (f *Files) MakeDirectory(_ context.Context, req bridge.MakeDirectory) (bridge.Entry, error) {
	p, err := f.clean(req.Path)
	if err != nil {
		return bridge.Entry{}, err
	}
	if err := f.root.MkdirAll(p, 0o755); err != nil {
		if info, statErr := f.root.Stat(p); statErr == nil && !info.IsDir() {
			return bridge.Entry{}, bridge.Errorf(bridge.CodeExists, "%s exists already, and is no directory", clip(p))
		}
		return bridge.Entry{}, f.explain(p, err)
	}
	info, err := f.root.Stat(p)
	if err != nil {
		return bridge.Entry{}, f.explain(p, err)
	}
	return entry(p, info), nil
}

// Move answers moveFile. A link is moved itself, and as a target replaced itself. What is
// at To is never lost without Overwrite, even if it appeared a moment ago.
func (f *Files) Move(_ context.Context, req bridge.MoveFile) (bridge.Entry, error) {
	from, err := f.clean(req.From)
	if err != nil {
		return bridge.Entry{}, err
	}
	to, err := f.clean(req.To)
	if err != nil {
		return bridge.Entry{}, err
	}
	source, err := f.movable(from, to)
	if err != nil {
		return bridge.Entry{}, err
	}
	// A directory can replace an empty one only, and that would be no overwriting of a file.
	move := renameNew
	switch target, err := f.root.Lstat(to); {
	case errors.Is(err, fs.ErrNotExist):
		if err := f.root.MkdirAll(path.Dir(to), 0o755); err != nil {
			return bridge.Entry{}, f.explain(to, err)
		}
	case err != nil:
		return bridge.Entry{}, f.explain(to, err)
	case os.SameFile(source, target):
		return bridge.Entry{}, bridge.Errorf(bridge.CodeBadRequest, "%s and %s are the same file", clip(from), clip(to))
	case !req.Overwrite:
		return bridge.Entry{}, exists(to)
	case target.IsDir():
		return bridge.Entry{}, bridge.Errorf(bridge.CodeIsDirectory, "%s is a directory, which is not replaced; delete it first", clip(to))
	case source.IsDir():
		return bridge.Entry{}, bridge.Errorf(bridge.CodeExists, "%s is a file, which a directory does not replace; delete it first", clip(to))
	}
	if req.Overwrite && !source.IsDir() {
		move = rename
	}
	fromDir, err := f.folder(path.Dir(from))
	if err != nil {
		return bridge.Entry{}, f.explain(from, err)
	}
	defer fromDir.Close()
	toDir, err := f.folder(path.Dir(to))
	if err != nil {
		return bridge.Entry{}, f.explain(to, err)
	}
	defer toDir.Close()
	if err := move(fromDir, path.Base(from), toDir, path.Base(to)); err != nil {
		return bridge.Entry{}, f.explainMove(from, to, err)
	}
	return f.stat(to)
}

// movable looks up what is to be moved and refuses what can be seen to be impossible.
func (f *Files) movable(from, to string) (fs.FileInfo, error) {
	info, err := f.root.Lstat(from)
	switch {
	case from == "." || to == ".":
		return nil, bridge.Errorf(bridge.CodeBadRequest, "the workspace itself is neither moved nor replaced")
	case err != nil:
		return nil, f.explain(from, err)
	case from == to:
		return nil, bridge.Errorf(bridge.CodeBadRequest, "%s is there already", clip(from))
	case info.IsDir() && strings.HasPrefix(to, from+"/"):
		return nil, intoItself(from)
	}
	return info, nil
}

func intoItself(from string) error {
	return bridge.Errorf(bridge.CodeBadRequest, "%s cannot be moved into itself", clip(from))
}

func (f *Files) explainMove(from, to string, err error) error {
	switch {
	case errors.Is(err, fs.ErrExist):
		return exists(to)
	case errors.Is(err, unix.EINVAL):
		return intoItself(from)
	case errors.Is(err, unix.EXDEV):
		return bridge.Errorf(bridge.CodeBadRequest, "%s and %s are on different file systems; copy it and delete the original", clip(from), clip(to))
	case errors.Is(err, fs.ErrNotExist):
		return f.explain(from, err)
	}
	return f.explain(to, err)
}
