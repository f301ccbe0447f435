package ports_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/ports"
)

const waitAtMost = time.Minute // the machine may be busy with other builds

// eventually polls until condition holds.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(waitAtMost); !condition(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", waitAtMost, what)
		}
	}
}

func newPorts(t testing.TB) *ports.Ports {
	t.Helper()
	p := ports.New(ports.Options{})
	t.Cleanup(p.Close)
	return p
}

// listen opens a listener that takes nothing in, and closes it with the test.
func listen(t testing.TB, address string) (l *net.TCPListener, port int) {
	t.Helper()
	network := "tcp"
	if strings.HasPrefix(address, "0.0.0.0") {
		network = "tcp4" // "tcp" would take that for any address of either kind
	}
	for range 100 {
		open, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		port = open.Addr().(*net.TCPAddr).Port
		if address == "[::1]:0" && !hold(t, port) {
			open.Close() // tunnels to this number would go to another test
			continue
		}
		t.Cleanup(func() { open.Close() })
		return open.(*net.TCPListener), port
	}
	t.Fatal("no port that is free on both addresses")
	return nil, 0
}

// closedPort holds a number on which nothing listens.
func closedPort(t testing.TB) int {
	t.Helper()
	port, err := bound(t, 0)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// hold keeps everybody from listening on 127.0.0.1 at port until the test ends; false if
// somebody does.
func hold(t testing.TB, port int) bool {
	t.Helper()
	_, err := bound(t, port)
	return err == nil
}

// bound binds a socket that listens to nothing; port 0 means any.
func bound(t testing.TB, port int) (int, error) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, err
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, err
	}
	return name.(*syscall.SockaddrInet4).Port, nil
}

func find(list bridge.PortList, port int) (bridge.Port, bool) {
	for _, p := range list.Ports {
		if p.Port == port {
			return p, true
		}
	}
	return bridge.Port{}, false
}

func TestListShowsWhatListens(t *testing.T) {
	p := newPorts(t)
	want := map[int]string{}
	for _, address := range []string{"127.0.0.1", "0.0.0.0", "::1", "::"} {
		_, port := listen(t, net.JoinHostPort(address, "0"))
		want[port] = address
	}
	_, hidden := listen(t, "127.0.0.2:0")
	list, err := p.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for port, address := range want {
		got, ok := find(list, port)
		if !ok || got.Address != address || got.PID != os.Getpid() || got.Process != filepath.Base(self) {
			t.Errorf("%s: %+v %v", address, got, ok)
		}
	}
	if got, ok := find(list, hidden); ok && want[hidden] == "" {
		t.Errorf("what no tunnel gets to is listed: %+v", got)
	}
	for i := 1; i < len(list.Ports); i++ {
		if list.Ports[i-1].Port >= list.Ports[i].Port {
			t.Errorf("not sorted: %+v", list.Ports)
		}
	}
}

func TestAPortOnBothAddressesIsListedOnce(t *testing.T) {
	p := newPorts(t)
	_, port := listen(t, "127.0.0.1:0")
	listen(t, net.JoinHostPort("::1", strconv.Itoa(port)))
	list, err := p.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, one := range list.Ports {
		if one.Port == port {
			count++
			if one.Address != "127.0.0.1" {
				t.Errorf("%+v is not what tunnels get to", one)
			}
		}
	}
	if count != 1 {
		t.Errorf("listed %d times", count)
	}
}

func TestListNamesTheProgram(t *testing.T) {
	p := newPorts(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	odd := filepath.Join(t.TempDir(), "evil\n\x1b[31m\u202eserver")
	if err := os.Link(self, odd); err != nil {
		if err = os.CopyFS(filepath.Dir(odd), os.DirFS(filepath.Dir(self))); err != nil { // another file system
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(filepath.Dir(odd), filepath.Base(self)), odd); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), odd)
	cmd.Env = append(os.Environ(), "PORTS_TEST_LISTEN=127.0.0.1:0")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	port, convErr := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || convErr != nil {
		t.Fatalf("%q %v", line, err)
	}
	list, err := p.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := find(list, port); got.PID != cmd.Process.Pid || got.Process != "evil??[31m?server" {
		t.Errorf("%+v, want pid %d", got, cmd.Process.Pid)
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	list, err = p.List(t.Context())
	if got, ok := find(list, port); ok || err != nil {
		t.Errorf("still there: %+v %v", got, err)
	}
}

func TestAListThatNobodyWaitsForEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newPorts(t).List(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// watching collects what a watch emits.
type watching struct {
	mu   sync.Mutex
	seen []bridge.PortList
}

func (w *watching) emit(event string, payload any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if event != bridge.EventPorts {
		return errors.New("event " + event)
	}
	w.seen = append(w.seen, payload.(bridge.PortList))
	return nil
}

func (w *watching) last() (bridge.PortList, int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.seen) == 0 {
		return bridge.PortList{}, 0
	}
	return w.seen[len(w.seen)-1], len(w.seen)
}

func TestWatchTellsOfEveryChangeToAllWatchers(t *testing.T) {
	p := newPorts(t)
	_, first := listen(t, "127.0.0.1:0")
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	watchers := make([]watching, 3)
	for i := range watchers {
		all.Go(func() {
			if err := p.Watch(ctx, watchers[i].emit); !errors.Is(err, context.Canceled) {
				t.Errorf("watch: %v", err)
			}
		})
	}
	everybody := func(what string, condition func(bridge.PortList) bool) {
		t.Helper()
		for i := range watchers {
			eventually(t, what, func() bool {
				list, n := watchers[i].last()
				return n > 0 && condition(list)
			})
		}
	}
	everybody("the first list", func(l bridge.PortList) bool { _, ok := find(l, first); return ok })
	l, port := listen(t, "127.0.0.1:0")
	everybody("a new port", func(l bridge.PortList) bool { p, ok := find(l, port); return ok && p.PID == os.Getpid() })
	l.Close()
	everybody("a port that is gone", func(l bridge.PortList) bool { _, ok := find(l, port); return !ok })
	stop()
	all.Wait()

	// After the last has left, the next begins anew.
	l2, second := listen(t, "127.0.0.1:0")
	defer l2.Close()
	enough := errors.New("enough")
	err := p.Watch(t.Context(), func(_ string, payload any) error {
		if _, ok := find(payload.(bridge.PortList), second); !ok {
			t.Error("a new watch was told an old list")
		}
		return enough
	})
	if !errors.Is(err, enough) {
		t.Errorf("%v", err)
	}
}

func TestCloseEndsWatches(t *testing.T) {
	p := newPorts(t)
	var w watching
	ended := make(chan error, 1)
	go func() { ended <- p.Watch(t.Context(), w.emit) }()
	eventually(t, "the first list", func() bool { _, n := w.last(); return n > 0 })
	p.Close()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("ended without saying why")
		}
	case <-time.After(waitAtMost):
		t.Fatal("still watching")
	}
	if err := p.Watch(t.Context(), w.emit); err == nil {
		t.Error("a watch began after Close")
	}
	p.Close()
}
