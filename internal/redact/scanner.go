package redact

import (
	"slices"
	"strings"
)

// verdict is what is known of a place in the text.
type verdict int

const (
	no verdict = iota
	yes
	more // it depends on text that has not come yet
)

// match is a secret that a rule found.
type match struct {
	kind string
	// skip is where the secret begins, and n its length as far as the rule read it.
	skip, n int
	// then are the bytes that belong to the secret as long as they follow; nil for none.
	then *class
	// key: lines of a private key follow.
	key bool
}

// scanner goes through one text byte by byte. At every byte it knows whether it is part of a
// secret from that byte, what it remembers, and at most Lookahead bytes from there.
type scanner struct {
	r *Redactor

	at   int     // how many bytes of the text lie behind
	prev [2]byte // the last two of them, the last first; 0 at the beginning

	until   int    // up to here all is secret
	then    *class // and after that, as long as there are such bytes
	key     bool   // and after that, the rest of a line of a private key, and more such lines
	masking bool   // the byte before was secret
	kind    string // of the secret that begins here

	// ahead is a secret that a rule found further on: it begins at from.
	ahead *match
	from  int
}

// scan reads text and emits it masked. It stops where more text is needed, unless complete
// says that none will come, and returns how much it has done with.
func (s *scanner) scan(text string, complete bool, emit func(string)) int {
	p, literal := 0, 0
	for p < len(text) {
		if s.plain() {
			start := p
			for p+1 < len(text) && !s.r.begins.has(text[p], text[p+1]) {
				p++
			}
			if p+1 == len(text) && (complete || !s.r.begins.firsts[text[p]]) {
				p++
			}
			if p > start {
				s.masking = false
				s.pass(text[start:p])
				continue
			}
		}
		w := text[p:min(p+Lookahead, len(text))]
		v := s.step(w, complete || len(w) == Lookahead)
		if v == more {
			break
		}
		if v == yes {
			if !s.masking {
				if literal < p {
					emit(text[literal:p])
				}
				emit("[redacted: " + s.kind + "]")
				s.masking = true
			}
			literal = p + 1
		} else {
			s.masking = false
		}
		s.pass(text[p : p+1])
		p++
	}
	if literal < p {
		emit(text[literal:p])
	}
	return p
}

// plain says that the next byte is judged by what follows it alone.
func (s *scanner) plain() bool {
	return s.at >= s.until && s.then == nil && !s.key && s.ahead == nil
}

func (s *scanner) pass(text string) {
	s.at += len(text)
	if s.prev[1] = s.prev[0]; len(text) > 1 {
		s.prev[1] = text[len(text)-2]
	}
	s.prev[0] = text[len(text)-1]
}

// step judges the first byte of w: is it part of a secret? whole says that w is all there
// is to know. It changes nothing if the answer is more.
func (s *scanner) step(w string, whole bool) verdict {
	length, value := s.value(w, whole)
	if value == more {
		return more
	}
	inside := s.at < s.until || s.then != nil && s.then[w[0]]
	var end int // of what is known of a key, and whether it ends there
	var last bool
	if !inside && s.key {
		var v verdict
		if end, last, v = s.keyByte(w, whole); v == more {
			return more
		} else if v == yes {
			inside = true
		}
	}
	var m match
	var pattern verdict
	if due := s.ahead != nil && s.at == s.from; due {
		m, pattern = *s.ahead, yes
		m.skip = 0
	} else if !inside {
		if m, pattern = s.pattern(w, whole); pattern == more {
			return more
		}
	}

	// All is known; from here on the state changes.
	if s.at >= s.until && !inside {
		s.then, s.key = nil, false
	}
	if s.ahead != nil && s.at == s.from {
		s.ahead = nil
	}
	if s.key && inside && end > 0 {
		s.until, s.key = max(s.until, s.at+end), !last
	}
	if value == yes {
		s.until = max(s.until, s.at+length)
		s.kind = "secret"
	}
	if pattern == yes && m.skip > 0 {
		if s.ahead == nil {
			announced := m
			s.ahead, s.from = &announced, s.at+m.skip
		}
		pattern = no
	}
	if pattern == yes {
		s.until = max(s.until, s.at+m.n)
		s.kind, s.then, s.key = m.kind, m.then, m.key
	}
	if inside || value == yes || pattern == yes {
		return yes
	}
	return no
}

// value looks for a form of a known value at the beginning of w, the longest first.
func (s *scanner) value(w string, whole bool) (int, verdict) {
	if len(w) < 2 {
		return 0, verdictOf(!whole && s.r.first.forms[w[0]], false)
	}
	if !s.r.begins.has(w[0], w[1]) {
		return 0, no
	}
	for _, form := range s.r.forms[pair(w)] {
		if strings.HasPrefix(w, form) {
			return len(form), yes
		}
		if !whole && len(w) < len(form) && strings.HasPrefix(form, w) {
			return 0, more
		}
	}
	return 0, no
}

// before is the byte in front of this one. A line break that is written \n is one.
func (s *scanner) before() byte {
	if s.prev[1] == '\\' && strings.IndexByte("nrt", s.prev[0]) >= 0 {
		return '\n'
	}
	return s.prev[0]
}

// pattern looks for a secret of a well-known kind that begins, or is announced, here.
func (s *scanner) pattern(w string, whole bool) (match, verdict) {
	before := s.before()
	if len(w) < 2 {
		may := slices.ContainsFunc(s.r.first.rules[w[0]], func(r *rule) bool { return r.after == nil || r.after[before] })
		return match{}, verdictOf(!whole && may, false)
	}
	if !s.r.begins.has(w[0], w[1]) {
		return match{}, no
	}
	for _, r := range s.r.rules[pair(w)] {
		if r.after != nil && !r.after[before] {
			continue
		}
		if !strings.HasPrefix(w, r.prefix) {
			if !whole && strings.HasPrefix(r.prefix, w) {
				return match{}, more
			}
			continue
		}
		if m, v := r.find(text{w, whole}); v != no {
			m.kind = r.kind
			return m, v
		}
	}
	return match{}, no
}

// keyByte says whether the first byte of w belongs to a private key whose line it is in, or to
// the end of that line. Then n bytes belong to it, more of the line may follow, and last says
// that the key ends behind them.
func (s *scanner) keyByte(w string, whole bool) (n int, last bool, v verdict) {
	if base64Set[w[0]] {
		return 1, false, yes
	}
	t := text{w, whole}
	at, v := t.gap()
	if v == more {
		return 0, false, more
	}
	if n, v := t.endLine(at); v != no {
		return n, true, v
	}
	if at == 0 || at == maxKeyHead {
		return 0, false, no
	}
	if at < len(w) && (w[at] == '-' || w[at] == '+') {
		at++ // of a diff
	}
	if n, v := t.endLine(at); v != no {
		return n, true, v
	}
	run, v := t.run(at, base64Set, minKeyLine)
	switch {
	case v == more:
		return 0, false, more
	case run == minKeyLine:
		return at + run, false, yes
	case run == 0:
		return 0, false, no
	case at+run == len(w): // the text ends within the line
		return at + run, true, yes
	}
	// A shorter line is the last one of a key, or a word of what follows it.
	behind := text{w[at+run:], whole}
	between, v := behind.gap()
	if v == more {
		return 0, false, more
	}
	n, v = behind.endLine(between)
	if v == no && between > 0 && strings.HasPrefix(behind.s[between:], "+-") {
		n, v = behind.endLine(between + 1)
	}
	if v == no && between > 0 && strings.HasPrefix(behind.s[between:], "--") {
		n, v = behind.endLine(between + 1)
	}
	return at + run + n, true, v
}

// minKeyLine is the shortest line of a private key but its last, in bytes; programs write 64,
// 70 or 76. Paths and words of ordinary lines are shorter.
const minKeyLine = 40

// gap is the length of the line ends and blanks at the beginning of t, at most maxKeyHead. A
// line end may be written as \n.
func (t text) gap() (int, verdict) {
	for i := 0; i < maxKeyHead; {
		switch {
		case i == len(t.s):
			return i, verdictOf(!t.whole, true)
		case t.s[i] == '\n' || t.s[i] == '\r' || blanks[t.s[i]]:
			i++
		case t.s[i] != '\\':
			return i, yes
		case i+1 == len(t.s):
			return i, verdictOf(!t.whole, true)
		case t.s[i+1] == 'n' || t.s[i+1] == 'r':
			i += 2
		default:
			return i, yes
		}
	}
	return maxKeyHead, yes
}

// endLine is where the last line of a key ends that begins at i.
func (t text) endLine(i int) (int, verdict) {
	const last, dashes = "-----END ", "-----"
	rest := t.s[min(i, len(t.s)):]
	if !strings.HasPrefix(rest, last) {
		return 0, verdictOf(!t.whole && strings.HasPrefix(last, rest), false)
	}
	rest = rest[len(last):min(maxKeyLine, len(rest))]
	if at := strings.Index(rest, dashes); at >= 0 {
		return i + len(last) + at + len(dashes), yes
	}
	return 0, verdictOf(!t.whole && len(t.s) < i+maxKeyLine, false)
}
