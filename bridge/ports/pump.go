package ports

import (
	"io"
	"sync"
)

const (
	// waitBuffer is what a tunnel holds per direction while it is silent, which most are
	// most of the time.
	waitBuffer = 1 << 10
	// copyBuffer is lent to a direction while much comes. It is also the longest message
	// of a tunnel over a WebSocket.
	copyBuffer = 64 << 10
)

var copyBuffers = sync.Pool{New: func() any { return new([copyBuffer]byte) }}

// pump reads from to its end, which is no error, with a small buffer while little comes
// and a big one while much does.
func pump(from io.Reader, write func([]byte) error) (readErr, writeErr error) {
	small := make([]byte, waitBuffer)
	for {
		n, err := from.Read(small)
		if n > 0 {
			if werr := write(small[:n]); werr != nil {
				return nil, werr
			}
		}
		if n == len(small) && err == nil {
			if err, writeErr = pumpMuch(from, write); writeErr != nil {
				return nil, writeErr
			}
		}
		if err == io.EOF {
			return nil, nil
		}
		if err != nil {
			return err, nil
		}
	}
}

// pumpMuch copies with a big buffer until a read brings little.
func pumpMuch(from io.Reader, write func([]byte) error) (readErr, writeErr error) {
	big := copyBuffers.Get().(*[copyBuffer]byte)
	defer copyBuffers.Put(big)
	for {
		n, err := from.Read(big[:])
		if n > 0 {
			if werr := write(big[:n]); werr != nil {
				return nil, werr
			}
		}
		if n < waitBuffer || err != nil {
			return err, nil
		}
	}
}
