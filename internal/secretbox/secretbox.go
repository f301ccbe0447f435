// Package secretbox turns the installation's one secret into keys with one purpose
// each, and seals values at rest. Key material never leaves the process.
package secretbox

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// MinSecretBytes is the least key material accepted: 256 bits.
const MinSecretBytes = 32

// ErrOpen is returned for a sealed value that was changed, moved or sealed with another key.
var ErrOpen = errors.New("sealed value cannot be opened")

// Box derives keys from one secret, and still opens what earlier ones sealed. Safe for
// concurrent use.
type Box struct {
	secret []byte
	old    []*Box
}

// New returns a Box over secret, which must have MinSecretBytes or more, as must old: the
// secrets before it, of which only Open and Reseal know.
func New(secret []byte, old ...[]byte) (*Box, error) {
	if len(secret) < MinSecretBytes {
		return nil, fmt.Errorf("secret has %d bytes, needs %d or more", len(secret), MinSecretBytes)
	}
	b := &Box{secret: append([]byte(nil), secret...)}
	for i, o := range old {
		earlier, err := New(o)
		if err != nil {
			return nil, fmt.Errorf("old secret %d: %w", i+1, err)
		}
		b.old = append(b.old, earlier)
	}
	return b, nil
}

// LoadOrCreate reads the secret kept in file, making it (mode 0600) on first use.
// Several processes may call it at once on one file.
func LoadOrCreate(file string) ([]byte, error) {
	for {
		data, err := os.ReadFile(file)
		if err == nil {
			secret, err := hex.DecodeString(string(data))
			if err != nil || len(secret) < MinSecretBytes {
				return nil, fmt.Errorf("%s does not hold a secret made by Kalpana; restore it from a backup, or remove it and lose what was sealed with it", file)
			}
			return secret, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		secret := make([]byte, MinSecretBytes)
		rand.Read(secret)
		tmp, err := os.CreateTemp(filepath.Dir(file), ".secret-*")
		if err != nil {
			return nil, err
		}
		_, err = tmp.WriteString(hex.EncodeToString(secret))
		if err = errors.Join(err, tmp.Sync(), tmp.Close()); err == nil {
			err = os.Link(tmp.Name(), file) // fails if another process was first: then theirs counts
		}
		os.Remove(tmp.Name())
		if err != nil && !errors.Is(err, os.ErrExist) {
			return nil, err
		}
	}
}

// Key returns 32 bytes for one purpose. The same secret and purpose give the same key.
func (b *Box) Key(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, b.secret, nil, "kalpana/"+purpose, 32)
	if err != nil {
		panic(err) // only for lengths HKDF cannot give
	}
	return key
}

// MAC returns HMAC-SHA256 of data under the key of purpose.
func (b *Box) MAC(purpose string, data []byte) []byte {
	m := hmac.New(sha256.New, b.Key(purpose))
	m.Write(data)
	return m.Sum(nil)
}

// WorkspaceKey is what the gateway shows the bridge of one start of one workspace: 64 hex digits.
func (b *Box) WorkspaceKey(id string, epoch int64) string {
	return hex.EncodeToString(b.MAC("workspace-key", fmt.Appendf(nil, "%s/%d", id, epoch)))
}

// Seal encrypts plain and binds it to where it is kept (place): it opens nowhere else.
func (b *Box) Seal(purpose, place string, plain []byte) []byte {
	return b.aead(purpose).Seal(nil, nil, plain, []byte(place))
}

// Open undoes Seal, also of a Box over one of the old secrets; ErrOpen for anything else.
func (b *Box) Open(purpose, place string, sealed []byte) ([]byte, error) {
	plain, err := b.aead(purpose).Open(nil, nil, sealed, []byte(place))
	for i := 0; err != nil && i < len(b.old); i++ {
		plain, err = b.old[i].Open(purpose, place, sealed)
	}
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// Reseal returns what sealed holds under the newest secret, and whether that is anything
// new: what the newest sealed is returned as it is. ErrOpen as for Open.
func (b *Box) Reseal(purpose, place string, sealed []byte) (fresh []byte, changed bool, err error) {
	if _, err := b.aead(purpose).Open(nil, nil, sealed, []byte(place)); err == nil {
		return sealed, false, nil
	}
	plain, err := b.Open(purpose, place, sealed)
	if err != nil {
		return nil, false, err
	}
	return b.Seal(purpose, place, plain), true, nil
}

func (b *Box) aead(purpose string) cipher.AEAD {
	block, err := aes.NewCipher(b.Key(purpose))
	if err != nil {
		panic(err)
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return gcm
}
