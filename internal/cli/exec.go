package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
)

// maxCaptured is how much of each of its two outputs exec --json keeps. Programs that want
// more read them as they come, without --json.
const maxCaptured = 16 << 20

// exec runs a command in a workspace and ends as it ended.
func (k *call) exec(ctx context.Context) error {
	tty := k.flags.BoolP("tty", "t", false, "give the command a terminal")
	k.flags.SetInterspersed(false) // what follows the workspace is the command's
	words, err := k.parseFlags()
	if err != nil {
		return err
	}
	if len(words) > 1 && words[1] == "--" {
		words = append(words[:1], words[2:]...)
	}
	switch {
	case len(words) < 2:
		return usageError{"say which workspace and which command"}
	case *tty && k.json:
		return usageError{"-t and --json exclude each other: a terminal shows what it is sent"}
	case *tty:
		return k.inTerminal(ctx, words[0], commandLine(words[1:]), "")
	}
	a, err := k.reach(ctx, words[0])
	if err != nil {
		return err
	}
	defer a.close()
	c, err := a.bridge(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	r := &remoteCommand{client: c, out: k.out, err: k.err, warn: k.err}
	if !isTerminal(k.in) {
		r.in = k.in
	}
	var captured [2]limited
	if k.json {
		r.out, r.err = &captured[0], &captured[1]
	}
	result, err := r.run(ctx, commandLine(words[1:]))
	if err != nil {
		return err
	}
	if k.json {
		err = k.print(map[string]any{
			"processId": result.ProcessID, "exitCode": result.ExitCode, "signal": result.Signal, "durationMillis": result.DurationMillis,
			"stdout": captured[0].String(), "stderr": captured[1].String(), "truncated": captured[0].cut || captured[1].cut,
		}, nil)
	}
	if err == nil && *result.ExitCode != 0 {
		err = exitError{*result.ExitCode}
	}
	return err
}

// remoteCommand is a command that runs in a workspace.
type remoteCommand struct {
	client         *bridgeclient.Client
	in             io.Reader // nil = the command has no input
	out, err, warn io.Writer

	id   string // of the process, once it has started
	next int64  // how many bytes of output have come
}

// run follows the command to its end, however long that takes. When ctx ends first, the
// command is ended, too.
func (r *remoteCommand) run(ctx context.Context, line string) (bridge.CommandResult, error) {
	defer watch(ctx, r.client)()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var result bridge.CommandResult
	// An hour is the longest that the bridge answers for; then the command is in the background.
	req := bridge.RunCommand{Command: line, TimeoutSeconds: 3600, Input: r.in != nil}
	err := r.client.Stream(ctx, bridge.TypeRunCommand, req, &result, func(e bridge.Event) error {
		switch e.Event {
		case bridge.EventStarted:
			var p bridge.Process
			if err := json.Unmarshal(e.Payload, &p); err != nil {
				return fmt.Errorf("read how the command started: %w", err)
			}
			r.id = p.ProcessID
			if r.in != nil {
				go feed(ctx, r.client, r.id, r.in, true) // not waited for: nothing ends a read of standard input
			}
		case bridge.EventOutput:
			return r.take(e)
		}
		return nil
	})
	if err == nil && result.Running {
		err = r.follow(ctx, &result)
	}
	switch {
	case err == nil && result.ExitCode == nil:
		return result, errors.New("the workspace does not say how the command ended")
	case err == nil:
		return result, nil
	case errors.Is(err, bridgeclient.ErrClosed) && result.Running:
		return result, fmt.Errorf("the connection to the workspace was lost; the command goes on there as %s", r.id)
	case errors.Is(err, bridgeclient.ErrClosed):
		return result, errors.New("the connection to the workspace was lost before the command ended; it was ended, too")
	}
	return result, plainly(err)
}

// follow shows the rest of a command that was moved to the background.
func (r *remoteCommand) follow(ctx context.Context, result *bridge.CommandResult) error {
	var end bridge.Attached
	err := r.client.Stream(ctx, bridge.TypeAttachProcess, bridge.AttachProcess{ProcessID: result.ProcessID, FromByte: r.next}, &end, r.take)
	if err != nil {
		if ctx.Err() != nil {
			parting, cancel := context.WithTimeout(context.WithoutCancel(ctx), partingTimeout)
			defer cancel()
			if failed := r.client.Call(parting, bridge.TypeSignalProcess, bridge.SignalProcess{ProcessID: result.ProcessID}, nil); failed != nil {
				fmt.Fprintf(r.warn, "Warning: the command may go on as %s: %v\n", result.ProcessID, failed)
			}
		}
		return err
	}
	result.Running, result.ExitCode, result.Signal = false, end.ExitCode, end.Signal
	if end.EndedAt != nil {
		result.DurationMillis = end.EndedAt.Sub(end.StartedAt).Milliseconds()
	}
	return nil
}

// take passes a piece of output on.
func (r *remoteCommand) take(e bridge.Event) error {
	if e.Event != bridge.EventOutput {
		return nil
	}
	var o bridge.Output
	if err := json.Unmarshal(e.Payload, &o); err != nil {
		return fmt.Errorf("read output: %w", err)
	}
	data := []byte(o.Data)
	if o.Encoding == bridge.EncodingBase64 {
		var err error
		if data, err = base64.StdEncoding.DecodeString(o.Data); err != nil {
			return fmt.Errorf("read output: %w", err)
		}
	}
	if o.Dropped > 0 {
		fmt.Fprintf(r.warn, "Warning: %d bytes of output came too fast and are lost\n", o.Dropped)
	}
	r.next = o.FromByte + int64(len(data))
	to := r.out
	if o.Stream == "stderr" {
		to = r.err
	}
	_, err := to.Write(data)
	return err
}

// feed sends in to a process until it ends, or the process takes no more.
func feed(ctx context.Context, c *bridgeclient.Client, processID string, in io.Reader, closeAtEnd bool) {
	buf := make([]byte, bridge.MaxInputBytes)
	for {
		n, err := in.Read(buf)
		if n > 0 {
			data := base64.StdEncoding.EncodeToString(buf[:n])
			if c.Call(ctx, bridge.TypeWriteProcess, bridge.WriteProcess{ProcessID: processID, Data: data, Encoding: bridge.EncodingBase64}, nil) != nil {
				return // it has ended, or closed its input; its exit code says more
			}
		}
		if err != nil {
			if closeAtEnd {
				_ = c.Call(ctx, bridge.TypeWriteProcess, bridge.WriteProcess{ProcessID: processID, Close: true}, nil)
			}
			return
		}
	}
}

// plainly is what the bridge said, without its code.
func plainly(err error) error {
	if refused, ok := errors.AsType[*bridge.Error](err); ok {
		return errors.New(refused.Message)
	}
	return err
}

func isTerminal(f any) bool {
	file, ok := f.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// limited keeps the first maxCaptured bytes of what is written.
type limited struct {
	bytes.Buffer
	cut bool
}

func (l *limited) Write(p []byte) (int, error) {
	room := maxCaptured - l.Len()
	l.cut = l.cut || len(p) > room
	l.Buffer.Write(p[:min(len(p), room)])
	return len(p), nil
}

// String is what was kept; bytes that are no text are replaced.
func (l *limited) String() string { return strings.ToValidUTF8(l.Buffer.String(), "\uFFFD") }
