package caddymodule

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// limitedServer echoes on a listener with the limit before it.
func limitedServer(t *testing.T, limit *ConnectionLimit) (address string, told *atomic.Int64) {
	t.Helper()
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	t.Cleanup(cancel)
	if err := limit.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	told = new(atomic.Int64)
	limit.reached = func(string) { told.Add(1) }
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := limit.WrapListener(plain)
	t.Cleanup(func() { limit.Cleanup() })
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if _, ok := c.(interface{ CloseWrite() error }); !ok {
				t.Errorf("%T cannot close one side alone", c)
			}
			serving.Go(func() {
				io.Copy(c, c)
				c.Close()
				c.Close() // twice must not count twice
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		serving.Wait()
	})
	return l.Addr().String(), told
}

// dialed is a connection and whether the server keeps it.
func dialed(t *testing.T, address string) (net.Conn, bool) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if errors.Is(err, syscall.ECONNRESET) {
		return nil, false
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(waitAtMost))
	c.Write([]byte("x"))
	n, _ := c.Read(make([]byte, 1))
	return c, n == 1
}

func TestAnAddressHasOnlySoManyConnections(t *testing.T) {
	limit := &ConnectionLimit{PerAddress: 3, Exempt: []string{"10.0.0.0/8"}}
	address, told := limitedServer(t, limit)
	var open []net.Conn
	for range 3 {
		c, kept := dialed(t, address)
		if !kept {
			t.Fatal("one within the limit is closed")
		}
		open = append(open, c)
	}
	for range 5 {
		if _, kept := dialed(t, address); kept {
			t.Error("one over the limit is kept")
		}
	}
	if told.Load() != 5 {
		t.Errorf("%d refusals were told of", told.Load())
	}
	for _, c := range open {
		c.Close()
	}
	for deadline := time.Now().Add(waitAtMost); openAt(address) != 0; {
		if time.Now().After(deadline) {
			t.Fatalf("%d still count", openAt(address))
		}
	}
	for i := range 3 {
		if _, kept := dialed(t, address); !kept {
			t.Fatalf("number %d after all were closed is refused", i+1)
		}
	}
	if _, kept := dialed(t, address); kept {
		t.Error("what was closed came back twice")
	}
}

// openAt is how many connections count at an address that is listened at.
func openAt(address string) (n int64) {
	connectionCounts.Range(func(key, count any) bool {
		if key == "tcp/"+address {
			n = count.(*connectionCount).all.Load()
		}
		return true
	})
	return n
}

// What one configuration let in counts for the next.
func TestConnectionsCountAcrossReloads(t *testing.T) {
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	plain.(*net.TCPListener).SetDeadline(time.Now().Add(waitAtMost))
	configured := func(perAddress int) (*ConnectionLimit, net.Listener) {
		ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
		t.Cleanup(cancel)
		c := &ConnectionLimit{PerAddress: perAddress, Exempt: []string{"10.0.0.0/8"}}
		if err := c.Provision(ctx); err != nil {
			t.Fatal(err)
		}
		return c, c.WrapListener(plain)
	}
	accepted := make(chan net.Conn, 1)
	visit := func(l net.Listener) { // lets one in
		client, err := net.Dial("tcp", plain.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { client.Close() })
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		accepted <- c
	}
	first, l := configured(2)
	var open []net.Conn
	for range 2 {
		visit(l)
		open = append(open, <-accepted)
	}
	second, l := configured(3)
	if err := first.Cleanup(); err != nil {
		t.Fatal(err)
	}
	visit(l) // the new limit is for all
	open = append(open, <-accepted)
	var serving sync.WaitGroup
	serving.Go(func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			serving.Go(func() {
				io.Copy(c, c)
				c.Close()
			})
		}
	})
	t.Cleanup(serving.Wait)
	defer plain.Close()
	if _, kept := dialed(t, plain.Addr().String()); kept {
		t.Error("a reload lets an address have more than its limit")
	}
	open[0].Close()
	c, kept := dialed(t, plain.Addr().String())
	if !kept {
		t.Error("what the earlier configuration let in does not come back")
	} else {
		c.Close()
	}
	for _, c := range open {
		c.Close()
	}
	if err := second.Cleanup(); err != nil {
		t.Fatal(err)
	}
	if _, listed := connectionCounts.References("tcp/" + plain.Addr().String()); listed {
		t.Error("the count outlives all configurations")
	}
}

func TestThisMachineAndNamedProxiesCountOnlyInAll(t *testing.T) {
	address, _ := limitedServer(t, &ConnectionLimit{PerAddress: 1, Total: 4})
	for range 4 {
		if _, kept := dialed(t, address); !kept {
			t.Fatal("one of this machine's is closed")
		}
	}
	if _, kept := dialed(t, address); kept {
		t.Error("more than all together may have")
	}
	limit := &ConnectionLimit{Exempt: []string{"192.0.2.0/24", "2001:db8::/32"}}
	limitedServer(t, limit)
	for from, want := range map[string]bool{"192.0.2.9:1": false, "192.0.3.9:1": true, "127.0.0.1:1": true, "[2001:db8::1]:1": false, "[2001:db9::1]:1": true, "[::ffff:192.0.2.9]:1": false} {
		a, err := net.ResolveTCPAddr("tcp", from)
		if err != nil {
			t.Fatal(err)
		}
		if _, counts := limit.counts(a); counts != want {
			t.Errorf("%s counts: %v", from, counts)
		}
	}
	if _, counts := limit.counts(&net.UnixAddr{}); counts {
		t.Error("a Unix socket counts as an address")
	}
	if limit.Total < connectionsAtLeast || limit.PerAddress != 1024 {
		t.Errorf("%d in all, %d per address", limit.Total, limit.PerAddress)
	}
}

func TestOptionsOfTheConnectionLimit(t *testing.T) {
	for text, want := range map[string]string{
		"connection_limit":   `{}`,
		"connection_limit 7": `{"per_address":7}`,
		"connection_limit 7 {\n total 9\n exempt a b\n}":    `{"per_address":7,"total":9,"exempt":["a","b"]}`,
		"connection_limit many":                             `"many" must be a whole number`,
		"connection_limit 0":                                `"0" must be a whole number`,
		"connection_limit 1 2":                              "wrong argument count",
		"connection_limit {\n total\n}":                     "wrong argument count",
		"connection_limit {\n sum 1\n}":                     `"sum" is no option`,
		"connection_limit {\n total -1\n}":                  `"-1" must be`,
		"connection_limit {\n exempt 10.0.0.0/8\n total 1}": `"1}" must be`,
	} {
		var c ConnectionLimit
		err := c.UnmarshalCaddyfile(caddyfile.NewTestDispenser(text))
		got, _ := json.Marshal(&c)
		if err != nil {
			got = []byte(err.Error())
		}
		if !strings.Contains(string(got), want) {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	defer cancel()
	if err := (&ConnectionLimit{Exempt: []string{"10.0.0.1"}}).Provision(ctx); err == nil || !strings.Contains(err.Error(), `"10.0.0.1" is no network`) {
		t.Errorf("%v", err)
	}
}

// The server as shipped, but for shorter times: headers that drip do not hold connections
// for long, and meanwhile others are answered.
func TestHeadersThatDripHoldTheServerForSecondsOnly(t *testing.T) {
	environment(t, "KALPANA_DATA_DIR", t.TempDir())
	_, whole, err := adapt(t, shipped(t))
	if err != nil {
		t.Fatal(err)
	}
	var shippedServers struct {
		Apps struct {
			HTTP struct {
				Servers map[string]struct {
					Listen            []string
					ReadHeaderTimeout caddy.Duration    `json:"read_header_timeout"`
					ReadIdleTimeout   caddy.Duration    `json:"read_idle_timeout"`
					WriteIdleTimeout  caddy.Duration    `json:"write_idle_timeout"`
					IdleTimeout       caddy.Duration    `json:"idle_timeout"`
					ListenerWrappers  []json.RawMessage `json:"listener_wrappers"`
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(whole), &shippedServers); err != nil {
		t.Fatal(err)
	}
	for name, s := range shippedServers.Apps.HTTP.Servers {
		for what, d := range map[string]struct{ is, most time.Duration }{
			"header":     {time.Duration(s.ReadHeaderTimeout), 10 * time.Second},
			"body":       {time.Duration(s.ReadIdleTimeout), 10 * time.Minute},
			"answer":     {time.Duration(s.WriteIdleTimeout), 10 * time.Minute},
			"connection": {time.Duration(s.IdleTimeout), 5 * time.Minute},
		} {
			if d.is <= 0 || d.is > d.most {
				t.Errorf("%s %v: the time for a silent %s is %v", name, s.Listen, what, d.is)
			}
		}
		is := func(wrapper string) int {
			return slices.IndexFunc(s.ListenerWrappers, func(w json.RawMessage) bool { return strings.Contains(string(w), `"wrapper":"`+wrapper+`"`) })
		}
		if is("connection_limit") < 0 || is("connection_limit") > is("tls") {
			t.Errorf("%s %v: connections are not counted before TLS: %s", name, s.Listen, s.ListenerWrappers)
		}
	}

	const kept, drips = 600, 2000
	port := freePort(t)
	config := fmt.Sprintf(`{"admin":{"disabled":true},"logging":{"logs":{"default":{"writer":{"output":"discard"}}}},"apps":{"http":{"http_port":1,"https_port":2,"servers":{"s":{
		"listen":["127.0.0.1:%d"],"read_header_timeout":"2s","automatic_https":{"disable":true},
		"listener_wrappers":[{"wrapper":"connection_limit","per_address":%d,"exempt":["10.0.0.0/8"]},{"wrapper":"tls"}],
		"routes":[{"handle":[{"handler":"static_response","body":"answered"}]}]}}}}}`, port, kept)
	if err := caddy.Load([]byte(config), true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { caddy.Stop() })
	address := fmt.Sprintf("127.0.0.1:%d", port)
	good, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer good.Close()
	good.SetDeadline(time.Now().Add(waitAtMost))
	answers := bufio.NewReader(good)
	ask := func(when string) {
		fmt.Fprintf(good, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		resp, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "answered" {
			t.Fatalf("%s: %q %v", when, body, err)
		}
	}
	ask("before")
	var conns []net.Conn
	var closed atomic.Int64
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	for range drips {
		c, err := net.Dial("tcp", address)
		if errors.Is(err, syscall.ECONNRESET) {
			closed.Add(1)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		c.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\nX-Drip: "))
		conns = append(conns, c)
	}
	ask("meanwhile")
	var watching sync.WaitGroup
	for _, c := range conns {
		watching.Go(func() {
			c.SetDeadline(time.Now().Add(waitAtMost))
			drip := time.NewTicker(100 * time.Millisecond)
			defer drip.Stop()
			for {
				if _, err := c.Write([]byte("x")); errors.Is(err, os.ErrDeadlineExceeded) {
					return
				} else if err != nil {
					break
				}
				<-drip.C
			}
			closed.Add(1)
		})
	}
	watching.Wait()
	if closed.Load() != drips {
		t.Errorf("%d of %d were closed", closed.Load(), drips)
	}
	ask("afterwards")
}

// Whoever has connected before a listener of Caddy's closes is served, and counts.
func TestWhoWaitsWhenAListenerClosesIsServed(t *testing.T) {
	limit := &ConnectionLimit{}
	ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
	defer cancel()
	if err := limit.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	defer limit.Cleanup()
	address, err := caddy.ParseNetworkAddress("tcp/127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	its, err := address.Listen(ctx, 0, net.ListenConfig{})
	if err != nil {
		t.Fatal(err)
	}
	l := limit.WrapListener(its.(net.Listener))
	const waiting = 5
	var clients []net.Conn
	for range waiting {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		clients = append(clients, c)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for range waiting {
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := c.(*countedTCP); !ok {
			t.Errorf("it is a %T", c)
		}
		fmt.Fprintln(c, "served")
		defer c.Close()
	}
	if got := l.(*limitedListener).count.all.Load(); got != waiting {
		t.Errorf("%d count", got)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("then: %v", err)
	}
	for _, c := range clients {
		c.SetDeadline(time.Now().Add(waitAtMost))
		if got, err := bufio.NewReader(c).ReadString('\n'); err != nil || got != "served\n" {
			t.Errorf("it reads %q, %v", got, err)
		}
	}
}
