package search_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
)

func TestMatchesHaveLineColumnAndText(t *testing.T) {
	s := start(t, map[string]string{
		"b.txt":     "nothing\nsay hello, hello\n",
		"a/deep.go": "hello\r\n",
		"ü.txt":     "äöü hello",
		"bad.txt":   "x\xff hello \xff\n",
	})
	got := s.find(bridge.Search{Query: "hello"})
	want := []bridge.SearchMatch{
		{Path: "a/deep.go", Line: 1, Column: 1, Text: "hello"},
		{Path: "b.txt", Line: 2, Column: 5, Text: "say hello, hello"},
		{Path: "bad.txt", Line: 1, Column: 4, Text: "x\ufffd hello \ufffd"},
		{Path: "ü.txt", Line: 1, Column: 5, Text: "äöü hello"},
	}
	if !reflect.DeepEqual(got.Matches, want) || got.Truncated {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
}

func TestQueriesAreReadAsAsked(t *testing.T) {
	s := start(t, map[string]string{"f": "foo.bar\nfooXbar\nFOO.bar\nfoobar\n-x\nfoo\r\n"})
	yes, no := true, false
	for _, test := range []struct {
		name  string
		req   bridge.Search
		lines string
	}{
		{"regular expression", bridge.Search{Query: `o.b`}, "1 2 3 4"},
		{"literal", bridge.Search{Query: "o.b", Literal: true}, "1 3"},
		{"capitals make it case-sensitive", bridge.Search{Query: "FOO"}, "3"},
		{"small letters do not", bridge.Search{Query: "foo"}, "1 2 3 4 6"},
		{"case-sensitive", bridge.Search{Query: "foo", CaseSensitive: &yes}, "1 2 4 6"},
		{"not case-sensitive", bridge.Search{Query: "FOOX", CaseSensitive: &no}, "2"},
		{"whole words", bridge.Search{Query: "foo", WholeWord: true}, "1 3 6"},
		{"begins with a dash", bridge.Search{Query: "-x"}, "5"},
		{"looks like an option", bridge.Search{Query: "--files"}, ""},
		{"end of a line from Windows", bridge.Search{Query: "foo$"}, "6"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var lines []string
			for _, m := range s.find(test.req).Matches {
				lines = append(lines, fmt.Sprint(m.Line))
			}
			if got := strings.Join(lines, " "); got != test.lines {
				t.Errorf("lines %q, want %q", got, test.lines)
			}
		})
	}
}

func TestPathsAndGlobsDecideWhatIsSearched(t *testing.T) {
	s := start(t, map[string]string{
		".gitignore": "ignored/\n*.log\n", "a.go": "x", "a.log": "x", "ignored/a.go": "x", ".hidden": "x",
		".git/config": "x", "sub/.git/x": "x", "sub/.gitignore": "secret", "sub/secret": "x", "sub/b.go": "x", "sub/b.ts": "x",
		"sub/deep/c.tsx": "x", "wt/.git": "x", ".ignore": "a.go", "--pre": "x", "node_modules/m.go": "x", "[x].go": "x",
	})
	for _, test := range []struct {
		name string
		req  bridge.Search
		want string
	}{
		{"all", bridge.Search{}, "--pre .hidden [x].go a.go node_modules/m.go sub/b.go sub/b.ts sub/deep/c.tsx"},
		{"with what is ignored", bridge.Search{IncludeIgnored: true}, "--pre .hidden [x].go a.go a.log ignored/a.go node_modules/m.go sub/b.go sub/b.ts sub/deep/c.tsx sub/secret"},
		{"folder", bridge.Search{Path: "sub"}, "sub/b.go sub/b.ts sub/deep/c.tsx"},
		{"folder, absolute", bridge.Search{Path: s.dir + "/sub/deep"}, "sub/deep/c.tsx"},
		{"file", bridge.Search{Path: "sub/b.go"}, "sub/b.go"},
		{"ignored file, named", bridge.Search{Path: "a.log"}, "a.log"},
		{"file like an option", bridge.Search{Path: "--pre"}, "--pre"},
		{"include does not bring back what is ignored", bridge.Search{Include: []string{"*.go", "*.log"}}, "[x].go a.go node_modules/m.go sub/b.go"},
		{"include braces", bridge.Search{Include: []string{"*.{ts,tsx}"}}, "sub/b.ts sub/deep/c.tsx"},
		{"include path", bridge.Search{Include: []string{"sub/**/*.tsx", "a.go"}}, "a.go sub/deep/c.tsx"},
		{"include relative to the folder", bridge.Search{Path: "sub", Include: []string{"deep/*"}}, "sub/deep/c.tsx"},
		{"include escaped", bridge.Search{Include: []string{`\[x\].go`}}, "[x].go"},
		{"include class", bridge.Search{Include: []string{"[ab].go"}}, "a.go sub/b.go"},
		{"include for a file", bridge.Search{Path: "a.go", Include: []string{"*.ts"}}, ""},
		{"exclude", bridge.Search{Include: []string{"*.go"}, Exclude: []string{"a.*", "node_modules"}}, "[x].go sub/b.go"},
		{"exclude path", bridge.Search{Exclude: []string{"sub/deep", "/node_modules/**", "[-.]*", "[[]*"}}, "a.go sub/b.go sub/b.ts"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.req.Query = "x"
			test.req.Literal = true
			if got := paths(s.find(test.req)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestContextIsMarked(t *testing.T) {
	s := start(t, map[string]string{"f": "1\n2\nhit\n4\n5\nhit\n7\n"})
	var got []string
	for _, m := range s.find(bridge.Search{Query: "hit", Context: 1}).Matches {
		got = append(got, fmt.Sprintf("%d %s %d %t", m.Line, m.Text, m.Column, m.Neighbour))
	}
	want := []string{"2 2 0 true", "3 hit 1 false", "4 4 0 true", "5 5 0 true", "6 hit 1 false", "7 7 0 true"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestLimitIsKeptAndTold(t *testing.T) {
	s := start(t, map[string]string{"a": strings.Repeat("hit\n", 60), "b": strings.Repeat("hit\n", 60), "end": "last\nhit\nnext\n"})
	for _, test := range []struct {
		req       bridge.Search
		lines     int
		truncated bool
	}{
		{bridge.Search{Query: "hit"}, 100, true},
		{bridge.Search{Query: "hit", Limit: 1}, 1, true},
		{bridge.Search{Query: "hit", Limit: 60, Path: "a"}, 60, false},
		{bridge.Search{Query: "hit", Limit: 120}, 120, true},
		{bridge.Search{Query: "hit", Limit: 121}, 121, false},
		{bridge.Search{Query: "hit", Limit: 121, Context: 1}, 123, false},
		{bridge.Search{Query: "none"}, 0, false},
	} {
		got := s.find(test.req)
		if len(got.Matches) != test.lines || got.Truncated != test.truncated {
			t.Errorf("%+v: %d lines, truncated %t", test.req, len(got.Matches), got.Truncated)
		}
	}
	// The same ones every time.
	first := s.find(bridge.Search{Query: "hit", Limit: 70})
	for range 5 {
		if again := s.find(bridge.Search{Query: "hit", Limit: 70}); !reflect.DeepEqual(first, again) {
			t.Fatal("two searches found different matches")
		}
	}
}

func TestIgnoreFilesAboveTheFolderCount(t *testing.T) {
	s := start(t, map[string]string{".gitignore": "*.log\n", "d/.gitignore": "/e/no\n", "d/e/x.log": "x", "d/e/no": "x", "d/e/yes": "x"})
	if got := paths(s.find(bridge.Search{Query: "x", Path: "d/e"})); got != "d/e/yes" {
		t.Errorf("found %q", got)
	}
}
