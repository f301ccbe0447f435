package template

// plainJSON turns JSON with comments and trailing commas into JSON: comments become blanks, so
// that places in the text stay the same. What is no such JSON comes out as something that is
// no JSON.
func plainJSON(text []byte) []byte {
	out := append([]byte(nil), text...)
	comma := -1 // a comma that only blanks and comments have followed so far
	for i := 0; i < len(out); {
		switch c := out[i]; {
		case c == '"':
			comma = -1
			i = afterString(out, i)
		case c == '/' && i+1 < len(out) && out[i+1] == '/':
			for i < len(out) && out[i] != '\n' {
				out[i] = ' '
				i++
			}
		case c == '/' && i+1 < len(out) && out[i+1] == '*':
			end := afterComment(out, i)
			if end < 0 { // never closed: the slash stays and is no JSON
				return out
			}
			for ; i < end; i++ {
				if out[i] != '\n' {
					out[i] = ' '
				}
			}
		case c == ',':
			if comma >= 0 { // two in a row are a mistake also here
				return out
			}
			comma = i
			i++
		case c == '}' || c == ']':
			if comma >= 0 {
				out[comma] = ' '
			}
			comma = -1
			i++
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			i++
		default:
			comma = -1
			i++
		}
	}
	return out
}

// afterString is the place after the string that begins at i.
func afterString(text []byte, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// afterComment is the place after the comment that begins at i, negative if it does not end.
func afterComment(text []byte, i int) int {
	for i += 2; i+1 < len(text); i++ {
		if text[i] == '*' && text[i+1] == '/' {
			return i + 2
		}
	}
	return -1
}
