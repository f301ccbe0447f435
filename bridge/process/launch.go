package process

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/files"
)

const (
	shell = "/bin/bash"
	// envHook loads the workspace's Nix environment into a shell, if the image has it.
	envHook = "/etc/kalpana/env-hook.sh"
)

// The longest texts that are kept of each process, for lists: a list of all of them
// has to fit bridge.MaxMessageBytes.
const (
	maxCommandText     = 1 << 10
	maxDescriptionText = 256
)

// launch is what to start.
type launch struct {
	args        []string // of the shell
	command     string   // for lists
	description string
	path        string            // the client's
	env         []string          // what its kind gets beside that of all processes
	request     map[string]string // what the client wants in the environment

	background bool
	answers    bool // output is kept for the answer to the request
	holds      bool // the ring is held from the first byte on
	terminal   bool
	size       winsize
	input      bool
}

// launch starts a process.
func (ps *Processes) launch(l launch) (*process, error) {
	wanted, err := requestEnv(l.request)
	if err != nil {
		return nil, err
	}
	dir, path, err := ps.openDir(l.path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()

	id, err := ps.reserve()
	if err != nil {
		return nil, err
	}
	mark := markName + "=" + id
	cmd := exec.Command(shell, l.args...)
	// The folder that was checked, whatever its name leads to by now: the child changes to
	// it before its copy of the descriptor is closed.
	cmd.Dir = "/proc/self/fd/" + strconv.Itoa(int(dir.Fd()))
	cmd.Env = join(ps.extend(ps.env), l.env, wanted, []string{"PWD=" + path, mark})
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}

	p := &process{
		id: id, command: clip(l.command, maxCommandText), description: clip(l.description, maxDescriptionText),
		terminal: l.terminal, now: ps.now, cmd: cmd, done: make(chan struct{}), startedAt: ps.now(),
		background: l.background, answers: l.answers, held: l.holds, ooms: ps.oomKills(), usedAt: &ps.commandUsed,
	}
	if l.terminal {
		p.usedAt = &ps.terminalUsed
	}
	theirs, err := p.connect(l)
	if err == nil {
		err = ps.run.Start(cmd)
	}
	for _, f := range theirs {
		_ = f.Close()
	}
	if err != nil {
		for _, f := range p.outputs {
			_ = f.Close()
		}
		if p.input != nil {
			p.input.close()
		}
		ps.release()
		return nil, cannotStart(err)
	}
	p.pid = cmd.Process.Pid
	p.tree = newTree(mark, p.pid, l.terminal)
	p.unsettled = len(p.outputs)
	p.usedAt.set(p.startedAt)
	ps.started(p)
	return p, nil
}

// connect gives p.cmd its input and output and returns what is to be closed once it has
// started, also on error.
func (p *process) connect(l launch) (theirs []*os.File, err error) {
	cmd := p.cmd
	if l.terminal {
		master, tty, err := openTerminal(l.size)
		if err != nil {
			return nil, err
		}
		p.master, p.outputs, p.input = master, []*os.File{master}, newInput(master)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
		cmd.SysProcAttr.Setctty = true // descriptor 0
		return []*os.File{tty}, nil
	}
	// Pipes of our own: those of os/exec would make Wait wait for every child that has
	// inherited them.
	for range 2 {
		r, w, err := os.Pipe()
		if err != nil {
			return theirs, err
		}
		p.outputs, theirs = append(p.outputs, r), append(theirs, w)
	}
	cmd.Stdout, cmd.Stderr = theirs[stdout], theirs[stderr]
	if l.input {
		r, w, err := os.Pipe()
		if err != nil {
			return theirs, err
		}
		cmd.Stdin, p.input, theirs = r, newInput(w), append(theirs, r)
	}
	return theirs, nil
}

// openDir opens the folder that a client named, and returns its path for people. A link
// that leads out of the workspace is refused, whoever replaces what at the same time.
func (ps *Processes) openDir(p string) (*os.File, string, error) {
	if p == "" {
		p = "."
	}
	clean, err := files.Clean(ps.root.Name(), p)
	if err != nil {
		return nil, "", err
	}
	dir, err := ps.root.OpenFile(clean, os.O_RDONLY|syscall.O_DIRECTORY, 0)
	shown := clip(clean, 200)
	switch {
	case err == nil:
		return dir, filepath.Join(ps.root.Name(), clean), nil
	case ps.escapes != nil && errors.Is(err, ps.escapes):
		return nil, "", bridge.Errorf(bridge.CodeOutsideWorkspace, "%s leads out of the workspace; commands run inside it", shown)
	case errors.Is(err, syscall.ENOTDIR):
		return nil, "", bridge.Errorf(bridge.CodeNotDirectory, "%s is no directory to run a command in", shown)
	case errors.Is(err, syscall.ELOOP), errors.Is(err, syscall.ENAMETOOLONG):
		return nil, "", bridge.Errorf(bridge.CodeInvalidPath, "%s goes through too many links, or a name in it is too long", shown)
	case errors.Is(err, fs.ErrNotExist):
		return nil, "", bridge.Errorf(bridge.CodeCannotStart, "there is no directory %s to run a command in", shown)
	case errors.Is(err, fs.ErrPermission):
		return nil, "", bridge.Errorf(bridge.CodeCannotStart, "no right to enter %s", shown)
	}
	return nil, "", cannotStart(err)
}

// escapeError returns what root says of paths that leave it. The os package has no name
// for it, so it is asked for one.
func escapeError(root *os.Root) error {
	_, err := root.Lstat("..")
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

// cannotStart turns the system's reason into one for the client.
func cannotStart(err error) error {
	why := "the system refused"
	switch {
	case errors.Is(err, syscall.E2BIG):
		why = "the command and its environment are too long together; put them in a file"
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.ENOMEM):
		why = "the workspace has no room for another process; end some"
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		why = "too many files are open; end some processes"
	case errors.Is(err, fs.ErrNotExist):
		why = "its directory, or bash itself, is not there"
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		why += " (" + errno.Error() + ")"
	}
	return bridge.Errorf(bridge.CodeCannotStart, "the command was not started: %s", why)
}
