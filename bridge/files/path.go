package files

import (
	"path"
	"strings"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/bridge"
)

// Clean checks a client's path and returns it in its shortest form, relative to the
// workspace and "." for the workspace itself. root is the workspace's absolute folder: a
// path that begins with it is taken for the relative one, as people and agents paste both.
// What links on the way lead to is not looked at: only an os.Root can check that, when
// the path is used.
func Clean(root, p string) (string, error) {
	switch {
	case p == "":
		return "", bridge.Errorf(bridge.CodeInvalidPath, "path is missing")
	case len(p) > bridge.MaxPathBytes:
		return "", bridge.Errorf(bridge.CodeInvalidPath, "path is longer than %d bytes", bridge.MaxPathBytes)
	case strings.ContainsRune(p, 0):
		return "", bridge.Errorf(bridge.CodeInvalidPath, "path holds a NUL byte")
	}
	for element := range strings.SplitSeq(p, "/") {
		if element == ".." {
			return "", bridge.Errorf(bridge.CodeOutsideWorkspace, `%s holds ".."; give the path without it`, clip(p))
		}
	}
	clean := path.Clean(p)
	if !path.IsAbs(clean) {
		return clean, nil
	}
	if root = path.Clean(root); clean == root {
		return ".", nil
	}
	below, inside := strings.CutPrefix(clean, strings.TrimSuffix(root, "/")+"/")
	if !inside || !path.IsAbs(root) {
		return "", bridge.Errorf(bridge.CodeOutsideWorkspace, "%s is outside the workspace; give a path relative to it", clip(p))
	}
	return below, nil
}

// clip shortens a path for a message, which must stay short whatever the client sent.
func clip(p string) string {
	const most = 200
	if len(p) <= most {
		return p
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(p[cut]) {
		cut--
	}
	return p[:cut] + "…"
}
