package redact_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kalpana-dev/kalpana/internal/redact"
)

// pieces of texts: secrets, what nearly is one, beginnings of some, and plain text.
var pieces = []string{
	openrouter, githubKey, awsID, awsKey, jwt, pem, "sk-" + random[:30], "aws_secret_access_key = ", "Authorization: Bearer ", "authorization: Basic dXNlcjpwYXNz",
	"https://user:", "@host/", "://", ":", "//", "@", "sk-", "sk-or-", "ghp_", "eyJ", ".eyJ", ".", "-----BEGIN ", "-----BEGIN RSA PRIVATE KEY-----", "-----END ", "-----", keyLine,
	"\n", "\r\n", " ", "  ", "\\n", "\"", "=", "-", random, random[:10], "value-one", "value-one-and-two", "two-value", "-and", "äö", "x", "plain text of a program, with words. ",
	strings.Repeat("a", 300), strings.Repeat(keyLine+"\n", 70), strings.Repeat("-", 30), "xoxb-1", "AKIA", "\xff\x00",
}

func TestHoweverATextIsCutItIsMaskedTheSame(t *testing.T) {
	r := redact.New([]string{"value-one", "value-one-and-two", "two-value", random[:10] + "://", "plain text", strings.Repeat("a", 250) + "x", "\nkey: value\n."})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 30).Draw(t, "text"), "")
		want := r.String(text)
		var got strings.Builder
		w := r.Writer(func(s string) { got.WriteString(s) })
		step := rapid.SampledFrom([]int{1, 3, 20, 1000}).Draw(t, "step")
		given := 0
		for rest := text; rest != ""; {
			n := min(len(rest), rapid.IntRange(1, step).Draw(t, "n"))
			if m, err := w.Write([]byte(rest[:n])); m != n || err != nil {
				t.Fatal(m, err)
			}
			rest, given = rest[n:], given+n
		}
		w.Flush()
		if got.String() != want {
			t.Fatalf("%q\nin pieces %q\nas a whole %q", text, got.String(), want)
		}
	})
}

func FuzzPieces(f *testing.F) {
	for _, p := range pieces {
		f.Add(p+" "+p, uint(len(p)/2))
	}
	r := redact.New([]string{"value-one", "value-one-and-two", "two-value"})
	f.Fuzz(func(t *testing.T, text string, cut uint) {
		want := r.String(text)
		if r.String(want) != want {
			t.Errorf("%q becomes %q, and that %q", text, want, r.String(want))
		}
		if strings.Contains(want, "value-one") || strings.Contains(want, "two-value") {
			t.Errorf("%q keeps a value: %q", text, want)
		}
		at := int(cut % uint(len(text)+1))
		var got strings.Builder
		w := r.Writer(func(s string) { got.WriteString(s) })
		w.WriteString(text[:at])
		w.WriteString(text[at:])
		w.Flush()
		if got.String() != want {
			t.Errorf("%q cut at %d: %q, want %q", text, at, got.String(), want)
		}
	})
}

func TestPlainOutputIsNotHeldBack(t *testing.T) {
	r := redact.New([]string{"value-one"})
	for text, held := range map[string]string{
		"building… done\n": "", "$ ": "", "Continue? [y/N] ": "", "Password: ": "", "100 %": "", "a value-o": "value-o", "a value-y": "", "done": "", "no files": "s", "~/work": "", "sk-or-v1-": "sk-or-v1-", "key sk-or": "sk-or", "https://user:pa": "//user:pa",
		"https://host/": "", openrouter: "", pem[:700]: pem[strings.LastIndexByte(pem[:700], '\n'):700],
	} {
		var got strings.Builder
		w := r.Writer(func(s string) { got.WriteString(s) })
		w.WriteString(text)
		shown := got.String()
		if want := r.String(strings.TrimSuffix(text, held)); held != "" && shown != want || held == "" && shown != r.String(text) {
			t.Errorf("of %.40q %q was shown, want all but %q", text, shown, held)
		}
		w.Flush()
		if got.String() != r.String(text) {
			t.Errorf("%.40q: after the flush %q", text, got.String())
		}
		w.WriteString("again")
		w.Flush()
		if !strings.HasSuffix(got.String(), "again") {
			t.Errorf("%.40q: the text after it is %q", text, got.String())
		}
	}
}

func TestNoMoreThanTheLookaheadIsHeldBack(t *testing.T) {
	r := redact.New([]string{strings.Repeat("a", 5000)})
	for _, text := range []string{strings.Repeat("a", 20000), "eyJ" + strings.Repeat("b", 20000), "sk-" + strings.Repeat("c", 20000), "Authorization: Basic " + strings.Repeat("QUJD", 5000), strings.Repeat("sk-x.", 4000)} {
		given, shown, masked := 0, 0, false
		w := r.Writer(func(s string) { shown += len(s); masked = masked || strings.Contains(s, "redacted") })
		for rest := text; len(rest) >= 100; rest = rest[100:] {
			w.WriteString(rest[:100])
			if given += 100; !masked && given-shown > redact.Lookahead+100 {
				t.Fatalf("%.20q: %d bytes of %d are held back", text, given-shown, given)
			}
		}
	}
}

// Hostile texts keep every rule busy at every place.
func TestHostileTextTakesLinearTime(t *testing.T) {
	r := redact.New([]string{strings.Repeat("ab", 100) + "c"})
	for _, unit := range []string{
		"sk-", "sk-or-", "sk-a", "eyJ", "eyJ.", "eyJaaaaaaaaaaaaaa.e", "://", "://a:", "://a:b", "Authorization: ", "Authorization: Basic QUJD", "Authorization:Bearer aaaaaaaaaaaaaaaaaa",
		"-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\naaaa ", "-", "ghp_", "AKIA", "secret_access_key=", "ab", "xoxb-1", "a:", "\xff",
	} {
		text := strings.Repeat(unit, 1<<20/len(unit))
		begin := time.Now()
		r.String(text)
		if d := time.Since(begin); d > 10*time.Second {
			t.Errorf("%q repeated to 1 MiB took %s", unit, d)
		}
	}
}

func BenchmarkString(b *testing.B) {
	r := redact.New([]string{openrouter, "value-one-value-two", githubKey})
	for name, text := range map[string]string{
		"prose":   strings.Repeat("The quick brown fox jumps over the lazy dog; https://example.com/path?x=1 sees it.\n", 12000),
		"base64":  strings.Repeat(random, 16000),
		"secrets": strings.Repeat("key "+openrouter+" end\n", 12000),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				r.String(text)
			}
		})
	}
}
