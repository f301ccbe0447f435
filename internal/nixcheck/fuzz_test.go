package nixcheck

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzProblemOf(f *testing.F) {
	f.Add("error: syntax error, unexpected '}'\n       at /tmp/flake.nix:2:6:\n            1| { a = 1;\n", "{ a = 1;\n b = }")
	f.Add("error:\n       … while calling the 'import' builtin\n         at /tmp/flake.nix:1:1:\n\n       error: infinite recursion encountered\n       at /tmp/flake.nix:1:9:\n", "let x = x; in x")
	f.Add("error: x\n at /tmp/flake.nix:999999999:999999999:", "ä\xff\n")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, stderr, text string) {
		p := problemOf(stderr, Flake, text)
		if p.Message == "" || len(p.Message) > maxMessage+10 || !utf8.ValidString(p.Message) || strings.ContainsAny(p.Message, "\n\x1b\x00") {
			t.Errorf("message %q", p.Message)
		}
		lines := strings.Split(text, "\n")
		if p.Line < 0 || p.Line > len(lines) || p.Line == 0 && p.Column != 0 || p.Line > 0 && (p.Column < 1 || p.Column > len(lines[p.Line-1])+1) {
			t.Errorf("%d:%d is not in the text", p.Line, p.Column)
		}
	})
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{"{ outputs = { self }: \"${a.\"b\"}\"; }", "''${''a''}''", "\"\\", "''\\", "''$", "/*", "x'", "a://b", "\"${{}}\"", "\"${/*", "\"${#", "''''''"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at := 0
		for _, token := range scan(text) {
			if token.at < at || token.text == "" || !strings.HasPrefix(text[token.at:], token.text) {
				t.Fatalf("token %+v after %d", token, at)
			}
			at = token.at + len(token.text)
		}
		attributesOf(text)
		shape(text, text)
	})
}
