package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program listens inside and answers each connection with serve.
func program(t *testing.T, serve func(*net.TCPConn)) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				serve(c.(*net.TCPConn))
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return portOf(l.Addr())
}

func portOf(a net.Addr) string { return strconv.Itoa(a.(*net.TCPAddr).Port) }

// free are n ports that nobody listens on.
func free(t *testing.T, n int) []string {
	t.Helper()
	var ports []string
	for tries := 0; len(ports) < n; tries++ {
		// Below the range from which outgoing connections take theirs: one might take it meanwhile.
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(10_000+rand.IntN(20_000))))
		if err != nil {
			if tries == 100 {
				t.Fatal(err)
			}
			continue
		}
		defer l.Close() // all at the end, so that no port comes twice
		ports = append(ports, portOf(l.Addr()))
	}
	return ports
}

func connect(t *testing.T, port string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return c.(*net.TCPConn)
}

func TestForwardCarriesBytesAndEnds(t *testing.T) {
	s := newStand(t)
	s.remotely(t)
	payload := make([]byte, 20<<20)
	random := rand.NewChaCha8([32]byte{2})
	_, _ = random.Read(payload)
	back := program(t, func(c *net.TCPConn) { // says how much came, at its end, and sends it back
		got, err := io.ReadAll(c)
		fmt.Fprintf(c, "%d %v\n", len(got), err)
		_, _ = c.Write(got)
	})
	greets := program(t, func(c *net.TCPConn) { // ends first, and reads on
		_, _ = io.WriteString(c, "hello")
		_ = c.CloseWrite()
		got, _ := io.ReadAll(c)
		if string(got) != "and you" {
			t.Errorf("after its own end the program got %q", got)
		}
	})
	ports := free(t, 2)
	one, two := ports[0], ports[1]
	r := s.start(t, "port-forward", "my app", one+":"+back, two+":"+greets)
	r.shows(t, "Forwarding 127.0.0.1:"+one+" → port "+back+" of my app\n")
	r.shows(t, "Forwarding 127.0.0.1:"+two+" → port "+greets+" of my app\n")

	c := connect(t, one)
	if _, err := c.Write(payload); err != nil {
		t.Fatal(err)
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(c)
	if want := append(fmt.Appendf(nil, "%d <nil>\n", len(payload)), payload...); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes came back: %v", len(got), err)
	}
	c = connect(t, two)
	if got, err := io.ReadAll(c); err != nil || string(got) != "hello" {
		t.Errorf("%q %v", got, err)
	}
	if _, err := io.WriteString(c, "and you"); err != nil {
		t.Error(err)
	}
	_ = c.CloseWrite()
	many(t, one)

	if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := r.wait(t); code != 0 || r.err.String() != "" {
		t.Errorf("after Ctrl-C: %d %q", code, r.err.String())
	}
	if c, err := net.Dial("tcp", "127.0.0.1:"+one); err == nil {
		_ = c.Close()
		t.Error("the port is still open")
	}
}

// many connects fifty times at once.
func many(t *testing.T, port string) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range 50 {
		c := connect(t, port)
		wg.Go(func() {
			word := strconv.Itoa(1000 + i)
			_, _ = io.WriteString(c, word)
			_ = c.CloseWrite()
			if got, err := io.ReadAll(c); err != nil || string(got) != "4 <nil>\n"+word {
				t.Errorf("connection %d: %q %v", i, got, err)
			}
		})
	}
	wg.Wait()
}

// broken reports whether the connection was reset, not ended.
func broken(err error) bool { return errors.Is(err, syscall.ECONNRESET) }

func TestForwardGoesOnAfterFailures(t *testing.T) {
	s := newStand(t)
	s.locally(t)
	resets := program(t, func(c *net.TCPConn) {
		_, _ = io.WriteString(c, "half of")
		_, _ = c.Read(make([]byte, 1)) // until that was seen
		_ = c.SetLinger(0)
	})
	seen := make(chan error, 8)
	listens := program(t, func(c *net.TCPConn) {
		_, _ = io.WriteString(c, "x")
		_, err := io.Copy(io.Discard, c)
		seen <- err
	})
	ports := free(t, 4)
	nobody, closed, one, two := ports[0], ports[1], ports[2], ports[3]
	r := s.start(t, "port-forward", "--json", "my app", closed+":"+nobody, one+":"+resets, two+":"+listens)
	r.shows(t, `"127.0.0.1:`+two+`"`)
	lines := strings.Split(strings.TrimSpace(r.out.String()), "\n")
	var line struct {
		Address, Workspace, Name string
		Port                     int
	}
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil || len(lines) != 3 || line.Address != "127.0.0.1:"+closed || strconv.Itoa(line.Port) != nobody || line.Workspace != workspaceID || line.Name != "my app" {
		t.Errorf("%q: %v", r.out.String(), err)
	}
	for range 2 {
		c, err := net.Dial("tcp", "127.0.0.1:"+closed)
		if err == nil { // it may be over before that
			_, err = io.ReadAll(c)
			c.Close()
		}
		if !broken(err) {
			t.Errorf("a port that is closed inside: %v", err)
		}
	}
	eventually(t, "two lines tell of it", func() bool {
		return strings.Count(r.err.String(), "Connection to port "+nobody+" of my app: nothing listens on port "+nobody) == 2
	}, r.err.String)

	c := connect(t, one)
	if _, err := io.ReadFull(c, make([]byte, len("half of"))); err != nil {
		t.Fatal(err)
	}
	_, _ = c.Write([]byte("."))
	if rest, err := io.ReadAll(c); !broken(err) {
		t.Errorf("half an answer looks whole: %q %v", rest, err)
	}
	c = connect(t, two)
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	_ = c.SetLinger(0)
	_ = c.Close()
	select {
	case err := <-seen:
		if !broken(err) {
			t.Errorf("the program inside does not learn that its client broke off: %v", err)
		}
	case <-time.After(patience):
		t.Error("the program inside waits for ever")
	}
	if n := strings.Count(r.err.String(), "\n"); n != 2 {
		t.Errorf("programs that break off are reported: %q", r.err.String())
	}

	// A network that breaks is reported, and the next connection works.
	c = connect(t, two)
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	s.wires.cut()
	if _, err := io.ReadAll(c); !broken(err) {
		t.Errorf("a lost connection looks like an end: %v", err)
	}
	eventually(t, "a line tells of it", func() bool {
		return strings.Contains(r.err.String(), "Connection to port "+listens+" of my app: broke off")
	}, r.all)
	c = connect(t, two)
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}

	// The end resets what is open, and revokes the token.
	r.cancel()
	if code := r.wait(t); code != 0 {
		t.Errorf("%d %q", code, r.err.String())
	}
	if _, err := io.ReadAll(c); !broken(err) {
		t.Errorf("at the end: %v", err)
	}
	if len(s.made) != 1 || len(s.tokens) != 1 {
		t.Errorf("tokens: made %q, left %v", s.made, s.tokens)
	}
}

func TestForwardWithARevokedToken(t *testing.T) {
	s := newStand(t)
	s.remotely(t)
	port := program(t, func(c *net.TCPConn) {})
	local := free(t, 1)[0]
	r := s.start(t, "port-forward", "my app", local+":"+port)
	r.shows(t, "Forwarding")
	s.mu.Lock()
	delete(s.tokens, userToken)
	s.mu.Unlock()
	if _, err := io.ReadAll(connect(t, local)); !broken(err) {
		t.Errorf("%v", err)
	}
	eventually(t, "a line tells of it", func() bool { return strings.Contains(r.err.String(), "does not take the token") }, r.all)
	r.cancel()
	r.wait(t)
}

func TestForwardRefusesWhatCannotWork(t *testing.T) {
	s := newStand(t)
	s.remotely(t)
	taken := program(t, func(*net.TCPConn) {})
	for name, c := range map[string]struct {
		words []string
		code  int
		says  string
	}{
		"nothing":                 {nil, 2, "which workspace"},
		"no port":                 {[]string{"my app"}, 2, "which ports"},
		"a word":                  {[]string{"my app", "http"}, 2, "[LOCAL:]PORT"},
		"port 0":                  {[]string{"my app", "0"}, 2, "from 1 to 65535"},
		"local port 0":            {[]string{"my app", "0:3000"}, 2, "from 1 to 65535"},
		"too high":                {[]string{"my app", "65536"}, 2, "from 1 to 65535"},
		"negative":                {[]string{"my app", "--", "-1"}, 2, "from 1 to 65535"},
		"three":                   {[]string{"my app", "1:2:3"}, 2, "[LOCAL:]PORT"},
		"empty":                   {[]string{"my app", ":3000"}, 2, "[LOCAL:]PORT"},
		"one below 1024":          {[]string{"my app", "8022:22"}, 2, "from 1024 on"},
		"the bridge's own":        {[]string{"my app", "3001"}, 2, "Kalpana's own"},
		"twice":                   {[]string{"my app", "4000:3000", "4000:3003"}, 2, "wanted twice"},
		"an address that is none": {[]string{"my app", "4000", "--address", "everywhere"}, 2, "no IP address"},
		"taken":                   {[]string{"my app", taken}, 1, "give another one as LOCAL:PORT"},
		"given and taken":         {[]string{"my app", taken + ":3000"}, 1, "is taken"},
		"another's address":       {[]string{"my app", "4000", "--address", "192.0.2.1"}, 1, "listen on 192.0.2.1:4000"},
		"no such workspace":       {[]string{"nosuch", "4000"}, 1, "kalpana workspace ls"},
		"one that does not run":   {[]string{"asleep", "4000"}, 1, "kalpana workspace start " + stoppedID},
	} {
		t.Run(name, func(t *testing.T) {
			if code, out, errs := s.run(t, append([]string{"port-forward"}, c.words...)...); code != c.code || !strings.Contains(errs, c.says) {
				t.Errorf("%d %q %q; want %d and %q", code, out, errs, c.code, c.says)
			}
		})
	}
}

func TestForwardOnOtherAddresses(t *testing.T) {
	s := newStand(t)
	s.remotely(t)
	port := program(t, func(c *net.TCPConn) { _, _ = io.WriteString(c, "hi") })
	for address, warns := range map[string]bool{"0.0.0.0": true, "127.0.0.2": false, "localhost": false} {
		local := free(t, 1)[0]
		r := s.start(t, "port-forward", "my app", local+":"+port, "--address", address)
		r.shows(t, "Forwarding")
		to := strings.Replace(strings.Replace(address, "localhost", "127.0.0.1", 1), "0.0.0.0", "127.0.0.1", 1)
		c, err := net.Dial("tcp", to+":"+local)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(c); err != nil || string(got) != "hi" {
			t.Errorf("%s: %q %v", address, got, err)
		}
		_ = c.Close()
		if strings.Contains(r.err.String(), "Warning") != warns {
			t.Errorf("%s: %q", address, r.err.String())
		}
		r.cancel()
		r.wait(t)
	}
}
