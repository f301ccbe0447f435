package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// secretLen is the length of 256 random bits in unpadded base64url.
const secretLen = 43

// newSecret returns 256 random bits as text that is safe in cookies and addresses.
func newSecret() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// newID returns a public identifier: 130 random bits, lower case.
func newID() string { return strings.ToLower(rand.Text()) }

// wellFormed reports whether s looks like newSecret's.
func wellFormed(s string) bool {
	if len(s) != secretLen {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

// digest is what is kept of a secret. It does not allocate: it runs for every request.
// A fast hash is right for 256 random bits; there is nothing to guess.
func digest(secret string) [sha256.Size]byte {
	var buf [2 * secretLen]byte
	if len(secret) > len(buf) {
		return sha256.Sum256([]byte(secret))
	}
	return sha256.Sum256(buf[:copy(buf[:], secret)])
}

func digestHex(secret string) string {
	h := digest(secret)
	return hex.EncodeToString(h[:])
}
