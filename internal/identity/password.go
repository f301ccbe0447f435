package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

const (
	// OWASP's least for Argon2id: 19 MiB, two passes, one lane. About 30 ms here.
	argonMemory  = 19 << 10 // KiB
	argonTime    = 2
	argonThreads = 1
	argonKey     = 32
	argonSalt    = 16
	// argonAtOnce bounds memory and processors that strangers can keep busy.
	argonAtOnce = 2
	// argonWait is how long a login waits for its turn; then it is told to come back.
	argonWait = 5 * time.Second

	minPasswordRunes = 12
	maxPasswordBytes = 1024
)

// checkPassword says what is wrong with a new password. Length is all that is asked for
// (NIST SP 800-63B): rules about kinds of characters make passwords worse.
func checkPassword(field, p string) error {
	switch {
	case !utf8.ValidString(p):
		return &FieldError{field, "The password is not valid text (UTF-8)."}
	case utf8.RuneCountInString(p) < minPasswordRunes:
		return &FieldError{field, fmt.Sprintf("Use %d characters or more.", minPasswordRunes)}
	case len(p) > maxPasswordBytes:
		return &FieldError{field, fmt.Sprintf("Use at most %d bytes.", maxPasswordBytes)}
	}
	return nil
}

// hasher runs Argon2id, at most argonAtOnce at a time.
type hasher struct {
	turns chan struct{}
	// decoy is verified for people who do not exist or have no password, so that the
	// answer takes as long as for everybody else.
	decoy func() string
	// busy is told of everybody who was sent away because it was not their turn in time.
	busy func()
}

func newHasher(busy func()) *hasher {
	return &hasher{
		turns: make(chan struct{}, argonAtOnce),
		decoy: sync.OnceValue(func() string { return encodeHash(newSecret()) }),
		busy:  busy,
	}
}

// hash returns password in PHC format.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	return encodeHash(password), nil
}

// verify compares password with a PHC string; "" means there is none and takes as long.
func (h *hasher) verify(ctx context.Context, phc, password string) (bool, error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	if phc == "" || len(password) > maxPasswordBytes {
		matches(h.decoy(), "")
		return false, nil
	}
	return matches(phc, password)
}

func (h *hasher) enter(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, argonWait)
	defer cancel()
	select {
	case h.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		h.busy()
		return &RateLimitedError{RetryAfter: argonWait}
	}
}

func (h *hasher) leave() { <-h.turns }

func encodeHash(password string) string {
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

// matches verifies with the parameters the hash was made with, within bounds: a record
// that was tampered with must not be able to ask for all memory.
func matches(phc, password string) (bool, error) {
	parts := strings.Split(phc, "$")
	var version int
	var memory, passes uint32
	var threads uint8
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return false, fmt.Errorf("password hash is not in the format $argon2id$…")
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, fmt.Errorf("password hash has an unknown version of argon2id")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads); err != nil ||
		memory < 8 || memory > 1<<20 || passes < 1 || passes > 64 || threads < 1 || threads > 16 {
		return false, fmt.Errorf("password hash has parameters that cannot be")
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("password hash: salt: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) < 16 || len(want) > 64 {
		return false, fmt.Errorf("password hash: key is not base64 of 16 to 64 bytes")
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}
