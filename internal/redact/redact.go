// Package redact replaces secrets in text by marks that name their kind, such as
// "[redacted: openrouter key]": values that the caller knows, also when encoded in Base64 or
// for addresses, and what looks like a secret of a well-known kind. It is for output of
// workspaces on its way to the model, the store and the screen.
//
// It is a net with a known mesh, not a wall: a secret that is reversed, split, wrapped over
// lines, compressed or encrypted passes. What must not get out must not be in the workspace.
//
// Every rule looks at no more than [Lookahead] bytes from where a secret begins, so text
// that comes in pieces is treated exactly as the whole would be. The time is linear in the
// length of the text, whatever stands in it.
package redact

import "strings"

// Lookahead is the most bytes that are read to tell whether a secret begins, so the most
// that [Stream] holds back.
const Lookahead = 4096

// MinValue is the shortest value that is masked, in bytes: shorter ones are in every text.
const MinValue = 8

// Redactor masks secrets. It does not change: safe for concurrent use.
type Redactor struct {
	begins begins // pairs of bytes that a form or a rule begins with
	forms  map[uint16][]string
	rules  map[uint16][]*rule
	first  struct { // what begins with a byte
		forms [256]bool
		rules [256][]*rule
	}
}

// New makes a Redactor for values; those shorter than [MinValue] are left out, blanks around
// them do not count, and of one longer than [Lookahead] every piece is a value.
func New(values []string) *Redactor { return build(values, rules) }

// Values is New without the rules for what looks like a secret: nothing but the values, and
// their encodings, is masked. It is for what a person must see as it is to decide about it.
func Values(values []string) *Redactor { return build(values, nil) }

func build(values []string, rules []rule) *Redactor {
	r := &Redactor{forms: map[uint16][]string{}, rules: map[uint16][]*rule{}}
	for i := range rules {
		p := pair(rules[i].prefix)
		r.begins.add(p)
		r.rules[p] = append(r.rules[p], &rules[i])
		r.first.rules[p>>8] = append(r.first.rules[p>>8], &rules[i])
	}
	for _, form := range encodings(values) {
		p := pair(form)
		r.begins.add(p)
		r.forms[p] = append(r.forms[p], form)
		r.first.forms[p>>8] = true
	}
	return r
}

// String returns s with all secrets masked; s itself if there are none.
func (r *Redactor) String(s string) string {
	var pieces []string
	sc := scanner{r: r}
	sc.scan(s, true, func(piece string) { pieces = append(pieces, piece) })
	return strings.Join(pieces, "")
}

// Writer returns a stream that gives masked text to out, from the calling goroutine.
func (r *Redactor) Writer(out func(string)) *Stream {
	return &Stream{scanner: scanner{r: r}, out: out}
}

// Stream masks text that comes in pieces: the pieces it gives out are together what
// [Redactor.String] makes of the whole. It holds back the end of a piece only as long as a
// secret may begin there. Not safe for concurrent use.
type Stream struct {
	scanner scanner
	out     func(string)
	held    string
}

// Write takes more text; it never fails.
func (s *Stream) Write(p []byte) (int, error) {
	s.WriteString(string(p))
	return len(p), nil
}

// WriteString is Write for a string.
func (s *Stream) WriteString(text string) (int, error) {
	whole := s.held + text
	s.held = strings.Clone(whole[s.scanner.scan(whole, false, s.out):])
	return len(text), nil
}

// Flush gives out what is held back, as the text ends here. What is written afterwards is
// another text.
func (s *Stream) Flush() {
	held := s.held
	s.held = ""
	s.scanner.scan(held, true, s.out)
	s.scanner = scanner{r: s.scanner.r}
}

// begins is a set of pairs of bytes, and of their first bytes.
type begins struct {
	pairs  [1 << 16 / 64]uint64
	firsts [256]bool
}

func pair(s string) uint16 { return uint16(s[0])<<8 | uint16(s[1]) }

func (b *begins) add(p uint16) {
	b.pairs[p/64] |= 1 << (p % 64)
	b.firsts[p>>8] = true
}

func (b *begins) has(x, y byte) bool {
	p := uint16(x)<<8 | uint16(y)
	return b.pairs[p/64]&(1<<(p%64)) != 0
}
