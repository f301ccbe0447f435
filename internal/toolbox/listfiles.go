package toolbox

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

const (
	// maxListed is how many entries a tree shows, maxListTime how long it may take.
	maxListed   = 500
	maxListTime = 3 * time.Second
)

func listFiles() tool {
	return tool{
		name: "listFiles", class: permission.ClassRead, readOnly: true,
		description: "Shows a folder as a tree. What .gitignore excludes is left out unless includeIgnored is set; what is inside .git and node_modules always is.",
		aliases:     []string{"ls", "list", "listdir", "listdirectory", "readdirectory", "readdir", "tree", "viewdirectory"},
		fields: []field{
			{name: "path", kind: file, fallback: ".", about: "folder, relative to the workspace", aliases: []string{"directory", "dir", "folder", "dirpath", "directorypath", "filepath", "targetdirectory", "relativeworkspacepath", "absolutepath"}},
			{name: "depth", kind: number, min: 1, max: 6, bounds: true, fallback: 2, about: "how many levels", aliases: []string{"maxdepth", "level", "levels"}},
			{name: "includeIgnored", kind: truth, fallback: false, about: "also what .gitignore excludes"},
		},
		adapt: func(in raw) {
			if m, ok := in["recursive"]; ok && string(m.value) == "true" && !in.has("depth", "maxdepth") {
				in["depth"] = member{"depth", []byte("4")}
			}
			in.drop("recursive")
		},
		fresh: func() arguments { return &listFilesArgs{} },
	}
}

type listFilesArgs struct {
	Path           string `json:"path"`
	Depth          int    `json:"depth"`
	IncludeIgnored bool   `json:"includeIgnored"`
}

func (a *listFilesArgs) describe(_ *Session, p *permission.Call) string {
	p.Paths = []string{a.Path}
	return "List " + a.Path
}

func (a *listFilesArgs) run(ctx context.Context, c *Call, _ func(string)) Result {
	s := c.session
	timed, cancel := context.WithTimeout(ctx, maxListTime)
	defer cancel()
	var list bridge.FileList
	if err := s.bridge.Call(timed, bridge.TypeListFiles, bridge.ListFiles{Path: a.Path, Recursive: true, Depth: a.Depth}, &list); err != nil {
		if timed.Err() != nil && ctx.Err() == nil {
			return failed(errorf(CodeTooLarge, "listing %s takes longer than %v. List a folder in it, or less deep.", a.Path, maxListTime))
		}
		return failed(s.missing(ctx, a.Path, fromBridge("list "+a.Path, err)))
	}
	before := len(list.Entries)
	list.Entries = slices.DeleteFunc(list.Entries, func(e bridge.Entry) bool { return c.hides(e.Path) })
	ruledOut, hidden := before-len(list.Entries), 0
	if !a.IncludeIgnored {
		before := len(list.Entries)
		list.Entries = s.withoutIgnored(timed, a, list.Entries)
		hidden = before - len(list.Entries)
	}
	shown, omitted := nearest(a.Path, list.Entries, maxListed)
	var b strings.Builder
	for _, e := range shown {
		b.WriteString(strings.Repeat("  ", depthBelow(a.Path, e.Path)-1) + treeLine(e) + "\n")
	}
	tree := b.String()
	var notes []string
	switch {
	case list.Truncated:
		notes = append(notes, fmt.Sprintf("more than %d entries are not shown; list a folder in it", omitted))
	case omitted > 0:
		notes = append(notes, fmt.Sprintf("%d entries are not shown; list a folder in it", omitted))
	}
	if hidden > 0 {
		notes = append(notes, fmt.Sprintf("%d that git ignores are left out; includeIgnored shows them", hidden))
	}
	text := a.Path + "/\n" + indent(tree)
	if len(shown) == 0 {
		text += "  (nothing)\n"
	}
	if len(notes) > 0 {
		text += "[" + strings.Join(notes, "; ") + "]\n"
	}
	text += hiddenNote(ruledOut)
	return Result{Text: text, output: map[string]any{"path": a.Path, "text": tree, "entries": len(shown), "omitted": omitted}}
}

func indent(tree string) string {
	var b strings.Builder
	for line := range strings.Lines(tree) {
		b.WriteString("  " + line)
	}
	return b.String()
}

func treeLine(e bridge.Entry) string {
	name := permission.Visible(strings.ReplaceAll(e.Name, "\n", "⏎"))
	switch e.Type {
	case bridge.EntryDirectory:
		return name + "/"
	case bridge.EntryFile:
		return name + "  " + size(e.Size)
	}
	return name + "  (" + e.Type + ")"
}

// size writes a number of bytes for people.
func size(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

// depthBelow is how many levels below top p is; 1 for what is directly in it.
func depthBelow(top, p string) int {
	if top != "." {
		p = strings.TrimPrefix(p, top+"/")
	}
	return strings.Count(p, "/") + 1
}

// nearest returns at most most of the entries, those that are deep left out first, in the
// order of a tree, and how many it leaves out.
func nearest(top string, entries []bridge.Entry, most int) (shown []bridge.Entry, omitted int) {
	shown = slices.Clone(entries)
	slices.SortStableFunc(shown, func(a, b bridge.Entry) int { return depthBelow(top, a.Path) - depthBelow(top, b.Path) })
	if len(shown) > most {
		shown, omitted = shown[:most], len(shown)-most
	}
	slices.SortFunc(shown, func(a, b bridge.Entry) int {
		return slices.Compare(strings.Split(a.Path, "/"), strings.Split(b.Path, "/"))
	})
	return shown, omitted
}

// generated are folders that hold what tools made, for workspaces in which the ignored files
// cannot be told exactly.
var generated = []string{
	"node_modules", ".venv", "venv", "__pycache__", ".cache", ".next", ".nuxt", ".svelte-kit", ".turbo", ".gradle",
	".terraform", ".tox", ".mypy_cache", ".pytest_cache", ".ruff_cache", "target", "dist", "build", "coverage", "vendor", ".direnv",
}

// withoutIgnored leaves out what git ignores. The bridge lists up to bridge.MaxMatches files
// that are not ignored; where there are more, only folders with names that say it are left out.
func (s *Session) withoutIgnored(ctx context.Context, a *listFilesArgs, entries []bridge.Entry) []bridge.Entry {
	var found bridge.GlobResult
	err := s.bridge.Call(ctx, bridge.TypeGlob, bridge.Glob{Pattern: "**", Path: a.Path, Limit: bridge.MaxMatches}, &found)
	exact := err == nil && !found.Truncated
	wanted := map[string]bool{}
	for _, f := range found.Files {
		for p := f.Path; !wanted[p] && p != "." && p != "/"; p = path.Dir(p) {
			wanted[p] = true
		}
	}
	full := map[string]bool{} // folders that have something in them
	for _, e := range entries {
		full[path.Dir(e.Path)] = true
	}
	ignored := func(e bridge.Entry) bool {
		switch {
		case e.Name == ".git":
			return true
		case !exact:
			return e.Type == bridge.EntryDirectory && slices.Contains(generated, e.Name)
		case e.Type == bridge.EntryFile:
			return !wanted[e.Path]
		case e.Type == bridge.EntryDirectory:
			empty := !full[e.Path] && depthBelow(a.Path, e.Path) < a.Depth && e.Name != "node_modules"
			return !wanted[e.Path] && !empty
		}
		return false
	}
	gone := map[string]bool{}
	kept := make([]bridge.Entry, 0, len(entries))
	for _, e := range entries { // folders come before what is in them
		if gone[path.Dir(e.Path)] || ignored(e) {
			gone[e.Path] = true
			continue
		}
		kept = append(kept, e)
	}
	return kept
}
