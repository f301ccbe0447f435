package llmtest_test

import (
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/llmtest"
)

const (
	user     = `{"role":"user","content":"x"}`
	asks     = `{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"read","arguments":"{}"}},{"id":"c2","type":"function","function":{"name":"read","arguments":"{}"}}]}`
	result1  = `{"role":"tool","tool_call_id":"c1","content":"1"}`
	result2  = `{"role":"tool","tool_call_id":"c2","content":""}`
	readTool = `"tools":[{"type":"function","function":{"name":"read","parameters":{"type":"object","properties":{"p":{"type":"string"},"l":{"type":"array","items":{"type":"integer"}}},"required":["p"]}}}]`
)

func body(messages string, more ...string) string {
	return `{"model":"m","stream":true,"messages":[` + messages + `]` + strings.Join(append([]string{""}, more...), ",") + `}`
}

func call(id, name, args string) string {
	return `{"role":"assistant","tool_calls":[{"id":` + id + `,"type":"function","function":{"name":` + name + `,"arguments":` + args + `}}]}`
}

func schema(s string) string {
	return body(user, `"tools":[{"type":"function","function":{"name":"t","parameters":`+s+`}}]`)
}

func TestCheck(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{ // want is part of the objection; "" = none
		{"plain", body(user), ""},
		{"system first", body(`{"role":"system","content":"s"},` + user), ""},
		{"parts", body(`{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}`), ""},
		{"results in any order", body(user+`,`+asks+`,`+result2+`,`+result1, readTool), ""},
		{"two rounds", body(user+`,`+asks+`,`+result1+`,`+result2+`,`+call(`"c3"`, `"read"`, `"{}"`)+`,{"role":"tool","tool_call_id":"c3","content":"x"},{"role":"assistant","content":"ok"},`+user, readTool), ""},
		{"reasoning", body(user + `,{"role":"assistant","content":"a","reasoning_details":[{"type":"reasoning.text","text":"t"}]},` + user), ""},
		{"settings", body(user, readTool, `"tool_choice":"auto"`, `"parallel_tool_calls":true`, `"max_tokens":5`, `"provider":{}`, `"models":["a"]`, `"reasoning":{"effort":"low"}`), ""},

		{"nothing", ``, "not a JSON object"},
		{"list", `[]`, "not a JSON object"},
		{"null", `null`, "not a JSON object"},
		{"two objects", body(user) + `{}`, "something follows"},
		{"unknown field", body(user, `"foo":1`), "unrecognized request argument: foo"},
		{"null field", body(user, `"user":null`), "user is null"},
		{"no model", `{"messages":[` + user + `]}`, "model is missing"},
		{"model a number", `{"model":1,"messages":[` + user + `]}`, "model is missing"},
		{"stream a string", body(user, `"stream":"yes"`), "stream is no boolean"},
		{"max_tokens 0", body(user, `"max_tokens":0`), "max_tokens"},
		{"max_tokens 1.5", body(user, `"max_tokens":1.5`), "max_tokens"},
		{"both limits", body(user, `"max_tokens":1`, `"max_completion_tokens":1`), "exclude each other"},
		{"four fallbacks", body(user, `"models":["a","b","c","d"]`), "one to three"},
		{"effort", body(user, `"reasoning_effort":"lots"`), "reasoning_effort"},
		{"effort of OpenRouter", body(user, `"reasoning":{"effort":"lots"}`), "reasoning.effort"},
		{"choice without tools", body(user, `"tool_choice":"auto"`), "only allowed with tools"},
		{"unknown choice", body(user, readTool, `"tool_choice":"maybe"`), "maybe"},

		{"no messages", `{"model":"m"}`, "messages is no list"},
		{"empty messages", body(``), "messages is no list"},
		{"unknown role", body(`{"role":"function","content":"x"}`), `role "function" is unknown`},
		{"no role", body(`{"content":"x"}`), `role "" is unknown`},
		{"unknown field of a message", body(`{"role":"user","content":"x","id":"1"}`), "no field id"},
		{"calls of a user", body(`{"role":"user","content":"x","tool_calls":[]}`), "no field tool_calls"},
		{"empty user", body(`{"role":"user","content":""}`), "content is empty"},
		{"null user", body(`{"role":"user","content":null}`), "neither text nor"},
		{"no parts", body(`{"role":"user","content":[]}`), "neither text nor"},
		{"unknown part", body(`{"role":"user","content":[{"type":"video"}]}`), `type "video"`},
		{"empty part", body(`{"role":"user","content":[{"type":"text","text":""}]}`), "no text"},
		{"image of http", body(`{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://x"}}]}`), "no image"},
		{"image of the system", body(`{"role":"system","content":[{"type":"image_url"}]},` + user), `type "image_url"`},
		{"system later", body(user + `,{"role":"system","content":"s"}`), "after the conversation has begun"},
		{"assistant first", body(`{"role":"assistant","content":"x"},` + user), "begins with an assistant"},
		{"assistant last", body(user + `,{"role":"assistant","content":"x"}`), "nothing to answer"},
		{"system only", body(`{"role":"system","content":"x"}`), "nothing to answer"},
		{"empty assistant", body(user + `,{"role":"assistant"},` + user), "neither content nor"},
		{"empty text of an assistant", body(user + `,{"role":"assistant","content":""},` + user), "content is empty"},
		{"no calls in the list", body(user+`,{"role":"assistant","content":"x","tool_calls":[]},`+user, readTool), "tool_calls is no list"},
		{"calls without tools", body(user + `,` + asks + `,` + result1 + `,` + result2), "only allowed in a request with tools"},

		{"tool without call", body(user+`,{"role":"tool","tool_call_id":"c1","content":"x"}`, readTool), "is no call"},
		{"tool of another id", body(user+`,`+call(`"c1"`, `"read"`, `"{}"`)+`,`+result2, readTool), "is no call"},
		{"no id of the call", body(user+`,`+asks+`,{"role":"tool","content":"x"}`, readTool), "tool_call_id is missing"},
		{"result missing", body(user+`,`+asks+`,`+result1, readTool), "none for c2"},
		{"user before the result", body(user+`,`+asks+`,`+result1+`,`+user+`,`+result2, readTool), "before the result of c2"},
		{"assistant before the result", body(user+`,`+asks+`,`+result1+`,{"role":"assistant","content":"x"},`+result2, readTool), "before the result of c2"},
		{"result twice", body(user+`,`+asks+`,`+result1+`,`+result1+`,`+result2, readTool), "second result"},
		{"result later again", body(user+`,`+asks+`,`+result1+`,`+result2+`,`+user+`,`+result1, readTool), "second result"},
		{"null result", body(user+`,`+asks+`,`+result1+`,{"role":"tool","tool_call_id":"c2","content":null}`, readTool), "neither text nor"},
		{"id twice in a message", body(user+`,`+strings.ReplaceAll(asks, "c2", "c1")+`,`+result1, readTool), "there twice"},
		{"id twice in the conversation", body(user+`,`+asks+`,`+result1+`,`+result2+`,`+call(`"c1"`, `"read"`, `"{}"`)+`,`+result1, readTool), "there twice"},
		{"empty id", body(user+`,`+call(`""`, `"read"`, `"{}"`), readTool), "does not match"},
		{"long id", body(user+`,`+call(`"`+strings.Repeat("x", 65)+`"`, `"read"`, `"{}"`), readTool), "does not match"},
		{"name with a dot", body(user+`,`+call(`"c"`, `"a.b"`, `"{}"`), readTool), "does not match"},
		{"empty name", body(user+`,`+call(`"c"`, `""`, `"{}"`), readTool), "does not match"},
		{"arguments an object", body(user+`,`+call(`"c"`, `"read"`, `{}`), readTool), "arguments"},
		{"arguments empty", body(user+`,`+call(`"c"`, `"read"`, `""`), readTool), "arguments"},
		{"arguments cut", body(user+`,`+call(`"c"`, `"read"`, `"{\"a\""`), readTool), "arguments"},
		{"arguments a list", body(user+`,`+call(`"c"`, `"read"`, `"[]"`), readTool), "arguments"},
		{"arguments null", body(user+`,`+call(`"c"`, `"read"`, `"null"`), readTool), "arguments"},
		{"type missing", body(user+`,{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"read","arguments":"{}"}}]}`, readTool), "type is not function"},
		{"details of a wrong kind", body(user + `,{"role":"assistant","content":"a","reasoning_details":[{"type":"x"}]},` + user), `type "x"`},
		{"details a string", body(user + `,{"role":"assistant","content":"a","reasoning_details":"x"},` + user), "reasoning_details is no list"},
		{"reasoning a list", body(user + `,{"role":"assistant","content":"a","reasoning":[]},` + user), "reasoning is no string"},

		{"tools empty", body(user, `"tools":[]`), "tools is no list"},
		{"tool of a wrong type", body(user, `"tools":[{"type":"x"}]`), "not function"},
		{"tool without function", body(user, `"tools":[{"type":"function"}]`), "function is no object"},
		{"tool name", body(user, `"tools":[{"type":"function","function":{"name":"a b"}}]`), "does not match"},
		{"tool twice", body(user, `"tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"a"}}]`), "there twice"},
		{"description", body(user, `"tools":[{"type":"function","function":{"name":"a","description":1}}]`), "description"},
		{"schema of no type", schema(`{}`), "not object"},
		{"schema a string", schema(`"x"`), "no object"},
		{"unknown type", schema(`{"type":"object","properties":{"a":{"type":"text"}}}`), "unknown"},
		{"properties a list", schema(`{"type":"object","properties":[]}`), "properties is no object"},
		{"required of no property", schema(`{"type":"object","required":["a"]}`), "no property"},
		{"required a string", schema(`{"type":"object","required":"a"}`), "required is no list"},
		{"array without items", schema(`{"type":"object","properties":{"a":{"type":"array"}}}`), "no items"},
		{"empty enum", schema(`{"type":"object","properties":{"a":{"enum":[]}}}`), "enum"},
		{"too deep", schema(strings.Repeat(`{"type":"object","properties":{"a":`, 20) + `{}` + strings.Repeat(`}}`, 20)), "too deeply"},
	} {
		err := llmtest.Check([]byte(c.body), false)
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestCheckForOpenAIOnly(t *testing.T) {
	for _, field := range []string{`"provider":{}`, `"models":["a"]`, `"session_id":"s"`, `"reasoning":{}`} {
		if llmtest.Check([]byte(body(user, field)), true) == nil {
			t.Errorf("%s is accepted", field)
		}
	}
	if llmtest.Check([]byte(body(user+`,{"role":"assistant","content":"a","reasoning_content":"r"},`+user)), true) == nil {
		t.Error("reasoning_content is accepted")
	}
}

func FuzzCheckSurvives(f *testing.F) {
	f.Add([]byte(body(user+`,`+asks+`,`+result1, readTool)))
	f.Add([]byte(schema(`{"type":"object"}`)))
	f.Fuzz(func(t *testing.T, b []byte) { llmtest.Check(b, len(b)%2 == 0) })
}
