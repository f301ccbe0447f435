package variable

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Limits of one user. Linux takes 2 MiB of variables and arguments of a program; what these
// leave is for the template, for Nix and for the program's own.
const (
	// MaxCount is how many variables a user has, those of all templates together.
	MaxCount = 100
	// MaxValue is the longest value, in bytes.
	MaxValue = 32 << 10
	// MaxBytes is how long all names and values of a user are together.
	MaxBytes = 256 << 10
)

// Variable is a variable as it is stored.
type Variable struct {
	// Template is the id of the template that it is for; "" = all workspaces of the user.
	Template string `bson:"template"`
	Name     string `bson:"name"`
	// Secret: the value is not shown to anybody, and masked where the agent would read it.
	Secret bool `bson:"secret"`
	// Sealed is the value; Bytes is how long it is.
	Sealed    []byte    `bson:"sealed"`
	Bytes     int       `bson:"bytes"`
	UpdatedAt time.Time `bson:"updatedAt"`
}

// is reports whether v has this place among the variables of its user.
func (v Variable) is(template, name string) bool { return v.Template == template && v.Name == name }

// Shown is a variable as its user sees it.
type Shown struct {
	Template, Name string
	Secret         bool
	// Value is "" for secrets.
	Value string
	// Unreadable: the value cannot be opened and has to be set again, for example after the
	// installation's secret was lost.
	Unreadable bool
	UpdatedAt  time.Time
}

// Store keeps the variables of users, those of one together.
type Store interface {
	// GetVariables returns a user's, in any order; none is no error.
	GetVariables(ctx context.Context, userID string) ([]Variable, error)
	// UpdateVariables replaces a user's by what change makes of them, as one step: change may
	// be called again when another was first. Its error is returned, and nothing is written.
	UpdateVariables(ctx context.Context, userID string, change func([]Variable) ([]Variable, error)) error
	// RemoveVariables removes all of a user's; none is no error.
	RemoveVariables(ctx context.Context, userID string) error
	// UsersWithVariables returns the ids of all users who have some.
	UsersWithVariables(ctx context.Context) ([]string, error)
}

// Sealer seals values, bound to a purpose and a place; secretbox.Box is one.
type Sealer interface {
	Seal(purpose, place string, plain []byte) []byte
	Open(purpose, place string, sealed []byte) ([]byte, error)
	// Reseal returns the value under the newest key, and whether it was under an older one.
	Reseal(purpose, place string, sealed []byte) (fresh []byte, changed bool, err error)
}

var (
	// ErrNotFound: the user has no variable of that name for that template.
	ErrNotFound = errors.New("variable not found")
	// ErrLimit: the user has as many variables, or as long ones, as the limits allow.
	ErrLimit = fmt.Errorf("limit of %d variables, or of %d KiB for all names and values together, is reached", MaxCount, MaxBytes>>10)
)

// InvalidError says which part of a variable is wrong ("name", "value", "template"), and what
// is allowed, as a sentence for people. It does not quote values.
type InvalidError struct{ Field, Message string }

func (e *InvalidError) Error() string { return "variable's " + e.Field + ": " + e.Message }

// UnreadableError names variables whose sealed values cannot be opened.
type UnreadableError struct{ Names []string }

func (e *UnreadableError) Error() string {
	return "the values of " + strings.Join(e.Names, ", ") + " cannot be read any more: set them again"
}
