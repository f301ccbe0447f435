package bridge

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseRequestKeepsTheIDForTheAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		message, id, code string
	}{
		{`{"id":"1","type":"ping"}`, "1", ""},
		{`{"id":"1","type":"ping","extra":[1]}`, "1", ""},
		{`{"id":"1","type":"x","payload":{"c":"\ud83d\ude00 \\ud800 \""}}`, "1", ""},
		{`{"id":"1"}`, "1", CodeBadRequest},
		{`{"id":"1","type":"x","payload":"\ud83d"}`, "1", CodeBadRequest},
		{`{"id":"1","type":"x","payload":"\ud83dx\ude00"}`, "1", CodeBadRequest},
		{`{"id":"1","type":"x","payload":"\ud83d\ud83d"}`, "1", CodeBadRequest},
		{`{"id":"1","type":"x","payload":"\uDE00"}`, "1", CodeBadRequest},
		{`{"id":1,"type":"ping"}`, "", CodeBadRequest},
		{`{"id":"","type":"ping"}`, "", CodeBadRequest},
		{`{"id":"` + strings.Repeat("x", MaxIDBytes+1) + `","type":"ping"}`, "", CodeBadRequest},
		{`{"type":"ping"}`, "", CodeBadRequest},
		{`null`, "", CodeBadRequest},
		{`[]`, "", CodeBadRequest},
		{``, "", CodeBadRequest},
		{`{"id":"1","type":"ping"}{}`, "", CodeBadRequest},
		{"{\"id\":\"1\",\"type\":\"\xff\"}", "", CodeBadRequest},
	} {
		r, err := ParseRequest([]byte(c.message))
		code := ""
		if err != nil {
			code = err.Code
		}
		if r.ID != c.id || code != c.code {
			t.Errorf("%s: id %q, code %q; want %q, %q", c.message, r.ID, code, c.id, c.code)
		}
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(`{"id":"1","type":"writeFile","payload":{"path":"a","content":"\ud83d\ude00"}}`))
	f.Add([]byte(`{"id":"1","type":"x","payload":"\ud83d"}`))
	f.Fuzz(func(t *testing.T, message []byte) {
		r, err := ParseRequest(message)
		if err != nil {
			return
		}
		if r.ID == "" || len(r.ID) > MaxIDBytes || r.Type == "" || !utf8.Valid(r.Payload) {
			t.Fatalf("accepted %q as %+v", message, r)
		}
		// Nothing was lost: a replacement character is there only if it was sent.
		sent := strings.ContainsRune(string(message), utf8.RuneError) || strings.Contains(strings.ToLower(string(message)), `\ufffd`)
		var payload any
		if len(r.Payload) > 0 && json.Unmarshal(r.Payload, &payload) == nil {
			if text, _ := json.Marshal(payload); !sent && strings.ContainsRune(string(text), utf8.RuneError) {
				t.Fatalf("%q lost a character", message)
			}
		}
	})
}
