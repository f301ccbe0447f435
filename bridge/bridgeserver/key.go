package bridgeserver

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/proof"
)

// keyHash is the SHA-256 of the workspace's key. The key has 256 random bits, so the
// hash needs neither salt nor slowness.
type keyHash [sha256.Size]byte

func parseKeyHash(digits string) (keyHash, error) {
	var k keyHash
	sum, err := hex.DecodeString(digits)
	if err != nil || len(sum) != len(k) {
		return k, errors.New("the key's SHA-256 must be 64 hex digits; without it the bridge would have to let everybody in")
	}
	copy(k[:], sum)
	return k, nil
}

// opens reports whether a request with these headers has the key. Two keys are none:
// somebody added one on the way.
func (k keyHash) opens(h http.Header) bool {
	keys := h.Values(bridge.KeyHeader)
	if len(keys) != 1 {
		return false
	}
	sum := sha256.Sum256([]byte(keys[0]))
	return subtle.ConstantTimeCompare(sum[:], k[:]) == 1
}

// requireKey passes on what has the key, without the key. It proves to be the bridge of the
// key to whoever asks.
func (s *Server) requireKey(next http.Handler) http.Handler {
	return proof.Handler(s.key, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.key.opens(r.Header) {
			w.Header().Set("WWW-Authenticate", bridge.KeyHeader)
			problem(w, http.StatusUnauthorized, bridge.CodeUnauthorized, "this address answers its own gateway only")
			return
		}
		r.Header.Del(bridge.KeyHeader)
		next.ServeHTTP(w, r)
	}))
}
