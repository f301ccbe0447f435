package git_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

func TestLargeFilesAreSkippedAndNeverLost(t *testing.T) {
	s := start(t)
	big := strings.Repeat("b", 5<<20+1)
	s.write("limit", big[1:])
	s.write("grows", "small")
	s.write("ä/big", big)
	c := s.checkpoint("")
	if !slices.Equal(c.Skipped, []string{"ä/big"}) {
		t.Errorf("skipped %q", c.Skipped)
	}
	s.write("limit", "x")
	s.write("grows", big)
	if again := s.checkpoint(""); !slices.Equal(again.Skipped, []string{"grows", "ä/big"}) {
		t.Errorf("skipped %q", again.Skipped)
	}
	_, err := s.RestoreCheckpoint(t.Context(), bridge.RestoreCheckpoint{ID: c.ID})
	if code(t, err) != bridge.CodeTooLarge || !strings.Contains(err.Error(), "grows") || s.read("grows") != big || s.read("limit") != "x" {
		t.Errorf("got %v", err)
	}
	s.restore(c.ID, "limit")
	if s.read("limit") != big[1:] || s.read("ä/big") != big {
		t.Error("not restored")
	}
	for i := range 120 {
		s.write(fmt.Sprintf("many/%03d", i), big)
	}
	if c := s.checkpoint(""); len(c.Skipped) != 100 {
		t.Errorf("%d skipped", len(c.Skipped))
	}
}

func TestTooMuchIsSkippedWithAClearMessage(t *testing.T) {
	s := start(t)
	for i := range 41 {
		f, err := os.Create(s.path(fmt.Sprint(i)))
		s.must(err)
		s.must(f.Truncate(5 << 20))
		s.must(f.Close())
	}
	_, err := s.CreateCheckpoint(t.Context(), bridge.CreateCheckpoint{})
	if code(t, err) != bridge.CodeTooLarge || !strings.Contains(err.Error(), "checkpoint skipped") || !strings.Contains(err.Error(), "200 MB") {
		t.Errorf("got %v", err)
	}
	s.write(".gitignore", "*\n!small\n")
	s.write("small", "")
	s.checkpoint("")
}

func TestOldCheckpointsAreForgotten(t *testing.T) {
	s := start(t)
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	s.SetClock(func() time.Time { return now })
	var all []bridge.Checkpoint
	make := func() {
		s.write("a", fmt.Sprint(len(all)))
		all = append(all, s.checkpoint(""))
	}
	make()
	now = now.Add(time.Hour)
	make()
	now = now.Add(14*24*time.Hour - time.Minute)
	make()
	if list, _ := s.ListCheckpoints(t.Context()); len(list.Checkpoints) != 2 {
		t.Errorf("%d after 14 days", len(list.Checkpoints))
	}
	if _, err := s.DiffCheckpoint(t.Context(), bridge.DiffCheckpoint{ID: all[0].ID}); code(t, err) != bridge.CodeNoCheckpoint {
		t.Errorf("the oldest: %v", err)
	}
	for range 105 {
		make() // all within one moment: ids differ nevertheless
	}
	list, err := s.ListCheckpoints(t.Context())
	s.must(err)
	if len(list.Checkpoints) != 100 || list.Checkpoints[99].ID != all[len(all)-100].ID {
		t.Errorf("%d kept", len(list.Checkpoints))
	}
	// The oldest that is left can be restored although this makes a new one.
	s.write("a", "unsaved")
	if r := s.restore(list.Checkpoints[99].ID); r.Changed != 1 || s.read("a") != fmt.Sprint(len(all)-100) {
		t.Errorf("got %+v", r)
	}
	// And an unchanged workspace gets a new checkpoint when the last one is too old.
	now = now.Add(15 * 24 * time.Hour)
	if c := s.checkpoint(""); c.Unchanged {
		t.Errorf("got %+v", c)
	}
	if refs := s.git(filepath.Join(s.state, "checkpoints.git"), "for-each-ref", "refs/checkpoints"); strings.Count(refs, "\n") != 0 {
		t.Errorf("left: %s", refs)
	}
}
