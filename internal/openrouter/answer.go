package openrouter

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

// The limits on one answer. The largest models write some 200,000 tokens, below 1 MiB.
const (
	maxTextBytes      = 4 << 20
	maxReasoningBytes = 8 << 20 // text and details together
)

// answer collects the chunks of one attempt.
type answer struct {
	on    func(agent.Event) error
	model string        // that was asked
	given bool          // something of the answer has been given to on
	spent agent.NanoUSD // on the attempts before
	// fallbacks might have answered instead.
	fallbacks []string

	text, reasoning         strings.Builder
	textJoin, reasoningJoin joiner
	reasoningIn             string // field
	details                 details
	calls                   calls

	choice       string // index of the choice that counts
	finish       string // as the provider wrote it, lower case
	native       string
	afterFinish  bool // content came after a finish_reason, which then meant nothing
	done         bool // [DONE]
	usage        *agent.Usage
	id           string
	by, provider string
}

func newAnswer(req agent.Request, on func(agent.Event) error) *answer {
	a := &answer{on: on, model: req.Model, fallbacks: req.Fallbacks}
	a.calls.init(req, a.emit)
	return a
}

// emit gives content to the caller.
func (a *answer) emit(e agent.Event) error {
	a.given = true
	if a.finish != "" {
		a.afterFinish = true
	}
	return a.tell(e)
}

func (a *answer) tell(e agent.Event) error {
	if err := a.on(e); err != nil {
		return callbackError{err}
	}
	return nil
}

func (a *answer) start(generation string) error {
	a.id = generation
	return a.tell(agent.Started{GenerationID: generation})
}

// ending reports whether only usage and [DONE] may be missing.
func (a *answer) ending() bool { return a.finish != "" && !a.afterFinish }

// add takes one event.
func (a *answer) add(data []byte, event string) error {
	var c chunk
	if !object(data, &c) {
		return nil // "ping", null and the like
	}
	if a.id == "" {
		a.id = word(c.ID, 128)
	}
	if s := word(c.Model, 128); s != "" {
		a.by = s
	}
	if s := word(c.Provider, 128); s != "" {
		a.provider = s
	}
	a.addUsage(c.Usage)
	var groq struct {
		Usage json.RawMessage `json:"usage"`
		Error json.RawMessage `json:"error"`
	}
	if object(c.XGroq, &groq) {
		a.addUsage(groq.Usage)
	}
	wrong := c.Error
	for _, raw := range list(c.Choices) {
		var ch choice
		if !object(raw, &ch) {
			continue
		}
		if index := key(ch.Index); index != "" {
			if a.choice == "" {
				a.choice = index
			}
			if index != a.choice {
				continue // we ask for one answer
			}
		}
		a.addUsage(ch.Usage)
		if isError(ch.Error) && !isError(wrong) {
			wrong = ch.Error
		}
		if err := a.addChoice(ch); err != nil {
			return err
		}
	}
	if isError(groq.Error) && !isError(wrong) {
		wrong = groq.Error
	}
	if !isError(wrong) && null(c.Choices) && (event == "error" || text(c.Object) == "error" || text(c.Type) == "error") {
		wrong = data
	}
	if isError(wrong) {
		return a.failed(wrong)
	}
	if a.finish == "error" {
		return a.failed(json.RawMessage(`"the provider gave up without saying why"`))
	}
	return nil
}

func (a *answer) failed(raw json.RawMessage) error {
	e := reported(0, raw)
	if e.Provider == "" {
		e.Provider = a.provider
	}
	return e
}

func (a *answer) addChoice(ch choice) error {
	var d delta
	switch {
	case object(ch.Delta, &d):
		if err := a.addDelta(d); err != nil {
			return err
		}
	case object(ch.Message, &d) && !a.given:
		// A server that does not stream, or one that repeats all of it at the end.
		if err := a.addDelta(d); err != nil {
			return err
		}
	}
	if s := word(ch.NativeFinish, 64); s != "" {
		a.native = s
	}
	if s := strings.ToLower(word(ch.Finish, 64)); s != "" {
		a.finish = s
	}
	return nil
}

// whole reads an answer that came as one JSON document.
func (a *answer) whole(resp *http.Response, body []byte) error {
	var c chunk
	for _, raw := range list(json.RawMessage(strings.TrimSpace(string(body)))) {
		if !object(raw, &c) {
			continue
		}
		if null(c.Choices) && !isError(c.Error) && (!null(c.Message) || !null(c.Detail)) {
			return reported(0, raw)
		}
		if null(c.Choices) && !isError(c.Error) {
			continue
		}
		if err := a.add(raw, ""); err != nil {
			return err
		}
		a.done = true
		return a.check()
	}
	return notTheProtocol(resp, body)
}
