package cli_test

import (
	"context"
	"os"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/kalpana-dev/kalpana/internal/cli"
)

// seat is a person at a terminal.
type seat struct {
	screen
	keys, tty *os.File
	errs      screen
	code      chan int
	was       *unix.Termios
}

// shows waits for text on the screen.
func (p *seat) shows(t *testing.T, text string) {
	t.Helper()
	eventually(t, "the screen has "+text, func() bool { return strings.Contains(p.String(), text) }, p.all)
}

func (p *seat) all() string { return p.String() + p.errs.String() }

// sit starts a command at a terminal of 80 by 24 characters.
func (s *stand) sit(t *testing.T, words ...string) *seat {
	t.Helper()
	keys, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	p := &seat{keys: keys, tty: tty, code: make(chan int, 1)}
	p.resize(t, 80, 24)
	p.was = p.settings(t)
	read := make(chan struct{})
	go func() {
		defer close(read)
		buf := make([]byte, 4096)
		for {
			n, err := keys.Read(buf)
			_, _ = p.Write(buf[:n])
			if err != nil {
				return
			}
		}
	}()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(p.code)
		p.code <- cli.Run(ctx, words[0], words[1:], s.socket, tty, tty, &p.errs)
	}()
	t.Cleanup(func() {
		cancel()
		<-p.code
		_, _ = keys.WriteString("\r") // ends a read of the terminal, which a command leaves behind
		_ = tty.Close()
		<-read
		_ = keys.Close()
	})
	return p
}

func (p *seat) settings(t *testing.T) *unix.Termios {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(p.keys.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func (p *seat) resize(t *testing.T, columns, rows uint16) {
	t.Helper()
	if err := pty.Setsize(p.keys, &pty.Winsize{Cols: columns, Rows: rows}); err != nil {
		t.Fatal(err)
	}
}

func (p *seat) types(t *testing.T, keys string) {
	t.Helper()
	if _, err := p.keys.WriteString(keys); err != nil {
		t.Fatal(err)
	}
}

// ends waits for the command and checks that the terminal is what it was.
func (p *seat) ends(t *testing.T, want int) {
	t.Helper()
	if code := within(t, p.code, p.all); code != want {
		t.Errorf("ends with %d, want %d: %q %q", code, want, p.String(), p.errs.String())
	}
	if now := p.settings(t); !reflect.DeepEqual(now, p.was) {
		t.Errorf("the terminal was left as %+v, it was %+v", now, p.was)
	}
}

var sizes = regexp.MustCompile(`size=(\d+ \d+);`)

// hasSize waits until programs in the workspace see this size ("rows columns").
func (p *seat) hasSize(t *testing.T, want string) {
	t.Helper()
	asked := len(sizes.FindAllString(p.String(), -1))
	eventually(t, "the size is "+want, func() bool {
		found := sizes.FindAllStringSubmatch(p.String(), -1)
		if len(found) > 0 && found[len(found)-1][1] == want {
			return true
		}
		if len(found) == asked { // the last question is answered
			asked++
			p.types(t, `echo "size"="$(stty size);"`+"\r")
		}
		return false
	}, p.String)
}

func TestShell(t *testing.T) {
	s := newStand(t)
	s.locally(t)
	p := s.sit(t, "workspace", "shell", "my app")
	p.types(t, "echo a$((6*7))b\r")
	p.shows(t, "a42b")
	p.hasSize(t, "24 80")
	p.resize(t, 100, 40)
	if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil {
		t.Fatal(err)
	}
	p.hasSize(t, "40 100")
	p.types(t, `bash -c 'trap "echo cau""ght; exit" INT; echo ar""med; while :; do :; done'`+"\r")
	p.shows(t, "armed")
	p.types(t, "\x03") // control-C is the command's
	p.shows(t, "caught")
	p.types(t, "exit 7\r")
	p.ends(t, 7)
	if len(s.tokens) != 1 {
		t.Errorf("tokens are left: %v", s.tokens)
	}
}

func TestExecInATerminal(t *testing.T) {
	s := newStand(t)
	s.remotely(t)
	p := s.sit(t, "workspace", "exec", "-t", "my app", "--", "bash", "-c", `tty && read -r x && echo "got $x" && exit 3`)
	p.shows(t, "/dev/pts/")
	p.types(t, "this\r")
	p.shows(t, "got this")
	p.ends(t, 3)

	p = s.sit(t, "workspace", "exec", "-t", "my app", "--", "true")
	p.ends(t, 0)
}

var shownID = regexp.MustCompile("--attach ([^`\\s]+)")

func TestTerminalGoesOnWithoutItsConnection(t *testing.T) {
	s := newStand(t)
	s.remotely(t)
	for name, lose := range map[string]func(){
		"cut":  s.wires.cut,
		"TERM": func() { _ = syscall.Kill(os.Getpid(), syscall.SIGTERM) },
	} {
		t.Run(name, func(t *testing.T) {
			p := s.sit(t, "workspace", "shell", workspaceID)
			p.types(t, "kept=$((40+4)); echo ready$kept\r")
			p.shows(t, "ready44")
			lose()
			p.ends(t, map[string]int{"cut": 1, "TERM": 143}[name])
			found := shownID.FindStringSubmatch(p.errs.String())
			if found == nil || !strings.Contains(p.errs.String(), "kalpana workspace shell "+workspaceID+" --attach") {
				t.Fatalf("it does not say how to come back: %q", p.errs.String())
			}
			p.shows(t, "\x1b[?1049l") // what the program inside may have switched on is off
			q := s.sit(t, "workspace", "shell", workspaceID, "--attach", found[1])
			q.shows(t, "ready44")
			q.types(t, "echo still$kept; exit 8\r")
			q.shows(t, "still44")
			q.ends(t, 8)
		})
	}
	code, _, errs := s.run(t, "workspace", "shell", workspaceID, "--attach", "p1")
	if code != 1 || !strings.Contains(errs, "needs a terminal") {
		t.Errorf("%d %q", code, errs)
	}
	q := s.sit(t, "workspace", "shell", workspaceID, "--attach", "p99")
	q.ends(t, 1)
	if !strings.Contains(q.errs.String(), `no terminal "p99"`) {
		t.Errorf("attach to nothing: %q", q.errs.String())
	}
}
