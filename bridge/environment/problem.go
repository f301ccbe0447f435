package environment

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
)

var (
	// errorLine is where Nix says what is wrong: at the beginning of a line, or set in by seven
	// columns below what led there. What builders say begins with their name.
	errorLine = regexp.MustCompile(`^(?: {7})?error: (\S.*)$`)
	// placeLine is where it is; the line itself follows, as "   3|   text".
	placeLine = regexp.MustCompile(`\bat (/.+):(\d+):(\d+):?$`)
	// cacheLine is a binary cache that does not answer; Nix goes on without.
	cacheLine = regexp.MustCompile(`unable to download '([^']+)/(?:nix-cache-info|[0-9a-z]{32}\.narinfo)'`)
	// silentLine is an address that does not answer, in the words of Nix, curl and git, which
	// builders use, too.
	silentLine = regexp.MustCompile(`(?i)could ?n[o']t resolve|could ?n[o']t connect|failed to connect|connection (refused|timed out|reset)|timeout was reached|operation timed out|operation too slow|network is unreachable|no route to host|temporary failure in name resolution|SSL connect error`)
	// storePath is a path in the store, which says nothing to people but for its name.
	storePath = regexp.MustCompile(`/nix/store/[0-9a-z]{32}-`)
	// untracked is what Nix says of a flake.nix that git does not know.
	untracked = regexp.MustCompile(`^path '/nix/store/[^']*-source/(?:[^']*/)?flake\.nix' does not exist|is not tracked by Git`)
	// wrapped is a failed download in the words of what wanted to unpack it.
	wrapped = regexp.MustCompile(`^Failed to open archive \(Source threw exception: error: (.*)\)$`)
	// ownFlake is how Nix names the description itself.
	ownFlake = regexp.MustCompile(`^flake '(?:path|git\+file):[^']*' `)
	// buildError is Nix's word for something that could not be built.
	buildError = regexp.MustCompile(`^(builder for |build of |hash mismatch|Cannot build |cannot build )`)
	// evaluation are errors in a description, of which Nix may know no place.
	evaluation = regexp.MustCompile(`syntax error|undefined variable|attribute '.*' missing|infinite recursion|stack overflow|does not provide attribute|cannot find flake|must be an attribute set|is not tracked by Git|does not exist|in pure evaluation mode|does not evaluate to a derivation|cannot evaluate a function|cannot coerce|was not found in the Nix search path|unsupported attribute|is not a|expected a|has 0 entries in its context|has an unsupported|called with(out)? `)
)

// traced reports whether Nix may know more about where an error in s is than it said: it
// shortens what led to an error unless it is told not to.
func (s source) traced(said []string) bool {
	message, at := finding(said)
	return message != "" && s.place(said, at) == s.file+": " && !buildError.MatchString(message) && !silentLine.MatchString(message) &&
		slices.ContainsFunc(said, func(line string) bool { return strings.Contains(line, "(stack trace truncated;") })
}

// explain tells from the end of what Nix said what is wrong with s. hidden are paths that
// say nothing to people.
func (s source) explain(said []string, exitCode int, hidden ...string) error {
	message, at := finding(said)
	joined := strings.Join(said, "\n")
	if strings.Contains(joined, "No space left on device") || strings.Contains(message, "disk is full") {
		return bridge.Errorf(bridge.CodeDiskFull, "%s: the disk is full: %s", s.file, storePath.ReplaceAllString(message, ""))
	}
	if message == "" {
		return bridge.Errorf(bridge.CodeNixFailed, "%s: Nix ended with exit code %d and did not say why", s.file, exitCode)
	}
	place := s.place(said, at)
	shown := ownFlake.ReplaceAllString(storePath.ReplaceAllString(message, ""), "the flake ")
	for _, p := range hidden {
		shown = strings.ReplaceAll(shown, p+"/", "")
	}
	if s.given == nil && s.tracked && untracked.MatchString(message) {
		return bridge.Errorf(bridge.CodeNixInvalid, "%s: git does not track this file, and Nix reads tracked files only; type: git add %s", s.file, s.file)
	}
	switch {
	case strings.Contains(message, "out of memory"):
		return bridge.Errorf(bridge.CodeNixFailed, "%sNix ran out of memory", place)
	case buildError.MatchString(message):
		if cache := unreachableCache(said); cache != "" {
			return bridge.Errorf(bridge.CodeNixUnreachable, "%s: the binary cache %s cannot be reached, and without it: %s", s.file, cache, shown)
		}
		if silentLine.MatchString(joined) {
			return bridge.Errorf(bridge.CodeNixUnreachable, "%s: what has to be fetched cannot be: %s", s.file, shown)
		}
		return bridge.Errorf(bridge.CodeNixFailed, "%s: %s", s.file, shown)
	case silentLine.MatchString(message):
		return bridge.Errorf(bridge.CodeNixUnreachable, "%s%s", place, shown)
	case strings.Contains(message, "unable to download"):
		return bridge.Errorf(bridge.CodeNixFailed, "%s%s", place, shown)
	case place != s.file+": ", evaluation.MatchString(message):
		return bridge.Errorf(bridge.CodeNixInvalid, "%s%s", place, shown)
	}
	return bridge.Errorf(bridge.CodeNixFailed, "%s: %s", s.file, shown)
}

// finding returns the error that explains most, and which line of said it is on: the first
// thing that could not be built, or the last error, to which all others lead.
func finding(said []string) (message string, at int) {
	for i, line := range said {
		m := errorLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if message, at = m[1], i; buildError.MatchString(message) {
			break
		}
	}
	return clip(wrapped.ReplaceAllString(message, "$1")), at
}

// maxMessage is how much of Nix's own words an answer has.
const maxMessage = 500

func clip(s string) string {
	if runes := []rune(s); len(runes) > maxMessage {
		return string(runes[:maxMessage]) + "…"
	}
	return s
}

// place returns where in the description the error on line at of said is, "FILE:LINE:COLUMN: ",
// or only "FILE: " if Nix does not say: the place told with the error, or the nearest of
// those that led there.
func (s source) place(said []string, at int) string {
	for i := at; i < min(len(said), at+12); i++ {
		if p := s.placeOn(said, i); p != "" {
			return p
		}
	}
	for i := at - 1; i >= 0; i-- {
		if p := s.placeOn(said, i); p != "" {
			return p
		}
	}
	return s.file + ": "
}

// placeOn returns the place told on line i, if it is in the description. Other files have
// the same name, so the line that Nix shows has to be the one there.
func (s source) placeOn(said []string, i int) string {
	m := placeLine.FindStringSubmatch(said[i])
	if m == nil || path.Base(m[1]) != s.file {
		return ""
	}
	number, err := strconv.Atoi(m[2])
	lines := strings.Split(s.text, "\n")
	if err != nil || number < 1 || number > len(lines) {
		return ""
	}
	want := child.Line(strings.TrimRight(lines[number-1], " \r\t"))
	for j := i + 1; j < min(len(said), i+4); j++ {
		shown, ok := strings.CutPrefix(strings.TrimLeft(said[j], " "), m[2]+"|")
		if !ok {
			continue
		}
		if shown = strings.TrimRight(strings.TrimPrefix(shown, " "), " "); shown == want || len(shown) > 200 && strings.HasPrefix(want, strings.TrimSuffix(shown, "…")[:200]) {
			return s.file + ":" + m[2] + ":" + m[3] + ": "
		}
		return ""
	}
	return ""
}

// unreachableCache returns the address of a cache that did not answer; "" if all did.
func unreachableCache(said []string) string {
	for _, line := range said {
		if m := cacheLine.FindStringSubmatch(line); m != nil && silentLine.MatchString(line) {
			return m[1]
		}
	}
	return ""
}
