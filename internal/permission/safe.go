package permission

import (
	"regexp"
	"slices"
	"strings"
)

// safe says whether p is known to only read the workspace, whatever its files contain, and
// what keeps it from that if not.
func (p Part) safe(place Place, dir string) (string, bool) {
	if p.writes || p.assigns || len(p.words) == 0 || !place.inside(dir, ".") {
		return "writes, or works outside the workspace", false
	}
	for _, w := range p.words {
		switch {
		case !w.known:
			return "has words that are only known when it runs", false
		case w.glob && hiddenGlob.MatchString(w.text):
			return "has a pattern that may mean the folder above", false
		case w.glob && w.option():
			return "has a pattern that may turn into an option", false
		}
	}
	switch name := p.words[0].text; name {
	case "cd":
		return "leaves the workspace", p.entersBelow(place, dir)
	case "find":
		return "has parts that are not known to only read", p.findReads(place, dir)
	case "git":
		return p.gitReads(place, dir)
	case "sed":
		return "has a sed script that may do more than print lines", p.sedPrints(place, dir)
	case "date":
		if slices.ContainsFunc(p.positional(), func(s string) bool {
			return strings.Trim(s, "0123456789.") == ""
		}) {
			return "may set the clock", false
		}
		fallthrough
	default:
		h, ok := harmlessPrograms[name]
		if !ok {
			return "is not known to only read", false
		}
		return h.covers(p.args(), place, dir)
	}
}

// reads says whether part, of this text, is known to only read. git is not where the text
// changes folders, see gitReads, nor where it may run what settings say, see Call.GitQuiet.
func (r *reading) reads(part Part, place Place, dir string) bool {
	if part.program() == "git" && (r.gitRuns || r.changesFolder()) {
		return false
	}
	_, safe := part.safe(place, dir)
	return safe
}

// GitReads says whether some command in c's text is one of git that only reads if the
// repository's settings let it, and whether the text has only commands that read then.
func (c Call) GitReads(p Place) (some, only bool) {
	if c.Command == "" {
		return false, false
	}
	dir := c.cwd(p)
	r := read(c.Command, p, dir)
	only = len(r.findings) == 0 && len(r.parts) > 0
	for _, part := range r.parts {
		safe := r.reads(part, p, dir)
		some, only = some || safe && part.program() == "git", only && safe
	}
	return some, only
}

func (r *reading) changesFolder() bool {
	return slices.ContainsFunc(r.parts, func(p Part) bool { return slices.Contains([]string{"cd", "pushd", "popd"}, p.program()) })
}

// covers checks options and arguments one by one.
func (h harmless) covers(args []word, place Place, dir string) (string, bool) {
	rest, why, ok := h.files(args, place, dir)
	if !ok {
		return why, false
	}
	if h.most > 0 && len(rest) > h.most || h.most < 0 && len(rest) > 0 {
		return "has more arguments than it needs for reading", false
	}
	for _, w := range rest {
		if !h.free && !place.readable(dir, w.text) {
			return "names a file outside the workspace, or one that holds secrets", false
		}
	}
	return "", true
}

// files checks the options and returns the arguments that are files, or why it cannot.
func (h harmless) files(args []word, place Place, dir string) (rest []word, why string, ok bool) {
	patterns := 0
	verbatim := h.free && h.flags+h.takes+h.long == "" // echo prints what it does not know
	for i := 0; i < len(args); i++ {
		w := args[i].text
		switch {
		case w == "--":
			rest = append(rest, args[i+1:]...)
			i = len(args)
		case verbatim:
			rest = append(rest, args[i])
		case strings.HasPrefix(w, "--"):
			name, value, has := strings.Cut(w[2:], "=")
			listed := strings.Fields(h.long)
			switch {
			case has && slices.Contains(listed, name+"="), !has && slices.Contains(listed, name):
			case !has && slices.Contains(listed, name+"=") && i+1 < len(args):
				i++
				value = args[i].text
			default:
				return nil, "has the option " + quoted(w), false
			}
			if name == "regexp" {
				patterns++
			}
			if strings.HasPrefix(name, "relative-") && !place.readable(dir, value) {
				return nil, "names a file outside the workspace", false
			}
		case len(w) > 1 && w[0] == '-':
			taken, ok := h.cluster(w[1:])
			if !ok {
				return nil, "has the option " + quoted(w), false
			}
			if taken {
				i++
			}
			if strings.Contains(w, "e") && strings.Contains(h.takes, "e") {
				patterns++
			}
		default:
			rest = append(rest, args[i])
		}
	}
	if h.pattern && patterns == 0 && len(rest) > 0 {
		rest = rest[1:]
	}
	return rest, "", true
}

// cluster reads letters such as the nE5 of -nE5; taken says that the value of the last one
// is the next word.
func (h harmless) cluster(letters string) (taken, ok bool) {
	for i, r := range letters {
		switch {
		case strings.ContainsRune(h.takes, r):
			return i+len(string(r)) == len(letters), true
		case !strings.ContainsRune(h.flags, r):
			return false, false
		}
	}
	return false, true
}

// readable says whether name may be read without asking: it stays in the workspace or in the
// folder for scratch, and is not made to hold secrets. Links are not followed here.
func (p Place) readable(dir, name string) bool {
	if secretToRead(name) {
		return false
	}
	return name == "-" || p.inside(dir, name) || within(p.resolve(dir, name), scratch) || name == "/dev/null"
}

// entersBelow: cd into a folder of the workspace, and not upwards, so that relative names still
// mean files of the workspace.
func (p Part) entersBelow(place Place, dir string) bool {
	args := p.args()
	if len(args) > 0 && args[0].text == "--" {
		args = args[1:]
	}
	if len(args) != 1 || !args[0].sure() {
		return false
	}
	to := args[0].text
	if to == "" || strings.HasPrefix(to, "-") || slices.Contains(strings.Split(to, "/"), "..") {
		return false
	}
	_, sensitive := place.sensitive(dir, to)
	return place.inside(dir, to) && !sensitive
}

// linesOnly is the one script of sed that is plain to read: print these lines.
var linesOnly = regexp.MustCompile(`^[0-9]+(,([0-9]+|\$))?p$`)

func (p Part) sedPrints(place Place, dir string) bool {
	args := p.args()
	return len(args) >= 2 && args[0].text == "-n" && args[1].sure() && linesOnly.MatchString(args[1].text) &&
		!slices.ContainsFunc(args[2:], func(w word) bool { return w.option() || !place.readable(dir, w.text) })
}

// The primaries of GNU find 4.9 that only look. Those in the first list have a value.
var (
	findWithValue = strings.Fields("-name -iname -path -ipath -wholename -regex -iregex -type -maxdepth -mindepth -size -mtime -mmin -atime -amin -ctime -cmin -perm -user -group -links -inum -regextype -newermt")
	findAlone     = strings.Fields("-print -print0 -ls -o -a -or -and -not ! ( ) -empty -prune -depth -mount -xdev -true -false -readable -writable -executable -L -P -H -quit -follow -noleaf -nouser -nogroup")
)

func (p Part) findReads(place Place, dir string) bool {
	args := p.args()
	for i := 0; i < len(args); i++ {
		switch w := args[i].text; {
		case slices.Contains(findWithValue, w):
			i++
		case slices.Contains(findAlone, w):
		case strings.HasPrefix(w, "-"), !place.readable(dir, w):
			return false
		}
	}
	return true
}

// gitReads allows git only in the root: a folder further down may be a bare repository that came
// with the files, and its settings would name programs to run.
func (p Part) gitReads(place Place, dir string) (string, bool) {
	g, _ := p.git()
	h, ok := harmlessGit[g.sub]
	sub := g.args
	if g.sub == "stash" && len(sub) == 1 && sub[0].text == "list" {
		h, ok, sub = harmless{}, true, nil
	}
	switch {
	case !ok || g.odd || g.elsewhere:
		return "is not a command of git that is known to only read", false
	case place.resolve(dir, ".") != place.Root:
		return "runs git in another folder than the workspace's own", false
	}
	return h.covers(sub, place, dir)
}
