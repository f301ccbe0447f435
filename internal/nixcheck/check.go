package nixcheck

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxText is the largest text that is checked, in bytes.
const MaxText = 256 << 10

// ErrBusy means that too many checks run; the caller may try again a little later.
var ErrBusy = errors.New("too many Nix files are being checked right now")

// Run is one command over text that nobody trusts.
type Run struct {
	Image   string   // a workspace image
	Command []string // never empty
	Stdin   []byte
}

// Outcome is how a Run ended.
type Outcome struct {
	// Stdout and Stderr are what the command wrote, cut at a limit of the sandbox.
	Stdout, Stderr []byte
	ExitCode       int
	OutOfMemory    bool // killed because of its memory
	OutOfTime      bool // killed because of its time
}

// Sandbox runs commands where they can do no harm. An error means that the sandbox failed,
// not the command; ErrBusy that there was no room.
type Sandbox interface {
	Check(ctx context.Context, run Run) (Outcome, error)
}

// Names that a text goes by.
const (
	Flake = "flake.nix"
	Shell = "shell.nix"
)

// Problem is one thing that is wrong.
type Problem struct {
	// Line and Column count from 1, columns in characters; both are 0 where there is no place.
	Line, Column int
	Message      string // one sentence for people
}

// Checker checks texts. Safe for concurrent use.
type Checker struct {
	sandbox Sandbox
	image   func() string
}

// New returns a checker; image names the workspace image at the time of a check.
func New(sandbox Sandbox, image func() string) *Checker { return &Checker{sandbox, image} }

//go:embed check.sh
var script string

// Exit codes of check.sh. All else is the sandbox's own trouble.
const (
	codeParse       = 10
	codeParseKilled = 11
	codeEval        = 20
	codeEvalKilled  = 21
	codeEvalSlow    = 22
)

// Check returns what is wrong with a text, nil if nothing is found. It takes about half a
// second, 10 s at most. An error (ErrBusy among them) means that nothing is known.
func (c *Checker) Check(ctx context.Context, text string) ([]Problem, error) {
	if p := readable(text); p != nil {
		return []Problem{*p}, nil
	}
	name := Shell
	if IsFlake(text) {
		name = Flake
	}
	out, err := c.sandbox.Check(ctx, Run{Image: c.image(), Command: []string{"/bin/sh", "-c", script, "check", name}, Stdin: []byte(text)})
	if err != nil {
		return nil, fmt.Errorf("check of a Nix file: %w", err)
	}
	switch {
	case out.OutOfTime:
		return []Problem{{Message: "Reading this took more than ten seconds."}}, nil
	case out.ExitCode == codeParseKilled, out.OutOfMemory:
		return []Problem{{Message: "Reading this takes more memory than is allowed, or it is nested too deeply."}}, nil
	case out.ExitCode == codeParse:
		return []Problem{problemOf(string(out.Stderr), name, text)}, nil
	case out.ExitCode == codeEvalKilled:
		return []Problem{grows}, nil
	case out.ExitCode == codeEvalSlow:
		return []Problem{{Message: "Evaluating this does not end: something in it loops."}}, nil
	case out.ExitCode != 0 && out.ExitCode != codeEval:
		return nil, fmt.Errorf("check of a Nix file: the command ended with code %d: %.300q", out.ExitCode, out.Stderr)
	}
	var problems []Problem
	if name == Flake {
		problems = shape(string(out.Stdout), text)
	}
	if out.ExitCode == codeEval && len(problems) == 0 {
		// Most of what fails here fails because nothing can be fetched; in a workspace it can.
		p := problemOf(string(out.Stderr), name, text)
		switch {
		case strings.Contains(strings.ToLower(p.Message), "out of memory"):
			problems = append(problems, grows)
		case endless(p.Message):
			problems = append(problems, p)
		}
	}
	return problems, nil
}

var grows = Problem{Message: "Evaluating this uses up all memory that is allowed: something in it grows without end."}

func readable(text string) *Problem {
	switch {
	case len(text) > MaxText:
		return &Problem{Message: fmt.Sprintf("The text has %d bytes; at most %d KiB are allowed.", len(text), MaxText>>10)}
	case strings.TrimSpace(text) == "":
		return &Problem{Message: "The text is empty."}
	}
	for i, c := range text {
		if c == 0 || c == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); c == 0 || size == 1 {
				line, column := place(text, i)
				return &Problem{Line: line, Column: column, Message: "The text is not UTF-8, or has a zero byte in it."}
			}
		}
	}
	return nil
}

func endless(message string) bool {
	message = strings.ToLower(message)
	return strings.Contains(message, "infinite recursion") || strings.Contains(message, "stack overflow") || strings.Contains(message, "max-call-depth")
}

// place is where a byte of the text is.
func place(text string, at int) (line, column int) {
	before := text[:at]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[start:]) + 1
}
