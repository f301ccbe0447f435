package uistream_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	. "github.com/kalpana-dev/kalpana/internal/uistream"
)

func TestValueIsWhatClientsHave(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{` { "a" : [ 1 , 2.50 , -0 , 1e3 ] , "b" : null } `, `{"a":[1,2.5,0,1000],"b":null}`},
		{`{"b":1,"a":2,"b":3}`, `{"b":3,"a":2}`},
		{`{"a":1,"10":2,"9":3,"-1":4,"1.5":5,"08":6,"4294967294":7,"4294967295":8}`,
			`{"9":3,"10":2,"4294967294":7,"a":1,"-1":4,"1.5":5,"08":6,"4294967295":8}`},
		{`"\u0041\u00e9\/\ud83d\ude00\u2028<>&"`, "\"Aé/😀\u2028<>&\""},
		{`"\ud83d\ud83d\ude00\ude00\ud83dx"`, `"\ud83d😀\ude00\ud83dx"`},
		{`"\u0001\u001f\b\t\n\f\r\"\\\u007f"`, `"\u0001\u001f\b\t\n\f\r\"\\` + "\x7f\""},
		{"\"a\xff\xf0\x9fb\"", `"a` + "\uFFFD\uFFFD\uFFFD" + `b"`},
		{`123456789012345678901234567890`, `1.2345678901234568e+29`},
		{`[1e400,-1e400,1e-400,0.000001,0.0000001]`, `[null,null,0,0.000001,1e-7]`},
		{`{"__proto__":1,"a":{"__proto__":{}},"\u005F_proto__":2}`, `{"a":{}}`},
		{`{"x":1,"constructor":{"prototype":1},"y":[{"constructor":{"a":1}}],"2":{"constructor":"prototype"}}`,
			`{"2":{"constructor":"prototype"},"x":1,"y":[{"constructor":{"a":1}}]}`},
		{`{"constructor":{"prototype":1},"constructor":2}`, `{"constructor":2}`},
		{`{"":{"":[]}}`, `{"":{"":[]}}`},
		{strings.Repeat("[", 200) + strings.Repeat("]", 200), strings.Repeat("[", 200) + strings.Repeat("]", 200)},
	} {
		if got, err := Value([]byte(tt.in)); err != nil || string(got) != tt.want {
			t.Errorf("%s:\n%s, %v\nwant\n%s", tt.in, got, err, tt.want)
		}
	}
	for _, in := range []string{"", " ", "{", `{"a"}`, `[1,]`, `01`, `nul`, `"a`, `"\x"`, `{} {}`, "NaN", "'a'", "\"\n\"", "\xef\xbb\xbf{}",
		strings.Repeat("[", 300) + strings.Repeat("]", 300), strings.Repeat("[", 1_000_000),
		"[0" + strings.Repeat(",0", 100_000) + "]"} {
		if got, err := Value([]byte(in)); err == nil {
			t.Errorf("%.40q: %s", in, got)
		}
	}
}

// FuzzValue: what Value returns is valid, stays the same, and means what came in.
func FuzzValue(f *testing.F) {
	for _, s := range []string{`{"a":[1,"\ud83d"],"10":{},"__proto__":1}`, `[1e999,-0,"\u0000"]`, "\"\xff\"", `{"constructor":{"prototype":1}}`, "[", ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := Value(in)
		if err != nil {
			return
		}
		again, err := Value(got)
		if err != nil || string(again) != string(got) {
			t.Fatalf("%q became %s, then %s, %v", in, got, again, err)
		}
		var was, is any
		if json.Unmarshal(in, &was) != nil {
			return // a number that no double holds
		}
		if err := json.Unmarshal(got, &is); err != nil {
			t.Fatalf("%q became %s: %v", in, got, err)
		}
		if !strings.Contains(string(in), "proto") && !strings.Contains(string(in), `\u`) && !reflect.DeepEqual(was, is) {
			t.Fatalf("%q became %s", in, got)
		}
	})
}
