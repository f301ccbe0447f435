package uistream_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	. "github.com/kalpana-dev/kalpana/internal/uistream"
)

// showAlike shows each text as the arguments of a call that is still being written, to
// both clients and to Fold.
func showAlike(t fataler, texts []string) {
	t.Helper()
	chunks := []Chunk{start, StartStep{}}
	for i, text := range texts {
		id := fmt.Sprint("c", i)
		chunks = append(chunks, ToolInputStart{id, "t", ""})
		if text != "" {
			chunks = append(chunks, ToolInputDelta{id, text})
		}
	}
	for _, v := range versions {
		want, err := Fold(v, chunks)
		if err != nil {
			t.Fatalf("%v", err)
		}
		got := real.talk(t, conversation{Version: v, Answers: []answer{{Body: body(t, v, chunks...)}}})
		if got.Error != "" || string(got.Final) != canonical(t, want) {
			var theirs Message
			if err := json.Unmarshal(got.Final, &theirs); err != nil || len(theirs.Parts) != len(want.Parts) {
				t.Fatalf("ai %d: error %q, %v", v, got.Error, err)
			}
			for i, text := range texts {
				if a, b := canonical(t, theirs.Parts[i+1]), canonical(t, want.Parts[i+1]); a != b {
					t.Fatalf("ai %d shows %q as\n%s\nours:\n%s", v, text, a, b)
				}
			}
			t.Fatalf("ai %d: %s", v, got.Final)
		}
	}
}

func TestCutArgumentsAreShownAsClientsShowThem(t *testing.T) {
	for _, text := range []string{
		`{"path":"a\"b\\c\u00e9\ud83d\ude00é😀","n":[1,-2.5e+3,0],"t":true,"f":false,"z":null,"o":{"a":[[],{}]}} `,
		` [ true , [ 1 , 2 ] , { "a" : 1 , "b" : null } , "x" , - ] `,
		`[1,2,3]`, `{"a":1}`, `{"a":-}`, `{"a":1,}`, `[1,]`, `[true]`, `[nullx,1]`, `{"a":tru,"b":1}`, `{"a":nope}`, `{"a":falsely}`,
		`"text"`, `-1.5e3`, `123 `, `true`, `truefalse`, `nil`, `1]`, `1}`, `[1}`, `{"a":1]`, `{"a":"b"}}`, `{]`, `[}`, `{1:2}`, `{"a" "b"}`,
		`{"a":1 2}`, `[1 2]`, `["a" "b"]`, `{"a":"\x"}`, `{"a":"\u12g4"}`, `{"\"k":1}`, `<html>`, `{"__proto__":1}`, `{"a":{"__proto__":1},"a":{"b":1}}`, `{"a":{"constructor":{"prototype":{}}}}`,
		`{"10":1,"9":[2,{"1":1,"0":0}]`, "{\"a\":\"\u2028\n\t\x00\"}", `{"a":01}`, `[1.2.3]`, `[1e]`, `{'a':1}`, `{a:1}`, `// x`,
		`[10é`, `[10éé`, `[10😀,1]`, `[10 `, `[tré]`, `[t😀`, `[é1]`, `{"a":1é}`, `{"a":1😀,"b":2}`, `["\\é"]`, `["a\\😀"]`, `-é`,
	} {
		var prefixes []string
		for i := range []rune(text + "x") {
			prefixes = append(prefixes, string([]rune(text)[:i]))
		}
		showAlike(t, prefixes)
	}
}

func TestAnyCutArgumentsAreShownAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var texts []string
		for range 20 {
			text := []rune(anyJSON(t, 4))
			if rapid.Bool().Draw(t, "spoil") && len(text) > 0 {
				text[rapid.IntRange(0, len(text)-1).Draw(t, "at")] = rapid.SampledFrom([]rune(`{}[]",:\-e.0tu xé😀`)).Draw(t, "by")
			}
			texts = append(texts, string(text[:rapid.IntRange(0, len(text)).Draw(t, "cut")]))
		}
		showAlike(t, texts)
	})
}
