package toolbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

// maxSearchText is how many characters of matches a model gets.
const maxSearchText = 24_000

func searchCode() tool {
	return tool{
		name: "searchCode", class: permission.ClassRead, readOnly: true,
		description: "Searches in files with ripgrep and shows the lines that match, by file. Files that .gitignore excludes and binary files are not searched.",
		aliases:     []string{"grep", "rg", "ripgrep", "search", "grepsearch", "searchfiles", "searchfilecontent", "codebasesearch", "searchcodebase", "greptool", "searchtext"},
		fields: []field{
			{name: "query", kind: text, required: true, most: 2000, about: "regular expression (Rust syntax), or plain text if isRegex is false", aliases: []string{"pattern", "regex", "regexp", "text", "search", "searchterm", "searchpattern", "searchquery", "q"}},
			{name: "isRegex", kind: truth, fallback: true, about: "false: query is plain text", aliases: []string{"regexenabled", "useregex"}},
			{name: "path", kind: file, fallback: ".", about: "folder or file to search in", aliases: []string{"directory", "dir", "folder", "file", "filepath", "cwd", "dirpath", "searchpath", "targetdirectory"}},
			{name: "include", kind: text, fallback: "", most: 1000, about: "only files that match this glob, such as *.ts; several are separated by commas", aliases: []string{"glob", "includepattern", "includes", "filepattern", "fileglob", "globpattern"}},
			{name: "caseSensitive", kind: truth, about: "default: only if query has capital letters", aliases: []string{"matchcase"}},
			{name: "context", kind: number, min: 0, max: 5, bounds: true, fallback: 0, about: "lines around each match", aliases: []string{"c", "contextlines", "linescontext"}},
			{name: "limit", kind: number, min: 1, max: bridge.MaxMatches, bounds: true, fallback: 100, about: "how many matches", aliases: []string{"maxresults", "headlimit", "maxmatches", "maxcount"}},
		},
		adapt: adaptSearch,
		fresh: func() arguments { return &searchCodeArgs{} },
	}
}

// adaptSearch reads the switches of other search tools: -i, fixed strings, lists of globs.
func adaptSearch(in raw) {
	for _, name := range []string{"i", "ignorecase", "caseinsensitive"} {
		if m, ok := in[name]; ok && !in.has("casesensitive", "matchcase") {
			if yes, problem := (field{}).readTruth("", m.value); problem == nil {
				in["casesensitive"] = member{name, encode(yes == false)}
			}
		}
		in.drop(name)
	}
	for _, name := range []string{"literal", "fixedstrings", "fixedstring", "f"} {
		if m, ok := in[name]; ok && !in.has("isregex") {
			if yes, problem := (field{}).readTruth("", m.value); problem == nil {
				in["isregex"] = member{name, encode(yes == false)}
			}
		}
		in.drop(name)
	}
	for _, name := range []string{"include", "glob", "includepattern", "includes", "filepattern", "fileglob", "globpattern"} {
		if m, ok := in[name]; ok && m.value[0] == '[' {
			if list, problem := (reader{}).list("", field{kind: texts}, m.value); problem == nil {
				var globs []string
				for _, g := range list.([]any) {
					globs = append(globs, g.(string))
				}
				in[name] = member{m.name, encode(strings.Join(globs, ","))}
			}
		}
	}
}

type searchCodeArgs struct {
	Query         string `json:"query"`
	IsRegex       bool   `json:"isRegex"`
	Path          string `json:"path"`
	Include       string `json:"include"`
	CaseSensitive *bool  `json:"caseSensitive,omitempty"`
	Context       int    `json:"context"`
	Limit         int    `json:"limit"`
}

func (a *searchCodeArgs) check() *Error {
	if a.Query == "" {
		return expected("query", "a text to search for", encode(a.Query))
	}
	return nil
}

func (a *searchCodeArgs) describe(_ *Session, p *permission.Call) string {
	p.Paths = []string{a.Path}
	if a.Path != "." {
		return fmt.Sprintf("Search %s in %s", clip(oneLine(a.Query, 80), 80), a.Path)
	}
	return "Search " + a.Query
}

func (a *searchCodeArgs) run(ctx context.Context, c *Call, _ func(string)) Result {
	var found bridge.SearchResult
	problem := c.session.call(ctx, "search "+a.Query, bridge.TypeSearch, bridge.Search{
		Query: a.Query, Literal: !a.IsRegex, Path: a.Path, Include: globs(a.Include), CaseSensitive: a.CaseSensitive, Context: a.Context, Limit: a.Limit,
	}, &found)
	if problem != nil {
		if problem.Code == CodeBadArguments && a.IsRegex {
			problem.Message += " Set isRegex to false if it is meant as plain text."
		}
		return failed(c.session.missing(ctx, a.Path, problem))
	}
	ruledOut := 0
	found.Matches = slices.DeleteFunc(found.Matches, func(m bridge.SearchMatch) bool {
		hides := c.hides(m.Path)
		if hides && !m.Neighbour {
			ruledOut++
		}
		return hides
	})
	type line struct {
		Path      string `json:"path"`
		Line      int    `json:"line"`
		Text      string `json:"text"`
		Neighbour bool   `json:"neighbour,omitempty"`
	}
	var b strings.Builder
	lines, matches, files, used := []line{}, 0, 0, 0
	foreign := false
	for i, m := range found.Matches {
		mark, head := ":", ""
		if m.Neighbour {
			mark = "-"
		}
		if i == 0 || m.Path != found.Matches[i-1].Path {
			head = m.Path + "\n"
			if i > 0 {
				head = "\n" + head
			}
		} else if a.Context > 0 && m.Line > found.Matches[i-1].Line+1 {
			head = "--\n"
		}
		shown := fmt.Sprintf("%s%d%s%s\n", head, m.Line, mark, m.Text)
		if used += utf8.RuneCountInString(shown); used > maxSearchText {
			found.Truncated = true
			break
		}
		if !strings.HasPrefix(head, "--") && head != "" {
			files++
		}
		if !m.Neighbour {
			matches++
		}
		b.WriteString(shown)
		foreign = foreign || ofDependency(m.Path)
		lines = append(lines, line{m.Path, m.Line, m.Text, m.Neighbour})
	}
	switch {
	case matches == 0 && found.Truncated:
		b.WriteString("No match was found in the time there was; search in a folder with fewer files.\n")
	case matches == 0:
		fmt.Fprintf(&b, "No match for %s in %s.\n", a.Query, a.Path)
	case found.Truncated:
		fmt.Fprintf(&b, "[there are more than these %d matches; narrow the search]\n", matches)
	}
	b.WriteString(hiddenNote(ruledOut))
	return Result{Text: b.String(), Foreign: foreign, output: map[string]any{"matches": lines, "files": files, "truncated": found.Truncated}}
}

// globs splits a list at the commas that are not inside braces.
func globs(list string) []string {
	var all []string
	depth, from := 0, 0
	for i, r := range list + "," {
		switch {
		case r == '{':
			depth++
		case r == '}':
			depth = max(depth-1, 0)
		case r == ',' && (depth == 0 || i == len(list)):
			if g := strings.TrimSpace(list[from:i]); g != "" {
				all = append(all, g)
			}
			from = i + 1
		}
	}
	return slices.Clip(all)
}
