package hostnet

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheLeaseRangeIsReservedBesideWhatWasThere(t *testing.T) {
	for _, c := range []struct{ before, after string }{
		{"\n", "40000-49999"},
		{"8080\n", "8080,40000-49999"},
		{"8080,40000-49999\n", "8080,40000-49999\n"},
		{"40000-45000,45001-50000\n", "40000-45000,45001-50000\n"},
		{"40000-44999,45001-50000\n", "40000-44999,45001-50000,40000-49999"},
	} {
		dir := t.TempDir()
		file := filepath.Join(dir, "net/ipv4/ip_local_reserved_ports")
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(c.before), 0o644); err != nil {
			t.Fatal(err)
		}
		h := Host{Sysctl: dir}
		looked := h.reserve(40000, 50000, false)
		if data, _ := os.ReadFile(file); string(data) != c.before {
			t.Fatalf("looking changed %q to %q", c.before, data)
		}
		if looked.OK != (c.before == c.after) || (!looked.OK && !strings.Contains(looked.Fix, c.after)) {
			t.Errorf("%q: looked %+v", c.before, looked)
		}
		closed := h.reserve(40000, 50000, true)
		if data, _ := os.ReadFile(file); string(data) != c.after || !closed.OK {
			t.Errorf("%q became %q, want %q: %+v", c.before, data, c.after, closed)
		}
	}
}

func TestWithoutRightsItSaysWhatToType(t *testing.T) {
	h := Host{Sysctl: t.TempDir(), Run: func(context.Context, string, ...string) (string, error) { return "", errors.New("permission denied") }}
	for _, f := range h.Close(t.Context(), 40000, 50000) {
		if f.OK || f.Fix == "" || f.Detail == "" {
			t.Errorf("finding: %+v", f)
		}
	}
}

// TestTheRulesHold runs the real iptables in a network namespace of its own and repeats
// itself: the second time adds nothing.
func TestTheRulesHold(t *testing.T) {
	const namespace = "kalpana-hostnet-test"
	run := func(name string, args ...string) (string, error) {
		out, err := exec.Command(name, args...).CombinedOutput()
		return string(out), err
	}
	run("ip", "netns", "del", namespace)
	if out, err := run("ip", "netns", "add", namespace); err != nil {
		t.Fatalf("this test needs root: %v: %s", err, out)
	}
	defer run("ip", "netns", "del", namespace)
	inside := func(_ context.Context, name string, args ...string) (string, error) {
		return run("ip", append([]string{"netns", "exec", namespace, name}, args...)...)
	}
	if out, err := inside(t.Context(), "iptables", "-N", "DOCKER-USER"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	h := Host{Run: inside}
	var first string
	for i := range 2 {
		if f := h.firewall(t.Context(), true); !f.OK {
			t.Fatalf("%+v", f)
		}
		now, _ := inside(t.Context(), "iptables", "-S")
		if i == 0 {
			first = now
		}
		if now != first || strings.Count(now, Bridges) != len(rules)+1 {
			t.Fatalf("after %d rounds:\n%s", i+1, now)
		}
	}
	if f := h.firewall(t.Context(), false); !f.OK {
		t.Errorf("looking does not find what closing did: %+v", f)
	}
}
