package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/llmtest"
)

// provider is the server of a language model in this process, in strict mode. A message
// that was told to it is answered as told, every other one as the demo model does.
type provider struct {
	llmtest.Server
	url string

	mu   sync.Mutex
	told map[string][]llmtest.Script // by the user's text, one for each request
}

// providerKey is what a server under test has from its operator.
const providerKey = "sk-or-v1-0e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e"

// newProvider serves until the test ends, which fails if strict mode refused anything.
func newProvider(t testing.TB) *provider {
	t.Helper()
	p := &provider{told: map[string][]llmtest.Script{}}
	demo := llmtest.Demo(0)
	p.Strict, p.Models = true, llmtest.DemoModels
	p.Answer = func(r llmtest.Request) llmtest.Script {
		if s, ok := p.next(asked(r)); ok {
			return s
		}
		return demo(r)
	}
	server := httptest.NewServer(p)
	p.url = server.URL + "/v1"
	t.Cleanup(func() {
		server.CloseClientConnections() // of turns that outlive the test
		server.Close()
		for _, r := range p.Requests() {
			if r.Refused != "" {
				t.Errorf("strict mode refused a request: %s\n%.2000s", r.Refused, r.Body)
			}
		}
	})
	return p
}

// settings point a server under test to p.
func (p *provider) settings(more ...string) []string {
	return append([]string{"OPENROUTER_BASE_URL=" + p.url, "OPENROUTER_API_KEY=" + providerKey, "AGENT_MODEL=" + llmtest.DemoModel}, more...)
}

// tell says how the next requests about a user's text are answered.
func (p *provider) tell(text string, scripts ...llmtest.Script) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told[text] = append(p.told[text], scripts...)
}

func (p *provider) next(text string) (llmtest.Script, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	scripts := p.told[text]
	if len(scripts) == 0 {
		return nil, false
	}
	p.told[text] = scripts[1:]
	return scripts[0], true
}

// saw reports whether any request had text in it.
func (p *provider) saw(text string) bool {
	return slices.ContainsFunc(p.Chats(), func(r llmtest.Request) bool { return bytes.Contains(r.Body, []byte(text)) })
}

// asked is the text of the last user message that has some.
func asked(r llmtest.Request) string {
	for _, m := range slices.Backward(r.Chat.Messages) {
		var text string
		if m.Role == "user" && json.Unmarshal(m.Content, &text) == nil {
			return text
		}
	}
	return ""
}

// halves is an answer whose second half waits until open is closed.
func halves(before, after string, open <-chan struct{}) llmtest.Script {
	return llmtest.Script{
		llmtest.Delta(`{"role":"assistant","content":""}`), llmtest.Delta(`{"content":` + quoted(before) + `}`),
		until(open),
		llmtest.Delta(`{"content":` + quoted(after) + `}`), llmtest.Finish("stop"), llmtest.Usage(1000, 100, "0.0012"), llmtest.Done(),
	}
}

// until waits for open, or for the client to go.
func until(open <-chan struct{}) llmtest.Step {
	return func(_ http.ResponseWriter, r *http.Request) bool {
		select {
		case <-open:
			return true
		case <-r.Context().Done():
			return false
		}
	}
}

func quoted(s string) string { data, _ := json.Marshal(s); return string(data) }

// speaker is whoever talks to the API: with a token as a program, or with a session's
// cookie as a page.
type speaker struct {
	t      testing.TB
	base   string // of the API
	header http.Header
	http   *http.Client // without a time-out
}

func (u *user) speaker(t testing.TB) speaker {
	return speaker{t, u.k.origin("localhost") + "/api/v1", http.Header{"Authorization": {"Bearer " + u.token}}, patient(u.http)}
}

// speaker has the cookie as it is now.
func (p *person) speaker(t testing.TB) speaker {
	t.Helper()
	origin := p.k.origin("ws.localhost")
	at, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	var cookies []string
	for _, c := range p.http.Jar.Cookies(at) {
		cookies = append(cookies, c.String())
	}
	if len(cookies) == 0 {
		t.Fatal("there is no session cookie")
	}
	client := patient(p.http)
	client.Jar = nil
	return speaker{t, origin + "/api/v1", http.Header{"Cookie": {strings.Join(cookies, "; ")}, "Origin": {origin}}, client}
}

func patient(c *http.Client) *http.Client {
	other := *c
	other.Timeout = 0
	return &other
}

// with is s, with other headers; an empty value removes one.
func (s speaker) with(headers ...string) speaker {
	s.header = s.header.Clone()
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] == "" {
			s.header.Del(headers[i])
		} else {
			s.header.Set(headers[i], headers[i+1])
		}
	}
	return s
}

// open sends a request; the caller closes the answer's body.
func (s speaker) open(ctx context.Context, method, path string, body any) *http.Response {
	s.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			s.t.Fatal(err)
		}
		reader = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.base+path, reader)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header = s.header.Clone()
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := s.http.Do(req)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return resp
}

// callFor bounds one call that is no stream.
const callFor = 30 * time.Second

// call sends a request and reads the JSON answer; text is what was answered.
func (s speaker) call(method, path string, body any) (status int, out map[string]any, text string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), callFor)
	defer cancel()
	resp := s.open(ctx, method, path, body)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	json.Unmarshal(data, &out)
	return resp.StatusCode, out, string(data)
}

// must calls and fails the test if the status is another one.
func (s speaker) must(want int, method, path string, body any) map[string]any {
	s.t.Helper()
	status, out, text := s.call(method, path, body)
	if status != want {
		s.t.Fatalf("%s %s: %d, want %d: %.500s", method, path, status, want, text)
	}
	return out
}

// workspace makes one and waits until it runs.
func (s speaker) workspace(name string) string {
	s.t.Helper()
	id := s.must(201, "POST", "/workspaces", map[string]any{"name": name})["id"].(string)
	eventually(s.t, 90*time.Second, "the workspace runs", func() bool {
		w := s.must(200, "GET", "/workspaces/"+id, nil)
		if w["status"] == "ERROR" {
			s.t.Fatalf("workspace: %v", w["statusReason"])
		}
		return w["status"] == "RUNNING"
	})
	return id
}

// container is the container of a running workspace.
func (s speaker) container(workspace string) string {
	s.t.Helper()
	return s.must(200, "GET", "/workspaces/"+workspace, nil)["containerId"].(string)
}

// chat begins a conversation.
func (s speaker) chat(workspace, mode string) string {
	s.t.Helper()
	return s.must(201, "POST", "/workspaces/"+workspace+"/chats", map[string]any{"mode": mode})["id"].(string)
}

// history is the whole conversation as the server has it.
func (s speaker) history(chat string) []any {
	s.t.Helper()
	return s.must(200, "GET", "/chats/"+chat+"/messages", nil)["items"].([]any)
}

// idle waits until no turn runs, and returns the chat.
func (s speaker) idle(chat string) map[string]any {
	s.t.Helper()
	var c map[string]any
	eventually(s.t, 60*time.Second, "the turn ends", func() bool {
		c = s.must(200, "GET", "/chats/"+chat, nil)
		return c["status"] == "idle"
	})
	return c
}

// message is what a client posts.
func message(chat, id, text string) map[string]any {
	return map[string]any{"id": chat, "trigger": "submit-message", "messages": []any{
		map[string]any{"id": id, "role": "user", "parts": []any{map[string]any{"type": "text", "text": text}}},
	}}
}

// feed is a UI message stream as it comes.
type feed struct {
	t      testing.TB
	status int
	header http.Header
	cancel context.CancelFunc
	ended  chan struct{}

	mu     sync.Mutex
	lines  []string // comments and data, as sent
	chunks []map[string]any
	err    error // why it ended; nil after [DONE]
}

// send posts a message and follows its turn.
func (s speaker) send(chat, id, text string) *feed {
	s.t.Helper()
	return s.follow("POST", "/chats", message(chat, id, text))
}

// resume follows the running turn.
func (s speaker) resume(chat string) *feed {
	s.t.Helper()
	return s.follow("GET", "/chats/"+chat+"/stream", nil)
}

func (s speaker) follow(method, path string, body any) *feed {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	resp := s.open(ctx, method, path, body)
	f := &feed{t: s.t, status: resp.StatusCode, header: resp.Header, cancel: cancel, ended: make(chan struct{})}
	go f.read(resp.Body)
	s.t.Cleanup(f.leave)
	return f
}

func (f *feed) read(body io.ReadCloser) {
	defer close(f.ended)
	defer body.Close()
	done := false
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		line := lines.Text()
		if line == "" {
			continue
		}
		var chunk map[string]any
		data, ok := strings.CutPrefix(line, "data: ")
		done = data == "[DONE]"
		f.mu.Lock()
		f.lines = append(f.lines, line)
		if ok && !done && json.Unmarshal([]byte(data), &chunk) == nil {
			f.chunks = append(f.chunks, chunk)
		}
		f.mu.Unlock()
	}
	f.mu.Lock()
	if f.err = lines.Err(); f.err == nil && !done {
		f.err = io.ErrUnexpectedEOF
	}
	f.mu.Unlock()
}

// leave closes the connection.
func (f *feed) leave() {
	f.cancel()
	<-f.ended
}

// all is what has come so far.
func (f *feed) all() (lines []string, chunks []map[string]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.lines), slices.Clone(f.chunks)
}

// chunk waits for the first chunk for which ok is true.
func (f *feed) chunk(what string, ok func(c map[string]any) bool) map[string]any {
	f.t.Helper()
	var found map[string]any
	eventually(f.t, 60*time.Second, what, func() bool {
		over := isClosed(f.ended)
		_, chunks := f.all()
		if i := slices.IndexFunc(chunks, ok); i >= 0 {
			found = chunks[i]
			return true
		}
		if over {
			lines, _ := f.all()
			f.t.Fatalf("the stream ended (status %d) without: %s\n%s", f.status, what, tail(strings.Join(lines, "\n"), 40))
		}
		return false
	})
	return found
}

func isClosed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

// typed waits for a chunk of a type.
func (f *feed) typed(kind string) map[string]any {
	f.t.Helper()
	return f.chunk(kind, func(c map[string]any) bool { return c["type"] == kind })
}

// said waits until the texts, put together, contain text.
func (f *feed) said(text string) {
	f.t.Helper()
	eventually(f.t, 60*time.Second, "the answer says "+text, func() bool {
		over := isClosed(f.ended)
		if strings.Contains(f.text(), text) {
			return true
		}
		if over {
			lines, _ := f.all()
			f.t.Fatalf("the stream ended with %q, without %q:\n%s", f.text(), text, tail(strings.Join(lines, "\n"), 20))
		}
		return false
	})
}

func (f *feed) text() string {
	var b strings.Builder
	_, chunks := f.all()
	for _, c := range chunks {
		if c["type"] == "text-delta" {
			b.WriteString(c["delta"].(string))
		}
	}
	return b.String()
}

// end waits for the end, which must be whole, and returns the finish chunk's reason.
func (f *feed) end() string {
	f.t.Helper()
	select {
	case <-f.ended:
	case <-time.After(60 * time.Second):
		lines, _ := f.all()
		f.t.Fatalf("the stream did not end:\n%s", tail(strings.Join(lines, "\n"), 20))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.status != 200 || f.err != nil {
		f.t.Fatalf("the stream ended with status %d, %v:\n%s", f.status, f.err, tail(strings.Join(f.lines, "\n"), 20))
	}
	last := f.chunks[len(f.chunks)-1]
	if last["type"] != "finish" {
		f.t.Fatalf("the last chunk is %v", last)
	}
	reason, _ := last["finishReason"].(string)
	return reason
}

// approve answers a question of the agent.
func (s speaker) approve(chat, approval string, answer map[string]any) {
	s.t.Helper()
	s.must(204, "POST", "/chats/"+chat+"/approvals/"+approval, answer)
}

// approveAll says yes to whatever a turn asks, until it ends.
func (s speaker) approveAll(chat string, f *feed) {
	s.t.Helper()
	answered := map[string]bool{}
	eventually(s.t, 60*time.Second, "the turn ends", func() bool {
		over := isClosed(f.ended)
		_, chunks := f.all()
		for _, c := range chunks {
			if id, ok := c["approvalId"].(string); ok && c["type"] == "tool-approval-request" && !answered[id] {
				answered[id] = true
				s.approve(chat, id, map[string]any{"approved": true})
			}
		}
		return over
	})
}
