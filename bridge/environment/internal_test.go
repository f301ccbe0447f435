package environment

import (
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/bridge"
)

// FuzzParseShell: whatever Nix prints, what is kept can be given to a program.
func FuzzParseShell(f *testing.F) {
	f.Add([]byte(`{"variables":{"A":{"type":"exported","value":"1"},"PATH":{"type":"exported","value":"/a:b:/path-not-set"},"outputs":{"type":"exported","value":"out A"}}}`))
	f.Add([]byte(`{"variables":{"A":{"type":"array","value":["1"]},"B":{"type":"exported","value":"\u0000"}}}`))
	f.Fuzz(func(t *testing.T, printed []byte) {
		r, _, err := parseShell(printed)
		if err != nil {
			return
		}
		for name, v := range r.Variables {
			if !validName(name) || strings.ContainsRune(v, 0) || name == "PATH" || name == "HOME" || strings.HasPrefix(name, "KALPANA_") {
				t.Errorf("%q is %q", name, v)
			}
		}
		for _, p := range append(r.Path, r.Data...) {
			if p[0] != '/' || strings.ContainsAny(p, ":\n\x00") || p == notSet {
				t.Errorf("the folder %q", p)
			}
		}
	})
}

// FuzzExplain: whatever Nix says, the message is short and has a code of its own.
func FuzzExplain(f *testing.F) {
	f.Add("error: x\n       at /a/flake.nix:1:2:\n            1| {\n", "{\n}")
	f.Add("       error: builder for 'x' failed\n", "")
	f.Fuzz(func(t *testing.T, said, text string) {
		s := source{file: bridge.FlakeFile, text: text}
		lines := strings.Split(said, "\n")
		s.traced(lines)
		err, ok := s.explain(lines, 1).(*bridge.Error)
		if !ok || len([]rune(err.Message)) > 4*maxMessage || !strings.HasPrefix(err.Message, bridge.FlakeFile) {
			t.Errorf("%v", err)
		}
		if utf8.ValidString(said) && !utf8.ValidString(err.Message) {
			t.Errorf("%q", err.Message)
		}
	})
}

// FuzzQuote: a shell reads the same value. It takes a shell each, so the seeds do most.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "'", `'\''`, "a b", "$HOME `id` $(id) \\ \" ! # ~ *", "two\nlines\n", "\x01\x7f\xff", "-n", "ü"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsRune(s, 0) {
			return
		}
		out, err := exec.CommandContext(t.Context(), "/bin/sh", "-c", "A="+quote(s)+"; printf %s. \"$A\"").Output()
		if err != nil || string(out) != s+"." {
			t.Errorf("%q became %q, %v", s, out, err)
		}
	})
}
