package search

import (
	"encoding/json"
	"path"
	"strings"
	"unicode/utf8"
)

// message is one line of ripgrep's JSON output.
type message struct {
	Type string `json:"type"` // begin, match, context, end, summary
	Data struct {
		Path       text   `json:"path"`
		Lines      text   `json:"lines"`
		LineNumber int    `json:"line_number"`
		Submatches []span `json:"submatches"`
		// BinaryOffset is set at the end of a file that turned out to be binary.
		BinaryOffset *int64 `json:"binary_offset"`
	} `json:"data"`
}

// text is a string if it is valid UTF-8, else bytes.
type text struct {
	Text  string `json:"text"`
	Bytes []byte `json:"bytes"`
}

func (t text) String() string {
	if t.Bytes != nil {
		return string(t.Bytes)
	}
	return t.Text
}

// span is where in a line a match is, in bytes.
type span struct {
	Start int `json:"start"`
}

func parseMessage(line []byte) (message, error) {
	var m message
	err := json.Unmarshal(line, &m)
	return m, err
}

// line is the message's line without its end.
func (m message) line() string {
	return strings.TrimSuffix(strings.TrimSuffix(m.Data.Lines.String(), "\n"), "\r")
}

// column is where the first match begins, in characters from 1; 0 without a match.
func (m message) column() int {
	if len(m.Data.Submatches) == 0 {
		return 0
	}
	whole := m.Data.Lines.String()
	start := min(max(m.Data.Submatches[0].Start, 0), len(whole))
	return utf8.RuneCountInString(whole[:start]) + 1
}

// path is the file's, relative to what is searched.
func (m message) path() string { return path.Clean(m.Data.Path.String()) }
