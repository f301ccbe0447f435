package gateway

import (
	"net/http"
	"strings"
)

// A service worker stays in the browser of whoever opened a page once, and answers for all
// addresses below its scope: it would outlive a repair of the workspace, and stand between
// a visitor and the addresses that are the gateway's own. On the editor's host only the
// editor's own files may become one. A file of the repository, or what a program inside
// answers through the editor, may not.
//
// A port's host is its program's own. It may have a worker there, as many do, and that sees
// no more than the program's pages can do anyway: the cookies are out of its reach, and a
// ticket is worth nothing without the nonce in one of them.

var refuseWorker = refusal{http.StatusForbidden, "forbidden_worker", "No service worker", "On the editor's host only the editor's own files may be service workers.", 0}

// wantsWorker reports whether a browser fetches a script as a service worker; pages cannot
// set this header.
func wantsWorker(h http.Header) bool { return len(h["Service-Worker"]) > 0 }

// editorFile reports whether path is one of the editor's own files, which are below
// /_static/ and /<quality>-<commit>/static/.
func editorFile(path string) bool {
	if strings.HasPrefix(path, staticPath) {
		return plainPath(path)
	}
	version, rest, found := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return found && strings.Contains(version, "-") && strings.HasPrefix(rest, "static/") && plainPath(path)
}

// plainPath reports whether a path means the same to every program.
func plainPath(path string) bool {
	for segment := range strings.SplitSeq(path[1:], "/") {
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
	}
	return strings.IndexByte(path, '\\') < 0
}

// forgetPages makes a browser drop what pages of this host left in it, service workers
// among it. It goes with the answer for workspaces that do not exist, which is the same for
// those that are gone and those of others.
func forgetPages(h http.Header) { h.Set("Clear-Site-Data", `"storage"`) }
