package workspace

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/internal/portlease"
)

// errNotReady is the cause of the deadline in ready.
var errNotReady = errors.New("editor does not answer")

// notReadyError: the container lives, its editor did not answer in time.
type notReadyError struct {
	after time.Duration
	lines string
	last  error
}

func (e *notReadyError) Error() string {
	return fmt.Sprintf("editor did not answer within %s: %v", e.after, e.last)
}
func (e *notReadyError) Unwrap() error { return e.last }

// exitError: the container ended by itself, or was removed behind our back (found is false).
type exitError struct {
	found  bool
	code   int
	oom    bool
	memory int64
	lines  string
}

func (e *exitError) Error() string {
	switch {
	case !e.found:
		return "container is gone"
	case e.oom:
		return "container ran out of memory"
	default:
		return fmt.Sprintf("container ended with code %d", e.code)
	}
}

// explain says in a sentence or two what went wrong and what to do about it.
func (s *Service) explain(rec Workspace, err error) string {
	var (
		full     *portlease.ExhaustedError
		exit     *exitError
		notReady *notReadyError
		crashed  *tooManyCrashes
	)
	switch {
	case errors.As(err, &crashed):
		return crashed.reason
	case errors.Is(err, ErrImageMissing):
		return fmt.Sprintf("The workspace image %s is missing. An administrator can build it with `make image`; then start the workspace again.", s.o.Image)
	case errors.Is(err, ErrRuntimeUnavailable):
		return "Docker does not answer. When an administrator has started it again, start the workspace."
	case errors.Is(err, ErrDiskFull):
		return "The disk that Docker uses is full. Free some space on it, then start the workspace again."
	case errors.As(err, &full):
		return "All ports for workspaces are in use: " + strings.TrimPrefix(full.Error(), "all ") + ". Stop another workspace, or ask an administrator for a larger port range."
	case errors.Is(err, ErrPortTaken):
		return fmt.Sprintf("Other programs on the server hold the ports that were tried (%d times). Run `kalpana doctor`, then start the workspace again.", maxPortTries)
	case errors.As(err, &notReady):
		return fmt.Sprintf("The editor did not answer within %s. Start the workspace again; if that does not help, give it more memory.", short(notReady.after)) + lastLines(notReady.lines)
	case errors.As(err, &exit) && exit.oom:
		return fmt.Sprintf("The workspace ran out of memory: it may use %d MiB. Give it more, then start it again.", rec.Memory>>20)
	case errors.As(err, &exit) && !exit.found:
		return "The workspace's container was removed while it started. Start the workspace again."
	case errors.As(err, &exit):
		return fmt.Sprintf("The workspace's container ended with code %d. Start the workspace again.", exit.code) + lastLines(exit.lines)
	default:
		return fmt.Sprintf("The workspace could not be started: %v. Start it again, or ask an administrator to look into the log.", err)
	}
}

func lastLines(lines string) string {
	if lines == "" {
		return ""
	}
	return " Its last words:\n" + lines
}

// short writes a duration without zero parts: 30m, not 30m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
