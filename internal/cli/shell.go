package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
)

// shownAgain is how much of a terminal's latest output an attach shows: some screens full.
// More would be old questions of programs to the terminal, which it would answer once more.
const shownAgain = 16 << 10

// shell shows a login shell, or a terminal that is open already.
func (k *call) shell(ctx context.Context) error {
	attach := k.flags.String("attach", "", "id of a terminal that is open already")
	args, err := k.parse("WORKSPACE")
	switch {
	case err != nil:
		return err
	case k.json:
		return usageError{"shell has nothing to print as JSON"}
	}
	return k.inTerminal(ctx, args[0], "", *attach)
}

// inTerminal runs line (empty = a login shell) in a terminal in the workspace, or shows the
// one called attach, until it ends.
func (k *call) inTerminal(ctx context.Context, word, line, attach string) error {
	t, err := userTerminal(k.in, k.out)
	if err != nil {
		return err
	}
	a, err := k.reach(ctx, word)
	if err != nil {
		return err
	}
	defer a.close()
	c, err := a.bridge(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	var p bridge.Process
	if attach != "" {
		p, err = openedTerminal(ctx, c, attach)
	} else {
		open := bridge.OpenTerminal{Command: line, Env: terminalEnv()}
		open.Columns, open.Rows = t.size()
		err = c.Call(ctx, bridge.TypeOpenTerminal, open, &p)
	}
	if err != nil {
		return plainly(err)
	}
	end, err := t.attend(ctx, c, p)
	switch {
	case err == nil && end.ExitCode == nil:
		return errors.New("the workspace does not say how the terminal ended")
	case err == nil && *end.ExitCode != 0:
		return exitError{*end.ExitCode}
	case err == nil:
		return nil
	}
	_, wanted := signalled(ctx)
	if wanted || errors.Is(err, bridgeclient.ErrClosed) {
		fmt.Fprintf(k.err, "The terminal goes on in the workspace as %s; `kalpana workspace shell %s --attach %s` shows it again.\n", p.ProcessID, a.workspace.ID, p.ProcessID)
	}
	if errors.Is(err, bridgeclient.ErrClosed) {
		err = errors.New("the connection to the workspace was lost")
	}
	return plainly(err)
}

// attend lets the user work in p until it ends. The terminal is what it was on return,
// and when a goroutine panics.
func (t *terminal) attend(ctx context.Context, c *bridgeclient.Client, p bridge.Process) (end bridge.Attached, err error) {
	defer watch(ctx, c)()
	if err := t.raw(); err != nil {
		return end, fmt.Errorf("switch the terminal to raw mode: %w", err)
	}
	defer t.restore()
	ctx, cancel := context.WithCancel(ctx)
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, syscall.SIGWINCH)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	defer signal.Stop(resized)
	wg.Go(func() {
		defer t.restoreOnPanic()
		for {
			columns, rows := t.size()
			// Refused only once the process has ended; then attachProcess says so.
			_ = c.Call(ctx, bridge.TypeResizeTerminal, bridge.ResizeTerminal{ProcessID: p.ProcessID, Columns: columns, Rows: rows}, nil)
			select {
			case <-resized:
			case <-ctx.Done():
				return
			}
		}
	})
	go func() { // not waited for: nothing ends a read of standard input
		defer t.restoreOnPanic()
		feed(ctx, c, p.ProcessID, t.in, false)
	}()
	end, err = c.Attach(ctx, bridge.AttachProcess{ProcessID: p.ProcessID, FromByte: max(0, p.OutputBytes-shownAgain)}, t.out)
	if err != nil {
		t.leave()
	}
	return end, err
}

// openedTerminal is the terminal with this id.
func openedTerminal(ctx context.Context, c *bridgeclient.Client, id string) (bridge.Process, error) {
	var all bridge.ProcessList
	if err := c.Call(ctx, bridge.TypeListProcesses, nil, &all); err != nil {
		return bridge.Process{}, err
	}
	var open []string
	for _, p := range all.Processes {
		if p.Terminal && p.ProcessID == id {
			return p, nil
		}
		if p.Terminal && p.Running {
			open = append(open, p.ProcessID)
		}
	}
	return bridge.Process{}, fmt.Errorf("there is no terminal %q in the workspace; open are: %v", id, open)
}

// terminalEnv tells programs inside what kind of terminal theirs is shown in.
func terminalEnv() map[string]string {
	env := map[string]string{}
	for _, name := range []string{"TERM", "COLORTERM"} {
		if v := os.Getenv(name); v != "" {
			env[name] = v
		}
	}
	return env
}
