package toolbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

const (
	// maxOutput is the most JSON of one result, in bytes: it is stored with the chat.
	maxOutput = 256 << 10
	// maxText is how many characters a model gets of one result.
	maxText = 48_000
	// maxImage is the most bytes of a picture for the model.
	maxImage = 2 << 20
)

// Result is what came of a call.
type Result struct {
	// Output is for the interface: valid JSON of at most 256 KiB, empty after most errors.
	Output json.RawMessage
	// Text is for the model: at most 48,000 characters.
	Text string
	// Image is a picture that the model shall see, at most 2 MiB; nil if there is none.
	Image *agent.Image
	// Error is why the call failed; nil if it did not. Then Output and Text are empty or say
	// what happened besides.
	Error *Error
	// Changed: files or processes of the workspace may have changed.
	Changed bool
	// Foreign: it may hold text of strangers; see the package comment.
	Foreign bool

	// output is what becomes Output.
	output any
}

func failed(problem *Error) Result { return Result{Error: problem} }

// finish redacts r and keeps it to its limits.
func (s *Session) finish(r Result) Result {
	if r.output != nil {
		r.Output, r.output = s.encodeOutput(r.output), nil
	}
	r.Text = shorten(s.redact(r.Text), maxText)
	r.Error = s.redacted(r.Error)
	return r
}

// encodeOutput is the JSON of an output, without secrets and within maxOutput.
func (s *Session) encodeOutput(output any) json.RawMessage {
	d := json.NewDecoder(bytes.NewReader(encode(output)))
	d.UseNumber()
	var tree any
	if d.Decode(&tree) != nil {
		return json.RawMessage("{}")
	}
	tree = eachText(tree, s.redact)
	data := encode(tree)
	// The texts of results are bounded in characters, which is more bytes in JSON for some:
	// a control character takes six.
	for most := maxOutput / 4; len(data) > maxOutput && most > 16; most /= 2 {
		tree = eachText(tree, func(text string) string {
			if len(text) <= most {
				return text
			}
			return clip(text, most)
		})
		data = encode(tree)
	}
	if len(data) > maxOutput {
		return json.RawMessage("{}")
	}
	return data
}

// eachText returns tree with change applied to every string in it, but not to names of members.
func eachText(tree any, change func(string) string) any {
	switch v := tree.(type) {
	case string:
		return change(v)
	case []any:
		for i := range v {
			v[i] = eachText(v[i], change)
		}
	case map[string]any:
		for k := range v {
			v[k] = eachText(v[k], change)
		}
	}
	return tree
}

// shorten leaves out the middle of s if it has more than most characters.
func shorten(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	half := (most - 100) / 2
	head, _ := characters(s, half)
	tail, _ := lastCharacters(s, half)
	return fmt.Sprintf("%s\n[… %d characters are left out here …]\n%s", head, utf8.RuneCountInString(s)-2*half, tail)
}
