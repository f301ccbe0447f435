package openrouter_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/openrouter"
)

// d is an event with a delta, tc one with tool calls, fin one with a finish_reason.
func d(delta string) string {
	return `data: {"id":"g","choices":[{"index":0,"delta":` + delta + `,"finish_reason":null}]}` + "\n\n"
}
func text(s string) string      { return d(fmt.Sprintf(`{"content":%q}`, s)) }
func tc(calls ...string) string { return d(`{"tool_calls":[` + strings.Join(calls, ",") + `]}`) }
func fin(reason string) string {
	return `data: {"id":"g","choices":[{"index":0,"delta":{},"finish_reason":"` + reason + `"}]}` + "\n\n"
}

const done = "data: [DONE]\n\n"

// begin and more are the usual deltas of a call.
func begin(index int, id, name string) string {
	return tc(fmt.Sprintf(`{"index":%d,"id":%q,"type":"function","function":{"name":%q,"arguments":""}}`, index, id, name))
}
func more(index int, args string) string {
	return tc(fmt.Sprintf(`{"index":%d,"function":{"arguments":%q}}`, index, args))
}

const a1, b2 = `{"path":"a"}`, `{"q":"b"}`

// scripts are streams as real providers send them, and what they mean. Those with a
// number are of the list that came with the measurements; the rest are of the same class.
var scripts = []struct{ name, body, want string }{
	{"1 text and usage", text("hel") + text("lo") + fin("stop") + `data: {"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"cost":0.00042}}` + "\n\n" + done, `"hello" stop`},
	{"2 comments", ": OPENROUTER PROCESSING\n\n" + text("a") + ": x\n\n: y\n" + text("b") + fin("stop") + done, `"ab" stop`},
	{"3 one call", begin(0, "c1", "read") + more(0, `{"path"`) + more(0, `:"a"}`) + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"4 two calls in turn", begin(0, "c1", "read") + more(0, a1) + begin(1, "c2", "grep") + more(1, b2) + fin("tool_calls") + done, `"" c1:read{"path":"a"} c2:grep{"q":"b"} tool_calls`},
	{"5 interleaved", begin(0, "c1", "read") + begin(1, "c2", "grep") + more(0, `{"path"`) + more(1, `{"q":`) + more(0, `:"a"}`) + more(1, `"b"}`) + fin("tool_calls") + done, `"" c1:read{"path":"a"} c2:grep{"q":"b"} tool_calls`},
	{"6 no index", tc(`{"id":"c1","function":{"name":"read","arguments":"{\"path\":\"a\"}"}}`) + tc(`{"id":"c2","function":{"name":"grep","arguments":"{\"q\":\"b\"}"}}`) + fin("tool_calls") + done, `"" c1:read{"path":"a"} c2:grep{"q":"b"} tool_calls`},
	{"7 one index for both", begin(0, "c1", "read") + more(0, a1) + begin(0, "c2", "grep") + more(0, b2) + fin("tool_calls") + done, `"" c1:read{"path":"a"} c2:grep{"q":"b"} tool_calls`},
	{"8 no id", tc(`{"index":0,"function":{"name":"read","arguments":"{}"}}`) + fin("tool_calls") + done, `"" *:read{} tool_calls`},
	{"9 empty and null later", begin(0, "c1", "read") + tc(`{"index":0,"id":"","function":{"name":"","arguments":"{\"path\":"}}`) + tc(`{"index":0,"id":null,"function":{"name":null,"arguments":"\"a\"}"}}`) + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"10 id and name in each", strings.Repeat(tc(`{"index":0,"id":"c1","function":{"name":"read","arguments":""}}`), 2) + tc(`{"index":0,"id":"c1","function":{"name":"read","arguments":"{\"path\":"}}`) + tc(`{"index":0,"id":"c1","function":{"name":"read","arguments":"\"a\"}"}}`) + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"11 one id for both", begin(0, "c1", "read") + more(0, a1) + begin(1, "c1", "grep") + more(1, b2) + fin("tool_calls") + done, `"" c1:read{"path":"a"} *:grep{"q":"b"} tool_calls`},
	{"12 index from 1", begin(1, "c1", "read") + more(1, a1) + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"13 index 5000", begin(5000, "c1", "read") + more(5000, a1) + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"14 index -1", begin(-1, "c1", "read") + more(-1, a1) + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"15 arguments cut", begin(0, "c1", "read") + more(0, `{"path":"a"`) + fin("tool_calls") + done, `"" c1:read{}!not_json tool_calls`},
	{"18 arguments as object", tc(`{"index":0,"id":"c1","function":{"name":"read","arguments":{"path": "a"}}}`) + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"19 stop with calls", begin(0, "c1", "read") + more(0, a1) + fin("stop") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"20 tool_calls without", text("a") + fin("tool_calls") + done, `"a" stop`},
	{"21 length in arguments", begin(0, "c1", "read") + more(0, `{"path":"a`) + fin("length") + done, `"" c1:read{}!cut_off length`},
	{"22 content filter", text("par") + fin("content_filter") + done, `"par" content_filter`},
	{"23 error in the stream", text("par") + `data: {"error":{"code":502,"message":"Provider returned error","metadata":{"provider_name":"Acme","raw":"boom","error_type":"provider_unavailable"}},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}` + "\n\n", `"par" ERR provider_unavailable`},
	{"24 finish error only", text("par") + fin("error") + done, `"par" ERR provider_unavailable`},
	{"26 no DONE", text("a") + fin("stop"), `"a" stop`},
	{"27 end without finish", text("a"), `"a" ERR truncated`},
	{"28 end in a line", text("a") + `data: {"choices":[{"del`, `"a" ERR truncated`},
	{"31 chunk id changes", strings.Replace(text("a"), `"g"`, `"h"`, 1) + text("b") + fin("stop") + done, `"ab" stop`},
	{"32 first chunk of Azure", `data: {"id":"","choices":[],"prompt_filter_results":[]}` + "\n\n" + text("a") + fin("stop") + done, `"a" stop`},
	{"34 nulls", `data: {"id":null,"error":null,"usage":null,"choices":[{"index":null,"delta":{"content":null,"tool_calls":null,"reasoning":null,"reasoning_details":null,"function_call":null,"refusal":null},"finish_reason":null,"error":null}]}` + "\n\n" + text("a") + fin("stop") + `data: {"choices":null,"error":null}` + "\n\n" + done, `"a" stop`},
	{"35 choice without delta", `data: {"choices":[{"index":0}]}` + "\n\n" + text("a") + fin("stop") + done, `"a" stop`},
	{"36 reasoning", d(`{"reasoning":"hm"}`) + text("a") + fin("stop") + done, `"a" thinks "hm" stop`},
	{"37 reasoning_content", d(`{"reasoning_content":"hm"}`) + d(`{"reasoning_content":"m","content":""}`) + text("a") + fin("stop") + done, `"a" thinks "hmm" stop`},
	{"39 CRLF, event, id, no space", "event: message\r\nid: 1\r\nretry: 5\r\ndata:{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\r\n\r\n" + fin("stop") + done, `"a" stop`},
	{"40 two data lines", "data: {\"choices\":[{\"delta\":\ndata: {\"content\":\"a\"}}]}\n\n" + fin("stop") + done, `"a" stop`},
	{"42 text, call, text", text("a") + begin(0, "c1", "read") + more(0, a1) + text("b") + fin("tool_calls") + done, `"ab" c1:read{"path":"a"} tool_calls`},
	{"51 usage with finish", text("a") + `data: {"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"cost":0.1}}` + "\n\n" + done, `"a" stop`},
	{"56 unknown finish", text("a") + fin("eos") + done, `"a" other`},
	{"60 two choices", `data: {"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"X"}}]}` + "\n\n" + `data: {"choices":[{"index":1,"delta":{"content":"Y"},"finish_reason":"length"}]}` + "\n\n" + fin("stop") + done, `"a" stop`},

	{"CR only", strings.ReplaceAll(text("a")+fin("stop")+done, "\n", "\r"), `"a" stop`},
	{"byte order mark", "\ufeff" + text("a") + fin("stop") + done, `"a" stop`},
	{"no empty line at the end", text("a") + strings.TrimRight(fin("stop"), "\n"), `"a" stop`},
	{"DONE without finish", text("a") + done, `"a" stop`},
	{"DONE with spaces, the rest ignored", text("a") + fin("stop") + "data:  [DONE] \n\n" + text("X"), `"a" stop`},
	{"null after finish", text("a") + fin("length") + d(`{}`) + done, `"a" length`},
	{"finish in every chunk", `data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}` + "\n\n" + `data: {"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}]}` + "\n\n" + done, `"ab" stop`},
	{"empty finish", `data: {"choices":[{"delta":{"content":"a"},"finish_reason":""}]}` + "\n\n" + fin("stop") + done, `"a" stop`},
	{"words that are no chunk", "data: ping\n\n" + text("a") + fin("stop") + done, `"" ERR bad_response`},
	{"JSON that is no chunk", "data: \"ping\"\n\ndata: null\n\ndata: 1\n\ndata: []\n\ndata:\n\n" + text("a") + fin("stop") + done, `"a" stop`},
	{"event error", text("a") + "event: error\ndata: {\"message\":\"slow down\",\"code\":429}\n\n", `"a" ERR rate_limited`},
	{"vLLM's error", text("a") + `data: {"object":"error","message":"maximum context length is 8192 tokens","code":400}` + "\n\n", `"a" ERR context_length_exceeded`},
	{"Anthropic's error", text("a") + `data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}` + "\n\n", `"a" ERR provider_overloaded`},
	{"error is a string", text("a") + `data: {"error":"no"}` + "\n\n", `"a" ERR provider_unavailable`},
	{"error is empty", `data: {"error":{},"choices":[{"delta":{"content":"a"}}]}` + "\n\n" + fin("stop") + done, `"a" stop`},
	{"error in the choice", `data: {"choices":[{"delta":{"content":"a"},"error":{"code":402,"message":"pay"}}]}` + "\n\n", `"a" ERR credits`},
	{"Groq's error", `data: {"choices":[{"delta":{"content":"a"}}],"x_groq":{"error":"failed"}}` + "\n\n", `"a" ERR provider_unavailable`},

	{"content in parts", d(`{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"a"},"b"]}`) + fin("stop") + done, `"ab" thinks "hm" stop`},
	{"content of a wrong type", d(`{"content":7}`) + d(`{"content":{"text":"a"}}`) + fin("stop") + done, `"a" stop`},
	{"delta of a wrong type", d(`"x"`) + d(`[1]`) + d(`7`) + text("a") + fin("stop") + done, `"a" stop`},
	{"choices of a wrong type", `data: {"choices":"x"}` + "\n\n" + `data: {"choices":[1,null]}` + "\n\n" + text("a") + fin("stop") + done, `"a" stop`},
	{"refusal", d(`{"refusal":"I must not"}`) + fin("stop") + done, `"I must not" stop`},
	{"message instead of delta", `data: {"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}` + "\n\n" + done, `"a" stop`},
	{"message repeats all", text("a") + `data: {"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}` + "\n\n" + done, `"a" stop`},
	{"surrogates in two chunks", d(`{"content":"x\ud83d"}`) + d(`{"content":"\ude00y"}`) + fin("stop") + done, `"x😀y" stop`},
	{"half a pair at the end", d(`{"content":"x\ud83d"}`) + fin("stop") + done, `"x�" stop`},
	{"UTF-8 in two chunks", d("{\"content\":\"x\xf0\x9f\"}") + d("{\"content\":\"\x98\x80y\"}") + fin("stop") + done, `"x😀y" stop`},
	{"escaped backslash before d83d", d(`{"content":"\\ud83d"}`) + fin("stop") + done, `"\\ud83d" stop`},
	{"reasoning in two fields", d(`{"reasoning":"hm","reasoning_content":"hm"}`) + text("a") + fin("stop") + done, `"a" thinks "hm" stop`},
	{"reasoning only", d(`{"reasoning":"hm"}`) + fin("stop") + done, `"" thinks "hm" stop`},
	{"encrypted is not shown", d(`{"reasoning_details":[{"type":"reasoning.encrypted","data":"xyz"}]}`) + text("a") + fin("stop") + done, `"a" stop`},
	{"empty with length", fin("length") + done, `"" length`},
	{"empty with filter", fin("content_filter") + done, `"" content_filter`},

	{"whole calls in one chunk", tc(`{"index":0,"id":"c1","function":{"name":"read","arguments":"{\"path\":\"a\"}"}}`, `{"index":1,"id":"c2","function":{"name":"grep","arguments":"{\"q\":\"b\"}"}}`) + fin("tool_calls") + done, `"" c1:read{"path":"a"} c2:grep{"q":"b"} tool_calls`},
	{"no index, no id, two names", tc(`{"function":{"name":"read","arguments":"{\"path\":\"a\"}"}}`) + tc(`{"function":{"name":"grep","arguments":"{\"q\":\"b\"}"}}`) + fin("tool_calls") + done, `"" *:read{"path":"a"} *:grep{"q":"b"} tool_calls`},
	{"no index, no id, one name twice", tc(`{"function":{"name":"read","arguments":"{\"path\":\"a\"}"}}`) + tc(`{"function":{"name":"read","arguments":"{\"path\":\"b\"}"}}`) + fin("tool_calls") + done, `"" *:read{"path":"a"} *:read{"path":"b"} tool_calls`},
	{"all index 0, no id", tc(`{"index":0,"function":{"name":"read","arguments":"{\"path\":\"a\"}"}}`) + tc(`{"index":0,"function":{"name":"grep","arguments":"{\"q\":\"b\"}"}}`) + fin("tool_calls") + done, `"" *:read{"path":"a"} *:grep{"q":"b"} tool_calls`},
	{"no index, id once, pieces after", tc(`{"id":"c1","function":{"name":"read","arguments":""}}`) + tc(`{"function":{"arguments":"{\"path\":"}}`) + tc(`{"function":{"arguments":"\"a\"}"}}`) + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"interleaved by id, no index", tc(`{"id":"c1","function":{"name":"read","arguments":"{\"path\""}}`) + tc(`{"id":"c2","function":{"name":"grep","arguments":"{\"q\""}}`) + tc(`{"id":"c1","function":{"arguments":":\"a\"}"}}`) + tc(`{"id":"c2","function":{"arguments":":\"b\"}"}}`) + fin("tool_calls") + done, `"" c1:read{"path":"a"} c2:grep{"q":"b"} tool_calls`},
	{"interleaved by id, all index 0", tc(`{"index":0,"id":"c1","function":{"name":"read","arguments":"{\"path\""}}`) + tc(`{"index":0,"id":"c2","function":{"name":"grep","arguments":"{\"q\""}}`) + tc(`{"index":0,"id":"c1","function":{"arguments":":\"a\"}"}}`) + tc(`{"index":0,"id":"c2","function":{"arguments":":\"b\"}"}}`) + fin("tool_calls") + done, `"" c1:read{"path":"a"} c2:grep{"q":"b"} tool_calls`},
	{"index missing later", begin(0, "c1", "read") + tc(`{"function":{"arguments":"{\"path\":\"a\"}"}}`) + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"index changes within a call", begin(0, "c1", "read") + more(1, `{"path":`) + more(2, `"a"}`) + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"index is a string", tc(`{"index":"0","id":"c1","function":{"name":"read","arguments":"{\"path\":"}}`) + more(0, `"a"}`) + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"id comes late", tc(`{"index":0,"function":{"name":"read"}}`) + tc(`{"index":0,"id":"c1"}`) + more(0, a1) + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"id first, then the name", tc(`{"index":0,"id":"c1"}`) + tc(`{"index":0,"function":{"name":"read"}}`) + more(0, a1) + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"name last", tc(`{"index":0,"id":"c1","function":{"arguments":"{\"path\":\"a\"}"}}`) + tc(`{"index":0,"function":{"name":"read"}}`) + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"another id in each delta", tc(`{"index":0,"id":"x1","function":{"name":"read","arguments":"{\"path\":"}}`) + tc(`{"index":0,"id":"x2","function":{"arguments":"\"a\"}"}}`) + fin("tool_calls") + done, `"" x1:read{"path":"a"} tool_calls`},
	{"name in pieces", tc(`{"index":0,"id":"c1","function":{"name":"read"}}`) + tc(`{"index":0,"function":{"arguments":"{}"}}`) + tc(`{"index":1,"id":"c2","function":{"name":"gr"}}`) + tc(`{"index":1,"function":{"name":"ep"}}`) + more(1, b2) + fin("tool_calls") + done, `"" c1:read{} c2:grep{"q":"b"} tool_calls`},
	{"no arguments at all", begin(0, "c1", "read") + begin(1, "c2", "grep") + fin("tool_calls") + done, `"" c1:read{} c2:grep{} tool_calls`},
	{"no arguments, all index 0, no id", tc(`{"index":0,"function":{"name":"read"}}`) + tc(`{"index":0,"function":{"name":"grep"}}`) + fin("tool_calls") + done, `"" *:read{} *:grep{} tool_calls`},
	{"arguments null", tc(`{"index":0,"id":"c1","function":{"name":"read","arguments":null}}`) + fin("tool_calls") + done, `"" c1:read{} tool_calls`},
	{"arguments \"null\"", begin(0, "c1", "read") + more(0, "null") + fin("tool_calls") + done, `"" c1:read{} tool_calls`},
	{"{} before the arguments", begin(0, "c1", "read") + more(0, "{}") + more(0, a1) + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"the whole again at the end", begin(0, "c1", "read") + more(0, `{"path":`) + more(0, `"a"}`) + more(0, a1) + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"the call again at the end", begin(0, "c1", "read") + more(0, a1) + tc(`{"index":0,"id":"c1","function":{"name":"read","arguments":"{\"path\":\"a\"}"}}`) + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"cumulative arguments", begin(0, "c1", "read") + more(0, `{"pa`) + more(0, `{"path":`) + more(0, a1) + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"encoded twice", begin(0, "c1", "read") + more(0, `"{\"path\":\"a\"}"`) + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"arguments are a list", begin(0, "c1", "read") + more(0, `["a"]`) + fin("tool_calls") + done, `"" c1:read{}!not_object tool_calls`},
	{"arguments are prose", begin(0, "c1", "read") + more(0, `the file a`) + fin("tool_calls") + done, `"" c1:read{}!not_json tool_calls`},
	{"text after the arguments", begin(0, "c1", "read") + more(0, a1+"</tool>") + fin("tool_calls") + done, `"" c1:read{}!not_json tool_calls`},
	{"space around the arguments", begin(0, "c1", "read") + more(0, "\n "+a1+"\n") + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"braces in strings", begin(0, "c1", "read") + more(0, `{"path":"}{\"`) + more(0, `]"}`) + fin("tool_calls") + done, `"" c1:read{"path":"}{\"]"} tool_calls`},
	{"no name", tc(`{"index":0,"id":"c1","function":{"arguments":"{\"path\":\"a\"}"}}`) + fin("tool_calls") + done, `"" c1:{}!no_name tool_calls`},
	{"phantom at the end", begin(0, "c1", "read") + more(0, a1) + tc(`{"index":1,"id":"","function":{"name":"","arguments":""}}`) + tc(`{"index":1,"id":"c9","function":{"name":"","arguments":""}}`) + fin("tool_calls") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"tool_calls is one object", d(`{"tool_calls":{"id":"c1","function":{"name":"read","arguments":"{}"}}}`) + fin("tool_calls") + done, `"" c1:read{} tool_calls`},
	{"name beside function", tc(`{"index":0,"id":"c1","name":"read","arguments":{"path":"a"}}`) + fin("tool_use") + done, `"" c1:read{"path":"a"} tool_calls`},
	{"function_call of old", d(`{"function_call":{"name":"read","arguments":"{\"path\""}}`) + d(`{"function_call":{"arguments":":\"a\"}"}}`) + fin("function_call") + done, `"" *:read{"path":"a"} tool_calls`},
	{"id is a number", tc(`{"index":0,"id":7,"function":{"name":"read","arguments":"{}"}}`) + fin("tool_calls") + done, `"" 7:read{} tool_calls`},
	{"id of 5,000 bytes", begin(0, strings.Repeat("x", 5000), "read") + more(0, a1) + fin("tool_calls") + done, `"" *:read{"path":"a"} tool_calls`},
	{"unknown name is kept", begin(0, "c1", "functions.read_file") + more(0, a1) + fin("tool_calls") + done, `"" c1:functions.read_file{"path":"a"} tool_calls`},
	{"one id, one index, two calls", tc(`{"index":0,"id":"c1","function":{"name":"read","arguments":"{\"path\":\"a\"}"}}`) + tc(`{"index":0,"id":"c1","function":{"name":"read","arguments":"{\"path\":\"b\"}"}}`) + fin("tool_calls") + done, `"" c1:read{"path":"a"} *:read{"path":"b"} tool_calls`},
	{"emoji cut in arguments", tc(`{"index":0,"id":"c1","function":{"name":"read","arguments":"{\"path\":\"\ud83d"}}`) + tc(`{"index":0,"function":{"arguments":"\ude00\"}"}}`) + fin("tool_calls") + done, `"" c1:read{"path":"😀"} tool_calls`},
	{"filter before arguments", begin(0, "c1", "read") + fin("content_filter") + done, `"" c1:read{}!cut_off content_filter`},
	{"length after a whole call", begin(0, "c1", "read") + more(0, a1) + begin(1, "c2", "grep") + more(1, `{"q`) + fin("length") + done, `"" c1:read{"path":"a"} c2:grep{}!cut_off length`},
	{"end in a call", begin(0, "c1", "read") + more(0, a1), `"" ERR truncated`},
	{"tool delta of a wrong type", tc(`7`, `"x"`, `null`, `{"index":0,"function":"x"}`) + text("a") + fin("stop") + done, `"a" stop`},
	{"41 a line of 200 kB", text(strings.Repeat("x", 200_000)) + fin("stop") + done, `"` + strings.Repeat("x", 200_000) + `" stop`},
	{"arguments of 1 MiB", begin(0, "c1", "read") + more(0, `{"path":"`+strings.Repeat("x", 1<<20)+`"}`) + fin("tool_calls") + done, `"" c1:read{"path":"` + strings.Repeat("x", 1<<20) + `"} tool_calls`},

	// Not events at all.
	{"44 JSON error", `{"error":{"code":429,"message":"slow","metadata":{"provider_name":"Acme"}}}`, `"" ERR rate_limited`},
	{"JSON answer", `{"id":"x","choices":[{"message":{"role":"assistant","content":"a","tool_calls":[{"id":"c1","type":"function","function":{"name":"read","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}`, `"a" c1:read{} tool_calls`},
	{"JSON error in a list", `[{"error":{"code":400,"message":"bad"}}]`, `"" ERR bad_request`},
	{"JSON nonsense", `{"hello":"world"}`, `"" ERR bad_response`},
	{"HTML", "<html><title>Sign in</title></html>", `"" ERR bad_response`},
	{"detail", `{"detail":"nope"}`, `"" ERR provider_unavailable`},
}

func TestStreams(t *testing.T) {
	for _, s := range scripts {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			// A failure before any content is repeated; the script is the same each time.
			bubble(t, always(llmtest.Raw(s.body)), func(t *testing.T, c *openrouter.Client) {
				h := ask(t.Context(), c, question())
				if got := h.String(); got != s.want {
					t.Errorf("got  %.300s\nwant %.300s\n(%v)", got, s.want, h.err)
				}
				h.consistent(t)
			})
		})
	}
}
