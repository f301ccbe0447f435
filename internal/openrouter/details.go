package openrouter

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

// maxDetails of one answer. A model that thinks between calls makes one or two for each.
const maxDetails = 4096

// details collects reasoning_details. Those of text and summaries come in pieces, which
// belong together: a signature is for the whole text. All others are kept byte for byte.
type details struct {
	all   []*detail
	bytes int
}

type detail struct {
	whole  json.RawMessage // as it came, if in one piece
	kind   string
	index  string
	fields map[string]json.RawMessage
	text   strings.Builder
	pieces int
}

// grows names the field of each kind that comes in pieces.
var grows = map[string]string{"reasoning.text": "text", "reasoning.summary": "summary"}

// add takes the list of one delta and returns its text for display. Encrypted
// reasoning has none.
func (s *details) add(raw json.RawMessage) (string, error) {
	shown := ""
	for _, one := range list(raw) {
		fields := map[string]json.RawMessage{}
		if !object(one, &fields) {
			continue
		}
		s.bytes += len(one)
		if s.bytes > maxReasoningBytes {
			return "", agent.NewError(agent.CodeTooLarge, "the reasoning of the answer is larger than 8 MiB", nil)
		}
		kind, index := text(fields["type"]), key(fields["index"])
		piece := text(fields[grows[kind]])
		shown += piece
		if d := s.continued(kind, index, fields, piece); d != nil {
			d.grow(fields, piece)
			continue
		}
		if len(s.all) == maxDetails {
			return "", agent.NewError(agent.CodeTooLarge, "the reasoning of the answer has more than 4096 parts", nil)
		}
		d := &detail{whole: bytes.Clone(one), kind: kind, index: index, fields: fields, pieces: 1}
		d.text.WriteString(piece)
		s.all = append(s.all, d)
	}
	return shown, nil
}

// continued finds the record that a piece belongs to: the last one of its index or,
// without indexes, the last one. More text after a signature begins another.
func (s *details) continued(kind, index string, fields map[string]json.RawMessage, piece string) *detail {
	if grows[kind] == "" || len(s.all) == 0 {
		return nil
	}
	d := s.all[len(s.all)-1]
	if index != "" {
		for i := len(s.all) - 1; i >= 0 && i >= len(s.all)-8; i-- {
			if s.all[i].index == index && s.all[i].kind == kind {
				d = s.all[i]
				break
			}
		}
	}
	signed := !null(d.fields["signature"]) && string(d.fields["signature"]) != `""`
	if d.kind != kind || d.index != index || (signed && piece != "") {
		return nil
	}
	if a, b := fields["id"], d.fields["id"]; !null(a) && !null(b) && !bytes.Equal(a, b) {
		return nil
	}
	return d
}

func (d *detail) grow(fields map[string]json.RawMessage, piece string) {
	d.text.WriteString(piece)
	d.pieces++
	for name, value := range fields {
		if name != grows[d.kind] && (null(d.fields[name]) || string(d.fields[name]) == `""`) {
			d.fields[name] = value
		}
	}
}

// raw returns the records as they go back to the provider.
func (s *details) raw() []json.RawMessage {
	var all []json.RawMessage
	for _, d := range s.all {
		if d.pieces == 1 {
			all = append(all, d.whole)
			continue
		}
		value, _ := json.Marshal(d.text.String()) // a string always can
		d.fields[grows[d.kind]] = value
		whole, err := json.Marshal(d.fields)
		if err != nil {
			continue // every value was JSON when it came
		}
		all = append(all, whole)
	}
	return all
}
