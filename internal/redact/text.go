package redact

// text is what is known from one place on; whole: it is all that may be known.
type text struct {
	s     string
	whole bool
}

// end is the verdict of a rule that has come to the end of t.
func (t text) end() verdict {
	if t.whole {
		return no
	}
	return more
}

// run returns how many bytes from i on are in c, counted up to limit. The verdict is yes
// unless more may follow.
func (t text) run(i int, c *class, limit int) (int, verdict) {
	n := 0
	for n < limit && i+n < len(t.s) && c[t.s[i+n]] {
		n++
	}
	if n < limit && i+n == len(t.s) && !t.whole {
		return n, more
	}
	return n, yes
}

// class is a set of bytes.
type class [256]bool

// bytesOf reads a set: "a-z" is a range, "-" is itself at the end.
func bytesOf(set string) *class {
	var c class
	for i := 0; i < len(set); i++ {
		if i+2 < len(set) && set[i+1] == '-' {
			for b := set[i]; b <= set[i+2]; b++ {
				c[b] = true
			}
			i += 2
			continue
		}
		c[set[i]] = true
	}
	return &c
}

// not returns the bytes that are not in c.
func not(c *class) *class {
	var out class
	for b, in := range c {
		out[b] = !in
	}
	return &out
}

var (
	alnum     = bytesOf("A-Za-z0-9")
	word      = bytesOf("A-Za-z0-9_")
	dashed    = bytesOf("A-Za-z0-9_-")
	upper     = bytesOf("A-Z0-9")
	digits    = bytesOf("0-9")
	letters   = bytesOf("A-Za-z")
	base64Set = bytesOf("A-Za-z0-9+/=")
	bearerSet = bytesOf("A-Za-z0-9._~+/=-")
	slackSet  = bytesOf("A-Za-z0-9-")
	blanks    = bytesOf(" \t")
	jwtSet    = bytesOf("A-Za-z0-9_.-")
	keyAround = bytesOf("A-Za-z0-9+/=\\\r\n\t :,.-")
	between   = bytesOf(" \t\"'\\:=,>")
	// authorityEnd are bytes that end the part of an address with the host, or that show it to
	// be a template.
	authorityEnd = bytesOf("/?# \t\r\n\"'<>`\\{}")
)
