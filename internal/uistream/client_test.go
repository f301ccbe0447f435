package uistream_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/internal/uistream"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := real.stop(); err != nil && code == 0 {
			println("the client ended with", err.Error())
			code = 1
		}
		os.Exit(code)
	}))
}

// real is the program with the real packages; one for all tests.
var real client

type client struct {
	mu    sync.Mutex
	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *bufio.Reader
}

// fataler is a *testing.T or a *rapid.T.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// conversation is what client.mjs reads.
type conversation struct {
	Version uistream.Client    `json:"version"`
	History []uistream.Message `json:"history,omitempty"`
	Text    string             `json:"text,omitempty"`
	Files   []uistream.Part    `json:"files,omitempty"`
	Answers []answer           `json:"answers"`
}

type answer struct {
	Body   string `json:"body"`
	Cut    bool   `json:"cut,omitempty"`    // the connection breaks afterwards
	Status int    `json:"status,omitempty"` // 0: 200
}

// outcome is what it writes.
type outcome struct {
	Final    json.RawMessage   `json:"final"`
	Messages []json.RawMessage `json:"messages"`
	Status   string            `json:"status"`
	Error    string            `json:"error"`
	Data     []json.RawMessage `json:"data"`
	Posted   []struct {
		URL, Method, Body string
	} `json:"posted"`
}

// talk has a conversation with a client that is new each time.
func (c *client) talk(t fataler, conv conversation) outcome {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd == nil {
		c.start(t)
	}
	line, err := json.Marshal(conv)
	if err != nil {
		t.Fatalf("%v", err)
	}
	hung := time.AfterFunc(time.Minute, func() { c.cmd.Process.Kill() })
	defer hung.Stop()
	if _, err := c.stdin.Write(append(line, '\n')); err != nil {
		t.Fatalf("the client has ended: %v", err)
	}
	reply, err := c.out.ReadBytes('\n')
	if err != nil {
		t.Fatalf("no answer from the client in a minute, or it ended: %v\n%s", err, line)
	}
	var got outcome
	if err := json.Unmarshal(reply, &got); err != nil {
		t.Fatalf("%v: %s", err, reply)
	}
	return got
}

func (c *client) start(t fataler) {
	dir := filepath.Join("testdata", "client")
	for _, pkg := range []string{"ai6", "ai7"} {
		if _, err := os.Stat(filepath.Join(dir, "node_modules", pkg)); err != nil {
			t.Fatalf("the npm package %s is not installed; type: npm --prefix internal/uistream/testdata/client ci", pkg)
		}
	}
	cmd := exec.Command("node", "client.mjs")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	stdin, errIn := cmd.StdinPipe()
	stdout, errOut := cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut, cmd.Start()); err != nil {
		t.Fatalf("start node (20 or later): %v", err)
	}
	c.cmd, c.stdin, c.out = cmd, stdin, bufio.NewReader(stdout)
}

func (c *client) stop() error {
	if c.cmd == nil {
		return nil
	}
	return errors.Join(c.stdin.Close(), c.cmd.Wait())
}

var versions = []uistream.Client{uistream.Client6, uistream.Client7}

// canonical is v as JSON.stringify writes it.
func canonical(t fataler, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("%v", err)
	}
	out, err := uistream.Value(raw)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return string(out)
}

// logOf is a log of chunks.
func logOf(t fataler, chunks ...uistream.Chunk) *uistream.Log {
	t.Helper()
	l := uistream.NewLog("run-1")
	for _, c := range chunks {
		if err := l.Append(c); err != nil {
			t.Fatalf("append %#v: %v", c, err)
		}
	}
	return l
}

// body is the stream of chunks as an HTTP body, for a client of version v, event by event.
func body(t fataler, v uistream.Client, chunks ...uistream.Chunk) string {
	t.Helper()
	var b bytes.Buffer
	for _, c := range chunks {
		if !v.Accepts(c) {
			continue
		}
		data, err := uistream.Encode(c)
		if err != nil {
			t.Fatalf("encode %#v: %v", c, err)
		}
		b.WriteString("data: " + string(data) + "\n\n")
	}
	b.WriteString("data: [DONE]\n\n")
	return b.String()
}

// replay is what a new viewer of an ended log gets.
func replay(t fataler, l *uistream.Log, v uistream.Client) string {
	t.Helper()
	var b bytes.Buffer
	r := l.Reader(v)
	defer r.Close()
	if err := r.Stream(context(t), &b, func() error { return nil }); err != nil {
		t.Fatalf("%v", err)
	}
	return b.String()
}
