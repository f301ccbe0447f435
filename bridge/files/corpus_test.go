package files_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
)

// corpusCase is a line of testdata/edits/edits.jsonl: a piece of a file before a real
// change, the change as a model gives it, and the piece after it, or the code with which
// the edits must be refused. README.md there says where they come from.
type corpusCase struct {
	Name, Source, Before string
	Edits                []bridge.Edit
	After                *string
	Code                 string
}

func corpus(t *testing.T) []corpusCase {
	t.Helper()
	file, err := os.Open("testdata/edits/edits.jsonl")
	must(t, err)
	defer file.Close()
	var cases []corpusCase
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c corpusCase
		must(t, json.Unmarshal(lines.Bytes(), &c))
		if (c.After == nil) == (c.Code == "") {
			t.Fatalf("%s: it has either a result or a code", c.Name)
		}
		cases = append(cases, c)
	}
	must(t, lines.Err())
	return cases
}

// TestRealEdits makes all edits of the corpus in real files. No edit may be wrong, none
// that is right may be refused, and none that is ambiguous or not there may be made.
func TestRealEdits(t *testing.T) {
	t.Parallel()
	s := start(t)
	type figures struct{ all, right int }
	kinds := map[string]*figures{}
	made, mustBeMade, wrong, refused := 0, 0, 0, 0
	for i, c := range corpus(t) {
		kind := c.Name[:strings.LastIndexByte(c.Name, ' ')]
		if kinds[kind] == nil {
			kinds[kind] = &figures{}
		}
		kinds[kind].all++
		name := fmt.Sprintf("%d", i)
		s.put(name, c.Before)
		got, err := s.Edit(t.Context(), bridge.EditFile{Path: name, Edits: c.Edits})
		data, readErr := os.ReadFile(s.path(name))
		must(t, readErr)
		there := string(data)
		if c.After == nil {
			if code(t, err) != c.Code || there != c.Before {
				t.Errorf("%s (%s): %v, want %s; the file has changed: %t", c.Name, c.Source, err, c.Code, there != c.Before)
				wrong++
				continue
			}
			refused++
			kinds[kind].right++
			continue
		}
		mustBeMade++
		switch refusal, isRefusal := errors.AsType[*bridge.Error](err); {
		case isRefusal && there == c.Before:
			t.Errorf("%s (%s) is refused: %s", c.Name, c.Source, refusal)
		case err != nil:
			t.Errorf("%s (%s): %v", c.Name, c.Source, err)
		case there != *c.After || got.Hash != hashOf(there):
			wrong++
			t.Errorf("%s (%s) became\n%q\nnot\n%q", c.Name, c.Source, there, *c.After)
		default:
			made++
			kinds[kind].right++
		}
	}
	t.Logf("%d of %d edits made, %d of the others refused, %d wrong", made, mustBeMade, refused, wrong)
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		t.Logf("%-26s %3d of %3d", kind, kinds[kind].right, kinds[kind].all)
	}
	if mustBeMade < 200 || refused+wrong < 80 {
		t.Errorf("the corpus has shrunk to %d edits and %d refusals", mustBeMade, refused+wrong)
	}
}
