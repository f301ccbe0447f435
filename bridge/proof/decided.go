package proof

import (
	"context"
	"errors"
	"os"
	"syscall"
)

// Decided reports whether an error of Dial or Demand says something about the other side: it
// is not there, or it is somebody else. What is slow, or fails on this side for want of
// descriptors, memory or ports, says nothing.
func Decided(err error) bool {
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	if timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); ok && timeout.Timeout() {
		return false
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno == syscall.ECONNREFUSED || errno == syscall.ECONNRESET || errno == syscall.EPIPE
	}
	return true
}
