package git

import "bytes"

// maxToken is how much of one token is kept: paths are shorter than PathMax, and of
// messages of commits nobody needs more.
const maxToken = 16 << 10

// tokens splits git's -z output at NUL bytes and passes each token on, its first
// maxToken bytes. An error of take ends the program.
type tokens struct {
	take    func(token string) error
	partial []byte
}

func (t *tokens) Write(b []byte) (int, error) {
	n := len(b)
	for {
		token, rest, whole := bytes.Cut(b, []byte{0})
		t.partial = append(t.partial, token[:min(len(token), maxToken-len(t.partial))]...)
		if !whole {
			return n, nil
		}
		token = t.partial
		t.partial = t.partial[:0]
		if err := t.take(string(token)); err != nil {
			return 0, err
		}
		b = rest
	}
}
