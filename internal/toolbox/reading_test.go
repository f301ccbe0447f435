package toolbox

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestOutputAsItStandsOnAScreen(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain\n\ttext\n":                          "plain\n\ttext\n",
		"\x1b[1;31mred\x1b[0m\n":                   "red\n",
		"\x1b]0;title\x07shell\n":                  "shell\n",
		"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\": "link",
		"10%\r20%\r30%\n":                          "30%\n",
		"windows\r\nlines\r\n":                     "windows\nlines\n",
		"10%\r20%\r":                               "20%",
		"typpo\b\b\bo":                             "tyo",
		"\b\bx":                                    "x",
		"bell\x07 nul\x00 del\x7f":                 "bell nul del",
		"\x1b(B\x1b[mplain":                        "plain",
		"\u009b31mred":                             "red",
		"\x1b[":                                    "",
		"\x1b":                                     "",
		"":                                         "",
	} {
		if got := readable(in); got != want {
			t.Errorf("%q reads %q, want %q", in, got, want)
		}
	}
}

func FuzzReadable(f *testing.F) {
	for _, s := range []string{"\x1b[1mx", "a\rb\n", "\x1b]x\x07", "é\b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		got := readable(s)
		if strings.ContainsFunc(got, isControl) || !utf8.ValidString(got) || strings.Count(got, "\n") > strings.Count(s, "\n") {
			t.Fatalf("%q reads %q", s, got)
		}
	})
}

func TestWhatAPageShows(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{
		"<!DOCTYPE html><title>A</title><h1>One</h1><p>two <b>three</b></p>": {"A", "One\ntwo three\n"},
		"<TITLE>a\n b</TITLE><SCRIPT>if (a<b) '</p>'</SCRIPT><p>x":           {"a b", "x\n"},
		"<p title='>'>x</p><!-- <p>no</p> -->y":                              {"", "x\ny\n"},
		"1 < 2 &lt; 3":                                                       {"", "1 < 2 < 3\n"},
		"<script>never ends":                                                 {"", ""},
		"<!-- never ends":                                                    {"", ""},
		"<p":                                                                 {"", ""},
		"<":                                                                  {"", "<\n"},
		"</":                                                                 {"", "</\n"},
		"":                                                                   {"", ""},
		"<style>a</style x>b":                                                {"", "b\n"},
	} {
		if title, text := visibleText(in); title != want[0] || text != want[1] {
			t.Errorf("%q shows %q, %q, want %q", in, title, text, want)
		}
	}
}

func FuzzVisibleText(f *testing.F) {
	f.Add("<title>x</title><p>y<script>z</script>")
	f.Add("<p a='<!--")
	f.Fuzz(func(t *testing.T, s string) {
		title, text := visibleText(s)
		// An entity of six bytes may become a character of four, never more than it was.
		if len(title)+len(text) > 2*len(s)+2 || strings.Contains(title, "\n") {
			t.Fatalf("%q shows %q, %q", s, title, text)
		}
	})
}

func TestListsOfGlobs(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]string{
		"": nil, "*.go": {"*.go"}, " *.go , *.ts": {"*.go", "*.ts"}, "*.{ts,tsx},*.go": {"*.{ts,tsx}", "*.go"}, "a{b,c": {"a{b,c"}, ",,": nil, "a},b": {"a}", "b"},
	} {
		if got := globs(in); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestTranscriptKeepsBothEnds(t *testing.T) {
	t.Parallel()
	same := func(s string) string { return s }
	out := newTranscript(same, nil)
	for range 2000 {
		out.write([]byte(strings.Repeat("é", 500) + "\n"))
	}
	out.write([]byte("end"))
	shown, omitted := out.shown()
	first, last, found := strings.Cut(shown, "\n[… ")
	if !found || utf8.RuneCountInString(first) != shownHalf || !strings.HasSuffix(last, "éé\nend") || !utf8.ValidString(shown) || strings.ContainsRune(shown, utf8.RuneError) {
		t.Errorf("%d characters first", utf8.RuneCountInString(first))
	}
	if all := 2000*1001 + 3; omitted < int64(all)-50_000 || omitted >= int64(all) || len(out.head)+len(out.tail) > 3*keptBytes {
		t.Errorf("%d bytes omitted, %d kept", omitted, len(out.head)+len(out.tail))
	}

	// A character that came in two pieces, across the border of what is kept.
	out = newTranscript(same, nil)
	out.write([]byte(strings.Repeat("x", keptBytes-1) + "\xc3"))
	out.write([]byte("\xa9"))
	if shown, _ := out.shown(); !strings.HasSuffix(shown, "xé") {
		t.Errorf("it ends with %q", shown[len(shown)-4:])
	}
}

func TestOutputsAreBounded(t *testing.T) {
	t.Parallel()
	s := New(Options{})
	many := make([]string, 5000)
	for i := range many {
		many[i] = strings.Repeat("p", 4000)
	}
	for name, output := range map[string]any{
		"one long text": map[string]string{"text": strings.Repeat("\x01", 200_000)}, "many texts": map[string]any{"paths": many}, "nothing": map[string]any{},
	} {
		got := s.encodeOutput(output)
		if len(got) > maxOutput || !json.Valid(got) || name != "nothing" && len(got) < 10_000 {
			t.Errorf("%s: %d bytes", name, len(got))
		}
	}
	if got := shorten(strings.Repeat("é", 100_000), maxText); utf8.RuneCountInString(got) > maxText || !strings.Contains(got, "[… 52100 characters are left out here …]") {
		t.Errorf("%d characters: %.50s", utf8.RuneCountInString(got), got[len(got)/2-50:])
	}
}
