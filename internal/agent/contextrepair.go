package agent

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

const (
	// Cancelled is the result of a call that has none: the process, or the turn, ended
	// before there was one.
	Cancelled = "CANCELLED: interrupted before it finished; check before repeating it."
	// goOn is asked of a model whose answer is the last thing there is.
	goOn = "Continue where you left off."
)

// callIDs are those that every provider takes back.
var callIDs = regexp.MustCompile(`^[\x21-\x7e]{1,64}$`)

// Repair returns a conversation that a strict server accepts, whatever was stored:
//   - every call is answered by one tool message, directly after the message that makes it
//     and in the order of the calls. A result is found by its id wherever it stands after
//     the call; one that is missing is [Cancelled], one of no call is dropped;
//   - arguments are JSON objects, and ids are unique, printable and short;
//   - messages that say nothing are dropped, and assistant messages side by side are one:
//     they are the parts of an answer that broke off and went on;
//   - it begins with system or user messages, and ends with a message to answer: after an
//     answer the model is told to continue, which is dropped again once a user says more.
//
// msgs is not changed. Repairing twice changes nothing more. A conversation in which no
// user says anything comes back as its system messages.
func Repair(msgs []Message) []Message {
	answers := answersTo(msgs)
	var out []Message
	names := idNames{next: map[string]int{}, taken: map[string]bool{}}
	began := false
	for i, m := range msgs {
		blank := strings.TrimSpace(m.Text) == ""
		switch m.Role {
		case RoleSystem:
			if blank {
				continue
			}
			role := RoleSystem
			if began { // refused by servers; what it says is kept, at a lower rank
				role = RoleUser
			}
			out = append(out, Message{Role: role, Text: m.Text})
		case RoleUser:
			images := visible(m.Images)
			if blank && len(images) == 0 {
				continue
			}
			if blank {
				m.Text = ""
			}
			began = true
			if last := len(out) - 1; last >= 0 && isGoOn(out[last]) {
				out = out[:last]
			}
			out = append(out, Message{Role: RoleUser, Text: m.Text, Images: images})
		case RoleAssistant:
			if !began || blank && len(m.Calls) == 0 {
				continue
			}
			if blank {
				m.Text = ""
			}
			said := Message{Role: RoleAssistant, Text: m.Text, Reasoning: m.Reasoning, Calls: names.calls(m.Calls)}
			if last := len(out) - 1; out[last].Role == RoleAssistant {
				out[last] = joined(out[last], said)
			} else {
				out = append(out, said)
			}
			for j, c := range said.Calls {
				out = append(out, Message{Role: RoleTool, CallID: c.ID, Text: answers.of(i, j)})
			}
		}
	}
	if last := len(out) - 1; last >= 0 && out[last].Role == RoleAssistant {
		out = append(out, Message{Role: RoleUser, Text: goOn})
	}
	return out
}

func isGoOn(m Message) bool { return m.Role == RoleUser && m.Text == goOn && len(m.Images) == 0 }

// joined are two assistant messages as one. first makes no calls: their results would
// stand between.
func joined(first, second Message) Message {
	switch {
	case first.Text == "":
		first.Text = second.Text
	case second.Text != "":
		first.Text += "\n\n" + second.Text
	}
	if r := second.Reasoning; r.Text != "" || len(r.Details) > 0 {
		first.Reasoning = r
	}
	first.Calls = second.Calls
	return first
}

func visible(images []Image) []Image {
	var all []Image
	for _, img := range images {
		if strings.HasPrefix(img.MediaType, "image/") && len(img.Data) > 0 {
			all = append(all, img)
		}
	}
	return all
}

// callPlace is of a call: the message, and the call in it.
type callPlace struct{ message, call int }

type results map[callPlace]string

func (r results) of(message, call int) string {
	if text, ok := r[callPlace{message, call}]; ok {
		return text
	}
	return Cancelled
}

// answersTo finds the results. An id that was used before means its latest use.
func answersTo(msgs []Message) results {
	found := results{}
	open := map[string][]callPlace{}
	for i, m := range msgs {
		switch m.Role {
		case RoleAssistant:
			for _, c := range m.Calls {
				delete(open, c.ID)
			}
			for j, c := range m.Calls {
				open[c.ID] = append(open[c.ID], callPlace{i, j})
			}
		case RoleTool:
			if unanswered := open[m.CallID]; len(unanswered) > 0 {
				found[unanswered[0]] = m.Text
				open[m.CallID] = unanswered[1:]
			}
		}
	}
	return found
}

// idNames gives out ids that were not given out before. What it gives depends only on what
// came before, so that the beginning of a conversation stays what it is.
type idNames struct {
	next  map[string]int
	taken map[string]bool
}

func (n *idNames) calls(calls []ToolCall) []ToolCall {
	var all []ToolCall
	for _, c := range calls {
		c.ID = n.take(c.ID)
		var object map[string]json.RawMessage
		if c.Invalid != "" || json.Unmarshal(c.Arguments, &object) != nil || object == nil {
			c.Arguments = json.RawMessage("{}")
		}
		all = append(all, c)
	}
	return all
}

func (n *idNames) take(id string) string {
	if !callIDs.MatchString(id) {
		id = strings.Map(func(r rune) rune {
			if r < '!' || r > '~' {
				return '_'
			}
			return r
		}, id)
		id = id[:min(len(id), maxIDBytes)]
		if id == "" {
			id = "call"
		}
	}
	free := id
	for n.taken[free] {
		n.next[id] = max(n.next[id], 1) + 1
		suffix := "-" + strconv.Itoa(n.next[id])
		free = id[:min(len(id), maxIDBytes-len(suffix))] + suffix
	}
	n.taken[free] = true
	return free
}

const maxIDBytes = 64
