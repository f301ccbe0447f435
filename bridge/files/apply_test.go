package files

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/kalpana-dev/kalpana/bridge"
)

func edits(pairs ...string) (out []bridge.Edit) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, bridge.Edit{OldText: pairs[i], NewText: pairs[i+1]})
	}
	return out
}

func all(old, replacement string) []bridge.Edit {
	return []bridge.Edit{{OldText: old, NewText: replacement, ReplaceAll: true}}
}

func TestEditsAreMade(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text     string
		edits    []bridge.Edit
		want     string
		replaced int
	}{
		"exact":              {"one two three", edits("two", "2"), "one 2 three", 1},
		"delete":             {"a\nb\nc\n", edits("b\n", ""), "a\nc\n", 1},
		"the whole file":     {"a\n", edits("a\n", ""), "", 1},
		"each sees the last": {"a", edits("a", "b", "b", "cc", "cc", "d"), "d", 3},
		"all":                {"aXaXa", all("X", "--"), "a--a--a", 2},
		"all that touch":     {"aaaa", all("aa", "b"), "bb", 2},
		"white space alone":  {"a  b", edits("  ", " "), "a b", 1},
		"unicode":            {"größe 世界", edits("ß", "ss", "世界", "welt"), "grösse welt", 2},

		"LF given, CRLF there":            {"a\r\nb\r\nc\r\n", edits("a\nb\n", "x\ny\nz\n"), "x\r\ny\r\nz\r\nc\r\n", 1},
		"CRLF given, LF there":            {"a\nb\nc\n", edits("a\r\nb", "x\r\ny"), "x\ny\nc\n", 1},
		"new lines in a CRLF file":        {"a\r\nb\r\n", edits("b", "b\nc"), "a\r\nb\r\nc\r\n", 1},
		"new lines in an LF file":         {"a\nb\n", edits("b", "b\nc"), "a\nb\nc\n", 1},
		"new CRLF in an LF file as asked": {"a\nb\n", edits("b", "b\r\nc"), "a\nb\r\nc\n", 1},
		"line ends themselves":            {"a\r\nb\r\n", edits("a\r\nb", "a\nb"), "a\nb\r\n", 1},
		"mixed: LF where there is LF":     {"a\r\nb\r\nc\nd\n\r\n", edits("c\nd", "c\nx\nd"), "a\r\nb\r\nc\nx\nd\n\r\n", 1},
		"all, each with its own ends":     {"a \nb\n1\na\r\nb\r\n", all("a\nb  \n", "x\n"), "x\n1\nx\r\n", 2},
		"begins with a line end":          {"a\r\nb\r\nc", edits("\nb\n", "\nx\n"), "a\r\nx\r\nc", 1},

		"trailing spaces there":         {"if x {  \n\ty\t\n}\n", edits("if x {\n\ty\n}", "z"), "z\n", 1},
		"trailing spaces given":         {"if x {\n\ty\n}\n", edits("if x { \n\ty  \n", "z\n"), "z\n}\n", 1},
		"they mean the line's end":      {"xyz\nx\n", edits("x ", "y"), "xyz\ny\n", 1},
		"and the file's":                {"xyz\nx", edits("x\t", "y"), "xyz\ny", 1},
		"what follows the place stays":  {"a \nb  \nc", edits("a\nb", "x"), "x  \nc", 1},
		"all, at lines that touch":      {"z\nfoo\nfoo\nfoo", all("\nfoo ", ","), "z,,,", 3},
		"trailing spaces and CRLF":      {"a \r\nb \r\n", edits("a\nb\n", "x\ny\n"), "x\r\ny\r\n", 1},
		"space at the file's end given": {"a\nb", edits("a \nb  ", "x"), "x", 1},

		"deeper there":           {"f {\n\tif x {\n\t\ty\n\t}\n}\n", edits("if x {\n    y\n}\n", "z\n"), "f {\n\tif x {\n\t\ty\n\t}\n}\n", -1},
		"deeper by tabs":         {"f {\n\t\tif x {\n\t\t\ty\n\n\t\t}\n}\n", edits("if x {\n\ty\n\n}\n", "if z {\n\ty\n\n\tw\n}\n"), "f {\n\t\tif z {\n\t\t\ty\n\n\t\t\tw\n\t\t}\n}\n", 1},
		"deeper given":           {"a:\n  b\n  c\n", edits("      b\n      c\n", "      b\n        d\n      c\n"), "a:\n  b\n    d\n  c\n", 1},
		"tabs for spaces":        {"\tx = 1\n\ty = 2\n", edits("    x = 1\n    y = 2", "    x = 3"), "\tx = 3\n", 1},
		"shallower new line":     {"    a\n    b\n", edits("  a\n  b", "  a\nb"), "    a\n  b\n", 1},
		"indentation and CRLF":   {"f\r\n\ta\r\n\tb\r\n", edits("a\nb\n", "x\n"), "f\r\n\tx\r\n", 1},
		"all, each its own":      {" a\n b\n---\n\ta\n\tb\n", all("a\nb\n", "x\ny\n"), " x\n y\n---\n\tx\n\ty\n", 2},
		"all, one after another": {" a\n a\n a\n a\n", all("a\na", "b"), " b\n b\n", 2},
		"blank lines around":     {"f {\n\n\ta\n\tb\n\n}\n", edits("\na\nb\n\n", "\nc\n\n"), "f {\n\n\tc\n\n}\n", 1},

		"mark stays":              {"\ufeffa\nb\n", edits("a", "x"), "\ufeffx\nb\n", 1},
		"mark given, too":         {"\ufeffa\nb\n", edits("\ufeffa", "x"), "\ufeffx\nb\n", 1},
		"mark in both":            {"\ufeffa\nb\n", edits("\ufeffa", "\ufeffx"), "\ufeffx\nb\n", 1},
		"mark tells places apart": {"\ufeffa\na\n", edits("\ufeffa", "x"), "\ufeffx\na\n", 1},
		"mark and indentation":    {"\ufeff  a\n  b\n", edits("\ufeffa\nb\n", "x\n"), "\ufeff  x\n", 1},
		"mark and spaces":         {"\ufeffa \nb\n", edits("a\nb\n", "x\n"), "\ufeffx\n", 1},
	} {
		got, changes, replaced, err := apply("f", c.text, c.edits)
		if c.replaced < 0 { // must be refused
			if err == nil {
				t.Errorf("%s: %q", name, got)
			}
			continue
		}
		if err != nil || got != c.want || replaced != c.replaced {
			t.Errorf("%s: %q, %d replaced, %v", name, got, replaced, err)
		}
		checkDiff(t, c.text, got, changes)
	}
}

func TestEditsAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text  string
		edits []bridge.Edit
		code  string
		says  string
	}{
		"empty":                       {"a", edits("", "x"), bridge.CodeEditEmpty, "edit 1"},
		"the second is empty":         {"a", edits("a", "b", "", "x"), bridge.CodeEditEmpty, "edit 2"},
		"same":                        {"a", edits("a", "a"), bridge.CodeEditSame, ""},
		"same but for the ends":       {"a\r\nb\r\n", edits("a\nb", "a\r\nb"), bridge.CodeEditSame, ""},
		"only the mark":               {"\ufeffa", edits("\ufeff", ""), bridge.CodeEditSame, ""},
		"not there":                   {"a\nb\n", edits("c", "x"), bridge.CodeEditNoMatch, "Nothing in it"},
		"gone by an earlier one":      {"a\nb\n", edits("a", "x", "a", "y"), bridge.CodeEditNoMatch, "edit 2"},
		"nearly there":                {"func sum(a, b int) int {\n\treturn a - b\n}\n", edits("func sum(a, b int) {\n\treturn a + b\n}", "x"), bridge.CodeEditNoMatch, "lines 1–3"},
		"twice":                       {"a\nb\na\n", edits("a", "x"), bridge.CodeEditNotUnique, "2 times in f, at lines 1, 3."},
		"two that overlap":            {"aaa", edits("aa", "x"), bridge.CodeEditNotUnique, "2 times"},
		"often":                       {strings.Repeat("a\n", 50), edits("a", "x"), bridge.CodeEditNotUnique, "50 times in f, at lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and more."},
		"twice but for spaces":        {"a \nb\na\t\nb\n", edits("a\nb", "x"), bridge.CodeEditNotUnique, "lines 1, 3"},
		"twice but for indentation":   {" a\n b\n\ta\n\tb\n", edits("a\nb", "x"), bridge.CodeEditNotUnique, "lines 1, 3"},
		"overlap of lines":            {" a\n a\n a\n", edits("a\na", "x"), bridge.CodeEditNotUnique, "lines 1, 2"},
		"white space is not anywhere": {"a\nb\n", all("\t\n", "x"), bridge.CodeEditNoMatch, ""},
		"a word is not a longer one":  {"xyz\n", edits("x ", "y"), bridge.CodeEditNoMatch, ""},
		"half a line is no line":      {"\t\tab\n\t\tcd\n", edits("b\n\tcd", "x"), bridge.CodeEditNoMatch, ""},
		"uneven indentation":          {"\ta\n\t\t\tb\n", edits("a\n\tb\n", "x\n"), bridge.CodeEditNoMatch, ""},
		"cannot be shifted":           {"\ta\n\tb\n", edits("  a\n  b\n", "  a\nb\n"), bridge.CodeEditNoMatch, ""},
		"no line end at the end":      {"\ta\n\tb", edits("a\nb\n", "x\n"), bridge.CodeEditNoMatch, ""},
		"half an indentation":         {"\ta\n\t\tb\n", edits(" a\n ", "x"), bridge.CodeEditNoMatch, ""},
		"would be too large":          {strings.Repeat("a\n", 1000), all("a", strings.Repeat("x", 1<<20)), bridge.CodeTooLarge, ""},
		"too many places":             {strings.Repeat("a", maxPlaces+1), all("a", "b"), bridge.CodeTooLarge, ""},
		"all in all too many":         {strings.Repeat("a", maxPlaces-1), append(all("a", "bb"), all("bb", "c")...), bridge.CodeTooLarge, "edit 2"},
	} {
		got, _, _, err := apply("f", c.text, c.edits)
		refused, ok := errors.AsType[*bridge.Error](err)
		if !ok || got != "" || refused.Code != c.code || !strings.Contains(refused.Message, c.says) || !strings.HasSuffix(refused.Message, "None of the edits was applied.") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestTheNearestLinesAreShown(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&file, "line %d of nothing much\n", i)
	}
	file.WriteString("\tfunc  total(items []Item)\u00a0int {\r\n    return len(items) \n" + strings.Repeat("y", 500) + "\n}\nlast\n")
	_, _, _, err := apply("f", file.String(), edits("func total(items []Item) int {\n\treturn len(items)\n}\n", "x"))
	for _, want := range []string{
		"4999│line 4998", "5001│→func··total(items []Item)\\u00a0int {␍\n", "5002│····return len(items)·\n", "5003│" + strings.Repeat("y", shownBytes) + "…\n",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %s", want, err)
		}
	}
	// Never more than a screenful, however much was asked for.
	_, _, _, err = apply("f", file.String(), edits(file.String()[100:50_000]+"!", "x"))
	if lines := strings.Count(err.Error(), "│"); lines != nearestLines {
		t.Errorf("%d lines are shown", lines)
	}
}

// TestTextsThatAreMadeToBeSlow ends only if the engine looks at each byte a few times:
// the square of these sizes takes hours.
func TestTextsThatAreMadeToBeSlow(t *testing.T) {
	t.Parallel()
	const n = bridge.MaxEditBytes
	var staircase strings.Builder // equal lines of all indentations
	for i := 0; staircase.Len() < n-2000; i++ {
		staircase.WriteString(strings.Repeat(" ", i%700) + "x\n")
	}
	for name, c := range map[string]struct{ text, old string }{
		"one letter":      {strings.Repeat("a", n), strings.Repeat("a", n/2) + "b"},
		"line ends":       {strings.Repeat("\n", n), strings.Repeat("\n", n/2) + "b"},
		"short lines":     {strings.Repeat("a\n", n/2), strings.Repeat(" a\n", n/8) + "b"},
		"CRLF":            {strings.Repeat("a\r\n", n/3), strings.Repeat("a\n", n/8) + "b"},
		"trailing spaces": {strings.Repeat("a ", n/2), strings.Repeat("a ", n/4) + " \nb"},
		"spaces":          {strings.Repeat(" ", n-1) + "\n", " \nb"},
		"indentations":    {staircase.String(), strings.Repeat("  x\n", 20_000) + "    x\n"},
		"words":           {strings.Repeat("ab cd ef\n", n/9), strings.Repeat("ef cd\n", 1000)},
		"long words":      {strings.Repeat("abcdefghij", n/10), strings.Repeat("abcdefghik\n", 1000)},
	} {
		if got, _, _, err := apply("f", c.text, edits(c.old, "x")); err == nil {
			t.Errorf("%s: %.20q", name, got)
		}
	}
	// Changes that can be made, and their diffs.
	for name, c := range map[string]struct {
		text string
		e    []bridge.Edit
	}{
		"many on one line":  {strings.Repeat("ab", 200_000), append(edits("abab"+strings.Repeat("ab", 199_998), strings.Repeat("ab", 90_000)), all("a", "c")...)},
		"many lines":        {strings.Repeat("a\n", 90_000), all("a", "b")},
		"one large":         {strings.Repeat("\n", n), edits(strings.Repeat("\n", n), strings.Repeat("x\n", n/2))},
		"equal but the end": {strings.Repeat("\n", n-1) + "a", edits("\na", "\nb")},
	} {
		got, changes, _, err := apply("f", c.text, c.e)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d := diff("f", c.text, got, changes); len(d.unified) > maxDiffBytes {
			t.Errorf("%s: a diff of %d bytes", name, len(d.unified))
		}
	}
}

// FuzzEdit makes up to three edits and checks what must hold for all of them.
func FuzzEdit(f *testing.F) {
	f.Add("a\nb\n", "a", "x", "b", "y\nz", false)
	f.Add("\ufeffa\r\nb \r\n", "a\nb\n", "x\n", "x", "", false)
	f.Add("\ta\n\t\tb\n", "a\n\tb", "b\n\ta", "b", "c", true)
	f.Add("aaa\n\n \n", "a", "aa", " \n", "", true)
	f.Fuzz(func(t *testing.T, text, old1, new1, old2, new2 string, every bool) {
		for _, s := range []string{text, old1, new1, old2, new2} {
			if !utf8.ValidString(s) { // JSON has no others
				return
			}
		}
		list := []bridge.Edit{{OldText: old1, NewText: new1, ReplaceAll: every}, {OldText: old2, NewText: new2}}
		got, changes, replaced, err := apply("f", text, list)
		if err != nil {
			refused, ok := errors.AsType[*bridge.Error](err)
			if !ok || got != "" || changes != nil || replaced != 0 || !utf8.ValidString(refused.Message) {
				t.Fatalf("not nothing: %q, %v, %d, %v", got, changes, replaced, err)
			}
		} else {
			if strings.HasPrefix(text, bom) && !strings.HasPrefix(got, bom) {
				t.Fatalf("the mark of %q is lost: %q", text, got)
			}
			if !utf8.ValidString(got) {
				t.Fatalf("%q is no text", got)
			}
			checkDiff(t, text, got, changes)
		}
		// One edit whose text is there is what strings.Replace does.
		n := strings.Count(text, old1)
		overlaps := n == 1 && strings.Contains(text[strings.Index(text, old1)+min(1, len(old1)):], old1)
		if old1 == "" || old1 == new1 || n == 0 || (n > 1 || overlaps) && !every || strings.HasPrefix(text, bom) && strings.HasPrefix(old1, bom) {
			return
		}
		want := strings.ReplaceAll(text, old1, new1)
		got, _, replaced, err = apply("f", text, list[:1])
		if mostlyCRLF(text) && !strings.ContainsAny(old1, "\r\n") && !strings.Contains(new1, "\r") {
			want = strings.ReplaceAll(text, old1, strings.ReplaceAll(new1, "\n", "\r\n"))
		}
		if want != text && (err != nil || got != want || replaced != n) {
			t.Fatalf("%q instead of %q, %d instead of %d, %v", got, want, replaced, n, err)
		}
	})
}

// FuzzIndentation indents text and takes an unindented piece of it: it must be found,
// and the result must be as if the indentation had come afterwards.
func FuzzIndentation(f *testing.F) {
	f.Add("a\n\tb\nc\n", "x\n\ty\n", 0, 2, "  ", true)
	f.Add("one\ntwo \n\nthree", "", 1, 3, "\t", false)
	f.Fuzz(func(t *testing.T, text, replacement string, from, to int, indent string, crlf bool) {
		lines := strings.SplitAfter(text, "\n")
		if from < 0 || to <= from || to >= len(lines) || strings.Trim(indent, " \t") != "" || strings.Contains(text+replacement, "\r") ||
			!utf8.ValidString(text+replacement) || strings.HasPrefix(text, bom) {
			return
		}
		add := func(s string) string {
			var b strings.Builder
			for line := range strings.Lines(s) {
				if trimEnd(strings.TrimSuffix(line, "\n")) != "" {
					b.WriteString(indent)
				}
				b.WriteString(line)
			}
			return withLineEnds(b.String(), crlf)
		}
		piece := strings.Join(lines[from:to], "")
		e := bridge.Edit{OldText: piece, NewText: replacement}
		there := add(text)
		if strings.Trim(piece, " \t\n") == "" || len(exact(there, e))+len(squeezed(there, e, false))+len(squeezed(there, e, true)) > 0 {
			return // found more simply, perhaps in the middle of a line
		}
		found := find(there, e)
		if len(found) == 0 {
			t.Fatalf("%q is not found in %q", piece, there)
		}
		if len(found) > 1 || replacement != "" && !strings.HasSuffix(replacement, "\n") {
			return
		}
		want := add(strings.Join(lines[:from], "") + replacement + strings.Join(lines[to:], ""))
		if got, _ := substitute(there, found, 0); got != want {
			t.Fatalf("%q in %q becomes %q instead of %q", piece, there, got, want)
		}
	})
}

// FuzzRewritten checks that the diff of any two texts turns one into the other.
func FuzzRewritten(f *testing.F) {
	f.Add("a\nb\nc\n", "c\nb\na\n")
	f.Add("a\nb\n}\nc", "b\n}\n}\na\nc\n")
	f.Add("", "a")
	f.Fuzz(func(t *testing.T, old, edited string) { checkDiff(t, old, edited, rewritten(old, edited)) })
}

// TestNothingElseChanges edits one line among others, given as it is or with other white
// space around it. Whatever was before and behind it is there afterwards, byte for byte.
func TestNothingElseChanges(t *testing.T) {
	t.Parallel()
	made := 0
	rapid.Check(t, func(t *rapid.T) {
		around := rapid.StringOfN(rapid.SampledFrom([]rune("ab  \t\t\n\n\r\u00e9\u00a0\ufeff")), 0, 60, -1)
		pick := func(label string, list ...string) string { return rapid.SampledFrom(list).Draw(t, label) }
		before := around.Draw(t, "before") + pick("indentation", "", "\n", "\n\t", "\n    ")
		behind := pick("line end", "", "\n", "\r\n", " \n") + around.Draw(t, "behind")
		inner := pick("text", "Z", "Z\n\tY", "Z\r\n\tY", "{\nZ\n}")
		text := before + inner + behind
		// What is given has another indentation, white space at line ends, and line ends.
		blank, end := pick("blank", "", "", " ", "\t", "    "), pick("end", "", "", "\n", "\r\n", " \n")
		given := strings.ReplaceAll(inner, "\r\n", pick("CRLF", "\n", "\r\n"))
		given = strings.ReplaceAll(given, "\n", pick("blank at line end", "", " ")+"\n"+blank)
		e := bridge.Edit{OldText: blank + given + end, NewText: pick("new", "", blank+"X", blank+"X\n", blank+"X\n"+blank+"\tX\n", "X", "X\r")}
		got, _, replaced, err := apply("f", text, []bridge.Edit{e})
		if err != nil {
			return // refused; the other tests say when that is right
		}
		made++
		// What belongs to the line itself may go with it: its indentation, white space at its
		// end, and the end if it was given.
		head, tail := strings.TrimRight(before, " \t"), strings.TrimLeft(behind, " \t\r")
		if strings.HasSuffix(e.OldText, "\n") {
			tail = strings.TrimPrefix(tail, "\n")
		}
		if replaced != 1 || !strings.HasPrefix(got, head) || !strings.HasSuffix(got, tail) || len(got) < len(head)+len(tail) {
			t.Fatalf("%+v in %q became %q", e, text, got)
		}
		middle := got[len(head) : len(got)-len(tail)]
		if strings.Count(middle, "X") != strings.Count(e.NewText, "X") || strings.ContainsAny(middle, "abYZ{}\u00e9\u00a0") {
			t.Fatalf("%+v in %q became %q, which has %q in the middle", e, text, got, middle)
		}
	})
	if made < 10 {
		t.Errorf("%d edits were made at all", made)
	}
}

// checkDiff checks that the diff of two texts turns one into the other.
func checkDiff(t *testing.T, old, edited string, changes []change) {
	t.Helper()
	d := diff("f", old, edited, changes)
	if d.cut {
		return
	}
	got, plus, minus := patch(t, old, d.unified)
	if got != edited || plus != d.added || minus != d.removed {
		t.Fatalf("%q is patched to %q instead of %q, +%d −%d instead of +%d −%d:\n%s", old, got, edited, plus, minus, d.added, d.removed, d.unified)
	}
}

// patch applies a unified diff, strictly.
func patch(t *testing.T, old, d string) (edited string, added, removed int) {
	t.Helper()
	source, out := splitLines(old), strings.Builder{}
	next, oldLeft, newLeft, written := 0, 0, 0, 0
	lines := strings.SplitAfter(d, "\n")
	for i := 2; i < len(lines)-1; i++ {
		line := lines[i]
		var from, count, newFrom, newCount int
		if n, _ := fmt.Sscanf(line, "@@ -%d,%d +%d,%d @@", &from, &count, &newFrom, &newCount); n == 4 && oldLeft == 0 && newLeft == 0 {
			begin := from - min(count, 1)
			for ; next < begin; next++ {
				out.WriteString(source[next])
				written++
			}
			if newFrom-min(newCount, 1) != written {
				t.Fatalf("%d lines are before %s", written, line)
			}
			oldLeft, newLeft = count, newCount
			continue
		}
		text := line[1:]
		if i+1 < len(lines) && strings.HasPrefix(lines[i+1], "\\") {
			text = strings.TrimSuffix(text, "\n")
		}
		if line[0] != '+' && line[0] != '\\' {
			if next == len(source) || source[next] != text {
				t.Fatalf("line %d is not %s in\n%s", next+1, strconv.Quote(text), d)
			}
			next, oldLeft = next+1, oldLeft-1
		}
		switch line[0] {
		case ' ', '+':
			out.WriteString(text)
			written, newLeft = written+1, newLeft-1
			if line[0] == '+' {
				added++
			}
		case '-':
			removed++
		}
	}
	if oldLeft != 0 || newLeft != 0 {
		t.Fatalf("a hunk has another length than it says:\n%s", d)
	}
	for _, line := range source[next:] {
		out.WriteString(line)
	}
	return out.String(), added, removed
}

func TestDiffs(t *testing.T) {
	t.Parallel()
	numbers := func(from, to int) string {
		var b strings.Builder
		for i := from; i <= to; i++ {
			fmt.Fprintln(&b, i)
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		text  string
		edits []bridge.Edit
		want  string
	}{
		"middle":        {numbers(1, 9), edits("5", "five"), "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"},
		"begin and end": {numbers(1, 9), edits("1\n", "", "9\n", "9\nten"), "@@ -1,4 +1,3 @@\n-1\n 2\n 3\n 4\n@@ -7,3 +6,4 @@\n 7\n 8\n 9\n+ten\n\\ No newline at end of file\n"},
		"two hunks":     {numbers(1, 20), edits("17\n", "x\ny\n", "2\n3\n", "3\n"), "@@ -1,5 +1,4 @@\n 1\n-2\n 3\n 4\n 5\n@@ -14,7 +13,8 @@\n 14\n 15\n 16\n-17\n+x\n+y\n 18\n 19\n 20\n"},
		"from nothing":  {"a\n", edits("a\n", ""), "@@ -1,1 +0,0 @@\n-a\n"},
		"line end":      {"a", edits("a", "a\n"), "@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n"},
		"only what differs of a large piece": {numbers(1, 9), edits(numbers(2, 8), "2\n3\nx\n4\n5\n7\n8\n"),
			"@@ -1,9 +1,9 @@\n 1\n 2\n 3\n+x\n 4\n 5\n-6\n 7\n 8\n 9\n"},
		"and back":        {numbers(1, 3), edits("2", "x", "x", "2"), ""},
		"carriage return": {"a\r\nb\r\n", edits("b", "c"), "@@ -1,2 +1,2 @@\n a\r\n-b\r\n+c\r\n"},
	} {
		got, changes, _, err := apply("f", c.text, c.edits)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := diff("f", c.text, got, changes); d.unified != "--- a/f\n+++ b/f\n"+c.want || d.cut {
			t.Errorf("%s:\n%s", name, d.unified)
		}
		checkDiff(t, c.text, got, changes)
	}
	long := strings.Repeat("some text\n", 10_000)
	got, changes, _, err := apply("f", long, all("some", "any"))
	d := diff("a\nb", long, got, changes)
	if err != nil || len(d.unified) > maxDiffBytes || len(d.unified) < maxDiffBytes-100 || !d.cut || !strings.HasSuffix(d.unified, " text\n") ||
		d.added != 10_000 || d.removed != 10_000 || !strings.HasPrefix(d.unified, `--- a/"a\nb"`) {
		t.Errorf("a long diff: %d bytes, +%d −%d, %v", len(d.unified), d.added, d.removed, err)
	}
}
