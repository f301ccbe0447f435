package gateway

import "strings"

// Names of Kalpana's cookies. Every cookie whose name begins with ourPrefix, whatever
// its case, is Kalpana's and never reaches a workspace.
const (
	ourPrefix = "__Host-kalpana"
	// sessionCookie is that of the main origin; see package identity.
	sessionCookie = "__Host-kalpana"
	loginCookie   = "__Host-kalpana-ws"
	nonceCookie   = "__Host-kalpana-nonce"
	linkCookie    = "__Host-kalpana-link"
	cookieBlanks  = " \t\r\n"
)

// findCookie returns the value of the one cookie called name in the Cookie lines. Two of
// them are none: one was planted, and nobody can tell which. A quoted value is returned
// with its quotes and so matches nothing that Kalpana makes.
func findCookie(lines []string, name string) (value string, found bool) {
	seen := false
	for _, line := range lines {
		for line != "" {
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			key, v, ok := strings.Cut(pair, "=")
			if strings.Trim(key, cookieBlanks) != name {
				continue
			}
			if seen { // without a value, too
				return "", false
			}
			value, found, seen = strings.Trim(v, cookieBlanks), ok, true
		}
	}
	return value, found
}

// hasCookie reports whether any cookie is called name, also if it is there twice.
func hasCookie(lines []string, name string) bool {
	for _, line := range lines {
		for line != "" {
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			key, _, _ := strings.Cut(pair, "=")
			if strings.Trim(key, cookieBlanks) == name {
				return true
			}
		}
	}
	return false
}

// stripCookies returns the Cookie lines without Kalpana's cookies; all others stay byte
// for byte. It returns lines itself if there is nothing to remove, and never changes it.
func stripCookies(lines []string) []string {
	for i, line := range lines {
		if !namesOurs(line) {
			continue
		}
		out := make([]string, i, len(lines))
		copy(out, lines[:i])
		for _, line := range lines[i:] {
			if !namesOurs(line) {
				out = append(out, line)
			} else if rest := stripLine(line); rest != "" {
				out = append(out, rest)
			}
		}
		return out
	}
	return lines
}

func stripLine(line string) string {
	var b strings.Builder
	for rest, more := line, true; more; {
		var pair string
		pair, rest, more = strings.Cut(rest, ";")
		if ours(pair) {
			continue
		}
		if b.Len() == 0 {
			b.Grow(len(line))
			pair = strings.TrimLeft(pair, cookieBlanks)
		} else {
			b.WriteByte(';')
		}
		b.WriteString(pair)
	}
	return b.String()
}

func namesOurs(line string) bool {
	for rest, more := line, true; more; {
		var pair string
		pair, rest, more = strings.Cut(rest, ";")
		if ours(pair) {
			return true
		}
	}
	return false
}

// ours reports whether a pair is Kalpana's. It is generous: a nameless cookie that
// spells our name is removed as well, since some programs read it as a name.
func ours(pair string) bool {
	pair = strings.TrimLeft(pair, cookieBlanks+"=")
	if len(pair) < len(ourPrefix) {
		return false
	}
	for i := range len(ourPrefix) {
		a, b := pair[i], ourPrefix[i]
		if 'A' <= a && a <= 'Z' {
			a += 'a' - 'A'
		}
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		if a != b {
			return false
		}
	}
	return true
}
