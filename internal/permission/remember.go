package permission

import (
	"regexp"
	"slices"
	"strings"
)

// Scope is how long a yes holds.
type Scope string

const (
	ScopeOnce      Scope = "once"
	ScopeRun       Scope = "run"
	ScopeWorkspace Scope = "workspace"
)

// Choice is one way to say yes. What it shows is what is remembered, word for word.
type Choice struct {
	Scope Scope
	// Text is for the button.
	Text string
	// Rules are to be added: to the run for ScopeRun, to the workspace for ScopeWorkspace.
	Rules []Rule
	// Exact: with ScopeRun, only this very call is allowed again; add its Hash to Policy.RunCalls.
	Exact bool
}

// manyUses are programs that are a different thing with every command of theirs, with an example.
var manyUses = map[string]string{
	"git": "commit", "npm": "test", "pnpm": "test", "yarn": "test", "bun": "test", "npx": "tsc", "pnpx": "tsc", "bunx": "tsc", "go": "test", "cargo": "test",
	"make": "test", "gmake": "test", "just": "test", "task": "test", "gradle": "test", "gradlew": "test", "mvn": "test", "dotnet": "test", "pip": "list", "pip3": "list",
	"poetry": "check", "uv": "sync", "pdm": "list", "hatch": "test", "gem": "list", "bundle": "check", "rake": "test", "mix": "test", "composer": "validate", "flutter": "test", "dart": "test",
	"nx": "test", "turbo": "lint", "apt": "list", "apt-get": "check", "nix": "flake", "deno": "test", "rails": "test", "php": "artisan", "uvx": "ruff", "pipx": "list", "conda": "list",
}

// thenScript are commands whose next word is the name of what really runs.
var thenScript = strings.Fields("run run-script exec dlx x tool")

// filePrograms have files, not commands, as arguments.
var filePrograms = strings.Fields("rm rmdir cp mv ln mkdir touch chmod chown tee install patch tar zip unzip sed kill find")

var subcommandName = regexp.MustCompile(`^[a-z][a-z0-9:_-]*$`)

// prefix is what "always" remembers of p: the program and its command, where it is clear
// what that is, else all its words.
func (p Part) prefix() []string {
	var words []string
	for _, w := range p.words {
		if !w.sure() {
			break
		}
		words = append(words, w.text)
	}
	if len(words) < 2 {
		return words
	}
	n := len(words)
	switch _, many := manyUses[p.program()]; {
	case slices.Contains(thenScript, words[1]) && many:
		n = 3
	case isInterpreter(p.program()) && !packageRunner(p.program()):
		if n = 2; strings.HasPrefix(words[1], "-") {
			n = 3
		}
	case slices.Contains(filePrograms, p.program()):
	case subcommandName.MatchString(words[1]):
		n = 2
	}
	return words[:min(n, len(words))]
}

// rulesFor returns the rules that would allow r without asking, or nil if none can.
func (p Policy) rulesFor(r *reading, dir string) []Rule {
	if len(r.findings) > 0 {
		return nil
	}
	var rules []Rule
	for _, part := range r.parts {
		if r.reads(part, p.Place, dir) || p.covered(part) {
			continue
		}
		made, err := ParseRule("allow run " + joinWords(part.prefix()))
		if err != nil {
			return nil
		}
		// A rule that would not answer the same question next time is not offered.
		next := p
		next.Rules = []Rule{made}
		if !next.covered(part) {
			return nil
		}
		if !slices.ContainsFunc(rules, func(r Rule) bool { return r.String() == made.String() }) {
			rules = append(rules, made)
		}
	}
	return rules
}

// maxRemembered rules from one answer; more than three nobody reads on a button.
const maxRemembered = 3

var (
	once  = Choice{Scope: ScopeOnce, Text: "Once"}
	exact = Choice{Scope: ScopeRun, Text: "This very command, for this run", Exact: true}
)

func (p Policy) commandChoices(r *reading, dir string) []Choice {
	rules := p.rulesFor(r, dir)
	if len(rules) == 0 || len(rules) > maxRemembered {
		return []Choice{once, exact}
	}
	var names []string
	for _, r := range rules {
		names = append(names, "`"+joinWords(r.words)+"`")
	}
	what := strings.Join(names, " and ")
	return []Choice{
		once,
		{Scope: ScopeRun, Text: "Commands that begin with " + what + ", for this run", Rules: rules},
		{Scope: ScopeWorkspace, Text: "Always allow commands that begin with " + what + " in this workspace", Rules: rules},
	}
}

func writeChoices() []Choice {
	all, err := ParseRule("allow write **")
	if err != nil {
		return []Choice{once}
	}
	return []Choice{once, {Scope: ScopeRun, Text: "All changes to files, for this run", Rules: []Rule{all}}}
}

func toolChoices(tool string) []Choice {
	rule, err := ParseRule("allow tool " + tool)
	if err != nil {
		return []Choice{once}
	}
	return []Choice{once, {Scope: ScopeRun, Text: "`" + tool + "`, for this run", Rules: []Rule{rule}}}
}
