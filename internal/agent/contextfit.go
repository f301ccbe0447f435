package agent

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FitOptions say how much room there is, in tokens.
type FitOptions struct {
	// Budget is for the whole prompt; see [Budget]. 0 leaves everything as it is.
	Budget int
	// Used is the prompt of the last answer; 0 if unknown. See [Size].
	Used int
	// KeepResults is how much of the latest tool results stays; 0 = 40,000. At most two
	// fifths of Budget.
	KeepResults int
	// LeastFreed is what leaving results out must free, as each time costs the provider's
	// cache; 0 = 20,000. At most a tenth of Budget.
	LeastFreed int
	// Through is the call up to which results were left out before, as [LeftOut] told.
	// They are again, however much room there is.
	Through string
}

const (
	defaultKeepResults = 40_000
	defaultLeastFreed  = 20_000
	maxSubject         = 80 // characters of a stub that say what the call was about
)

// stub is a line in place of a result. What a tool answered cannot pass for one unless it
// is as short.
var stub = regexp.MustCompile(`^\[result of .{1,200} \([0-9,]{1,20} characters\) left out; call it again if needed\]$`)

// Fit replaces old tool results by a line each that says which they were, if msgs takes
// more than [PruneShare] of the budget. pruned is how many it replaced; with 0 out is msgs.
// The results of the last step always stay. msgs must be as [Repair] returns them, and is
// not changed.
//
// A result that was left out stays left out, and fitting twice changes nothing more, so the
// beginning of the prompt stays what the provider has in its cache. That takes a caller who
// goes on with out, or keeps what [LeftOut] says of it and gives it as Through.
func Fit(msgs []Message, o FitOptions) (out []Message, pruned int) {
	calls := callsOf(msgs)
	out, pruned = msgs, 0
	if end := indexOfResult(msgs, o.Through); end >= 0 {
		out, pruned = leaveOut(msgs, calls, end)
	}
	if o.Budget <= 0 || Size(out, o.Used)*percent <= o.Budget*PruneShare {
		return out, pruned
	}
	end := o.oldResults(out)
	shorter, n := leaveOut(out, calls, end)
	if n == 0 || Estimate(out, nil)-Estimate(shorter, nil) < o.leastFreed() {
		return out, pruned
	}
	return shorter, pruned + n
}

// LeftOut is the id of the last call whose result [Fit] left out of msgs; "" if none was.
func LeftOut(msgs []Message) string {
	for i := len(msgs) - 1; i >= 0; i-- {
		if msgs[i].Role == RoleTool && stub.MatchString(msgs[i].Text) {
			return msgs[i].CallID
		}
	}
	return ""
}

func (o FitOptions) keepResults() int {
	if o.KeepResults <= 0 {
		o.KeepResults = defaultKeepResults
	}
	return min(o.KeepResults, o.Budget*2/5)
}

func (o FitOptions) leastFreed() int {
	if o.LeastFreed <= 0 {
		o.LeastFreed = defaultLeastFreed
	}
	return min(o.LeastFreed, o.Budget/10)
}

// oldResults is the index of the latest result that need not stay; -1 if all must.
func (o FitOptions) oldResults(msgs []Message) int {
	kept, keep := 0, o.keepResults()
	current := lastStep(msgs)
	for i := len(msgs) - 1; i >= 0; i-- {
		if msgs[i].Role != RoleTool {
			continue
		}
		kept += msgs[i].tokens()
		if kept > keep && i < current {
			return i
		}
	}
	return -1
}

// leaveOut replaces the results up to index end that are longer than what replaces them.
func leaveOut(msgs []Message, calls map[string]ToolCall, end int) ([]Message, int) {
	var out []Message
	n := 0
	for i := 0; i <= end; i++ {
		m := msgs[i]
		if m.Role != RoleTool || stub.MatchString(m.Text) {
			continue
		}
		line := stubFor(calls[m.CallID], m.Text)
		if len(line) >= len(m.Text) {
			continue
		}
		if out == nil {
			out = append(make([]Message, 0, len(msgs)), msgs...)
		}
		out[i].Text = line
		n++
	}
	if n == 0 {
		return msgs, 0
	}
	return out, n
}

func indexOfResult(msgs []Message, id string) int {
	if id == "" {
		return -1
	}
	for i := len(msgs) - 1; i >= 0; i-- {
		if msgs[i].Role == RoleTool && msgs[i].CallID == id {
			return i
		}
	}
	return -1
}

func callsOf(msgs []Message) map[string]ToolCall {
	all := map[string]ToolCall{}
	for _, m := range msgs {
		for _, c := range m.Calls {
			all[c.ID] = c
		}
	}
	return all
}

func stubFor(c ToolCall, result string) string {
	name := oneLine(c.Name, maxIDBytes)
	if name == "" {
		name = "a call"
	}
	if s := subject(c.Arguments); s != "" {
		name += " " + s
	}
	return fmt.Sprintf("[result of %s (%s characters) left out; call it again if needed]", name, grouped(utf8.RuneCountInString(result)))
}

// subjects are the arguments that say most of what a call was about, the best first.
var subjects = []string{"path", "command", "query", "pattern", "processId", "port", "from"}

func subject(arguments json.RawMessage) string {
	var object map[string]any
	if json.Unmarshal(arguments, &object) != nil {
		return ""
	}
	for _, name := range subjects {
		switch v := object[name].(type) {
		case string:
			if s := oneLine(v, maxSubject); s != "" {
				return s
			}
		case float64:
			return fmt.Sprint(v)
		}
	}
	return ""
}

// oneLine is text as at most max visible characters in one line.
func oneLine(text string, max int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > max {
		return string(runes[:max-1]) + "…"
	}
	return text
}

// grouped is 12345 as 12,345.
func grouped(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
