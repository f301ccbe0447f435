package permission

import (
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// allows says whether r covers the command p: word for word, from the first on.
func (r Rule) allows(p Part) bool {
	if r.effect != Allow || r.subject != SubjectRun || len(r.words) == 0 || len(r.words) > len(p.words) {
		return false
	}
	for i, want := range r.words {
		if w := p.words[i]; !w.sure() || w.text != want {
			return false
		}
	}
	return true
}

// mentions says whether a deny or ask rule is about p. It is generous: the program may be written
// with its folder, and there may be other words between the rule's, so that `deny run git push`
// holds for `/usr/bin/git -C x push` too.
func (r Rule) mentions(p Part) bool {
	if r.subject != SubjectRun || len(r.words) == 0 || len(p.words) == 0 {
		return false
	}
	if p.words[0].text != r.words[0] && p.program() != path.Base(r.words[0]) {
		return false
	}
	rest := r.words[1:]
	for _, w := range p.args() {
		if len(rest) > 0 && w.text == rest[0] {
			rest = rest[1:]
		}
	}
	return len(rest) == 0
}

// about says whether a deny or ask rule concerns the call c, whose command reads as text.
func (r Rule) about(c Call, place Place, text *reading) bool {
	switch r.subject {
	case SubjectTool:
		return r.pattern == c.Tool
	case SubjectRun:
		for _, p := range text.parts {
			if r.mentions(p) {
				return true
			}
		}
	case SubjectRead, SubjectWrite:
		// What may not be read may not be changed either: an edit shows what was there.
		if r.subject == SubjectWrite && c.Class == ClassRead {
			return false
		}
		dir := c.cwd(place)
		for _, name := range c.Paths {
			if r.matchesPath(place, place.Root, name) {
				return true
			}
		}
		names := slices.Clone(text.files)
		for _, p := range text.parts {
			for _, w := range p.args() {
				names = append(names, w.text)
			}
			names = append(names, p.inRevisions()...)
		}
		for _, name := range names {
			if r.matchesPath(place, dir, name) {
				return true
			}
		}
	}
	return false
}

func (r Rule) matchesPath(place Place, dir, name string) bool {
	rel, ok := place.relative(dir, name)
	if !ok {
		return false
	}
	match, err := doublestar.Match(r.pattern, rel)
	return err == nil && match
}

// first returns the rule with this effect that concerns c.
func first(rules []Rule, effect Effect, c Call, place Place, text *reading) (Rule, bool) {
	for _, r := range rules {
		if r.effect == effect && r.about(c, place, text) {
			return r, true
		}
	}
	return Rule{}, false
}

// covered says whether a rule allows p in spite of what it may do.
func (p Policy) covered(part Part) bool {
	if part.writes || part.feeds || part.assigns || !part.sure() {
		return false
	}
	option, widened := part.option(widens)
	for _, rules := range [][]Rule{p.Rules, p.RunRules} {
		for _, r := range rules {
			if r.allows(part) && (!widened || strings.Contains(" "+strings.Join(r.words, " ")+" ", " "+option+" ")) {
				return true
			}
		}
	}
	return false
}

// coveredPaths says whether allow rules name every path of c.
func (p Policy) coveredPaths(c Call) bool {
	for _, name := range c.Paths {
		found := false
		for _, rules := range [][]Rule{p.Rules, p.RunRules} {
			for _, r := range rules {
				found = found || r.effect == Allow && r.subject == SubjectWrite && r.matchesPath(p.Place, p.Place.Root, name)
			}
		}
		if !found {
			return false
		}
	}
	return len(c.Paths) > 0
}

func (p Policy) coveredTool(name string) bool {
	for _, rules := range [][]Rule{p.Rules, p.RunRules} {
		for _, r := range rules {
			if r.effect == Allow && r.subject == SubjectTool && r.pattern == name {
				return true
			}
		}
	}
	return false
}
