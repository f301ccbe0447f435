package llmtest

import (
	"encoding/json"
	"fmt"
)

// Reply is a well-formed answer.
type Reply struct {
	Reasoning string
	Text      string
	Calls     []Call
	// PieceRunes is how many characters go in one chunk; 0 = 12, about three tokens.
	PieceRunes int
	// Cost is in USD, as a JSON number; "" = 0.
	Cost string
}

// Call is a tool call. Arguments is JSON.
type Call struct{ ID, Name, Arguments string }

// Script streams r as OpenRouter does.
func (r Reply) Script() Script {
	s := Script{Raw(": OPENROUTER PROCESSING\n\n"), Delta(`{"role":"assistant","content":""}`)}
	for _, piece := range r.pieces(r.Reasoning) {
		s = append(s, Delta(object("reasoning", piece)))
	}
	for _, piece := range r.pieces(r.Text) {
		s = append(s, Delta(object("content", piece)))
	}
	finish := "stop"
	for i, c := range r.Calls {
		finish = "tool_calls"
		s = append(s, Delta(fmt.Sprintf(`{"tool_calls":[{"index":%d,"id":%s,"type":"function","function":{"name":%s,"arguments":""}}]}`, i, quote(c.ID), quote(c.Name))))
		for _, piece := range r.pieces(c.Arguments) {
			s = append(s, Delta(fmt.Sprintf(`{"tool_calls":[{"index":%d,"function":{"arguments":%s}}]}`, i, quote(piece))))
		}
	}
	cost := r.Cost
	if cost == "" {
		cost = "0"
	}
	return append(s, Finish(finish), Usage(len(r.Text)/4+10, len(r.Text)/4+1, cost), Done())
}

func (r Reply) pieces(text string) []string {
	size := r.PieceRunes
	if size <= 0 {
		size = 12
	}
	var all []string
	for runes := []rune(text); len(runes) > 0; {
		n := min(size, len(runes))
		all = append(all, string(runes[:n]))
		runes = runes[n:]
	}
	return all
}

func quote(s string) string {
	b, _ := json.Marshal(s) // a string can always be written
	return string(b)
}

func object(name, value string) string { return "{" + quote(name) + ":" + quote(value) + "}" }
