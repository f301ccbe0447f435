package search_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/search"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
)

func TestBadRequestsAreRefused(t *testing.T) {
	s := start(t, map[string]string{"f": "x\n", "d/f": "x\n"})
	s.link("/etc", "out")
	s.link("/etc/passwd", "d/outfile")
	s.link("loop", "loop")
	if err := syscall.Mkfifo(filepath.Join(s.dir, "fifo"), 0o644); err != nil {
		t.Fatal(err)
	}
	huge, err := os.Create(filepath.Join(s.dir, "huge"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(huge.Truncate(21<<20), huge.Close()); err != nil {
		t.Fatal(err)
	}
	globs := func(g ...string) bridge.Search { return bridge.Search{Query: "x", Include: g} }
	for _, test := range []struct {
		req        bridge.Search
		code, says string
	}{
		{bridge.Search{}, bridge.CodeBadPattern, "empty"},
		{bridge.Search{Query: "a(b"}, bridge.CodeBadPattern, "unclosed group"},
		{bridge.Search{Query: `a\nb`}, bridge.CodeBadPattern, "not allowed"},
		{bridge.Search{Query: "a\nb", Literal: true}, bridge.CodeBadPattern, "not allowed"},
		{bridge.Search{Query: "((a{1000}){1000}){1000}"}, bridge.CodeBadPattern, "size limit"},
		{bridge.Search{Query: "a\x00"}, bridge.CodeBadPattern, "NUL"},
		{bridge.Search{Query: strings.Repeat("(", 9000)}, bridge.CodeBadPattern, "longer"},
		{bridge.Search{Query: strings.Repeat("(", 8000)}, bridge.CodeBadPattern, ""},
		{bridge.Search{Query: "x", Context: 6}, bridge.CodeBadRequest, "0 to 5"},
		{bridge.Search{Query: "x", Context: -1}, bridge.CodeBadRequest, "0 to 5"},
		{bridge.Search{Query: "x", Limit: 501}, bridge.CodeBadRequest, "1 to 500"},
		{bridge.Search{Query: "x", Limit: -1}, bridge.CodeBadRequest, "1 to 500"},
		{bridge.Search{Query: "x", Path: "../x"}, bridge.CodeOutsideWorkspace, ""},
		{bridge.Search{Query: "x", Path: "/etc"}, bridge.CodeOutsideWorkspace, ""},
		{bridge.Search{Query: "x", Path: "out"}, bridge.CodeOutsideWorkspace, "out"},
		{bridge.Search{Query: "x", Path: "out/passwd"}, bridge.CodeOutsideWorkspace, ""},
		{bridge.Search{Query: "x", Path: "d/outfile"}, bridge.CodeOutsideWorkspace, ""},
		{bridge.Search{Query: "x", Path: "loop"}, bridge.CodeInvalidPath, ""},
		{bridge.Search{Query: "x", Path: "none"}, bridge.CodeNotFound, "none"},
		{bridge.Search{Query: "x", Path: "f/x"}, bridge.CodeNotDirectory, ""},
		{bridge.Search{Query: "x", Path: "fifo"}, bridge.CodeNotRegular, ""},
		{bridge.Search{Query: "x", Path: "huge"}, bridge.CodeTooLarge, "20 MB"},
		{bridge.Search{Query: "x", Path: strings.Repeat("n", 300)}, bridge.CodeInvalidPath, ""},
		{globs("a[b"), bridge.CodeBadPattern, "glob"},
		{globs(""), bridge.CodeBadPattern, "glob"},
		{globs(strings.Repeat("{a,b}", 5)), bridge.CodeBadPattern, "braces"},
		{globs(strings.Repeat("*", 1025)), bridge.CodeBadPattern, "glob"},
		{globs(make([]string, 51)...), bridge.CodeBadPattern, "50"},
	} {
		_, err := s.Search.Search(t.Context(), test.req)
		refused, ok := errors.AsType[*bridge.Error](err)
		if !ok || refused.Code != test.code || !strings.Contains(refused.Message, test.says) {
			t.Errorf("%.100q in %q: %v, want %s", test.req.Query, test.req.Path, err, test.code)
		} else if len(refused.Message) > 2000 || strings.Contains(refused.Message, s.dir) {
			t.Errorf("%.100q: message is too long or has the container's path: %s", test.req.Query, refused.Message)
		}
	}
}

func TestLinksAreNotFollowed(t *testing.T) {
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := start(t, map[string]string{"in/f": "secret\n"})
	s.link(outside, "out")
	s.link(filepath.Join(outside, "secret"), "file")
	s.link("in", "alias")
	if got := paths(s.find(bridge.Search{Query: "secret", IncludeIgnored: true})); got != "in/f" {
		t.Errorf("found %q", got)
	}
	// A link that stays inside may be named.
	if got := paths(s.find(bridge.Search{Query: "secret", Path: "alias"})); got != "alias/f" {
		t.Errorf("found %q", got)
	}
}

// A folder or file that becomes a link while it is searched must not lead out.
func TestRaceWithALinkFindsNothingOutside(t *testing.T) {
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "f"), []byte("secret\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := start(t, map[string]string{"real/f": "harmless\n"})
	s.link(outside, "lure")
	done, swapped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(swapped)
		d, l, tmp := filepath.Join(s.dir, "real"), filepath.Join(s.dir, "lure"), filepath.Join(s.dir, "tmp")
		for {
			select {
			case <-done:
				return
			default:
				_ = os.Rename(d, tmp)
				_ = os.Rename(l, d)
				_ = os.Rename(d, l)
				_ = os.Rename(tmp, d)
			}
		}
	}()
	for i := range 60 {
		result, err := s.Search.Search(t.Context(), bridge.Search{Query: "secret|harmless", Path: []string{"real", "real/f"}[i%2]})
		if _, refused := errors.AsType[*bridge.Error](err); err != nil && !refused {
			t.Error(err)
		}
		for _, m := range result.Matches {
			if m.Text != "harmless" {
				t.Errorf("found %q", m.Text)
			}
		}
	}
	close(done)
	<-swapped
}

func TestBinaryFilesAreLeftOut(t *testing.T) {
	s := start(t, map[string]string{
		"early": "hit\x00\n", "late": "hit\n" + strings.Repeat("filler filler\n", 20000) + "\x00hit\n", "text": "hit\n",
		"utf16": "\xff\xfeh\x00i\x00t\x00\n\x00",
	})
	if got := paths(s.find(bridge.Search{Query: "hit"})); got != "text utf16" {
		t.Errorf("found %q", got)
	}
	for _, p := range []string{"early", "late"} {
		if got := s.find(bridge.Search{Query: "hit", Path: p}); len(got.Matches) != 0 {
			t.Errorf("%s: %+v", p, got)
		}
	}
}

func TestLongLinesAreCutBetweenCharacters(t *testing.T) {
	s := start(t, map[string]string{
		"min.js": strings.Repeat("ü", 100_000) + "hit" + strings.Repeat("a", 1000) + "\n", "z": "hit\n",
	})
	got := s.find(bridge.Search{Query: "hit"})
	if len(got.Matches) != 2 || got.Truncated {
		t.Fatalf("%d matches, truncated %t", len(got.Matches), got.Truncated)
	}
	m := got.Matches[0]
	if m.Column != 100_001 || m.Text != strings.Repeat("ü", 500) {
		t.Errorf("column %d, %d characters", m.Column, utf8.RuneCountInString(m.Text))
	}
}

// One line with millions of matches takes ripgrep a gigabyte, and as much output.
func TestMillionsOfMatchesInOneLineAreSurvived(t *testing.T) {
	s := start(t, map[string]string{"a": "a hit\n", "b": strings.Repeat("a", 19<<20), "c": "a\n"})
	got := s.find(bridge.Search{Query: "a"})
	if len(got.Matches) == 0 || got.Matches[0].Text != "a hit" || !got.Truncated {
		t.Errorf("%d matches, truncated %t", len(got.Matches), got.Truncated)
	}
	if _, err := s.Search.Search(t.Context(), bridge.Search{Query: "a", Path: "b"}); err != nil {
		if refused, ok := errors.AsType[*bridge.Error](err); !ok || refused.Code != bridge.CodeTooLarge {
			t.Error(err)
		}
	}
	if cores, _ := filepath.Glob(filepath.Join(s.dir, "core*")); len(cores) > 0 {
		t.Errorf("a core was left behind: %q", cores)
	}
	// Such a line harms nobody who looks for something else.
	if got := s.find(bridge.Search{Query: "hit"}); len(got.Matches) != 1 || got.Truncated {
		t.Errorf("%d matches, truncated %t", len(got.Matches), got.Truncated)
	}
}

func TestAnswersStaySmall(t *testing.T) {
	s := start(t, map[string]string{"f": strings.Repeat("hit"+strings.Repeat("\x01", 600)+"\n", 600)})
	got := s.find(bridge.Search{Query: "hit", Limit: 500, Context: 5})
	body, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if len(body) > search.MaxAnswer+1000 || len(body) < search.MaxAnswer/2 || !got.Truncated {
		t.Errorf("%d bytes, truncated %t", len(body), got.Truncated)
	}
}

// ripgrep opens .gitignore, and nobody ever writes into this one.
func TestASearchThatHangsEndsInTime(t *testing.T) {
	s := start(t, map[string]string{"a": "hit\n"})
	if err := syscall.Mkfifo(filepath.Join(s.dir, ".gitignore"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.SetTimeout(300 * time.Millisecond)
	if got := s.find(bridge.Search{Query: "hit"}); !got.Truncated {
		t.Errorf("not truncated: %+v", got)
	}
	s.SetTimeout(time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := s.Search.Search(ctx, bridge.Search{Query: "hit"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("cancelled by the client: %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if _, err := s.Search.Search(ctx, bridge.Search{Query: "hit"}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before the start: %v", err)
	}
}

func TestWithoutRipgrepItIsTheBridgesFault(t *testing.T) {
	s := start(t, nil)
	t.Setenv("PATH", t.TempDir())
	_, err := search.New(s.root, supervisor.NewChildren()).Search(t.Context(), bridge.Search{Query: "x"})
	if _, told := errors.AsType[*bridge.Error](err); err == nil || told || !strings.Contains(err.Error(), "rg") {
		t.Errorf("got %v", err)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(`{"type":"begin","data":{"path":{"text":"./a"}}}`+"\n"+
		`{"type":"match","data":{"path":{"text":"./a"},"lines":{"text":"x y\n"},"line_number":1,"submatches":[{"start":2,"end":3}]}}`+"\n"+
		`{"type":"end","data":{"binary_offset":null}}`+"\n", 5)
	f.Add(`{"type":"begin","data":{"path":{"bytes":"/w=="}}}`+"\n"+
		`{"type":"match","data":{"lines":{"bytes":"/yBmb28K"},"submatches":[{"start":-2}]}}`+"\n", 1)
	f.Add(`{"type":"match","data":{"submatches":[{"start":99999}]}}`+"\nnull\n", 3)
	f.Add("{\n\n", 0)
	f.Fuzz(func(t *testing.T, output string, piece int) {
		const limit = 3
		read := func(size int) (bridge.SearchResult, bool) {
			w, answer := search.Reader(limit)
			for rest := []byte(output); len(rest) > 0; rest = rest[min(size, len(rest)):] {
				if _, err := w.Write(rest[:min(size, len(rest))]); err != nil {
					return answer(), false
				}
			}
			return answer(), true
		}
		whole, wholeOK := read(len(output) + 1)
		pieces, piecesOK := read(max(piece%64, 1))
		a, _ := json.Marshal(whole)
		b, _ := json.Marshal(pieces)
		if string(a) != string(b) || wholeOK != piecesOK {
			t.Errorf("in one piece %s %t, in several %s %t", a, wholeOK, b, piecesOK)
		}
		found := 0
		for _, m := range whole.Matches {
			if !m.Neighbour {
				found++
			}
			if !utf8.ValidString(m.Text) || !utf8.ValidString(m.Path) || utf8.RuneCountInString(m.Text) > 500 || m.Column < 0 {
				t.Errorf("bad match %+v", m)
			}
		}
		if found > limit {
			t.Errorf("%d matches", found)
		}
	})
}
