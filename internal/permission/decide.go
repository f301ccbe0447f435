package permission

import (
	"fmt"
	"slices"
	"strings"
)

// Verdict is the outcome of Decide. The zero value allows nothing.
type Verdict string

const (
	Allowed Verdict = "allow"
	Asked   Verdict = "ask"
	Refused Verdict = "refuse"
)

// Codes say why, for programs.
const (
	CodeAllowed    = "ALLOWED"
	CodeRule       = "RULE"        // a rule decided; Decision.Rule says which
	CodeGranted    = "GRANTED"     // allowed for this run
	CodeMode       = "MODE"        // the mode decided
	CodeAlways     = "ALWAYS_ASKS" // on the list that no mode and no rule gets around
	CodeOutside    = "PATH_OUTSIDE"
	CodeBadCall    = "BAD_CALL"
	maxManyDeletes = 20 // files; more are too many to look through on a card
)

// Decision is what to do about one call.
type Decision struct {
	Verdict Verdict
	// Mode is the one that was applied, after the cap.
	Mode Mode
	Code string
	// Reason is one or two sentences for the user and for the model.
	Reason string
	// Risk is for the card: what may go wrong. Empty if nothing stands out.
	Risk string
	// Shown is the command as the card must show it, in full.
	Shown string
	// Choices to say yes, only with Asked; the first is always once.
	Choices []Choice
	// Rule is the text of the rule that decided.
	Rule string
}

// Choice returns the offered choice with scope s. An answer with another scope is not valid.
func (d Decision) Choice(s Scope) (Choice, bool) {
	for _, c := range d.Choices {
		if c.Scope == s {
			return c, true
		}
	}
	return Choice{}, false
}

// Decide judges c by p. It is called before every tool call, and again with the same
// result when an approval comes back: rules and mode may have changed meanwhile.
func Decide(p Policy, c Call) Decision {
	j := judge{p: p, c: c, mode: p.Mode.Capped(p.Cap), dir: c.cwd(p.Place), read: &reading{}}
	d := j.decide()
	d.Mode = j.mode
	d.Shown = Visible(c.Command)
	return d
}

type judge struct {
	p    Policy
	c    Call
	mode Mode
	dir  string
	read *reading
}

func allow(code, reason string) Decision {
	return Decision{Verdict: Allowed, Code: code, Reason: reason}
}
func refuse(code, format string, args ...any) Decision {
	return Decision{Verdict: Refused, Code: code, Reason: fmt.Sprintf(format, args...)}
}

func (j *judge) ask(code, reason, risk string, choices ...Choice) Decision {
	if j.mode == ModePlan {
		return j.inPlan()
	}
	if len(choices) == 0 {
		choices = []Choice{once}
	}
	return Decision{Verdict: Asked, Code: code, Reason: reason, Risk: risk, Choices: choices}
}

func (j *judge) inPlan() Decision {
	return refuse(CodeMode, "Plan mode changes nothing: it reads files and runs commands that are known to only read. Put this step into the plan instead.")
}

func (j *judge) decide() Decision {
	c, place := j.c, j.p.Place
	if c.Command != "" {
		j.read = read(c.Command, place, j.dir)
		if some, _ := c.GitReads(place); some && !c.GitQuiet {
			j.read.gitRuns = true
			j.read.note(false, "may run programs that the settings of the repository name")
		}
	}
	if _, err := canonical(c.Arguments); err != nil {
		return refuse(CodeBadCall, "The call of %s cannot be checked: %v.", quoted(c.Tool), err)
	}
	if place.Root == "" || c.Tool == "" || c.Command != "" && c.Class != ClassExecute || strings.TrimSpace(c.Command) == "" && c.Command != "" {
		return refuse(CodeBadCall, "The call of %s is not well formed.", quoted(c.Tool))
	}
	for _, rules := range [][]Rule{j.p.Rules, j.p.RunRules} {
		if r, ok := first(rules, Deny, c, place, j.read); ok {
			d := refuse(CodeRule, "The rule `%s` forbids this. Do not try the same another way; ask or continue without it.", r)
			d.Rule = r.String()
			return d
		}
	}
	asking, mustAsk := first(append(j.p.Rules[:len(j.p.Rules):len(j.p.Rules)], j.p.RunRules...), Ask, c, place, j.read)
	switch c.Class {
	case ClassAsks:
		return allow(CodeAllowed, "It asks the user itself.")
	case ClassRead:
		if mustAsk {
			return j.byRule(asking)
		}
		return allow(CodeAllowed, "It only reads.")
	case ClassWrite:
		return j.write(asking, mustAsk)
	case ClassExecute:
		if c.Command != "" {
			return j.command(asking, mustAsk)
		}
		return j.tool(asking, mustAsk)
	case ClassNetwork:
		return j.ask(CodeAlways, fmt.Sprintf("%s reaches beyond the workspace, which always asks.", quoted(c.Tool)), "What it sends may contain what the agent has read.")
	}
	return refuse(CodeBadCall, "The tool %s has no known class.", quoted(c.Tool))
}

func (j *judge) byRule(r Rule) Decision {
	d := j.ask(CodeRule, fmt.Sprintf("The rule `%s` asks first.", r), j.risk())
	d.Rule = r.String()
	return d
}

func (j *judge) write(asking Rule, mustAsk bool) Decision {
	c, place := j.c, j.p.Place
	for _, name := range c.Paths {
		if !place.inside(place.Root, name) || strings.ContainsRune(name, 0) {
			return refuse(CodeOutside, "The path %s leaves the workspace. Use a path under %s.", quoted(name), place.Root)
		}
	}
	forbids, asks, forbidden, asked := j.p.trees(c)
	switch {
	case forbidden:
		d := refuse(CodeRule, "The rule `%s` is about something in that folder. Do not try the same another way; ask or continue without it.", forbids)
		d.Rule = forbids.String()
		return d
	case j.mode == ModePlan:
		return j.inPlan()
	case asked:
		d := j.ask(CodeRule, fmt.Sprintf("The rule `%s` may be about something in that folder.", asks), "")
		d.Rule = asks.String()
		return d
	}
	for _, name := range c.Paths {
		why, ok := place.sensitive(place.Root, name)
		if !ok && hasInvisible(name) {
			why, ok = "has a name with characters that cannot be seen", true
		}
		if ok {
			return j.ask(CodeAlways, fmt.Sprintf("Changing %s always asks: it %s.", quoted(name), why), sentence(why))
		}
	}
	switch {
	case c.Deletes > maxManyDeletes:
		return j.ask(CodeAlways, fmt.Sprintf("Deleting %d files at once always asks.", c.Deletes), "")
	case c.Deletes != 0 && c.Unsaved:
		return j.ask(CodeAlways, "Deleting what no checkpoint holds always asks.", "It cannot be undone.")
	case mustAsk:
		return j.byRule(asking)
	case j.mode == ModeAuto || j.mode == ModeAutoEdit:
		return allow(CodeMode, "Files of the workspace may be changed in this mode.")
	case j.p.coveredPaths(c) || j.p.granted(c):
		return allow(CodeGranted, "It was allowed before.")
	}
	risk := ""
	if c.Unsaved {
		risk = "No checkpoint holds what it replaces."
	}
	return j.ask(CodeMode, "Changing files asks first in this mode.", risk, writeChoices()...)
}

func (j *judge) command(asking Rule, mustAsk bool) Decision {
	r := j.read
	if why, ok := r.always(); ok {
		return j.ask(CodeAlways, fmt.Sprintf("This command always asks: it %s.", why), j.risk())
	}
	if mustAsk {
		return j.byRule(asking)
	}
	reads, covered, fetches := len(r.findings) == 0, len(r.findings) == 0, false
	var open Part
	for _, part := range r.parts {
		safe := r.reads(part, j.p.Place, j.dir)
		if ok := safe || j.p.covered(part); !ok && covered {
			covered, open = false, part
		}
		reads = reads && safe
		_, reader := harmlessPrograms[part.program()]
		if r, ok := j.p.guarded(part, j.dir); (safe || reader) && ok && !j.p.granted(j.c) {
			d := j.ask(CodeRule, fmt.Sprintf("%s may read files that the rule `%s` is about.", quoted(part.Text), r), j.risk(), once, exact)
			d.Rule = r.String()
			return d
		}
		fetches = fetches || part.fetches()
	}
	switch {
	case reads:
		return allow(CodeAllowed, "It is known to only read.")
	case j.mode == ModePlan:
		return j.inPlan()
	case covered:
		return allow(CodeRule, "Rules allow every part of it.")
	case j.p.granted(j.c):
		return allow(CodeGranted, "This very command was allowed for this run.")
	case j.mode == ModeAuto && j.p.Tainted && fetches:
		return j.ask(CodeAlways, "This command fetches from the network, and the agent has read text of strangers in this run, which could have asked for it.", j.risk())
	case j.mode == ModeAuto:
		return allow(CodeMode, "Commands may run in this mode.")
	}
	reason := fmt.Sprintf("No rule allows %s.", quoted(open.Text))
	if len(r.findings) > 0 {
		reason = fmt.Sprintf("No rule can allow this command: it %s.", r.findings[0].why)
	}
	return j.ask(CodeMode, reason, j.risk(), j.p.commandChoices(r, j.dir)...)
}

func (j *judge) tool(asking Rule, mustAsk bool) Decision {
	switch {
	case j.mode == ModePlan:
		return j.inPlan()
	case mustAsk:
		return j.byRule(asking)
	case j.mode == ModeAuto:
		return allow(CodeMode, "Commands may run in this mode.")
	case j.p.coveredTool(j.c.Tool) || j.p.granted(j.c):
		return allow(CodeGranted, "It was allowed before.")
	}
	return j.ask(CodeMode, fmt.Sprintf("%s asks first in this mode.", quoted(j.c.Tool)), "", toolChoices(j.c.Tool)...)
}

// maxRisks are shown on a card; the command itself is there too.
const maxRisks = 4

// risk lists what was found, each once, the worst first.
func (j *judge) risk() string {
	var lines []string
	for _, always := range []bool{true, false} {
		for _, f := range j.read.findings {
			if s := sentence(f.why); f.always == always && len(lines) < maxRisks && !slices.Contains(lines, s) {
				lines = append(lines, s)
			}
		}
	}
	for _, part := range j.read.parts {
		if s := "It fetches from the network, and what it fetches may run."; part.fetches() && !slices.Contains(lines, s) {
			lines = append(lines, s)
		}
		if strings.ContainsFunc(part.program(), func(r rune) bool { return r > 127 }) {
			lines = append(lines, "The program's name has letters that may look like others.")
		}
	}
	return strings.Join(lines[:min(len(lines), maxRisks)], " ")
}

func sentence(why string) string { return "It " + why + "." }
