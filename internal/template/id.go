package template

import "crypto/rand"

const idAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789"

// newID returns 12 random characters of [a-z0-9], 62 bits.
func newID() string {
	id := make([]byte, 0, 12)
	for b := make([]byte, 16); len(id) < cap(id); {
		rand.Read(b)
		for _, c := range b {
			// 252 is the largest multiple of 36 in a byte: no character is likelier than another.
			if c < 252 && len(id) < cap(id) {
				id = append(id, idAlphabet[c%36])
			}
		}
	}
	return string(id)
}
