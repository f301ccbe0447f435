package nixcheck

// attribute is one that an attribute set names.
type attribute struct {
	name      string // its first part, of a.b.c; "" if it is computed
	at        int    // where in the text
	inherited bool
	function  bool // its value is written as a function
}

// attributesOf reads the outermost attribute set of a Nix text, with or without rec and
// parentheses around it; not ok if the text is something else, such as a function.
func attributesOf(text string) (all []attribute, ok bool) {
	tokens := bare(scan(text))
	if len(tokens) > 0 && tokens[0].is("rec") {
		tokens = tokens[1:]
	}
	end := len(tokens) - 1
	if end < 1 || !tokens[0].is("{") || closing(tokens, 0) != end || !tokens[end].is("}") {
		return nil, false
	}
	tokens = tokens[1:end]
	for len(tokens) > 0 {
		binding, rest, whole := upTo(tokens, ";")
		if !whole {
			return nil, false
		}
		tokens = rest
		if len(binding) == 0 {
			return nil, false
		}
		if binding[0].is("inherit") {
			names := binding[1:]
			if len(names) > 0 && names[0].is("(") {
				names = names[min(closing(names, 0)+1, len(names)):]
			}
			for _, n := range names {
				all = append(all, attribute{name: n.name(), at: n.at, inherited: true})
			}
			continue
		}
		path, value, assigned := upTo(binding, "=")
		if !assigned || len(path) == 0 {
			return nil, false
		}
		a := attribute{name: path[0].name(), at: path[0].at}
		a.function = len(path) == 1 && isFunction(value)
		all = append(all, a)
	}
	return all, true
}

// isFunction reports whether tokens begin as a function does: x: or x@{…}: or {…}: or {…}@x:.
func isFunction(tokens []token) bool {
	tokens = bare(tokens)
	if len(tokens) == 0 {
		return false
	}
	end := 0
	if tokens[0].is("{") {
		end = closing(tokens, 0)
	} else if tokens[0].kind != word {
		return false
	}
	next := func(i int) token {
		if i < len(tokens) {
			return tokens[i]
		}
		return token{}
	}
	if next(end + 1).is("@") {
		end += 2
		if next(end).is("{") {
			end = closing(tokens, end)
		}
	}
	return next(end + 1).is(":")
}

// upTo cuts tokens at the first one that is text outside of all brackets. Semicolons that
// belong to a let, a with or an assert are passed over.
func upTo(tokens []token, text string) (before, after []token, found bool) {
	depth := 0
	var open []string // let, with and assert that have not seen their end
	for i, t := range tokens {
		switch {
		case t.opens():
			depth++
		case t.closes():
			depth--
		case depth > 0:
		case text == ";" && (t.is("let") || t.is("with") || t.is("assert")):
			open = append(open, t.text)
		case len(open) == 0 && t.is(text):
			return tokens[:i], tokens[i+1:], true
		case len(open) > 0 && (t.is("in") && open[len(open)-1] == "let" || t.is(";") && open[len(open)-1] != "let"):
			open = open[:len(open)-1]
		}
	}
	return tokens, nil, false
}

// maxParentheses is how many pairs around a value are looked through.
const maxParentheses = 8

// bare takes parentheses off that are around all of tokens; to Nix they make no difference.
func bare(tokens []token) []token {
	for range maxParentheses {
		if len(tokens) < 2 || !tokens[0].is("(") || closing(tokens, 0) != len(tokens)-1 || !tokens[len(tokens)-1].is(")") {
			break
		}
		tokens = tokens[1 : len(tokens)-1]
	}
	return tokens
}

// closing is the index of the bracket that closes the one at i, or the last index.
func closing(tokens []token, i int) int {
	depth := 0
	for ; i < len(tokens); i++ {
		if tokens[i].opens() {
			depth++
		}
		if tokens[i].closes() {
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(tokens) - 1
}
