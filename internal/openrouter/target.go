package openrouter

import "strings"

// target finds the call that p belongs to; nil means that it begins a new one.
func (s *calls) target(p piece) *call {
	if p.id != "" {
		return s.withID(p)
	}
	c := s.at[p.index]
	if c == nil && p.index == "" {
		c = s.last
	}
	if c == nil {
		switch {
		case p.name != "":
			return nil
		case s.last != nil && !s.last.args.complete():
			return s.last // an index that nobody began: it counts something else
		}
		return nil
	}
	if p.name == "" || c.name == "" {
		return c
	}
	return s.named(c, p)
}

// withID: a known id names its call, unless it is plainly used twice. An unknown one is
// late, or begins a call, or the provider makes up a new one for each delta.
func (s *calls) withID(p piece) *call {
	at := s.at[p.index]
	if c := s.byID[p.id]; c != nil {
		if p.index != "" && c.index != "" && p.index != c.index {
			switch {
			case at != nil && at.providerID == p.id:
				c = at
			case p.name != "" && !c.expects(p):
				return nil
			}
		} else if at != nil && at.providerID == p.id {
			c = at // of several calls with this id and index the latest goes on
		}
		if p.name == "" || c.name == "" {
			return c
		}
		return s.named(c, p)
	}
	if at == nil && p.index == "" {
		at = s.last
		if at != nil && p.name != "" && (at.providerID != "" || at.name != "") {
			return nil
		}
	}
	switch {
	case at == nil:
		return nil
	case at.providerID == "" && !at.args.complete() && (p.name == "" || at.name == "" || p.name == at.name):
		return at // the id comes late
	case at.args.complete():
		return nil
	case p.name == "" && (p.index != "" || (p.hasArgs && at.args.len() > 0)):
		return at // a new id in each delta
	case p.name != "" && p.name == at.name && at.expects(p):
		return at
	}
	return nil
}

// named decides whether a name that comes again is repeated for c, or begins another
// call under c's id or index.
func (s *calls) named(c *call, p piece) *call {
	switch {
	case s.continues(c, p):
		return c
	case c.args.complete():
		if p.name == c.name && (!p.hasArgs || c.args.same(p.args)) {
			return c // the whole call again
		}
		return nil
	case p.name != c.name:
		return nil
	case c.args.len() > 0 && p.opens && !c.args.inside():
		return nil
	}
	return c
}

// expects reports whether p's arguments go on where c's stop.
func (c *call) expects(p piece) bool {
	return c.args.len() > 0 && !c.args.complete() && p.hasArgs
}

// continues reports whether p brings another piece of c's name. Known tools tell it from
// the name of the next call.
func (s *calls) continues(c *call, p piece) bool {
	if p.name == "" || p.name == c.name || c.args.len() > 0 || s.known[c.name] || s.known[p.name] || len(c.name)+len(p.name) > maxNameBytes {
		return false
	}
	whole := c.name + p.name
	for name := range s.known {
		if strings.HasPrefix(name, whole) {
			return true
		}
	}
	return false
}
