package permission

import (
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// scratch is the folder for files of no worth. Writing there is no danger, but it is outside
// the workspace, so no rule allows it.
const scratch = "/tmp"

// redirect judges `> file` and its relatives.
func (w *walker) redirect(r *syntax.Redirect, part *Part) {
	if r.N != nil && strings.HasPrefix(r.N.Value, "{") {
		w.note(true, "keeps a file open under a variable")
		return
	}
	switch r.Op {
	case syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
		part.feeds = true
		return
	case syntax.DplIn, syntax.DplOut:
		if target := literal(r.Word, ""); target.sure() && (target.text == "-" || isNumber(strings.TrimSuffix(target.text, "-"))) {
			return // 2>&1
		}
	}
	target := literal(r.Word, w.place.Home)
	reads := r.Op == syntax.RdrIn
	if target.sure() && target.text == "/dev/null" {
		return
	}
	part.writes = part.writes || !reads
	w.files = append(w.files, target.text)
	switch {
	case !target.sure() || target.text == "":
		w.note(true, "redirects to a file whose name is only known when it runs")
		return
	case strings.HasPrefix(w.place.resolve(w.dir, target.text), "/dev/"):
		w.note(true, "redirects to %s, which may be a connection to the network", quoted(target.text))
		return
	}
	if reads {
		if !w.place.inside(w.dir, target.text) || secretToRead(target.text) {
			w.note(true, "reads %s", quoted(target.text))
		}
		return
	}
	if why, ok := w.place.sensitive(w.dir, target.text); ok {
		w.note(true, "%s", why)
		return
	}
	switch at := w.place.resolve(w.dir, target.text); {
	case within(at, w.place.Root):
		w.note(false, "writes to the file %s", quoted(target.text))
	case within(at, scratch):
		w.note(false, "writes to the file %s outside the workspace", quoted(target.text))
	default:
		w.note(true, "writes to the file %s outside the workspace", quoted(target.text))
	}
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return err == nil
}
