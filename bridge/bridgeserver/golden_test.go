package bridgeserver_test

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/bridge"
)

// The conversations in bridge/testdata are what authors of clients read. Each begins with
// files that are there ("file PATH CONTENT"), then lines that the client sends (→) and that
// the bridge answers (←), in order. In an expected line the string "…" stands for any
// value, the member "…" for any others, a string such as "$id" for a value that stands there
// and is meant by $id in later lines, and frames are written in hex, "…" for any data.
func TestTheConversationsInTestdata(t *testing.T) {
	t.Parallel()
	all, err := filepath.Glob("../testdata/*.txt")
	must(t, err)
	if len(all) < 5 {
		t.Fatalf("only %d conversations found", len(all))
	}
	for _, name := range all {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			t.Parallel()
			replay(t, name)
		})
	}
}

func replay(t *testing.T, name string) {
	t.Helper()
	script, err := os.Open(name)
	must(t, err)
	defer script.Close()
	s := start(t)
	var ws *websocket.Conn
	subprotocols := []string(nil)
	dial := func() {
		if ws != nil {
			return
		}
		ws, _, err = websocket.Dial(t.Context(), s.api.URL, &websocket.DialOptions{
			HTTPHeader: http.Header{bridge.KeyHeader: {key}}, Subprotocols: subprotocols,
		})
		must(t, err)
		ws.SetReadLimit(bridge.MaxMessageBytes)
		t.Cleanup(func() { _ = ws.CloseNow() })
	}
	named := map[string]any{}
	lines := bufio.NewScanner(script)
	for n := 1; lines.Scan(); n++ {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "", "#":
		case "file":
			path, content, _ := strings.Cut(rest, " ")
			must(t, os.MkdirAll(filepath.Dir(filepath.Join(s.root, path)), 0o755))
			must(t, os.WriteFile(filepath.Join(s.root, path), []byte(strings.ReplaceAll(content, `\n`, "\n")), 0o644))
		case "subprotocol":
			subprotocols = []string{rest}
		case "→":
			dial()
			for name, value := range named {
				rest = strings.ReplaceAll(rest, name, fmt.Sprint(value))
			}
			kind, message := websocket.MessageText, []byte(rest)
			if frame, ok := frameOf(rest); ok {
				kind, message = websocket.MessageBinary, frame
			}
			must(t, ws.Write(t.Context(), kind, message))
		case "←":
			dial()
			kind, message, err := ws.Read(t.Context())
			if err != nil {
				t.Fatalf("line %d: %v", n, err)
			}
			if why := differs(rest, kind, message, named); why != "" {
				t.Fatalf("line %d: %s\nwant %s\ngot  %.2000s", n, why, rest, message)
			}
		default:
			t.Fatalf("line %d: what is %q?", n, word)
		}
	}
	must(t, lines.Err())
}

// frameOf reads "frame 01 00 00000001 68656c6c6f".
func frameOf(line string) ([]byte, bool) {
	digits, ok := strings.CutPrefix(line, "frame ")
	if !ok {
		return nil, false
	}
	b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	return b, err == nil
}

func differs(want string, kind websocket.MessageType, got []byte, named map[string]any) string {
	if head, any := strings.CutSuffix(want, " …"); any && kind == websocket.MessageBinary {
		if frame, ok := frameOf(head); ok && strings.HasPrefix(string(got), string(frame)) {
			return ""
		}
		return "another frame: " + hex.EncodeToString(got[:min(len(got), 16)])
	}
	if frame, ok := frameOf(want); ok {
		if kind != websocket.MessageBinary || string(frame) != string(got) {
			return "another frame: " + hex.EncodeToString(got[:min(len(got), 64)])
		}
		return ""
	}
	var w, g any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		return "the expected line is no JSON: " + err.Error()
	}
	if err := json.Unmarshal(got, &g); err != nil {
		return "the answer is no JSON: " + err.Error()
	}
	return unlike(w, g, "answer", named)
}

// unlike says where got is not what want describes.
func unlike(want, got any, at string, named map[string]any) string {
	if want == "…" {
		return ""
	}
	if name, ok := want.(string); ok && strings.HasPrefix(name, "$") {
		if value, known := named[name]; known {
			want = value
		} else {
			named[name] = got
			return ""
		}
	}
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return at + " is no object"
		}
		for k, v := range w {
			if k == "…" {
				continue
			}
			there, ok := g[k]
			if !ok {
				return at + "." + k + " is missing"
			}
			if why := unlike(v, there, at+"."+k, named); why != "" {
				return why
			}
		}
		if _, open := w["…"]; !open {
			for k := range g {
				if _, ok := w[k]; !ok {
					return at + "." + k + " is not expected"
				}
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Sprintf("%s has not %d items", at, len(w))
		}
		for i := range w {
			if why := unlike(w[i], g[i], fmt.Sprintf("%s[%d]", at, i), named); why != "" {
				return why
			}
		}
		return ""
	}
	if fmt.Sprint(want) != fmt.Sprint(got) {
		return fmt.Sprintf("%s is %v, not %v", at, got, want)
	}
	return ""
}
