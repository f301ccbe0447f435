// Package cli is what people type: kalpana token, workspace, port-forward, login-link and
// dev. It talks to the running server, over the admin socket or with an API token, and into
// workspaces through the gateway; it prints for people, or JSON for programs. Exit codes:
// 0 done, 1 failed, 2 wrong usage, 128 and its number for a signal; exec and shell end as
// what they ran.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// Command describes one command for the help of `kalpana`.
type Command struct {
	Name, Usage, Short, Long string
	run                      func(context.Context, *call) error
	remote                   bool // it works with a token from anywhere
}

// Commands are all of them.
var Commands = []Command{
	{Name: "token", Usage: "create --user EMAIL [--admin] [--ttl 24h] [--json]", Short: "Makes API tokens", Long: tokenHelp, run: runToken},
	{Name: "workspace", Usage: "ls|create|start|stop|restart|rm|logs|exec|shell … [--json]", Short: "Lists and changes workspaces, and works in them", Long: workspaceHelp + remoteHelp, run: runWorkspace, remote: true},
	{Name: "port-forward", Usage: "WORKSPACE [LOCAL:]PORT… [--address 127.0.0.1] [--json]", Short: "Makes ports of a workspace ports of this machine", Long: forwardHelp + remoteHelp, run: runForward, remote: true},
	{Name: "login-link", Usage: "[--json]", Short: "Prints a one-time link that signs in as administrator", Long: "Prints a link that signs in as the first administrator, once, within 24 hours.", run: runLoginLink},
	{Name: "dev", Usage: "fake-llm [--addr 127.0.0.1:8091] [--strict] [--pace 20ms] [--json]", Short: "Serves a language model's stand-in, to try Kalpana without a key", Long: devHelp, run: runDev},
}

// call is one run of a command.
type call struct {
	args  []string
	flags *pflag.FlagSet
	json  bool
	conn  *connection
	in    io.Reader
	out   io.Writer
	err   io.Writer
}

// usageError is wrong usage: exit code 2.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

// exitError ends the program with the code of a command that ran in a workspace.
type exitError struct{ code int }

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// Run runs the command called name and returns the exit code. socket is the path of the
// admin socket. Ctrl-C, SIGTERM and SIGHUP end the command, not the process.
func Run(ctx context.Context, name string, args []string, socket string, in io.Reader, out, errw io.Writer) int {
	if ctx == nil {
		ctx = context.Background()
	}
	for _, c := range Commands {
		if c.Name != name {
			continue
		}
		k := &call{args: args, conn: &connection{socket: socket}, in: in, out: out, err: errw, flags: pflag.NewFlagSet(name, pflag.ContinueOnError)}
		k.flags.SetOutput(io.Discard)
		k.flags.BoolVar(&k.json, "json", false, "print JSON")
		k.conn.register(k.flags, c.remote)
		defer k.conn.close()
		ctx, stop := interruptible(ctx)
		defer stop()
		err := c.run(ctx, k)
		if code, ok := signalled(ctx); ok && err != nil {
			err = code
		}
		return k.finish(c, err)
	}
	return exitUsage
}

func (k *call) finish(c Command, err error) int {
	var usage usageError
	var exit exitError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, pflag.ErrHelp):
		fmt.Fprintf(k.out, "%s\n\nUsage:\n  kalpana %s %s\n", strings.TrimSpace(c.Long), c.Name, c.Usage)
		return exitOK
	case errors.As(err, &exit):
		return exit.code
	case errors.As(err, &usage):
		fmt.Fprintf(k.err, "Error: %s\nUsage: kalpana %s %s\n", usage, c.Name, c.Usage)
		return exitUsage
	}
	if k.json {
		json.NewEncoder(k.out).Encode(map[string]string{"error": err.Error()})
	}
	fmt.Fprintln(k.err, "Error:", err)
	return exitFailed
}

// parseFlags reads the flags and returns the arguments.
func (k *call) parseFlags() ([]string, error) {
	err := k.flags.Parse(k.args)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return nil, err
	case err != nil:
		return nil, usageError{err.Error()}
	}
	return k.flags.Args(), k.conn.complete(k.flags)
}

// parse reads the flags and wants exactly the named arguments.
func (k *call) parse(names ...string) ([]string, error) {
	rest, err := k.parseFlags()
	if err != nil {
		return nil, err
	}
	if len(rest) < len(names) {
		return nil, usageError{"missing " + names[len(rest)]}
	}
	if len(rest) > len(names) {
		return nil, usageError{fmt.Sprintf("unexpected %q", rest[len(names)])}
	}
	return rest, nil
}

// print writes v as JSON when asked to, else what text writes.
func (k *call) print(v any, text func()) error {
	if k.json {
		e := json.NewEncoder(k.out)
		e.SetIndent("", "  ")
		return e.Encode(v)
	}
	text()
	return nil
}
