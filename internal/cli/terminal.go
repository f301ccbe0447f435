package cli

import (
	"errors"
	"io"
	"os"
	"sync"

	"golang.org/x/term"
)

// terminal is the one that the user sits at. raw makes it pass every key on as it comes;
// restore must follow, whatever happens.
type terminal struct {
	in, out *os.File
	was     *term.State
	once    sync.Once
}

func userTerminal(in io.Reader, out io.Writer) (*terminal, error) {
	if !isTerminal(in) || !isTerminal(out) {
		return nil, errors.New("this needs a terminal; for programs there is `kalpana workspace exec` without -t")
	}
	return &terminal{in: in.(*os.File), out: out.(*os.File)}, nil
}

// maxSide is the most columns or rows that the bridge takes.
const maxSide = 1000

// size is its width and height in characters.
func (t *terminal) size() (columns, rows int) {
	columns, rows, err := term.GetSize(int(t.out.Fd()))
	if err != nil || columns <= 0 || rows <= 0 {
		return 80, 24 // a serial line, which does not know
	}
	return min(columns, maxSide), min(rows, maxSide)
}

func (t *terminal) raw() (err error) {
	t.was, err = term.MakeRaw(int(t.in.Fd()))
	return err
}

// restore makes it what it was before raw. Calling it again does nothing.
func (t *terminal) restore() {
	t.once.Do(func() {
		_ = term.Restore(int(t.in.Fd()), t.was) // fails only if the terminal is gone
	})
}

// restoreOnPanic is for the goroutines beside the one that defers restore.
func (t *terminal) restoreOnPanic() {
	if p := recover(); p != nil {
		t.restore()
		panic(p)
	}
}

// leave switches off what a program that still runs has switched on: the alternate screen,
// reports of the mouse and of pastes, colours, a hidden cursor.
func (t *terminal) leave() {
	_, _ = io.WriteString(t.out, "\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?25h\x1b[0m\r\n")
}
