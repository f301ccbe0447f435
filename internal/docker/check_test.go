package docker

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/nixcheck"
)

var _ nixcheck.Sandbox = (*Runtime)(nil)

func shell(script string) nixcheck.Run {
	return nixcheck.Run{Image: image, Command: []string{"bash", "-c", script}, Stdin: []byte("hello")}
}

func TestACheckCanDoNoHarm(t *testing.T) {
	r := engine(t)
	begin := time.Now()
	out, err := r.Check(t.Context(), shell(`cat; echo; id -u; grep CapEff /proc/self/status | tr -d '[:space:]'; echo; grep NoNewPrivs /proc/self/status | tr -d '[:space:]'; echo; grep Seccomp: /proc/self/status | tr -d '[:space:]'; echo
		ls /sys/class/net | tr '\n' ' '; echo; for d in / /etc /home/coder /workspace /nix/store; do touch $d/x 2>/dev/null && echo wrote $d; done
		cp /bin/true /tmp/true; /tmp/true 2>/dev/null && echo ran from tmp; head -c 20M /dev/zero >/tmp/x 2>/dev/null && echo filled; unshare -U true 2>/dev/null && echo unshared; echo err >&2; exit 3`))
	took := time.Since(begin)
	if want := "hello\n1000\nCapEff:0000000000000000\nNoNewPrivs:1\nSeccomp:2\nlo \n"; err != nil || string(out.Stdout) != want || string(out.Stderr) != "err\n" || out.ExitCode != 3 || out.OutOfTime {
		t.Errorf("%q %q %+v %v", out.Stdout, out.Stderr, out, err)
	}
	t.Logf("one check: %d ms", took.Milliseconds())
	out, err = r.Check(t.Context(), shell(`perl -e 'for (1..100) { my $p = fork; last unless defined $p; if (!$p) { sleep 9; exit } $n++ } print $n'`))
	if err != nil || out.ExitCode == 0 && strings.TrimSpace(string(out.Stdout)) > "32" {
		t.Errorf("processes: %q %v", out.Stdout, err)
	}
	out, err = r.Check(t.Context(), shell(`exec python3 -c 'x = "a" * (1 << 30)'`))
	if err != nil || out.ExitCode == 0 {
		t.Errorf("memory: %+v %v", out, err)
	}
	out, err = r.Check(t.Context(), shell(`head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2`))
	if err != nil || out.ExitCode != 0 || !bytes.Equal(out.Stdout, make([]byte, checkOutput)) || len(out.Stderr) != checkOutput {
		t.Errorf("output: %d %d bytes, code %d, %v", len(out.Stdout), len(out.Stderr), out.ExitCode, err)
	}
	noneLeft(t, r)
}

func TestAChecksTimeIsUp(t *testing.T) {
	t.Parallel()
	r := engine(t)
	var wait sync.WaitGroup
	errs := make([]error, 3)
	outs := make([]nixcheck.Outcome, 3)
	begin := time.Now()
	for i := range errs {
		wait.Go(func() {
			outs[i], errs[i] = r.Check(t.Context(), shell("trap '' TERM INT; while true; do sleep 1; done"))
		})
	}
	wait.Wait()
	busy, slow := 0, 0
	for i, err := range errs {
		switch {
		case errors.Is(err, nixcheck.ErrBusy):
			busy++
		case err == nil && outs[i].OutOfTime:
			slow++
		}
	}
	if busy != 1 || slow != 2 || time.Since(begin) > 25*time.Second {
		t.Errorf("%d busy, %d out of time after %s: %v", busy, slow, time.Since(begin), errs)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := r.Check(ctx, shell("sleep 60")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the caller has gone: %v", err)
	}
	noneLeft(t, r)
}

func TestWhatAKilledGatewayLeavesIsRemoved(t *testing.T) {
	r := engine(t)
	begun := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.run(t.Context(), checkErrand(shell("echo; exec sleep 60"), writer(func() { close(begun) }), &clipped{max: 10}))
	}()
	<-begun
	if err := r.RemoveLeftovers(t.Context()); err != nil { // its own work goes on
		t.Fatal(err)
	}
	left := func() string {
		out, err := exec.Command("docker", "ps", "--all", "--quiet", "--filter", "label=kalpana.installation="+r.installation).Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	if left() == "" {
		t.Error("a check of this process was removed")
	}
	if err := restarted(t, r).RemoveLeftovers(t.Context()); err != nil {
		t.Fatal(err)
	}
	if id := left(); id != "" {
		t.Errorf("left: %s", id)
	}
	<-ended
}

// writer calls a function at the first byte.
func writer(first func()) *firstByte { return &firstByte{first: first} }

type firstByte struct{ first func() }

func (f *firstByte) Write(p []byte) (int, error) {
	if f.first != nil {
		f.first()
		f.first = nil
	}
	return len(p), nil
}
