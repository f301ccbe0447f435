package permission

import (
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Hides says whether a rule denies reading the file name, or asks before it: what lists or
// searches many files leaves it out then. name is absolute or relative to the root.
func (p Policy) Hides(name string) bool {
	for _, rules := range [][]Rule{p.Rules, p.RunRules} {
		for _, r := range rules {
			if r.guards() && r.subject == SubjectRead && r.matchesPath(p.Place, p.Place.Root, name) {
				return true
			}
		}
	}
	return false
}

// guards says whether r keeps something from being read or changed.
func (r Rule) guards() bool { return r.effect == Deny || r.effect == Ask }

// below says whether r may be about something in the folder rel, or about rel itself. named
// says that r names the way there, without a pattern.
func (r Rule) below(rel string) (may, named bool) {
	pattern := segments(r.pattern)
	if pattern == nil {
		return true, false
	}
	dir := segments(rel)
	if rel == "." {
		dir = []string{}
	}
	for i, name := range dir {
		switch {
		case i >= len(pattern):
			return false, false
		case strings.Contains(pattern[i], "**"):
			return true, false
		case !overlap(pattern[i], name):
			return false, false
		}
	}
	return true, len(pattern) > len(dir) && !wild(pattern[len(dir)])
}

// meets says whether the pattern glob of a shell may stand for something r is about, or for a
// folder above that.
func (r Rule) meets(glob string) bool {
	pattern, names := segments(r.pattern), segments(glob)
	if pattern == nil || names == nil {
		return true
	}
	for i, name := range names {
		switch {
		case i >= len(pattern):
			return false
		case strings.Contains(pattern[i], "**") || strings.Contains(name, "**"):
			return true
		case !overlap(pattern[i], name):
			return false
		}
	}
	return true
}

// segments splits a pattern at its slashes; nil if some are inside braces.
func segments(pattern string) []string {
	depth := 0
	for _, r := range pattern {
		switch {
		case r == '{':
			depth++
		case r == '}':
			depth--
		case r == '/' && depth != 0:
			return nil
		}
	}
	return strings.Split(pattern, "/")
}

func wild(segment string) bool { return strings.ContainsAny(segment, `*?[{\`) }

// overlap says whether a name may match both. It errs towards yes.
func overlap(a, b string) bool {
	switch {
	case !wild(a) && !wild(b):
		return a == b
	case wild(a) && wild(b):
		return true
	case wild(b):
		a, b = b, a
	}
	match, err := doublestar.Match(a, b)
	return err != nil || match
}

// guarded finds a rule about files that part, whose program only reads, may read without
// naming them: by a pattern, or because it goes through whole folders.
func (p Policy) guarded(part Part, dir string) (Rule, bool) {
	var globs []string
	for _, w := range part.args() {
		if rel, ok := p.Place.relative(dir, w.text); ok && w.glob {
			globs = append(globs, rel)
		}
	}
	roots := part.roots(p.Place, dir)
	for _, rules := range [][]Rule{p.Rules, p.RunRules} {
		for _, r := range rules {
			if !r.guards() || r.subject != SubjectRead {
				continue
			}
			if slices.ContainsFunc(globs, r.meets) || slices.ContainsFunc(roots, func(root string) bool {
				rel, ok := p.Place.relative(dir, root)
				may, _ := r.below(rel)
				return ok && may
			}) {
				return r, true
			}
		}
	}
	return Rule{}, false
}

// roots are the folders that p, which is known to only read, goes through with all that is in
// them. A folder that is entered counts: what follows is in it.
func (p Part) roots(place Place, dir string) []string {
	has := func(letters string, long ...string) bool {
		return slices.ContainsFunc(p.args(), func(w word) bool {
			name, _, _ := strings.Cut(w.text, "=")
			return len(name) > 1 && name[0] == '-' && (name[1] != '-' && strings.ContainsAny(name, letters) || slices.Contains(long, name))
		})
	}
	program := p.program()
	switch program {
	case "cd":
		return p.positional()
	case "find":
		args := p.args()
		for len(args) > 0 && slices.Contains([]string{"-L", "-P", "-H"}, args[0].text) {
			args = args[1:]
		}
		end := slices.IndexFunc(args, func(w word) bool { return strings.HasPrefix(w.text, "-") || w.text == "!" || w.text == "(" })
		if end < 0 {
			end = len(args)
		}
		return orHere(args[:end])
	case "git":
		g, _ := p.git()
		return g.roots()
	case "grep":
		if !has("rRd", "--recursive") {
			return nil
		}
	case "ls":
		if !has("R", "--recursive") {
			return nil
		}
	case "rg", "tree", "du", "diff": // of two folders, diff reads the files in them
	default:
		return nil
	}
	rest, _, _ := harmlessPrograms[program].files(p.args(), place, dir)
	return orHere(rest)
}

func orHere(files []word) []string {
	if len(files) == 0 {
		return []string{"."}
	}
	var names []string
	for _, w := range files {
		names = append(names, w.text)
	}
	return names
}

// roots are the folders of which a reading command of git shows contents.
func (g gitCall) roots() []string {
	switch g.sub {
	case "show", "cat-file":
		if !slices.ContainsFunc(g.args, func(w word) bool {
			return !strings.HasPrefix(w.text, "-") && (strings.HasPrefix(w.text, ":") || !strings.Contains(w.text, ":"))
		}) && len(g.args) > 0 {
			return nil // files of commits, each with its name
		}
	case "diff", "grep":
	case "log":
		if !g.letter("puUSGL") && !g.has("--patch") {
			return nil
		}
	default:
		return nil
	}
	at := slices.IndexFunc(g.args, func(w word) bool { return w.text == "--" })
	if at < 0 {
		return []string{"."}
	}
	roots := orHere(g.args[at+1:])
	if slices.ContainsFunc(roots, func(name string) bool { return strings.HasPrefix(name, ":") }) {
		return []string{"."} // git's own patterns
	}
	return roots
}

// inRevisions are the files in words like HEAD:src/a.go and :/src.
func (p Part) inRevisions() []string {
	if p.program() != "git" {
		return nil
	}
	var names []string
	for _, w := range p.args() {
		for rest, more := w.text, true; more; {
			if _, rest, more = strings.Cut(rest, ":"); more {
				names = append(names, strings.TrimLeft(rest, "/"))
			}
		}
	}
	return names
}

// trees judges folders that are moved or deleted with all that is in them. refuse is a rule that
// names something in one; ask is one that may be about something in it.
func (p Policy) trees(c Call) (refuse, ask Rule, refused, asked bool) {
	for _, rules := range [][]Rule{p.Rules, p.RunRules} {
		for _, r := range rules {
			if !r.guards() || r.subject != SubjectRead && r.subject != SubjectWrite {
				continue
			}
			for _, tree := range c.Trees {
				rel, ok := p.Place.relative(p.Place.Root, tree)
				may, named := r.below(rel)
				switch {
				case !ok || !may:
				case named && r.effect == Deny && !refused:
					refuse, refused = r, true
				case !asked:
					ask, asked = r, true
				}
			}
		}
	}
	return refuse, ask, refused, asked
}
