package bridgeserver_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/bridge"
)

// noise is n bytes that differ from each other, and their hash.
func noise(n int64) (io.Reader, hash.Hash) {
	sum := sha256.New()
	return io.TeeReader(io.LimitReader(rand.NewChaCha8([32]byte{1}), n), sum), sum
}

func TestLargeFilesPassBothWaysByteForByte(t *testing.T) {
	t.Parallel()
	const size = 50 << 20
	s := start(t)
	c := s.dial(t)
	src, sum := noise(size)
	info, err := c.Upload(t.Context(), bridge.WriteFile{Path: "big/file.bin"}, src)
	if err != nil || info.Size != size || !info.Created {
		t.Fatalf("upload: %+v, %v", info, err)
	}
	got := sha256.New()
	content, err := c.Download(t.Context(), bridge.ReadFile{Path: "big/file.bin"}, got)
	if err != nil || content.Size != size || !bytes.Equal(got.Sum(nil), sum.Sum(nil)) {
		t.Errorf("download: %+v, %v, equal %v", content, err, bytes.Equal(got.Sum(nil), sum.Sum(nil)))
	}
	var part bytes.Buffer
	if _, err := c.Download(t.Context(), bridge.ReadFile{Path: "big/file.bin", Offset: size - 100, Length: 1000}, &part); err != nil || part.Len() != 100 {
		t.Errorf("the last 100 bytes: %d, %v", part.Len(), err)
	}
	_, err = c.Download(t.Context(), bridge.ReadFile{Path: "none"}, io.Discard)
	if e, ok := errors.AsType[*bridge.Error](err); !ok || e.Code != bridge.CodeNotFound {
		t.Errorf("a file that is not there: %v", err)
	}
}

// failing breaks off after some bytes.
type failing struct{ left int }

var errSource = errors.New("the source broke")

func (f *failing) Read(p []byte) (int, error) {
	if f.left <= 0 {
		return 0, errSource
	}
	n := min(len(p), f.left)
	f.left -= n
	return n, nil
}

func TestAnUploadThatBreaksOffLeavesNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.dial(t)
	for name, upload := range map[string]func() error{
		"the source fails": func() error {
			_, err := c.Upload(t.Context(), bridge.WriteFile{Path: "a"}, &failing{left: 3 << 20})
			if !errors.Is(err, errSource) {
				return errors.New("told as: " + err.Error())
			}
			return nil
		},
		"the caller gives up": func() error {
			ctx, cancel := context.WithCancel(t.Context())
			r, w := io.Pipe()
			go func() {
				_, _ = w.Write(make([]byte, 100<<10))
				cancel()
				_ = w.Close()
			}()
			if _, err := c.Upload(ctx, bridge.WriteFile{Path: "a"}, r); !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		},
		"there is no room for it": func() error {
			_, err := c.Upload(t.Context(), bridge.WriteFile{Path: "a/../../b"}, bytes.NewReader(make([]byte, 1<<20)))
			if e, ok := errors.AsType[*bridge.Error](err); !ok || e.Code != bridge.CodeOutsideWorkspace {
				return errors.New("not refused")
			}
			return nil
		},
	} {
		if err := upload(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	eventually(t, "nothing is left in the folder", func() bool {
		left, _ := os.ReadDir(s.root)
		return len(left) == 0
	})
	if err := c.Call(t.Context(), bridge.TypePing, nil, nil); err != nil {
		t.Errorf("the connection afterwards: %v", err)
	}
}

// A client that does not acknowledge gets no more than its window, and everything else on
// the same connection goes on.
func TestADownloadWaitsForItsReader(t *testing.T) {
	t.Parallel()
	s := start(t)
	must(t, os.WriteFile(filepath.Join(s.root, "big"), make([]byte, 8<<20), 0o644))
	ws := s.raw(t)
	send := func(message string) { must(t, ws.Write(t.Context(), websocket.MessageText, []byte(message))) }
	send(`{"id":"d","type":"readFile","payload":{"path":"big","binary":true},"window":131072}`)
	send(`{"id":"p","type":"ping"}`)
	frames, ponged := 0, false
	for !ponged || frames < 131072 {
		kind, message, err := ws.Read(t.Context())
		must(t, err)
		if kind == websocket.MessageBinary {
			frames += len(message) - bridge.FrameHeader
			continue
		}
		var r bridge.Response
		must(t, json.Unmarshal(message, &r))
		ponged = ponged || r.ID == "p"
	}
	// Whatever else would come has come before the answer to another ping.
	send(`{"id":"q","type":"ping"}`)
	if kind, message, err := ws.Read(t.Context()); err != nil || kind != websocket.MessageText || !bytes.Contains(message, []byte(`"q"`)) {
		t.Errorf("after the window was used up: %v %.100s %v", kind, message, err)
	}
	send(`{"id":"d","type":"cancel"}`)
	for {
		kind, message, err := ws.Read(t.Context())
		must(t, err)
		if kind == websocket.MessageText {
			var r bridge.Response
			must(t, json.Unmarshal(message, &r))
			if r.ID != "d" || r.Error == nil || r.Error.Code != bridge.CodeCancelled {
				t.Errorf("cancelled: %s", message)
			}
			return
		}
	}
}

func TestEventsKeepTheirOrderAndNumbers(t *testing.T) {
	t.Parallel()
	c := start(t).dial(t)
	var seen bytes.Buffer
	var result bridge.CommandResult
	err := c.Stream(t.Context(), bridge.TypeRunCommand, bridge.RunCommand{Command: "seq 1 200000"}, &result, func(e bridge.Event) error {
		if e.Event != bridge.EventOutput {
			return nil
		}
		var out bridge.Output
		if err := json.Unmarshal(e.Payload, &out); err != nil {
			return err
		}
		if int64(seen.Len()) != out.FromByte {
			t.Errorf("output from byte %d after %d bytes", out.FromByte, seen.Len())
		}
		seen.WriteString(out.Data)
		return nil
	})
	if err != nil || result.ExitCode == nil || *result.ExitCode != 0 {
		t.Fatalf("%+v, %v", result, err)
	}
	if !bytes.HasPrefix(seen.Bytes(), []byte("1\n2\n3\n")) || !bytes.HasSuffix(seen.Bytes(), []byte("\n200000\n")) || seen.Len() != 1288895 {
		t.Errorf("%d bytes: %.20q", seen.Len(), seen.Bytes())
	}
}

// A handler that fails ends the request, and what it had started.
func TestAHandlerThatFailsEndsTheCommand(t *testing.T) {
	t.Parallel()
	c := start(t).dial(t)
	stop := errors.New("enough")
	err := c.Stream(t.Context(), bridge.TypeRunCommand, bridge.RunCommand{Command: "while :; do echo x; done"}, nil, func(e bridge.Event) error {
		if e.Event == bridge.EventOutput {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	eventually(t, "the command is gone", func() bool {
		var all bridge.ProcessList
		must(t, c.Call(t.Context(), bridge.TypeListProcesses, nil, &all))
		return len(all.Processes) == 1 && !all.Processes[0].Running
	})
}

// What is in the background survives the connection, and no byte is lost on the way to the
// next one.
func TestProcessesOutliveTheirConnection(t *testing.T) {
	t.Parallel()
	s := start(t)
	first := s.dial(t)
	var started bridge.CommandResult
	must(t, first.Call(t.Context(), bridge.TypeRunCommand, bridge.RunCommand{Command: "seq 1 20000; read line; seq 20001 40000", Background: true, Input: true}, &started))
	must(t, first.Close())
	second := s.dial(t)
	must(t, second.Call(t.Context(), bridge.TypeWriteProcess, bridge.WriteProcess{ProcessID: started.ProcessID, Data: "\n"}, nil))
	var all bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	attached, err := second.Attach(ctx, bridge.AttachProcess{ProcessID: started.ProcessID}, &all)
	if err != nil || attached.NextByte != int64(all.Len()) {
		t.Fatalf("%+v, %v, %d bytes", attached, err, all.Len())
	}
	if lines := bytes.Count(all.Bytes(), []byte("\n")); lines != 40000 || !bytes.HasSuffix(all.Bytes(), []byte("\n40000\n")) {
		t.Errorf("%d lines", lines)
	}
}

func TestAClientOfAnotherVersionIsTurnedAway(t *testing.T) {
	t.Parallel()
	s := start(t)
	ws, _, err := websocket.Dial(t.Context(), s.api.URL, &websocket.DialOptions{
		HTTPHeader: map[string][]string{bridge.KeyHeader: {key}}, Subprotocols: []string{"kalpana.bridge.v9"},
	})
	must(t, err)
	defer ws.CloseNow()
	if _, _, err := ws.Read(t.Context()); websocket.CloseStatus(err) != bridge.CloseVersion {
		t.Errorf("closed with %v", err)
	}
}
