package files

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
)

// maxFollowed is how many links on the way to one path are followed: the kernel's own limit.
const maxFollowed = 40

// ResolvePaths answers resolvePaths.
func (f *Files) ResolvePaths(ctx context.Context, req bridge.ResolvePaths) (bridge.ResolvedPaths, error) {
	if len(req.Paths) > bridge.MaxResolved {
		return bridge.ResolvedPaths{}, bridge.Errorf(bridge.CodeBadRequest, "paths: at most %d are resolved at once, got %d", bridge.MaxResolved, len(req.Paths))
	}
	out := bridge.ResolvedPaths{Paths: make([]string, 0, len(req.Paths))}
	for _, p := range req.Paths {
		if ctx.Err() != nil {
			return bridge.ResolvedPaths{}, ctx.Err()
		}
		name, err := f.clean(p)
		if err != nil {
			return bridge.ResolvedPaths{}, err
		}
		real, err := f.resolve(name, !req.KeepLast)
		if err != nil {
			return bridge.ResolvedPaths{}, err
		}
		out.Paths = append(out.Paths, real)
	}
	return out, nil
}

// resolve follows the links on the way to p, and p itself if last is set. From the first name
// on that is not there the rest stays as it is.
func (f *Files) resolve(p string, last bool) (string, error) {
	real, rest, links := ".", strings.Split(p, "/"), 0
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "", ".":
			continue
		case "..": // only links have these
			if real == "." {
				return "", bridge.Errorf(bridge.CodeOutsideWorkspace, "%s leads out of the workspace", clip(p))
			}
			real = path.Dir(real)
			continue
		}
		at := path.Join(real, name)
		info, err := f.root.Lstat(at)
		if errors.Is(err, fs.ErrNotExist) {
			// What a link says behind a name that is not there leads nowhere.
			if slices.Contains(rest, "..") {
				return "", bridge.Errorf(bridge.CodeNotFound, "there is no %s", clip(p))
			}
			return path.Join(append([]string{at}, rest...)...), nil
		}
		if err != nil {
			return "", f.explain(p, err)
		}
		if info.Mode()&fs.ModeSymlink == 0 || len(rest) == 0 && !last {
			real = at
			continue
		}
		if links++; links > maxFollowed {
			return "", bridge.Errorf(bridge.CodeInvalidPath, "%s goes through too many links", clip(p))
		}
		link, err := f.root.Readlink(at)
		if err != nil {
			return "", f.explain(p, err)
		}
		if path.IsAbs(link) {
			return "", bridge.Errorf(bridge.CodeOutsideWorkspace, "%s goes through a link to an absolute path", clip(p))
		}
		rest = append(strings.Split(link, "/"), rest...)
	}
	return real, nil
}
