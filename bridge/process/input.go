package process

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"os"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

// endOfInput is what a terminal takes for the end of input, control-D.
const endOfInput = 4

// input is what a process reads from. Writers take turns.
type input struct {
	turn chan struct{} // holds one value while somebody writes
	f    *os.File
}

func newInput(f *os.File) *input { return &input{turn: make(chan struct{}, 1), f: f} }

// close ends the input; a write that waits fails.
func (in *input) close() { _ = in.f.Close() }

// Write passes input on to a command started with Input, or to a terminal, and waits while
// that does not read; part may have been passed on when ctx ends. Codes: CodeBadRequest,
// CodeTooLarge, CodeNoProcess, CodeProcessEnded, also for a process that runs and has
// closed its input.
func (ps *Processes) Write(ctx context.Context, req bridge.WriteProcess) error {
	data, err := decode(req)
	if err != nil {
		return err
	}
	p, err := ps.find(req.ProcessID)
	if err != nil {
		return err
	}
	in := p.input
	if in == nil {
		return bridge.Errorf(bridge.CodeBadRequest, "process %s was started without input; start it with input set", p.id)
	}
	if p.hasExited() {
		return p.hasEnded()
	}
	select {
	case in.turn <- struct{}{}:
		defer func() { <-in.turn }()
	case <-ctx.Done():
		return ctx.Err()
	case <-p.done:
		return p.hasEnded()
	}
	if req.Close && p.terminal {
		// In the middle of a line the first one only passes that line on.
		if len(data) > 0 && !bytes.HasSuffix(data, []byte("\n")) {
			data = append(data, endOfInput)
		}
		data = append(data, endOfInput)
	}
	if err := in.write(ctx, data); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if p.hasExited() {
			return p.hasEnded()
		}
		return bridge.Errorf(bridge.CodeProcessEnded, "process %s takes no more input; it has closed it", p.id)
	}
	if req.Close && !p.terminal {
		in.close()
	}
	return nil
}

// write writes all of data, unless ctx ends.
func (in *input) write(ctx context.Context, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	woken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(woken)
		_ = in.f.SetWriteDeadline(time.Unix(1, 0))
	})
	_, err := in.f.Write(data)
	if !stop() {
		<-woken
		_ = in.f.SetWriteDeadline(time.Time{}) // the next writer is another request
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ctx.Err()
	}
	return err
}

func decode(req bridge.WriteProcess) ([]byte, error) {
	data := []byte(req.Data)
	switch req.Encoding {
	case "", bridge.EncodingUTF8:
	case bridge.EncodingBase64:
		var err error
		if data, err = base64.StdEncoding.DecodeString(req.Data); err != nil {
			return nil, bridge.Errorf(bridge.CodeBadRequest, "data is not base64: %v", err)
		}
	default:
		return nil, bridge.Errorf(bridge.CodeBadRequest, "there is no encoding %q; use utf-8 or base64", clip(req.Encoding, 20))
	}
	if len(data) > bridge.MaxInputBytes {
		return nil, bridge.Errorf(bridge.CodeTooLarge, "%d bytes of input; send %d at most at a time", len(data), bridge.MaxInputBytes)
	}
	return data, nil
}
