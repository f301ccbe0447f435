package openrouter_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/openrouter"
)

// status is an answer before any token.
func status(code int, body string, headers ...string) llmtest.Script {
	s := llmtest.Script{llmtest.Header("Content-Type", "application/json")}
	for i := 0; i < len(headers); i += 2 {
		s = append(s, llmtest.Header(headers[i], headers[i+1]))
	}
	return append(s, llmtest.Status(code), llmtest.Raw(body))
}

var good = llmtest.Reply{Text: "ok", Cost: "0.1"}.Script()

func (h heard) retries() []agent.Retry {
	var all []agent.Retry
	for _, e := range h.events {
		if r, ok := e.(agent.Retry); ok {
			all = append(all, r)
		}
	}
	return all
}

func TestStatuses(t *testing.T) {
	for _, c := range []struct {
		name    string
		answer  llmtest.Script
		code    string
		message string // part of it
		again   bool
	}{
		{"46 401", status(401, `{"error":{"code":401,"message":"Incorrect API key provided: `+key+`"}}`), agent.CodeKeyInvalid, "[key]", false},
		{"47 402", status(402, `{"error":{"code":402,"message":"Insufficient credits"}}`), agent.CodeCredits, "Insufficient credits", false},
		{"403", status(403, `{"error":{"message":"no"}}`), agent.CodeForbidden, "no", false},
		{"403 of moderation", status(403, `{"error":{"code":403,"message":"flagged","metadata":{"reasons":["violence"],"flagged_input":"x"}}}`), agent.CodeContentPolicy, "flagged", false},
		{"404", status(404, `{"error":{"message":"No endpoints found","code":404}}`), agent.CodeModelNotFound, "No endpoints", false},
		{"400", status(400, `{"error":{"message":"bad temperature","type":"invalid_request_error"}}`), agent.CodeBadRequest, "bad temperature", false},
		{"400 context by code", status(400, `{"error":{"code":"context_length_exceeded","message":"x"}}`), agent.CodeContextLength, "x", false},
		{"71 400 context by text", status(400, `{"error":{"code":400,"message":"Provider returned error","metadata":{"raw":"{\"error\":{\"message\":\"This endpoint's maximum context length is 8192 tokens\"}}","provider_name":"Acme"}}}`), agent.CodeContextLength, "8192", false},
		{"413", status(413, `too big`), agent.CodeBadRequest, "too big", false},
		{"422 of FastAPI", status(422, `{"detail":[{"loc":["body"],"msg":"field required"}]}`), agent.CodeBadRequest, "field required", false},
		{"429 without money", status(429, `{"error":{"code":"insufficient_quota","message":"You exceeded your current quota"}}`), agent.CodeCredits, "quota", false},
		{"429", status(429, `{"error":{"message":"slow"}}`), agent.CodeRateLimited, "slow", true},
		{"408", status(408, ``), agent.CodeTimeout, "Request Timeout", true},
		{"409", status(409, ``), agent.CodeUnavailable, "Conflict", true},
		{"500 without a text", status(500, ``), agent.CodeUnavailable, "Internal Server Error", true},
		{"50 503 in HTML", status(503, "<html><head><title>503 Down</title></head><body>x</body></html>", "Content-Type", "text/html"), agent.CodeOverloaded, "503 Down", true},
		{"502 in HTML without title", status(502, "<!doctype html><style>b{}</style><body><h1>Bad</h1>\n<p>gateway</p>"), agent.CodeUnavailable, "Bad gateway", true},
		{"529", status(529, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`), agent.CodeOverloaded, "Overloaded", true},
		{"524 of a proxy", status(524, `x`), agent.CodeUnavailable, "x", true},
		{"redirect", status(307, ``, "Location", "http://elsewhere.test/"), agent.CodeBadResponse, "307", false},
		{"204", status(204, ``), agent.CodeBadResponse, "204", false},
		{"body larger than is read", status(500, strings.Repeat("long ", 100_000)), agent.CodeUnavailable, "long", true},
		{"control characters", status(400, "{\"error\":\"a\\u0000b\\u202ec\\u200bd\\n\\te\"}"), agent.CodeBadRequest, "abcd e", false},
		{"body never ends", append(status(401, `{"error":`), llmtest.Hang()), agent.CodeKeyInvalid, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := always(c.answer...)
			bubble(t, server, func(t *testing.T, client *openrouter.Client) {
				h := ask(t.Context(), client, question())
				e, ok := errors.AsType[*agent.Error](h.err)
				if !ok || e.Code != c.code || !strings.Contains(e.Message, c.message) || e.Retryable != c.again {
					t.Fatalf("%v, retryable %v; want %s with %q", h.err, ok && e.Retryable, c.code, c.message)
				}
				if len(e.Message) > 2100 || strings.Contains(fmt.Sprintf("%+v %#v", e, e), key) {
					t.Errorf("message too long, or with the key: %+v", e)
				}
				want := 1
				if c.again {
					want = 3
				}
				if n := len(server.Chats()); n != want {
					t.Errorf("%d requests, want %d", n, want)
				}
			})
		})
	}
}

func TestRetries(t *testing.T) {
	idle := llmtest.Script{llmtest.Raw(": x\n\n"), llmtest.Hang()}
	for _, c := range []struct {
		name     string
		scripts  []llmtest.Script
		want     string
		least    time.Duration
		most     time.Duration
		requests int
	}{
		{"48 Retry-After 1", []llmtest.Script{status(429, `{}`, "Retry-After", "1"), good}, `"ok" stop`, time.Second, 2 * time.Second, 2},
		{"Retry-After 45", []llmtest.Script{status(429, `{}`, "Retry-After", "45"), good}, `"ok" stop`, 45 * time.Second, 46 * time.Second, 2},
		{"Retry-After in ms", []llmtest.Script{status(429, `{}`, "Retry-After-Ms", "30000"), good}, `"ok" stop`, 30 * time.Second, 31 * time.Second, 2},
		{"Retry-After as a date", []llmtest.Script{status(503, `{}`, "Retry-After", "Sat, 01 Jan 2000 00:00:40 GMT"), good}, `"ok" stop`, 40 * time.Second, 41 * time.Second, 2},
		{"Retry-After nonsense", []llmtest.Script{status(503, `{}`, "Retry-After", "soon"), good}, `"ok" stop`, 700 * time.Millisecond, 2 * time.Second, 2},
		{"Retry-After negative", []llmtest.Script{status(503, `{}`, "Retry-After", "-5"), good}, `"ok" stop`, 700 * time.Millisecond, 2 * time.Second, 2},
		{"49 Retry-After 600", []llmtest.Script{status(429, `{}`, "Retry-After", "600")}, `"" ERR rate_limited`, 0, time.Second, 1},
		{"Retry-After beyond all", []llmtest.Script{status(429, `{}`, "Retry-After", "1e999")}, `"" ERR rate_limited`, 0, time.Second, 1},
		{"twice, growing", []llmtest.Script{status(500, `{}`), status(502, `{}`), good}, `"ok" stop`, 2250 * time.Millisecond, 4 * time.Second, 3},
		{"three times", []llmtest.Script{status(500, `{}`), status(500, `{}`), status(500, `{}`)}, `"" ERR provider_unavailable`, 2250 * time.Millisecond, 4 * time.Second, 3},
		{"reset before anything", []llmtest.Script{{llmtest.Reset()}, good}, `"ok" stop`, 0, 2 * time.Second, 2},
		{"reset after comments", []llmtest.Script{{llmtest.Raw(": x\n\n"), llmtest.Reset()}, good}, `"ok" stop`, 0, 2 * time.Second, 2},
		{"29 reset after text", []llmtest.Script{{llmtest.Raw(text("a")), llmtest.Reset()}}, `"a" ERR truncated`, 0, time.Second, 1},
		{"reset after finish", []llmtest.Script{{llmtest.Raw(text("a") + fin("stop")), llmtest.Reset()}}, `"a" stop`, 0, time.Second, 1},
		{"truncated before anything", []llmtest.Script{{llmtest.Raw(d(`{"role":"assistant"}`))}, good}, `"ok" stop`, 0, 2 * time.Second, 2},
		{"truncated after a call", []llmtest.Script{{llmtest.Raw(begin(0, "c", "read"))}}, `"" ERR truncated`, 0, time.Second, 1},
		{"57 empty once", []llmtest.Script{{llmtest.Raw(fin("stop") + done)}, good}, `"ok" stop`, 0, 2 * time.Second, 2},
		{"57 empty twice", []llmtest.Script{{llmtest.Raw(fin("stop") + done)}, {llmtest.Raw(done)}}, `"" ERR empty_answer`, 0, 2 * time.Second, 2},
		{"empty body", []llmtest.Script{{llmtest.Raw("")}, good}, `"ok" stop`, 0, 2 * time.Second, 2},
		{"error in the stream before text", []llmtest.Script{{llmtest.Data(`{"error":{"code":502,"message":"x"}}`)}, good}, `"ok" stop`, 0, 2 * time.Second, 2},
		{"error in the stream that is final", []llmtest.Script{{llmtest.Data(`{"error":{"code":401,"message":"x"}}`)}}, `"" ERR key_invalid`, 0, time.Second, 1},
		{"no headers", []llmtest.Script{{llmtest.Hang()}, good}, `"ok" stop`, time.Minute, 62 * time.Second, 2},
		{"74 silence", []llmtest.Script{idle, good}, `"ok" stop`, time.Minute, 62 * time.Second, 2},
		{"silence after text", []llmtest.Script{{llmtest.Raw(text("a")), llmtest.Hang()}}, `"a" ERR timeout`, time.Minute, 61 * time.Second, 1},
		{"54, 73 comments are life", []llmtest.Script{{llmtest.Raw(": x\n\n"), llmtest.Pause(50 * time.Second), llmtest.Raw(": x\n\n"), llmtest.Pause(50 * time.Second), llmtest.Raw(": x\n\n"), llmtest.Pause(50 * time.Second), llmtest.Raw(text("a") + fin("stop") + done)}}, `"a" stop`, 150 * time.Second, 151 * time.Second, 1},
		{"comments for ever", []llmtest.Script{{llmtest.Raw(text("a")), llmtest.Forever(both(llmtest.Raw(": x\n\n"), llmtest.Pause(10*time.Second)))}}, `"a" ERR timeout`, 5 * time.Minute, 5*time.Minute + time.Second, 1},
		{"tokens for ever", []llmtest.Script{{llmtest.Forever(both(llmtest.Raw(text("a")), llmtest.Pause(31*time.Second)))}}, `"` + strings.Repeat("a", 30) + `" ERR timeout`, 15 * time.Minute, 15*time.Minute + time.Second, 1},
		{"finish, then nothing", []llmtest.Script{{llmtest.Raw(text("a") + fin("stop")), llmtest.Hang()}}, `"a" stop`, 5 * time.Second, 6 * time.Second, 1},
		{"finish, late usage", []llmtest.Script{{llmtest.Raw(text("a") + fin("stop")), llmtest.Pause(4 * time.Second), llmtest.Usage(1, 1, "0.5"), llmtest.Done()}}, `"a" stop`, 4 * time.Second, 5 * time.Second, 1},
		{"DONE, then nothing", []llmtest.Script{{llmtest.Raw(text("a") + fin("stop") + done), llmtest.Hang()}}, `"a" stop`, 0, time.Second, 1},
		{"JSON that never ends", []llmtest.Script{{llmtest.Raw(`{"choices":`), llmtest.Hang()}, good}, `"ok" stop`, time.Minute, 62 * time.Second, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := &llmtest.Server{Strict: true}
			server.Add(c.scripts...)
			bubble(t, server, func(t *testing.T, client *openrouter.Client) {
				begin := time.Now()
				h := ask(t.Context(), client, question())
				took := time.Since(begin)
				if got := h.String(); got != c.want {
					t.Errorf("got %s, want %s (%v)", got, c.want, h.err)
				}
				if took < c.least || took > c.most {
					t.Errorf("took %v, want %v to %v", took, c.least, c.most)
				}
				if n := len(server.Chats()); n != c.requests {
					t.Errorf("%d requests, want %d", n, c.requests)
				}
				if n := len(h.retries()); n != c.requests-1 {
					t.Errorf("%d retries told of, %d requests made", n, c.requests)
				}
				h.consistent(t)
			})
		})
	}
}

// both is two steps as one.
func both(a, b llmtest.Step) llmtest.Step {
	return func(w http.ResponseWriter, r *http.Request) bool { return a(w, r) && b(w, r) }
}

func TestRetryTellsWhatAndWhen(t *testing.T) {
	server := &llmtest.Server{}
	server.Add(status(429, `{"error":{"message":"slow down"}}`, "Retry-After", "7"), good)
	bubble(t, server, func(t *testing.T, c *openrouter.Client) {
		r := ask(t.Context(), c, question()).retries()
		if len(r) != 1 || r[0].Attempt != 2 || r[0].Of != 3 || r[0].After != 7*time.Second || r[0].Reason.Code != agent.CodeRateLimited || r[0].Reason.Message != "slow down" {
			t.Errorf("%+v", r)
		}
	})
}

func TestWaitIsToldWhenItIsTooLong(t *testing.T) {
	bubble(t, always(status(429, `{}`, "Retry-After", "600")...), func(t *testing.T, c *openrouter.Client) {
		e, _ := errors.AsType[*agent.Error](ask(t.Context(), c, question()).err)
		if e == nil || e.RetryAfter != 10*time.Minute || e.Status != 429 {
			t.Errorf("%+v", e)
		}
	})
}

func TestCancel(t *testing.T) {
	reason := errors.New("the user pressed stop")
	for name, server := range map[string]*llmtest.Server{
		"before the headers": always(llmtest.Hang()),
		"in comments":        always(llmtest.Raw(": x\n\n"), llmtest.Hang()),
		"in the text":        always(llmtest.Raw(text("a")), llmtest.Hang()),
		"in a pause":         always(status(503, `{}`, "Retry-After", "50")...),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, server, func(t *testing.T, c *openrouter.Client) {
				ctx, cancel := context.WithCancelCause(t.Context())
				stop := time.AfterFunc(5*time.Second, func() { cancel(reason) })
				defer stop.Stop()
				begin := time.Now()
				h := ask(ctx, c, question())
				if agent.CodeOf(h.err) != agent.CodeCancelled || !errors.Is(h.err, context.Canceled) || !errors.Is(h.err, reason) {
					t.Errorf("%v", h.err)
				}
				if d := time.Since(begin); d != 5*time.Second {
					t.Errorf("took %v", d)
				}
				if name == "in the text" && (h.result.Message.Text != "a" || !h.result.Usage.Estimated || h.result.Usage.Prompt == 0) {
					t.Errorf("text or estimate is lost: %+v", h.result)
				}
			})
		})
	}
}

func TestErrorOfTheCallerEndsTheStream(t *testing.T) {
	mine := errors.New("mine")
	for i := range 6 {
		bubble(t, always(llmtest.Reply{Reasoning: "r", Text: "t", Calls: []llmtest.Call{{ID: "c", Name: "read", Arguments: a1}}}.Script()...), func(t *testing.T, c *openrouter.Client) {
			n := 0
			r, err := c.Stream(t.Context(), question(), func(agent.Event) error {
				if n++; n > i {
					return mine
				}
				return nil
			})
			if err != mine || n != i+1 || len(r.Message.Calls) > 0 {
				t.Errorf("error at event %d: %v after %d events", i, err, n)
			}
		})
	}
}

func TestSlowCallerIsNotTheProvidersFault(t *testing.T) {
	bubble(t, always(llmtest.Raw(text("a")), llmtest.Raw(text("b")+fin("stop")+done)), func(t *testing.T, c *openrouter.Client) {
		_, err := c.Stream(t.Context(), question(), func(e agent.Event) error {
			if _, ok := e.(agent.TextDelta); ok {
				<-time.After(6 * time.Minute)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestUnreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, "http://nowhere.test/v1", func(o *openrouter.Options) {
			o.Transport = &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
				return nil, errors.New("no route to " + key)
			}}
		})
		h := ask(t.Context(), c, question())
		if agent.CodeOf(h.err) != agent.CodeUnavailable || strings.Contains(h.err.Error(), "nowhere.test") || strings.Contains(h.err.Error(), key) || len(h.retries()) != 2 {
			t.Errorf("%v after %d retries", h.err, len(h.retries()))
		}
	})
}
