package search

import (
	"io"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

// SetTimeout replaces the ten seconds, which tests need not wait for.
func (s *Search) SetTimeout(d time.Duration) { s.timeout = d }

// Reader returns what reads ripgrep's output, and the answer made of it.
func Reader(limit int) (io.Writer, func() bridge.SearchResult) {
	c := &collector{base: ".", wanted: &filter{}, limit: limit}
	return c, c.answer
}

// MaxAnswer is the most JSON in an answer, but for its braces.
const MaxAnswer = maxAnswer

// ErrEnough ends a search.
var ErrEnough = errEnough
