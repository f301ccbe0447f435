package permission

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Hash stands for one exact call: 64 hexadecimal digits.
type Hash string

const (
	// ApprovalTTL is how long a question may be answered, and an answer used: long enough to
	// read a diff, short enough that one still remembers what was asked.
	ApprovalTTL = 15 * time.Minute
	// clockSkew is what the clocks of two gateways on one database may differ.
	clockSkew = time.Minute
)

// ErrExpired and ErrOtherCall are why an approval does not count.
var (
	ErrExpired   = errors.New("the approval is older than 15 minutes")
	ErrOtherCall = errors.New("the approval is for another call")
)

// Bind returns the hash of what c means: its tool, arguments and folder, and what was judged of
// it (class, command, paths). Order of keys and blanks between them in the arguments do not count,
// every other byte does. The error is ErrArguments.
func Bind(c Call, p Place) (Hash, error) {
	args, err := canonical(c.Arguments)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	field := func(b []byte) {
		// The length before each field keeps "ab"+"c" and "a"+"bc" apart.
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	for _, s := range []string{"kalpana approval 1", c.Tool, string(c.Class), string(args), c.cwd(p), c.Command} {
		field([]byte(s))
	}
	for _, name := range c.Paths {
		field([]byte(name))
	}
	for _, name := range c.Trees {
		field([]byte("tree"))
		field([]byte(name))
	}
	return Hash(hex.EncodeToString(h.Sum(nil))), nil
}

// Approval is a user's yes to one call. It is good once: the caller marks it used with
// compare-and-swap before the call is made.
type Approval struct {
	Hash   Hash
	UserID string
	RunID  string
	At     time.Time
}

// Covers returns nil if a is good for c, made in run now; else ErrExpired, ErrOtherCall or
// ErrArguments.
func (a Approval) Covers(c Call, p Place, run string, now time.Time) error {
	h, err := Bind(c, p)
	if err != nil {
		return err
	}
	if h != a.Hash || a.RunID != run || a.UserID == "" {
		return ErrOtherCall
	}
	if age := now.Sub(a.At); age > ApprovalTTL || age < -clockSkew {
		return fmt.Errorf("%w (given %s)", ErrExpired, a.At.UTC().Format(time.RFC3339))
	}
	return nil
}

// granted says whether this very call was allowed for the run.
func (p Policy) granted(c Call) bool {
	if len(p.RunCalls) == 0 {
		return false
	}
	h, err := Bind(c, p.Place)
	return err == nil && slices.Contains(p.RunCalls, h)
}
