package cli_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/internal/cli"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a busy machine may take for anything.
const patience = 30 * time.Second

// screen is what a command prints, while it prints it.
type screen struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// shows waits for text on standard output.
func (r *running) shows(t *testing.T, text string) {
	t.Helper()
	eventually(t, "the output has "+text, func() bool { return strings.Contains(r.out.String(), text) }, r.all)
}

func (r *running) all() string { return r.out.String() + r.err.String() }

// eventually fails the test unless ok becomes true in time; then it prints what detail says.
func eventually(t *testing.T, what string, ok func() bool, detail func() string) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("still not so after %s: %s\n%s", patience, what, detail())
		case <-tick.C:
		}
	}
}

// run is a command that has ended, without input.
func (s *stand) run(t *testing.T, words ...string) (code int, stdout, stderr string) {
	t.Helper()
	return s.runWith(t, "", words...)
}

func (s *stand) runWith(t *testing.T, input string, words ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs screen
	code = cli.Run(t.Context(), words[0], words[1:], s.socket, strings.NewReader(input), &out, &errs)
	return code, out.String(), errs.String()
}

// running is a command that goes on.
type running struct {
	out, err screen
	code     chan int
	cancel   context.CancelFunc
}

func (s *stand) start(t *testing.T, words ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{code: make(chan int, 1), cancel: cancel}
	go func() {
		defer close(r.code)
		r.code <- cli.Run(ctx, words[0], words[1:], s.socket, strings.NewReader(""), &r.out, &r.err)
	}()
	t.Cleanup(func() {
		cancel()
		<-r.code
	})
	return r
}

func (r *running) wait(t *testing.T) int {
	t.Helper()
	return within(t, r.code, r.all)
}

func within(t *testing.T, code <-chan int, detail func() string) int {
	t.Helper()
	select {
	case c := <-code:
		return c
	case <-time.After(patience):
		t.Fatalf("the command has not ended after %s\n%s", patience, detail())
		return 0
	}
}
