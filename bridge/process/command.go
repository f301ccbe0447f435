package process

import (
	"context"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

const (
	// defaultTimeout is when a command is moved to the background: longer than most take,
	// shorter than what people wait for without a sign.
	defaultTimeout = time.Minute
	maxTimeout     = time.Hour
	// cancelGrace, killTime and reapTime together are how long a cancelled command may
	// take to be gone; two seconds are promised.
	cancelGrace = 1400 * time.Millisecond
	reapTime    = 100 * time.Millisecond
)

// RunCommand runs a command to its end, or until it is moved to the background. The first
// event is bridge.EventStarted with a bridge.Process, the others are bridge.EventOutput
// with a bridge.Output; while emit blocks, the command's writes do. When ctx ends, or emit
// fails, a command in the foreground is ended with all that came of it, within two seconds, and
// ctx's or emit's error returned. Codes: CodeBadRequest, CodeTooLarge, those of paths,
// CodeTooManyProcesses, CodeCannotStart.
func (ps *Processes) RunCommand(ctx context.Context, req bridge.RunCommand, emit func(event string, payload any) error) (bridge.CommandResult, error) {
	if err := checkCommand(req.Command); err != nil {
		return bridge.CommandResult{}, err
	}
	timeout := time.Duration(req.TimeoutSeconds) * time.Second
	switch {
	case req.TimeoutSeconds == 0:
		timeout = defaultTimeout
	case req.TimeoutSeconds < 0 || req.TimeoutSeconds > int(maxTimeout/time.Second):
		return bridge.CommandResult{}, bridge.Errorf(bridge.CodeBadRequest, "timeoutSeconds is 1 to %d, or 0 for %d", int(maxTimeout/time.Second), int(defaultTimeout/time.Second))
	}
	if err := ctx.Err(); err != nil {
		return bridge.CommandResult{}, err
	}
	p, err := ps.launch(launch{
		// What begins with a dash is a command as well, not an option.
		args: []string{"-c", "--", req.Command}, command: req.Command, path: req.Path, env: commandEnv(), request: req.Env,
		description: req.Description, background: req.Background, answers: true, holds: !req.Background && !req.Quiet, input: req.Input,
	})
	if err != nil {
		return bridge.CommandResult{}, err
	}
	defer p.answered()
	if req.Background {
		err := emit(bridge.EventStarted, p.info())
		return p.result(), err
	}
	return ps.foreground(ctx, p, timeout, req.Quiet, emit)
}

// foreground waits for p, or until timeout, and ends p when ctx does.
func (ps *Processes) foreground(ctx context.Context, p *process, timeout time.Duration, quiet bool, emit func(event string, payload any) error) (bridge.CommandResult, error) {
	timer := time.AfterFunc(timeout, p.toBackground)
	defer timer.Stop()
	ended := make(chan struct{})
	// At once, also while emit blocks.
	stop := context.AfterFunc(ctx, func() { defer close(ended); p.endCancelled() })

	err := emit(bridge.EventStarted, p.info())
	if err == nil && quiet {
		err = p.awaitAnswer(ctx)
	} else if err == nil {
		err = p.follow(ctx, &view{limit: -1, foreground: true}, func(out piece) error {
			return emit(bridge.EventOutput, p.output(out))
		})
	}
	if !stop() {
		<-ended
	} else if err != nil { // emit failed
		p.endCancelled()
	}
	if err == nil && p.wasCancelled() {
		err = ctx.Err()
	}
	if err != nil {
		return bridge.CommandResult{}, err
	}
	return p.result(), nil
}

// endCancelled ends a command whose request is over, unless it runs in the background.
func (p *process) endCancelled() {
	if !p.cancel() {
		return
	}
	p.tree.end(context.Background(), cancelGrace)
	select { // so that it is listed as ended
	case <-p.done:
	case <-time.After(reapTime):
	}
}

// awaitAnswer waits until p has ended or runs in the background.
func (p *process) awaitAnswer(ctx context.Context) error {
	for {
		p.mu.Lock()
		ready, changed := p.background || p.ended(), p.wait()
		p.mu.Unlock()
		if ready {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// checkCommand refuses what bash would not be given as it is.
func checkCommand(command string) error {
	switch {
	case strings.TrimSpace(command) == "":
		return bridge.Errorf(bridge.CodeBadRequest, "command is missing")
	case len(command) > bridge.MaxCommandBytes:
		return bridge.Errorf(bridge.CodeTooLarge, "the command has %d bytes, more than %d; put it in a file and run that", len(command), bridge.MaxCommandBytes)
	case strings.ContainsRune(command, 0):
		return bridge.Errorf(bridge.CodeBadRequest, "the command holds a NUL byte")
	}
	return nil
}
