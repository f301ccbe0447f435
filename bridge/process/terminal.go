package process

import (
	"context"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/kalpana-dev/kalpana/bridge"
)

// maxSide bounds a terminal's columns and rows: more than the largest screens show, and
// less than what makes programs allocate without measure.
const maxSide = 1000

// OpenTerminal starts a login shell, or a command, on a terminal of its own. It goes on
// when ctx ends. Codes: CodeBadRequest, those of paths, CodeTooManyProcesses,
// CodeCannotStart.
func (ps *Processes) OpenTerminal(ctx context.Context, req bridge.OpenTerminal) (bridge.Process, error) {
	size, err := sizeOf(req.Columns, req.Rows)
	if err != nil {
		return bridge.Process{}, err
	}
	l := launch{
		args: []string{"-l"}, command: "bash -l", path: req.Path, request: req.Env,
		env: []string{"TERM=xterm-256color", "COLORTERM=truecolor"}, terminal: true, size: size,
	}
	if req.Command != "" {
		if err := checkCommand(req.Command); err != nil {
			return bridge.Process{}, err
		}
		// As runCommand starts it, with the same environment.
		l.args, l.command, l.env = []string{"-c", "--", req.Command}, req.Command, append(l.env, hookEnv()...)
	}
	if err := ctx.Err(); err != nil {
		return bridge.Process{}, err
	}
	p, err := ps.launch(l)
	if err != nil {
		return bridge.Process{}, err
	}
	return p.info(), nil
}

// Resize tells the programs on a terminal its new size. Codes: CodeBadRequest,
// CodeNoProcess, CodeProcessEnded.
func (ps *Processes) Resize(_ context.Context, req bridge.ResizeTerminal) error {
	size, err := sizeOf(req.Columns, req.Rows)
	if err != nil {
		return err
	}
	p, err := ps.find(req.ProcessID)
	if err != nil {
		return err
	}
	if p.master == nil {
		return bridge.Errorf(bridge.CodeBadRequest, "process %s has no terminal", p.id)
	}
	if p.ended() || setSize(p.master, size) != nil {
		return p.hasEnded()
	}
	return nil
}

// winsize is a terminal's size in characters.
type winsize = unix.Winsize

func sizeOf(columns, rows int) (winsize, error) {
	if columns < 1 || columns > maxSide || rows < 1 || rows > maxSide {
		return winsize{}, bridge.Errorf(bridge.CodeBadRequest, "a terminal has 1 to %d columns and rows, not %d and %d", maxSide, columns, rows)
	}
	return winsize{Col: uint16(columns), Row: uint16(rows)}, nil
}

// openTerminal returns both ends of a new terminal. The caller closes them.
func openTerminal(size winsize) (master, tty *os.File, err error) {
	// Not by Fd, here and below: it would make reads block that Close and deadlines must end.
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	var number uint32
	err = control(master, func(fd int) (err error) {
		if number, err = unix.IoctlGetUint32(fd, unix.TIOCGPTN); err != nil {
			return err
		}
		return unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	})
	if err == nil {
		err = setSize(master, size)
	}
	if err == nil {
		tty, err = os.OpenFile("/dev/pts/"+strconv.FormatUint(uint64(number), 10), os.O_RDWR|syscall.O_NOCTTY, 0)
	}
	if err != nil {
		_ = master.Close()
		return nil, nil, err
	}
	return master, tty, nil
}

func setSize(master *os.File, size winsize) error {
	return control(master, func(fd int) error { return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &size) })
}

// control calls f with the descriptor of file, which stays open meanwhile.
func control(file *os.File, f func(fd int) error) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := conn.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return err
	}
	return inner
}
