package openrouter_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/llmtest"
)

// What a hostile or broken provider may send without end.
func TestEverythingIsBounded(t *testing.T) {
	kib := strings.Repeat("x", 1<<10)
	big := strings.Repeat("x", 64<<10)
	many := func(s string, n int) llmtest.Script {
		piece := strings.Repeat(s, 16)
		var all llmtest.Script
		for range n / 16 {
			all = append(all, llmtest.Raw(piece))
		}
		return append(all, llmtest.Forever(llmtest.Raw(piece)))
	}
	numbered, large := llmtest.Script{}, llmtest.Script{}
	for i := range 200 {
		numbered = append(numbered, llmtest.Raw(begin(i, fmt.Sprint("c", i), "read")))
		large = append(large, llmtest.Raw(tc(fmt.Sprintf(`{"function":{"name":"read","arguments":"{\"a\":\"%d%s\"}"}}`, i, big))))
	}
	for name, script := range map[string]llmtest.Script{
		"a line":              append(llmtest.Script{llmtest.Raw("data: ")}, many(big, 64)...),
		"a comment":           append(llmtest.Script{llmtest.Raw(": ")}, many(big, 64)...),
		"data lines":          many("data: "+kib+"\n", 64),
		"lines of no meaning": many("x: "+kib+"\n", 64),
		"text":                many(text(big), 16),
		"reasoning":           many(d(`{"reasoning":"`+big+`"}`), 16),
		"reasoning details":   many(d(`{"reasoning_details":[{"type":"reasoning.encrypted","data":"`+big+`"}]}`), 16),
		"tiny details":        many(d(`{"reasoning_details":[{"type":"x"}]}`), 16),
		"arguments":           append(llmtest.Script{llmtest.Raw(begin(0, "c", "read"))}, many(more(0, big), 16)...),
		"arguments of many":   large,
		"calls":               numbered,
		"JSON":                append(llmtest.Script{llmtest.Raw(`{"x":"`)}, many(big, 64)...),
		"HTML":                append(llmtest.Script{llmtest.Raw(`<`)}, many(big, 64)...),
		"spaces":              many(strings.Repeat(" ", 64<<10), 64),
	} {
		t.Run(name, func(t *testing.T) {
			h := ask(t.Context(), serve(t, always(script...)), question())
			if agent.CodeOf(h.err) != agent.CodeTooLarge {
				t.Errorf("%.200v", h.err)
			}
			if e, _ := errors.AsType[*agent.Error](h.err); e != nil && e.Retryable {
				t.Error("it would be asked for again")
			}
			h.consistent(t)
		})
	}
}

func TestMemoryOfALongAnswerIsItsText(t *testing.T) {
	// 40 MiB on the wire, of which 2 MiB are text.
	padding := strings.Repeat(" ", 20<<10)
	script := llmtest.Script{}
	for range 2000 {
		script = append(script, llmtest.Raw("data: "+padding+`{"choices":[{"delta":{"content":"`+strings.Repeat("y", 1<<10)+`"}}]}`+"\n\n"))
	}
	c := serve(t, always(append(script, llmtest.Finish("stop"), llmtest.Done())...))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r, err := c.Stream(t.Context(), question(), func(agent.Event) error { return nil })
	runtime.GC()
	runtime.ReadMemStats(&after)
	if err != nil || len(r.Message.Text) != 2000<<10 {
		t.Fatalf("%d bytes of text, %v", len(r.Message.Text), err)
	}
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 16<<20 {
		t.Errorf("%d bytes are kept", kept)
	}
	runtime.KeepAlive(r)
}

func TestDeeplyNestedJSON(t *testing.T) {
	deep := strings.Repeat(`[`, 500_000)
	for name, body := range map[string]string{
		"event":     "data: " + deep + "\n\n",
		"error":     `data: {"error":` + strings.Repeat(`{"error":`, 5000) + `"x"` + strings.Repeat("}", 5001) + "\n\n",
		"arguments": begin(0, "c", "read") + more(0, `{"a":`+deep) + fin("tool_calls") + done,
		"document":  `{"choices":` + deep,
	} {
		h := ask(t.Context(), serve(t, always(llmtest.Raw(text("a")), llmtest.Raw(body))), question())
		if name == "arguments" {
			if h.err != nil || h.result.Message.Calls[0].Invalid != agent.InvalidNotJSON {
				t.Errorf("%s: %v", name, h.err)
			}
			continue
		}
		if h.err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestKeyIsInNoError(t *testing.T) {
	for name, script := range map[string]llmtest.Script{
		"status":    status(401, `{"error":{"message":"bad key `+key+` and sk-proj-abcdefgh12345"}}`),
		"bearer":    status(400, `{"error":{"message":"Authorization: Bearer abc.def.ghi was sent"}}`),
		"text":      status(400, key),
		"HTML":      status(400, "<title>"+key+"</title>"),
		"stream":    {llmtest.Data(`{"error":{"code":400,"message":"` + key + `","metadata":{"provider_name":"` + key + `"}}}`)},
		"JSON":      {llmtest.Raw(`{"error":{"code":400,"message":"` + key + `"}}`)},
		"nonsense":  {llmtest.Raw(`{"x":"` + key + `"}`)},
		"HTML, 200": {llmtest.Raw("<p>" + key + "</p>")},
	} {
		h := ask(t.Context(), serve(t, always(script...)), question())
		all := fmt.Sprintf("%v %+v %#v %q", h.err, h.err, h.err, h.err)
		for _, secret := range []string{key, "sk-proj", "abc.def"} {
			if strings.Contains(all, secret) {
				t.Errorf("%s: %s", name, all)
			}
		}
		if h.err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	server := &llmtest.Server{Strict: true, Answer: func(r llmtest.Request) llmtest.Script {
		return llmtest.Reply{Text: r.Chat.Model, Calls: []llmtest.Call{{ID: "c", Name: "read", Arguments: a1}}}.Script()
	}}
	c := serve(t, server)
	t.Run("group", func(t *testing.T) {
		for i := range 50 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				req := question()
				req.Model = fmt.Sprint("model-", i)
				if got, want := ask(t.Context(), c, req).String(), fmt.Sprintf(`"model-%d" c:read%s tool_calls`, i, a1); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			})
		}
	})
}
