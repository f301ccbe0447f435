// Package cli is what an operator types: kalpana token, workspace and login-link. It
// talks to the running server over the admin socket and prints for people, or JSON for
// programs. Exit codes: 0 done, 1 failed, 2 wrong usage.
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
}

// Commands are all of them.
var Commands = []Command{
	{Name: "token", Usage: "create --user EMAIL [--admin] [--ttl 24h] [--json]", Short: "Makes API tokens", Long: tokenHelp, run: runToken},
	{Name: "workspace", Usage: "ls|create|start|stop|restart|rm|logs|exec … [--json]", Short: "Lists and changes workspaces", Long: workspaceHelp, run: runWorkspace},
	{Name: "login-link", Usage: "[--json]", Short: "Prints a one-time link that signs in as administrator", Long: "Prints a link that signs in as the first administrator, once, within 24 hours.", run: runLoginLink},
}

// call is one run of a command.
type call struct {
	args   []string
	flags  *pflag.FlagSet
	json   bool
	server *server
	in     io.Reader
	out    io.Writer
	err    io.Writer
}

// usageError is wrong usage: exit code 2.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

// exitError ends the program with the code of a command that ran in a workspace.
type exitError struct{ code int }

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// Run runs the command called name and returns the exit code. socket is the path of the
// admin socket.
func Run(ctx context.Context, name string, args []string, socket string, in io.Reader, out, errw io.Writer) int {
	if ctx == nil {
		ctx = context.Background()
	}
	for _, c := range Commands {
		if c.Name != name {
			continue
		}
		k := &call{args: args, server: &server{socket: socket}, in: in, out: out, err: errw, flags: pflag.NewFlagSet(name, pflag.ContinueOnError)}
		k.flags.SetOutput(io.Discard)
		k.flags.BoolVar(&k.json, "json", false, "print JSON")
		k.flags.StringVar(&k.server.socket, "socket", socket, "path of the admin socket")
		return k.finish(c, c.run(ctx, k))
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

// parse reads the flags and wants exactly the named arguments after them.
func (k *call) parse(names ...string) ([]string, error) {
	if err := k.flags.Parse(k.args); err != nil {
		if errors.Is(err, pflag.ErrHelp) {
			return nil, err
		}
		return nil, usageError{err.Error()}
	}
	rest := k.flags.Args()
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
