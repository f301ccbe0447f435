package e2e

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// The internet of the tests: a network of its own behind one link, with an address that is
// public and nobody's (RFC 5737). Workspaces reach it as they reach the internet, through the
// firewall that keeps them from this machine and from private networks.
const (
	internetName    = "kalpana-test-internet"
	internetLink    = "testinet0"
	internetGateway = "203.0.113.1/30"
	internetHost    = "203.0.113.2"
)

var internet = sync.OnceValue(func() error {
	run := func(name string, args ...string) error {
		out, err := exec.Command(name, args...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s %v: %w: %s", name, args, err, out)
		}
		return nil
	}
	// Of a run that was killed.
	_ = run("ip", "netns", "delete", internetName)
	_ = run("ip", "link", "delete", internetLink)
	inside := []string{"netns", "exec", internetName}
	for _, args := range [][]string{
		{"netns", "add", internetName},
		{"link", "add", internetLink, "type", "veth", "peer", "name", "inet", "netns", internetName},
		{"addr", "add", internetGateway, "dev", internetLink},
		{"link", "set", internetLink, "up"},
		append(inside, "ip", "addr", "add", internetHost+"/30", "dev", "inet"),
		append(inside, "ip", "link", "set", "lo", "up"),
		append(inside, "ip", "link", "set", "inet", "up"),
		append(inside, "ip", "route", "add", "default", "via", "203.0.113.1"),
	} {
		if err := run("ip", args...); err != nil {
			return err
		}
	}
	return nil
})

// serveOnInternet serves h in the internet of the tests and returns its address, for as long
// as the test runs.
func serveOnInternet(t testing.TB, h http.Handler) string {
	t.Helper()
	if err := internet(); err != nil {
		t.Fatal(err)
	}
	type opened struct {
		l   net.Listener
		err error
	}
	done := make(chan opened)
	go func() {
		// The thread has another network from here on, and ends with the goroutine.
		runtime.LockOSThread()
		ns, err := os.Open("/run/netns/" + internetName)
		if err != nil {
			done <- opened{err: err}
			return
		}
		defer ns.Close()
		if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- opened{err: err}
			return
		}
		l, err := net.Listen("tcp", internetHost+":0")
		done <- opened{l, err}
	}()
	o := <-done
	if o.err != nil {
		t.Fatal(o.err)
	}
	server := &http.Server{Handler: h}
	go server.Serve(o.l)
	t.Cleanup(func() { server.Close() })
	return "http://" + o.l.Addr().String()
}
