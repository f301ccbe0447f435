package toolbox

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

func findFiles() tool {
	return tool{
		name: "findFiles", class: permission.ClassRead, readOnly: true,
		description: "Finds files by a glob, newest first. A pattern without / is compared with names at any depth. Files that .gitignore excludes are not found.",
		aliases:     []string{"glob", "find", "findfile", "filesearch", "globfiles", "searchfilesbyname", "findbyname", "globfilesearch"},
		fields: []field{
			{name: "pattern", kind: text, required: true, most: 1024, about: "glob such as src/**/*.{ts,tsx} or *.md", aliases: []string{"glob", "globpattern", "query", "name", "filepattern"}},
			{name: "path", kind: file, fallback: ".", about: "folder to look in", aliases: []string{"directory", "dir", "folder", "cwd", "dirpath", "searchdirectory", "targetdirectory"}},
			{name: "limit", kind: number, min: 1, max: bridge.MaxMatches, bounds: true, fallback: 200, about: "how many paths", aliases: []string{"maxresults", "headlimit", "count"}},
		},
		fresh: func() arguments { return &findFilesArgs{} },
	}
}

type findFilesArgs struct {
	Pattern string `json:"pattern"`
	Path    string `json:"path"`
	Limit   int    `json:"limit"`
}

func (a *findFilesArgs) check() *Error {
	if strings.TrimSpace(a.Pattern) == "" {
		return expected("pattern", "a glob", encode(a.Pattern))
	}
	return nil
}

func (a *findFilesArgs) describe(_ *Session, p *permission.Call) string {
	p.Paths = []string{a.Path}
	return "Find " + a.Pattern
}

func (a *findFilesArgs) run(ctx context.Context, c *Call, _ func(string)) Result {
	// Models give the pattern with the folder of the workspace before it.
	pattern := strings.TrimPrefix(a.Pattern, path.Clean(c.session.place.Root)+"/")
	var found bridge.GlobResult
	problem := c.session.call(ctx, "find "+a.Pattern, bridge.TypeGlob, bridge.Glob{Pattern: pattern, Path: a.Path, Limit: a.Limit}, &found)
	if problem != nil {
		return failed(c.session.missing(ctx, a.Path, problem))
	}
	paths, ruledOut := make([]string, 0, len(found.Files)), 0
	for _, f := range found.Files {
		if c.hides(f.Path) {
			ruledOut++
			continue
		}
		paths = append(paths, f.Path)
	}
	text := strings.Join(paths, "\n") + "\n"
	switch {
	case len(paths) == 0 && found.Truncated:
		text = "No file was found in the time there was; look in a folder with fewer files.\n"
	case len(paths) == 0:
		text = "No file matches " + a.Pattern + " in " + a.Path + ".\n"
	case found.Truncated:
		text += "[there are more; give a narrower pattern]\n"
	}
	text += hiddenNote(ruledOut)
	return Result{Text: text, Foreign: slices.ContainsFunc(paths, ofDependency), output: map[string]any{"paths": paths, "truncated": found.Truncated}}
}
