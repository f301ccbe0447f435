package proof_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge/proof"
)

func TestWhatFailsOnThisSideSaysNothingOfTheOther(t *testing.T) {
	call := func(errno syscall.Errno) error {
		return fmt.Errorf("ask: %w", &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", errno)})
	}
	for _, err := range []error{proof.ErrNot, call(syscall.ECONNREFUSED), call(syscall.ECONNRESET), call(syscall.EPIPE), io.EOF, io.ErrUnexpectedEOF, errors.New("malformed HTTP response")} {
		if !proof.Decided(err) {
			t.Errorf("%v says nothing", err)
		}
	}
	for _, err := range []error{nil, call(syscall.EMFILE), call(syscall.ENFILE), call(syscall.ENOBUFS), call(syscall.EADDRNOTAVAIL), call(syscall.ETIMEDOUT), context.Canceled, context.DeadlineExceeded, os.ErrDeadlineExceeded} {
		if proof.Decided(err) {
			t.Errorf("%v says something", err)
		}
	}
}
