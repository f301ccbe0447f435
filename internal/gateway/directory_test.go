package gateway

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/secretbox"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func testBox(t testing.TB) *secretbox.Box {
	t.Helper()
	box, err := secretbox.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func TestAnOlderRecordNeverReplacesANewerOne(t *testing.T) {
	changes := 0
	d := newDirectory(testBox(t), func(*usage) { changes++ })
	now := time.Now()
	put := func(version int64, s workspace.Status) {
		d.set(&workspace.Workspace{ID: testID, Version: version, Status: s}, now)
	}
	put(2, workspace.StatusRunning)
	put(1, workspace.StatusStopped)
	if got := d.lookup(testID).Status; got != workspace.StatusRunning {
		t.Errorf("status %s after an older record", got)
	}
	put(2, workspace.StatusRunning)
	if changes != 1 {
		t.Errorf("%d changes announced, want 1", changes)
	}
	first := d.lookup(testID).usage
	put(3, workspace.StatusStopping)
	if r := d.lookup(testID); r.Status != workspace.StatusStopping || r.usage != first {
		t.Errorf("route %+v after a newer record", r)
	}
	d.remove(testID, now)
	put(4, workspace.StatusRunning)
	if d.lookup(testID) != nil {
		t.Error("a deleted workspace came back")
	}
}

func TestReplaceDropsWhatIsNotListedButKeepsWhatIsNewer(t *testing.T) {
	d := newDirectory(testBox(t), func(*usage) {})
	begun := time.Now()
	id := func(i int) string { return fmt.Sprintf("%012d", i) }
	for i := range 10 {
		at := begun.Add(-time.Second)
		if i >= 8 {
			at = begun.Add(time.Second) // announced while the listing was read
		}
		d.set(&workspace.Workspace{ID: id(i), Version: 1}, at)
	}
	var listing []workspace.Workspace
	for i := range 5 {
		listing = append(listing, workspace.Workspace{ID: id(i), Version: 1})
	}
	d.replace(listing, begun, begun.Add(2*time.Second))
	for i := range 10 {
		if known, want := d.lookup(id(i)) != nil, i < 5 || i >= 8; known != want {
			t.Errorf("%s known: %v, want %v", id(i), known, want)
		}
	}
}

func TestTheKeyChangesWithEveryStart(t *testing.T) {
	box := testBox(t)
	d := newDirectory(box, func(*usage) {})
	d.set(&workspace.Workspace{ID: testID, Version: 1, Epoch: 1, VSCodePort: 40000}, time.Now())
	one := d.lookup(testID)
	d.set(&workspace.Workspace{ID: testID, Version: 2, Epoch: 2, VSCodePort: 40000}, time.Now())
	two := d.lookup(testID)
	if one.key != box.WorkspaceKey(testID, 1) || two.key != box.WorkspaceKey(testID, 2) {
		t.Error("keys are not those of the starts")
	}
	if one.editor.pool == two.editor.pool {
		t.Error("idle connections would be shared between two starts")
	}
}
