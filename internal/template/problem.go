package template

import (
	"errors"
	"fmt"
)

// Severities of a [Problem].
const (
	SeverityError   = "error"
	SeverityWarning = "warning"
)

// Problem is one thing that is wrong, or doubtful, in a definition.
type Problem struct {
	// Field is a path in the definition: "ports[0].port", "files[\"a/b\"]", "flake".
	Field string
	// Line and Column point into a text, from 1; 0 = no place.
	Line    int
	Column  int
	Message string
	// Severity is SeverityError or SeverityWarning; only errors keep a definition from being stored.
	Severity string
}

func (p Problem) String() string {
	if p.Line > 0 {
		return fmt.Sprintf("%s:%d:%d: %s", p.Field, p.Line, p.Column, p.Message)
	}
	return p.Field + ": " + p.Message
}

// InvalidError says what keeps an input from being accepted. Fields are "name", "description",
// "icon", "shared" or begin with "definition.".
type InvalidError struct{ Problems []Problem }

func (e *InvalidError) Error() string {
	if len(e.Problems) == 0 {
		return "the template is not valid"
	}
	return e.Problems[0].String()
}

// Errors of the domain. Callers compare with errors.Is.
var (
	// ErrNotFound: there is no such template or version, or the user may not see it.
	ErrNotFound = errors.New("template not found")
	// ErrNotOwner: the template may be seen, but not changed, by who asked.
	ErrNotOwner = errors.New("template is somebody else's")
	// ErrBuiltin: built-in templates do not change.
	ErrBuiltin = errors.New("built-in templates cannot be changed")
	// ErrConflict: somebody changed the template meanwhile; read it again.
	ErrConflict = errors.New("template changed meanwhile")
	// ErrQuota: the user has MaxPerUser templates.
	ErrQuota = errors.New("template limit reached")
	// ErrNotTried: no workspace made from the newest version has run well yet.
	ErrNotTried = errors.New("the newest version has not been tried")
	// ErrNotPublished: there is no published version to share.
	ErrNotPublished = errors.New("no version is published")
)
