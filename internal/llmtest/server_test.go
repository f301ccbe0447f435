package llmtest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/internal/llmtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func post(t *testing.T, web *httptest.Server, body string) (int, http.Header, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web.URL+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer k")
	resp, err := web.Client().Do(req)
	if err != nil {
		return 0, nil, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, string(b), err
}

func TestServerPlaysScriptsInOrder(t *testing.T) {
	s := &llmtest.Server{Key: "k", Strict: true}
	s.Add(
		llmtest.Script{llmtest.Delta(`{"content":"a"}`), llmtest.Finish("stop"), llmtest.Usage(1, 2, "0.5"), llmtest.Done()},
		llmtest.Script{llmtest.Header("Retry-After", "3"), llmtest.Header("Content-Type", "text/html"), llmtest.Status(503), llmtest.Raw("<p>")},
		llmtest.Script{llmtest.Raw("data: x"), llmtest.Pause(time.Millisecond), llmtest.Reset()},
	)
	web := httptest.NewServer(s)
	defer web.Close()

	code, h, got, err := post(t, web, body(user))
	if err != nil || code != 200 || h.Get("Content-Type") != "text/event-stream" || h.Get("X-Generation-Id") == "" {
		t.Fatal(code, h, err)
	}
	events := strings.Split(strings.TrimSuffix(got, "\n\n"), "\n\n")
	if len(events) != 4 || !strings.Contains(events[0], `"delta":{"content":"a"}`) || !strings.Contains(events[1], `"finish_reason":"stop"`) || !strings.Contains(events[2], `"cost":0.5`) || events[3] != "data: [DONE]" {
		t.Errorf("%q", events)
	}
	if code, h, got, _ := post(t, web, body(user)); code != 503 || h.Get("Retry-After") != "3" || h.Get("Content-Type") != "text/html" || got != "<p>" {
		t.Error(code, h, got)
	}
	if _, _, got, err := post(t, web, body(user)); err == nil || got != "data: x" {
		t.Errorf("%q, %v: the connection was not reset", got, err)
	}
	if code, _, _, _ := post(t, web, body(user)); code != http.StatusTeapot {
		t.Error(code)
	}
	if n := len(s.Chats()); n != 4 {
		t.Error(n)
	}
}

func TestStrictServerRefuses(t *testing.T) {
	s := &llmtest.Server{Strict: true}
	s.Add(llmtest.Reply{Text: "a"}.Script())
	web := httptest.NewServer(s)
	defer web.Close()
	if code, _, got, _ := post(t, web, body(user+","+asks, readTool)); code != 400 || !strings.Contains(got, "tool_calls must be followed") {
		t.Error(code, got)
	}
	if s.Chats()[0].Refused == "" {
		t.Error("not noted")
	}
	if code, _, got, _ := post(t, web, body(user)); code != 200 || !strings.Contains(got, "[DONE]") {
		t.Error("the refused request took the script:", code, got)
	}
}

func TestScriptCanDependOnTheRequest(t *testing.T) {
	s := &llmtest.Server{Answer: func(r llmtest.Request) llmtest.Script {
		last := r.Chat.Messages[len(r.Chat.Messages)-1]
		if last.Role == "tool" {
			return llmtest.Reply{Text: "done"}.Script()
		}
		return llmtest.Reply{Reasoning: "hm", Text: "I look", PieceRunes: 1, Calls: []llmtest.Call{{ID: "c", Name: r.Chat.Tools[0].Function.Name, Arguments: `{"p":"ü"}`}}}.Script()
	}}
	web := httptest.NewServer(s)
	defer web.Close()
	_, _, got, _ := post(t, web, body(user, readTool))
	for _, want := range []string{`"reasoning":"h"`, `"content":"I"`, `"name":"read"`, `"arguments":"ü"`, `"finish_reason":"tool_calls"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if _, _, got, _ := post(t, web, body(user+","+asks+","+result1+","+result2, readTool)); !strings.Contains(got, `"done"`) {
		t.Error(got)
	}
}

func TestOtherRoutes(t *testing.T) {
	s := &llmtest.Server{Key: "k", Generation: `{"data":{}}`}
	web := httptest.NewServer(s)
	defer web.Close()
	for _, c := range []struct {
		method, path, key string
		want              int
	}{
		{"GET", "/v1/models", "k", 200}, {"GET", "/v1/models", "x", 401}, {"GET", "/v1/models", "", 401}, {"POST", "/v1/models", "k", 404},
		{"GET", "/v1/generation?id=1", "k", 200}, {"GET", "/v1/chat/completions", "k", 404}, {"GET", "/", "k", 404},
	} {
		req, _ := http.NewRequestWithContext(t.Context(), c.method, web.URL+c.path, nil)
		if c.key != "" {
			req.Header.Set("Authorization", "Bearer "+c.key)
		}
		resp, err := web.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, resp.StatusCode, c.want)
		}
	}
	if code, _, _, _ := post(t, web, strings.Repeat("x", 17<<20)); code != http.StatusRequestEntityTooLarge {
		t.Error(code)
	}
}

func TestClientThatGoesEndsTheScript(t *testing.T) {
	s := &llmtest.Server{}
	s.Add(llmtest.Script{llmtest.Raw("data: x\n\n"), llmtest.Hang()}, llmtest.Script{llmtest.Forever(llmtest.Raw(": x\n\n"))}, llmtest.Script{llmtest.Raw(": x\n\n"), llmtest.Pause(time.Hour)})
	web := httptest.NewServer(s)
	defer web.Close() // waits for all handlers
	for range 3 {
		resp, err := web.Client().Post(web.URL+"/v1/chat/completions", "application/json", strings.NewReader(body(user)))
		if err != nil {
			t.Fatal(err)
		}
		io.ReadFull(resp.Body, make([]byte, 5))
		resp.Body.Close()
	}
}
