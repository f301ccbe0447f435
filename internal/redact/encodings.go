package redact

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// encodings returns the values and the forms in which they may stand in a text, the longest
// first, each once.
func encodings(values []string) []string {
	seen := map[string]bool{}
	for _, v := range values {
		if v = strings.TrimSpace(v); len(v) < MinValue {
			continue
		}
		for _, form := range forms(v) {
			for len(form) >= MinValue {
				piece := form[:min(len(form), Lookahead)]
				seen[piece] = true
				form = form[len(piece):]
			}
		}
	}
	out := make([]string, 0, len(seen))
	for form := range seen {
		out = append(out, form)
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b)) })
	return out
}

func forms(v string) []string {
	query, path := url.QueryEscape(v), url.PathEscape(v)
	out := []string{v, query, path, lowerEscapes(query), lowerEscapes(path)}
	if quoted, err := json.Marshal(v); err == nil {
		out = append(out, string(quoted[1:len(quoted)-1]))
	}
	// In Base64 a value looks different for each of three places it may have in what is
	// encoded. The digits at its ends that depend on its neighbours are left out.
	for before, cut := range []int{0, 2, 3} {
		padded := string(make([]byte, before)) + v
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			text := e.EncodeToString([]byte(padded))
			out = append(out, text[cut:len(padded)*8/6])
		}
	}
	return out
}

// lowerEscapes writes %2F as %2f.
func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], strings.ToLower(string(b[i+1:i+3])))
		}
	}
	return string(b)
}
