package process_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/process"
)

// numbers is what "seq 1 n" writes.
func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintln(&b, i+1)
	}
	return b.String()
}

// same fails the test unless got is want, without printing megabytes.
func same(t *testing.T, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	i := 0
	for i < min(len(got), len(want)) && got[i] == want[i] {
		i++
	}
	t.Errorf("%s: %d bytes, want %d; they differ from byte %d on: %.20q, want %.20q", what, len(got), len(want), i, got[i:], want[i:])
}

func TestSlowReceiverLosesNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	r := &record{}
	stalled := false
	// 2 MB, twice the ring. Some receivers take the first event only when the ring is full.
	result, err := s.RunCommand(t.Context(), bridge.RunCommand{Command: "seq 1 300000; echo end >&2"}, func(event string, payload any) error {
		if event == bridge.EventOutput && !stalled {
			stalled = true
			eventually(t, "the ring is full", func() bool { return s.info(t, r.id()).OutputBytes > bridge.ProcessBuffer-64<<10 })
		}
		if o, ok := payload.(bridge.Output); ok && o.Dropped != 0 {
			t.Errorf("%d bytes dropped before byte %d", o.Dropped, o.FromByte)
		}
		return r.emit(event, payload)
	})
	if err != nil || *result.ExitCode != 0 {
		t.Fatal(result, err)
	}
	same(t, "stdout", r.text("stdout"), numbers(300000))
	same(t, "stderr", r.text("stderr"), "end\n")
}

func TestStalledReceiverHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	ended := make(chan error, 1)
	r := &record{}
	go func() {
		_, err := s.RunCommand(ctx, bridge.RunCommand{Command: "yes"}, func(event string, payload any) error {
			if event == bridge.EventStarted {
				return r.emit(event, payload)
			}
			select {
			case <-release:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		ended <- err
	}()
	eventually(t, "it has started", func() bool { return r.id() != "" })
	// Full: the reader has stopped, and so has "yes".
	eventually(t, "the ring is full", func() bool { return s.info(t, r.id()).OutputBytes > bridge.ProcessBuffer-64<<10 })
	full := s.info(t, r.id()).OutputBytes

	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	// Others run, also a viewer of the same command and one that stalls on another.
	for range 20 {
		if result, _ := s.run(t, bridge.RunCommand{Command: "echo hi"}); result.Output != "hi\n" {
			t.Errorf("%+v", result)
		}
	}
	var seen int64
	if a, err := s.AttachRaw(t.Context(), bridge.AttachProcess{ProcessID: r.id(), WaitSeconds: -1}, func(data []byte) error {
		seen += int64(len(data))
		return nil
	}); err != nil || a.NextByte != seen || seen < full || seen > bridge.ProcessBuffer {
		t.Errorf("%+v, %v, %d bytes seen", a, err, seen)
	}
	if now := s.info(t, r.id()).OutputBytes; now > bridge.ProcessBuffer {
		t.Errorf("%d bytes were read, though nobody takes them", now)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 32<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	close(release)
	eventually(t, "it goes on", func() bool { return s.info(t, r.id()).OutputBytes > 4*bridge.ProcessBuffer })
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestTimeoutFreesACommandWhoseReceiverIsStalled(t *testing.T) {
	t.Parallel()
	s := start(t)
	r := &record{}
	result, err := s.RunCommand(t.Context(), bridge.RunCommand{Command: "seq 1 300000", TimeoutSeconds: 1}, func(event string, payload any) error {
		if event == bridge.EventOutput {
			eventually(t, "it has ended without its receiver", func() bool { return !s.info(t, r.id()).Running })
		}
		return r.emit(event, payload)
	})
	if err != nil || result.ExitCode == nil || result.OmittedBytes == 0 || !strings.HasPrefix(result.Output, "1\n2\n") || !strings.HasSuffix(result.Output, "\n300000\n") {
		t.Errorf("running %v, %d omitted, %v", result.Running, result.OmittedBytes, err)
	}
}

func TestAttachAgainLosesNoByte(t *testing.T) {
	t.Parallel()
	s := start(t)
	want := numbers(100000) // 600 kB: all of it fits the ring
	// It begins when the readers are there, and ends while they read.
	id := s.background(t, "until [ -e go ]; do sleep 0.01; done; seq 1 100000")
	var readers sync.WaitGroup
	for i := range 4 {
		readers.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 1))
			var got strings.Builder
			for at := int64(0); ; {
				// Breaks off after some bytes, as a connection would.
				budget := 1 + rng.IntN(100_000)
				ctx, cancel := context.WithCancel(t.Context())
				take := func(data string, from, dropped int64) error {
					if from != at || dropped != 0 {
						t.Errorf("reader %d: from byte %d, %d dropped, want byte %d", i, from, dropped, at)
					}
					got.WriteString(data)
					at += int64(len(data))
					if budget -= len(data); budget < 0 {
						cancel()
						return errors.New("broke off")
					}
					return nil
				}
				req := bridge.AttachProcess{ProcessID: id, FromByte: at, WaitSeconds: []int{0, -1, 1}[rng.IntN(3)]}
				var a bridge.Attached
				var err error
				if i%2 == 0 {
					a, err = s.Attach(ctx, req, func(_ string, payload any) error {
						o := payload.(bridge.Output)
						return take(o.Data, o.FromByte, o.Dropped)
					})
				} else {
					a, err = s.AttachRaw(ctx, req, func(data []byte) error { return take(string(data), at, 0) })
				}
				cancel()
				if err == nil && a.NextByte != at {
					t.Errorf("reader %d: next byte %d, want %d", i, a.NextByte, at)
				}
				if err == nil && !a.Running && at == a.OutputBytes {
					break
				}
			}
			same(t, fmt.Sprint("reader ", i), got.String(), want)
		})
	}
	if err := os.WriteFile(filepath.Join(s.dir, "go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	within(t, "the readers", readers.Wait)
}

func TestSlowViewerIsToldWhatItLost(t *testing.T) {
	t.Parallel()
	s := start(t)
	const n = 300000
	want := strings.ReplaceAll(numbers(n), "\n", "✓\n")
	id := s.background(t, fmt.Sprintf("seq -f %%.0f✓ 1 1; until [ -e go ]; do sleep 0.01; done; seq -f %%.0f✓ 2 %d", n))
	stalled := false
	var pos, dropped int64
	a, err := s.Attach(t.Context(), bridge.AttachProcess{ProcessID: id}, func(_ string, payload any) error {
		o := payload.(bridge.Output)
		if !stalled {
			stalled = true
			if err := os.WriteFile(filepath.Join(s.dir, "go"), nil, 0o644); err != nil {
				t.Error(err)
			}
			eventually(t, "the command has ended without its viewer", func() bool { return !s.info(t, id).Running })
		}
		if o.FromByte != pos+o.Dropped || o.Encoding != bridge.EncodingUTF8 || want[o.FromByte:o.FromByte+int64(len(o.Data))] != o.Data {
			t.Errorf("wrong output of %d bytes from byte %d on, %d dropped, after byte %d, %s", len(o.Data), o.FromByte, o.Dropped, pos, o.Encoding)
		}
		pos, dropped = o.FromByte+int64(len(o.Data)), dropped+o.Dropped
		return nil
	})
	if err != nil || pos != int64(len(want)) || a.NextByte != pos || dropped == 0 {
		t.Errorf("%+v, %v; %d bytes dropped, ends at byte %d of %d", a, err, dropped, pos, len(want))
	}
}

func TestAttachWaitsAsToldTo(t *testing.T) {
	t.Parallel()
	s := start(t)
	// What is at the end is the beginning of a character, and stays.
	id := s.background(t, `printf 'a✓b\xe2'; exec sleep 1000`)
	s.shows(t, id, "a✓b\xe2")
	for _, c := range []struct {
		wait int
		from int64
		want string
		next int64
	}{
		{-1, 0, "a✓b", 5}, {1, 0, "a✓b", 5}, {-1, 1, "✓b", 5}, {-1, 5, "", 5}, {1, 5, "", 5}, {-1, 6, "", 6},
	} {
		var got []string
		a, err := s.Attach(t.Context(), bridge.AttachProcess{ProcessID: id, FromByte: c.from, WaitSeconds: c.wait}, func(_ string, payload any) error {
			got = append(got, payload.(bridge.Output).Data)
			return nil
		})
		if err != nil || a.NextByte != c.next || !a.Running || strings.Join(got, "") != c.want {
			t.Errorf("wait %d from %d: %+v, %v, got %q", c.wait, c.from, a, err, got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.Attach(ctx, bridge.AttachProcess{ProcessID: id}, func(string, any) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	for _, bad := range []bridge.AttachProcess{{WaitSeconds: -2}, {WaitSeconds: 1 << 40}, {FromByte: -1}, {FromByte: 8}} {
		bad.ProcessID = id
		_, err := s.Attach(t.Context(), bad, (&record{}).emit)
		hasCode(t, err, bridge.CodeBadRequest)
	}
	_, err = s.AttachRaw(t.Context(), bridge.AttachProcess{ProcessID: "none"}, nil)
	hasCode(t, err, bridge.CodeNoProcess)
}

func TestBytesThatAreNoTextComeThrough(t *testing.T) {
	t.Parallel()
	s := start(t)
	raw := make([]byte, 200_000)
	for i := range raw {
		raw[i] = byte(rand.Uint32())
	}
	if err := os.WriteFile(filepath.Join(s.dir, "raw"), raw, 0o644); err != nil {
		t.Fatal(err)
	}
	result, r := s.run(t, bridge.RunCommand{Command: "cat raw"})
	var got strings.Builder
	for _, o := range r.outputs {
		data := []byte(o.Data)
		if o.Encoding == bridge.EncodingBase64 {
			var err error
			if data, err = base64.StdEncoding.DecodeString(o.Data); err != nil {
				t.Fatal(err)
			}
		}
		got.Write(data)
	}
	same(t, "events", got.String(), string(raw))
	same(t, "raw", s.all(t, result.ProcessID), string(raw))
}

func TestEndedProcessesAreForgotten(t *testing.T) {
	t.Parallel()
	var seconds atomic.Int64
	s := start(t, func(o *process.Options) {
		o.Now = func() time.Time { return time.Unix(1e9+seconds.Load(), 0) }
	})
	long := s.background(t, "exec sleep 1000")
	first, _ := s.run(t, bridge.RunCommand{Command: "(until [ -e go ]; do sleep 0.05; done; echo late && touch written) & echo first"})
	var last bridge.CommandResult
	for i := range 32 {
		last, _ = s.run(t, bridge.RunCommand{Command: fmt.Sprint("echo ", i)})
	}
	list := s.List().Processes
	if len(list) != 33 || list[0].ProcessID != long || list[32].ProcessID != last.ProcessID || list[1].Command != "echo 0" {
		t.Errorf("%d listed, first %+v", len(list), list[0])
	}
	_, err := s.Attach(t.Context(), bridge.AttachProcess{ProcessID: first.ProcessID}, (&record{}).emit)
	hasCode(t, err, bridge.CodeNoProcess)
	// What a forgotten command left can still write.
	s.run(t, bridge.RunCommand{Command: "touch go"})
	eventually(t, "the left-over child has written", func() bool {
		_, err := os.Stat(filepath.Join(s.dir, "written"))
		return err == nil
	})

	if got := s.all(t, last.ProcessID); got != "31\n" {
		t.Errorf("output %q", got)
	}
	seconds.Add(600)
	var told bridge.Output
	a, err := s.Attach(t.Context(), bridge.AttachProcess{ProcessID: last.ProcessID}, func(_ string, payload any) error {
		told = payload.(bridge.Output)
		return nil
	})
	if err != nil || a.NextByte != 3 || told.Dropped != 3 || told.Data != "" {
		t.Errorf("after ten minutes: %+v, %v, told %+v", a, err, told)
	}
	if got := s.all(t, last.ProcessID); got != "" {
		t.Errorf("output %q after ten minutes", got)
	}
}

func TestOutputOfEndedProcessesIsBounded(t *testing.T) {
	t.Parallel()
	s := start(t)
	var ids []string
	for range 12 {
		result, _ := s.run(t, bridge.RunCommand{Command: "head -c 2000000 /dev/zero", Quiet: true})
		ids = append(ids, result.ProcessID)
	}
	var kept int
	for i, id := range ids {
		n := len(s.all(t, id))
		if kept += n; i == 11 && n != bridge.ProcessBuffer || i == 0 && n != 0 {
			t.Errorf("process %d: %d bytes are kept", i, n)
		}
	}
	if kept > 8<<20 {
		t.Errorf("%d bytes are kept", kept)
	}
}
