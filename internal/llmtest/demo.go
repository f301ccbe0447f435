package llmtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// DemoModel is the name under which a server may list the model of [Demo].
const DemoModel = "kalpana/demo"

// DemoModels is a list for [Server.Models]: the model of [Demo], and the same one as if it
// could not see pictures.
const DemoModels = `{"data":[
{"id":"kalpana/demo","name":"Kalpana: Demo","context_length":200000,"architecture":{"input_modalities":["text","image"]},
"pricing":{"prompt":"0.000001","completion":"0.000005","input_cache_read":"0.0000001"},
"top_provider":{"context_length":200000,"max_completion_tokens":64000,"is_moderated":false},
"supported_parameters":["tools","tool_choice","parallel_tool_calls","max_tokens","reasoning"]},
{"id":"kalpana/demo-text","name":"Kalpana: Demo (text only, small)","context_length":32000,"architecture":{"input_modalities":["text"]},
"pricing":{"prompt":"0.0000002","completion":"0.000001"},
"top_provider":{"context_length":32000,"max_completion_tokens":8000,"is_moderated":false},
"supported_parameters":["tools","tool_choice","max_tokens"]}]}`

// Demo is a model for [Server.Answer] that does what it is told in a few fixed sentences,
// with the real tools of the chat, so that the product can be tried without a key. "help"
// lists the sentences. It keeps nothing between requests: what was done it reads in the
// conversation, so the same request has the same answer. Pieces of an answer come pace
// apart; 0 is as fast as they are read.
func Demo(pace time.Duration) func(Request) Script {
	return func(r Request) Script {
		d := demo{request: r, pace: pace}
		d.offers(r.Chat)
		if d.reads(r.Chat) {
			d.work()
		}
		return d.script()
	}
}

// demo is one answer in the making.
type demo struct {
	request Request
	pace    time.Duration
	tools   []string

	task string    // what the user wants
	done []outcome // of the calls made since, in order; one per message of the model

	says []utterance
	call []Call
	cut  bool   // it breaks off at the end
	act  Script // instead of everything else
}

// utterance is text, or thoughts, and how it is said.
type utterance struct {
	thought bool
	text    string
	runes   int           // a piece; 0 = 12
	pause   time.Duration // after each piece; 0 = the model's pace
}

// outcome is what became of the calls of one message.
type outcome struct {
	results []string
	calls   []string // their names
}

// result is the first one that tool gave, without marks.
func (o outcome) result(tool string) string {
	for i, name := range o.calls {
		if name == tool && i < len(o.results) {
			return plain(o.results[i])
		}
	}
	return ""
}

// failure is the code of the first result that is an error, and its line.
func (o outcome) failure() (code, line string) {
	for _, r := range o.results {
		lines := strings.SplitN(strings.TrimPrefix(plain(r), "Error: "), "\n", 2)
		if m := errorLine.FindStringSubmatch(lines[0]); m != nil && m[1] != "TIMEOUT_BACKGROUND" {
			return m[1], lines[0]
		}
	}
	return "", ""
}

// errorLine begins with a stable code, as the errors of tools do.
var errorLine = regexp.MustCompile(`^([A-Z]{2,}(?:_[A-Z]+)+|DENIED|EXISTS|BUDGET|LOOP|CANCELLED|MODE|RULE): `)

// marks are the lines that tell a result from instructions.
var marks = regexp.MustCompile(`(?m)^\[(?:end of )?data\b[^\n]*\]\n?`)

// plain is a result without the marks around it.
func plain(result string) string {
	return strings.TrimSpace(marks.ReplaceAllString(result, ""))
}

func (d *demo) offers(c Chat) {
	for _, t := range c.Tools {
		d.tools = append(d.tools, t.Function.Name)
	}
}

// reads finds what to do and what is done. It is false if the answer is already known.
func (d *demo) reads(c Chat) bool {
	at := -1
	for i := len(c.Messages) - 1; i >= 0 && at < 0; i-- {
		if text := contentText(c.Messages[i].Content); c.Messages[i].Role == "user" && text != "" && !goesOn.MatchString(text) {
			at, d.task = i, text
		}
	}
	if at < 0 {
		d.say(demoHelp)
		return false
	}
	if len(d.tools) == 0 && len(c.Messages) > 0 && c.Messages[0].Role == "system" && strings.Contains(strings.ToLower(contentText(c.Messages[0].Content)), "summar") {
		d.say(fmt.Sprintf("## Task\nThe user tries the demo model.\n## State\n%d characters of conversation were summarised.\n## Open\nNothing.", len(d.task)))
		return false
	}
	for _, m := range c.Messages[at+1:] {
		switch {
		case m.Role == "assistant" && len(m.ToolCalls) > 0:
			var o outcome
			for _, call := range m.ToolCalls {
				o.calls = append(o.calls, call.Function.Name)
			}
			d.done = append(d.done, o)
		case m.Role == "tool" && len(d.done) > 0:
			last := &d.done[len(d.done)-1]
			last.results = append(last.results, contentText(m.Content))
		}
	}
	return true
}

// goesOn is a user who wants what they wanted before.
var goesOn = regexp.MustCompile(`(?i)^\s*(please )?(continue|go on|carry on)\b`)

// contentText is the text of a message's content.
func contentText(raw json.RawMessage) string {
	if s, ok := str(raw); ok {
		return s
	}
	var parts []struct{ Type, Text string }
	if json.Unmarshal(raw, &parts) != nil {
		return ""
	}
	var all []string
	for _, p := range parts {
		if p.Type == "text" {
			all = append(all, p.Text)
		}
	}
	return strings.Join(all, "\n")
}

// work goes through the commands of the task, past what is done, to the next call or the end.
func (d *demo) work() {
	rest := d.done
	for _, line := range commands(d.task) {
		job := jobFor(line)
		var got []outcome
		failed := false
		for n := 0; n < len(job.steps) || job.forever; n++ {
			step := job.steps[min(n, len(job.steps)-1)]
			if len(rest) == 0 {
				d.next(step)
				return
			}
			o := rest[0]
			rest, got = rest[1:], append(got, o)
			d.says = nil // it was said with those calls
			if code, line := o.failure(); code == "DENIED" {
				d.say("You refused it, so I stop here. " + sentenceOf(line))
				return
			} else if code != "" && !job.forever {
				d.say(fmt.Sprintf("That did not work: `%s`. %s\n\n", code, sentenceOf(line)))
				failed = true
				break
			}
		}
		if failed {
			continue
		}
		if job.end != nil {
			job.end(d, got)
		}
		if d.act != nil || d.cut {
			return
		}
	}
}

// next makes the calls of a step, if the chat offers the tools.
func (d *demo) next(s step) {
	d.say(s.say)
	sum := sha256.Sum256(d.request.Body)
	for i, c := range s.calls {
		if !slices.Contains(d.tools, c.name) {
			d.call = nil
			d.say(fmt.Sprintf("I would call `%s` now, but this chat does not offer it.", c.name))
			return
		}
		args, _ := json.Marshal(c.arguments) // maps of plain values can always be written
		d.call = append(d.call, Call{ID: fmt.Sprintf("call_%s_%d", hex.EncodeToString(sum[:8]), i+1), Name: c.name, Arguments: string(args)})
	}
}

func (d *demo) say(text string) {
	if text != "" {
		d.says = append(d.says, utterance{text: text})
	}
}

func sentenceOf(line string) string {
	_, text, _ := strings.Cut(line, ": ")
	return text
}

// script streams the answer.
func (d *demo) script() Script {
	if d.act != nil {
		return d.act
	}
	switch last := len(d.says) - 1; {
	case len(d.call) > 0:
	case last < 0:
		d.say("Done.")
	default:
		d.says[last].text = strings.TrimRight(d.says[last].text, "\n ")
	}
	s := Script{Header("X-Generation-Id", ""), Raw(": OPENROUTER PROCESSING\n\n"), d.delta(`{"role":"assistant","content":""}`)}
	piece := func(pause time.Duration, deltas ...string) {
		if pause == 0 {
			pause = d.pace
		}
		for _, delta := range deltas {
			s = append(s, d.delta(delta))
			if pause > 0 {
				s = append(s, Pause(pause))
			}
		}
	}
	said, thought := 0, 0
	for _, u := range d.says {
		field := "content"
		said += len(u.text)
		if u.thought {
			field = "reasoning"
			thought += len(u.text)
		}
		for _, p := range (Reply{PieceRunes: u.runes}).pieces(u.text) {
			piece(u.pause, object(field, p))
		}
	}
	if d.cut {
		return append(s, Reset())
	}
	finish := "stop"
	for i, c := range d.call {
		finish = "tool_calls"
		said += len(c.Arguments)
		piece(0, fmt.Sprintf(`{"tool_calls":[{"index":%d,"id":%s,"type":"function","function":{"name":%s,"arguments":""}}]}`, i, quote(c.ID), quote(c.Name)))
		for _, p := range (Reply{PieceRunes: 48}).pieces(c.Arguments) {
			piece(0, fmt.Sprintf(`{"tool_calls":[{"index":%d,"function":{"arguments":%s}}]}`, i, quote(p)))
		}
	}
	return append(s, d.finish(finish), d.usage(said, thought), Done())
}

func (d *demo) chunk(choices, more string) Step {
	sum := sha256.Sum256(d.request.Body)
	return Data(fmt.Sprintf(`{"id":"gen-%s","object":"chat.completion.chunk","provider":"Demo","model":%s,"choices":%s%s}`, hex.EncodeToString(sum[:8]), quote(d.request.Chat.Model), choices, more))
}

func (d *demo) delta(delta string) Step {
	return d.chunk(`[{"index":0,"delta":`+delta+`,"finish_reason":null}]`, "")
}

func (d *demo) finish(reason string) Step {
	return d.chunk(fmt.Sprintf(`[{"index":0,"delta":{},"finish_reason":%q,"native_finish_reason":%q}]`, reason, reason), "")
}

// demoCost is in USD, of an answer.
const demoCost = "0.0012"

// usage counts four bytes a token. What was sent before counts as cached.
func (d *demo) usage(said, thought int) Step {
	prompt := len(d.request.Body)/4 + 1
	cached := 0
	if len(d.done) > 0 {
		cached = prompt * 4 / 5
	}
	completion := said/4 + 1
	return d.chunk(`[]`, fmt.Sprintf(`,"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,"cost":%s,"prompt_tokens_details":{"cached_tokens":%d},"completion_tokens_details":{"reasoning_tokens":%d}}`,
		prompt, completion, prompt+completion, demoCost, cached, thought/4))
}

// upstreamFails is what a router answers when the model behind it fails.
func upstreamFails() Script {
	return Script{Header("Content-Type", "application/json"), Status(http.StatusInternalServerError),
		Raw(`{"error":{"code":500,"message":"Provider returned error","metadata":{"provider_name":"Demo","raw":"the demo model was told to fail"}}}`)}
}
