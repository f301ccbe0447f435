package search

import (
	"bytes"
	"errors"
	"fmt"
	"path"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
)

const (
	// maxMessage is the longest line of ripgrep's output that is read. Longer ones are
	// about lines of some megabytes, with every match in them; they count as left out.
	maxMessage = 4 << 20

	// maxLineChars is how much of a line is sent.
	maxLineChars = 500

	// maxAnswer bounds the answer's JSON, with room to MaxMessageBytes for what is around it.
	maxAnswer = 2 << 20

	// perMatch is what a match costs beside its path and text: names of members, numbers.
	perMatch = 80
)

// errEnough ends a search that found more than is wanted.
var errEnough = errors.New("there are more matches than wanted")

// collector reads what ripgrep prints.
type collector struct {
	base   string // what is searched, relative to the workspace
	single bool   // it is a file
	wanted *filter
	limit  int

	partial  []byte // the beginning of a line that did not arrive whole yet
	overlong bool   // that line is longer than maxMessage and being dropped

	file    string // the one that is being searched, "" if it is not wanted
	current []bridge.SearchMatch
	matches []bridge.SearchMatch // of the files before
	found   int                  // lines among both that match
	pending int                  // those among them that are in current
	size    int                  // JSON of both

	truncated bool
}

// Write takes output in any pieces. errEnough says that no more is wanted.
func (c *collector) Write(b []byte) (int, error) {
	n := len(b)
	for {
		line, rest, whole := bytes.Cut(b, []byte{'\n'})
		switch {
		case c.overlong:
		case len(c.partial)+len(line) > maxMessage:
			c.overlong, c.truncated = true, true
			c.partial = nil
		case whole && len(c.partial) == 0:
			if err := c.take(line); err != nil {
				return 0, err
			}
		default:
			c.partial = append(c.partial, line...)
			if whole {
				err := c.take(c.partial)
				c.partial = c.partial[:0]
				if err != nil {
					return 0, err
				}
			}
		}
		if !whole {
			return n, nil
		}
		c.overlong = false
		b = rest
	}
}

func (c *collector) take(line []byte) error {
	m, err := parseMessage(line)
	if err != nil {
		return fmt.Errorf("read ripgrep's output: %w", err)
	}
	switch m.Type {
	case "begin":
		c.begin(m)
	case "match", "context":
		if c.file != "" {
			return c.add(m)
		}
	case "end":
		c.end(m)
	}
	return nil
}

func (c *collector) begin(m message) {
	c.keep()
	c.file = ""
	if c.single {
		if c.wanted.wants(path.Base(c.base)) {
			c.file = c.base
		}
	} else if p := m.path(); c.wanted.wants(p) {
		c.file = path.Join(c.base, p)
	}
	c.file = child.Text(c.file)
}

func (c *collector) add(m message) error {
	neighbour := m.Type == "context"
	if !neighbour && c.found == c.limit {
		return errEnough
	}
	match := bridge.SearchMatch{
		Path: c.file, Line: m.Data.LineNumber, Text: child.Cut(m.line(), maxLineChars), Neighbour: neighbour,
	}
	c.size += child.JSONSize(match.Path) + child.JSONSize(match.Text) + perMatch
	if c.size > maxAnswer {
		return errEnough
	}
	if !neighbour {
		match.Column = m.column()
		c.found++
		c.pending++
	}
	c.current = append(c.current, match)
	return nil
}

func (c *collector) end(m message) {
	if m.Data.BinaryOffset != nil {
		c.found -= c.pending
		for _, match := range c.current {
			c.size -= child.JSONSize(match.Path) + child.JSONSize(match.Text) + perMatch
		}
		c.current, c.pending = c.current[:0], 0
	}
	c.keep()
	c.file = ""
}

func (c *collector) keep() {
	c.matches = append(c.matches, c.current...)
	c.current, c.pending = c.current[:0], 0
}
