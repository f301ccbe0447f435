package permission

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
	"mvdan.cc/sh/v3/syntax"
)

// Effect is what a rule does. Deny wins over ask, ask over allow.
type Effect string

const (
	Deny  Effect = "deny"
	Ask   Effect = "ask"
	Allow Effect = "allow"
)

// Subject is what a rule is about.
type Subject string

const (
	SubjectRun   Subject = "run"   // commands that begin with these words
	SubjectRead  Subject = "read"  // files that match this pattern, read by a tool
	SubjectWrite Subject = "write" // the same, changed
	SubjectTool  Subject = "tool"  // a tool by its name
)

const (
	// MaxRules per list: more than anyone keeps in mind, few enough to try on every call.
	MaxRules = 200
	// maxRuleBytes fits a long path; a rule must fit into a line that a person reads.
	maxRuleBytes = 300
	maxRuleWords = 12
)

// ErrRule is wrapped by every error of ParseRule and ParseRules; their text tells the user what to write.
var ErrRule = errors.New("not a rule")

// Rule is one line of a policy. Its zero value matches nothing. Rules are made by ParseRule.
type Rule struct {
	effect  Effect
	subject Subject
	words   []string // of SubjectRun
	pattern string   // of the others
}

// Effect returns what r does.
func (r Rule) Effect() Effect { return r.effect }

// ParseRule reads the text form: an effect, a subject and what it is about, as in
// `allow run npm test`, `deny read secrets/**`, `ask write migrations/**`, `deny tool previewPort`.
// Words of a command are quoted as in a shell. A run rule covers every command
// that begins with its words.
func ParseRule(text string) (Rule, error) {
	fail := func(format string, args ...any) (Rule, error) {
		return Rule{}, fmt.Errorf("%w: %s", ErrRule, fmt.Sprintf(format, args...))
	}
	text = strings.TrimSpace(text)
	if len(text) > maxRuleBytes {
		return fail("longer than %d bytes", maxRuleBytes)
	}
	if hasInvisible(text) || strings.ContainsAny(text, "\n\t") {
		return fail("invisible characters in %s", quoted(text))
	}
	effect, rest, _ := strings.Cut(text, " ")
	subject, about, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	r := Rule{effect: Effect(effect), subject: Subject(subject)}
	about = strings.TrimSpace(about)
	switch r.effect {
	case Deny, Ask, Allow:
	default:
		return fail("%s does not begin with deny, ask or allow", quoted(text))
	}
	if about == "" {
		return fail("%s does not say what it is about: write `%s run npm test`, `%s write docs/**` or `%s tool name`", quoted(text), effect, effect, effect)
	}
	var err error
	switch r.subject {
	case SubjectRun:
		r.words, err = ruleWords(about)
	case SubjectRead, SubjectWrite:
		r.pattern, err = rulePattern(about)
	case SubjectTool:
		if !toolName.MatchString(about) {
			return fail("%s is not the name of a tool", quoted(about))
		}
		r.pattern = about
	default:
		return fail("%s is none of run, read, write and tool", quoted(subject))
	}
	if err != nil {
		return fail("%s", err)
	}
	if r.effect == Allow {
		if why := r.tooWide(); why != "" {
			return fail("%s", why)
		}
	}
	if len(r.String()) > maxRuleBytes { // quoting made it longer
		return fail("longer than %d bytes", maxRuleBytes)
	}
	return r, nil
}

var toolName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`)

// ruleWords reads the words of a command that stand for themselves.
func ruleWords(text string) ([]string, error) {
	f, err := parse(text)
	if err != nil || len(f.Stmts) != 1 {
		return nil, fmt.Errorf("%s is not one simple command", quoted(text))
	}
	s := f.Stmts[0]
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || len(s.Redirs) > 0 || s.Negated || s.Background || len(call.Assigns) > 0 || len(s.Comments) > 0 || len(f.Last) > 0 {
		return nil, fmt.Errorf("%s is not one simple command", quoted(text))
	}
	var words []string
	for _, w := range call.Args {
		v := literal(w, "")
		if !v.known || v.glob || v.text == "" {
			return nil, fmt.Errorf("a rule takes only plain words, without variables and patterns: %s", quoted(text))
		}
		words = append(words, v.text)
	}
	if len(words) > maxRuleWords {
		return nil, fmt.Errorf("more than %d words", maxRuleWords)
	}
	return words, nil
}

func rulePattern(text string) (string, error) {
	if !doublestar.ValidatePattern(text) || strings.HasPrefix(text, "/") || text != path.Clean(text) || strings.HasPrefix(text, "..") {
		return "", fmt.Errorf("%s is not a pattern of paths below the workspace, such as docs/**", quoted(text))
	}
	return text, nil
}

// tooWide says why an allow rule is refused: because it would not be kept to anyway, or
// because it would allow far more than it seems to.
func (r Rule) tooWide() string {
	switch r.subject {
	case SubjectRead:
		return "reading needs no rule"
	case SubjectTool, SubjectWrite:
		return ""
	}
	program := path.Base(r.words[0])
	if why, ok := hides[program]; ok {
		return fmt.Sprintf("%s always asks: it %s", quoted(program), why)
	}
	if isInterpreter(program) && (len(r.words) < 2 || strings.HasPrefix(r.words[1], "-") && !moduleFlag(program, r.words[1:])) {
		return fmt.Sprintf("%s runs any code: name the script too", quoted(program))
	}
	if _, ok := network[program]; ok {
		return fmt.Sprintf("%s always asks: it reaches beyond the workspace", quoted(program))
	}
	if example, ok := manyUses[program]; ok && (len(r.words) < 2 || strings.HasPrefix(r.words[1], "-")) {
		return fmt.Sprintf("%s does too many things: name what it may do, as in %s", quoted(program), quoted(program+" "+example))
	}
	if len(r.words) < 2 && slices.Contains(filePrograms, program) {
		return fmt.Sprintf("%s works on any file: name the files too", quoted(program))
	}
	p := Part{words: known(r.words)}
	if f, ok := p.always(DefaultPlace(), DefaultPlace().Root); ok {
		return fmt.Sprintf("%s always asks: it %s", quoted(strings.Join(r.words, " ")), f.why)
	}
	return ""
}

// String returns the text that ParseRule reads.
func (r Rule) String() string {
	about := r.pattern
	if r.subject == SubjectRun {
		about = joinWords(r.words)
	}
	return fmt.Sprintf("%s %s %s", r.effect, r.subject, about)
}

// bareWord needs no quotes: nothing in it means anything to a shell.
var bareWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+-]+$`)

// joinWords writes words so that a shell reads them as they are.
func joinWords(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w
		if !bareWord.MatchString(w) || i == 0 && (syntax.IsKeyword(w) || slices.Contains(declarations, w)) {
			out[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(out, " ")
}

// declarations are read as syntax, not as commands, when they come first.
var declarations = strings.Fields("declare local export readonly typeset nameref let time coproc function select")

// MarshalText and UnmarshalText make the text form the one that is stored.
func (r Rule) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText is ParseRule.
func (r *Rule) UnmarshalText(text []byte) error {
	parsed, err := ParseRule(string(text))
	if err == nil {
		*r = parsed
	}
	return err
}

// ParseRules reads one rule per line; empty lines and lines that begin with # are left out.
func ParseRules(text string) ([]Rule, error) {
	var rules []Rule
	if len(text) > MaxRules*(maxRuleBytes+1) || !utf8.ValidString(text) {
		return nil, fmt.Errorf("%w: more than %d rules of %d bytes", ErrRule, MaxRules, maxRuleBytes)
	}
	line := 0
	for l := range strings.Lines(text) {
		line++
		l = strings.TrimSpace(l)
		if l == "" || l[0] == '#' {
			continue
		}
		r, err := ParseRule(l)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		if rules = append(rules, r); len(rules) > MaxRules {
			return nil, fmt.Errorf("%w: more than %d rules", ErrRule, MaxRules)
		}
	}
	return rules, nil
}

// FormatRules writes what ParseRules reads.
func FormatRules(rules []Rule) string {
	var b strings.Builder
	for _, r := range rules {
		b.WriteString(r.String())
		b.WriteByte('\n')
	}
	return b.String()
}
