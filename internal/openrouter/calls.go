package openrouter

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

const (
	// maxCalls of one answer: far more than a person would wait for.
	maxCalls = 128
	// maxCallBytes bounds the arguments of all calls of an answer together: a file of
	// 1 MiB, escaped, and as much again.
	maxCallBytes = 4 << 20
	// maxNameBytes and maxIDBytes: providers take back 64 at most, and 40 in the case of
	// OpenAI's own ids; some put signatures into theirs.
	maxNameBytes = 128
	maxIDBytes   = 256
	// maxIndexes is how many indexes are remembered; more only come from nonsense.
	maxIndexes = 1024
)

// call is one that is being put together.
type call struct {
	place      int // among those announced
	index      string
	providerID string
	id         string // final, from the announcement on
	name       string
	started    bool
	args       arguments
}

// calls puts the deltas of tool calls together. The index should say which call a delta
// belongs to and the id come once; real streams have neither, or either of them wrong.
// So each delta is matched by all that it has: see target.
type calls struct {
	all   []*call
	order []*call // as announced
	at    map[string]*call
	byID  map[string]*call
	last  *call
	bytes int
	taken map[string]bool // ids of the conversation and of this answer
	known map[string]bool // names of tools
	emit  func(agent.Event) error
}

func (s *calls) init(req agent.Request, emit func(agent.Event) error) {
	s.at, s.byID, s.taken, s.known, s.emit = map[string]*call{}, map[string]*call{}, map[string]bool{}, map[string]bool{}, emit
	for _, m := range req.Messages {
		for _, c := range m.Calls {
			s.taken[c.ID] = true
		}
	}
	for _, t := range req.Tools {
		s.known[t.Name] = true
	}
}

// opens matches arguments, a string or not, that begin an object.
var opens = regexp.MustCompile(`^"?(\s|\\[nrt])*\{`)

// piece is a delta with its fields made uniform; "" is what is missing.
type piece struct {
	index, id, name string
	args            json.RawMessage
	opens           bool // the arguments begin an object
	hasArgs         bool
}

func (s *calls) add(raw json.RawMessage) error {
	var d toolDelta
	if !object(raw, &d) {
		return nil
	}
	var f function
	object(d.Function, &f)
	if null(f.Name) {
		f.Name = d.Name
	}
	if null(f.Arguments) {
		f.Arguments = d.Arguments
	}
	p := piece{index: key(d.Index), id: word(d.ID, 4<<10), name: word(f.Name, maxNameBytes), args: f.Arguments}
	if len(p.id) > maxIDBytes || strings.ContainsFunc(p.id, func(r rune) bool { return r < ' ' }) {
		p.id = ""
	}
	if !null(p.args) && string(p.args) != `""` {
		p.hasArgs = true
		p.opens = opens.Match(p.args)
	}
	if p.id == "" && p.name == "" && !p.hasArgs {
		return nil
	}
	c := s.target(p)
	if c == nil {
		c = &call{index: p.index}
		if len(s.all) == maxCalls {
			return agent.NewError(agent.CodeTooLarge, "the model made more than 128 tool calls at once", nil)
		}
		s.all = append(s.all, c)
	}
	return s.put(c, p)
}

// put adds p to c and announces c as soon as it has a name and either an id or arguments.
func (s *calls) put(c *call, p piece) error {
	if p.index != "" && (s.at[p.index] != nil || len(s.at) < maxIndexes) {
		s.at[p.index] = c
	}
	s.last = c
	if c.name == "" {
		c.name = p.name
	} else if s.continues(c, p) {
		c.name += p.name
	}
	if c.providerID == "" && p.id != "" {
		c.providerID = p.id
		if s.byID[p.id] == nil {
			s.byID[p.id] = c
		}
	}
	before := c.args.len()
	added := c.args.add(p.args)
	s.bytes += c.args.len() - before
	if s.bytes > maxCallBytes {
		return agent.NewError(agent.CodeTooLarge, "the arguments of the tool calls are larger than 4 MiB", nil)
	}
	switch {
	case c.started:
		if added == "" {
			return nil
		}
		return s.emit(agent.ToolArguments{Index: c.place, ID: c.id, Delta: added})
	case c.name != "" && (c.args.len() > 0 || (c.providerID != "" && s.known[c.name])):
		return s.start(c)
	}
	return nil
}

func (s *calls) start(c *call) error {
	c.started, c.place = true, len(s.order)
	s.order = append(s.order, c)
	if c.id = c.providerID; c.id == "" || s.taken[c.id] {
		c.id = newID()
	}
	s.taken[c.id] = true
	if err := s.emit(agent.ToolStart{Index: c.place, ID: c.id, Name: c.name}); err != nil || c.args.len() == 0 {
		return err
	}
	return s.emit(agent.ToolArguments{Index: c.place, ID: c.id, Delta: c.args.String()})
}

// startAll announces the rest at the end. What has neither name nor arguments never
// was a call.
func (s *calls) startAll() error {
	for _, c := range s.all {
		if !c.started && (c.name != "" || c.args.len() > 0) {
			if err := s.start(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle returns the calls. With cut the answer was cut off, and a call whose arguments
// are not complete with it.
func (s *calls) settle(cut bool) []agent.ToolCall {
	const rawShown = 4 << 10
	var all []agent.ToolCall
	for _, c := range s.order {
		t := agent.ToolCall{ID: c.id, Name: c.name}
		t.Arguments, t.Invalid = c.args.settle()
		if cut && (t.Invalid != "" || c.args.len() == 0) {
			t.Invalid = agent.InvalidCutOff
		}
		if c.name == "" && t.Invalid == "" {
			t.Invalid = agent.InvalidNoName
		}
		if t.Invalid != "" {
			raw := c.args.String()
			t.Raw = strings.ToValidUTF8(raw[:min(len(raw), rawShown)], "")
			t.Arguments = json.RawMessage("{}")
		}
		all = append(all, t)
	}
	return all
}

// newID makes an id that all known providers take back.
func newID() string {
	var b [12]byte
	rand.Read(b[:])
	return "call_" + hex.EncodeToString(b[:])
}
