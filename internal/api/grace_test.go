package api

import (
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func TestDeletingCanBeTakenBack(t *testing.T) {
	st := newAdminStand(t)
	ada, bob, eve := st.join("Ada"), st.join("Bob"), st.join("Eve")
	w := resting("runningaaaaa", ada.id, "Runs", workspace.StatusRunning)
	w.Shares = []workspace.Share{{UserID: bob.id, Right: workspace.RightEdit}}
	newFleet(t, st, newEventStand(t).store.Workspaces(), w)
	const path = "/workspaces/runningaaaaa"
	want := func(what string, a answer, status int, code string) {
		t.Helper()
		if a.status != status || a.code() != code {
			t.Errorf("%s: %d %s", what, a.status, a.text)
		}
	}
	for query, status := range map[string]int{"?grace=61": 422, "?grace=-1": 422, "?grace=x": 422} {
		want(query, ada.do("DELETE", path+query, nil), status, "validation_failed")
	}
	want("another's", eve.do("DELETE", path+"?grace=10", nil), 404, "not_found")
	want("one that is shared", bob.do("DELETE", path+"?grace=10", nil), 403, "right_required")
	began := time.Now()
	a := ada.do("DELETE", path+"?grace=60", nil)
	want("delete", a, 202, "")
	at, err := time.Parse(time.RFC3339, a.json["deletesAt"].(string))
	if d := at.Sub(began); err != nil || d < 59*time.Second || d > 65*time.Second || a.json["status"] != "RUNNING" {
		t.Errorf("deletes at %v after %v (%v): %s", at, began, err, a.text)
	}
	if a := ada.do("GET", path, nil); a.json["deletesAt"] == nil {
		t.Errorf("read again: %s", a.text)
	}
	want("another keeps it", eve.do("POST", path+"/keep", nil), 404, "not_found")
	want("one it is shared with keeps it", bob.do("POST", path+"/keep", nil), 403, "right_required")
	for range 2 {
		a = ada.do("POST", path+"/keep", nil)
		want("keep", a, 200, "")
		if v, there := a.json["deletesAt"]; v != nil || !there {
			t.Errorf("kept: %s", a.text)
		}
	}
	a = ada.do("DELETE", path, nil)
	want("delete at once", a, 202, "")
	if a.json["status"] != "STOPPING" || a.json["deletesAt"] != nil {
		t.Errorf("at once: %s", a.text)
	}
	want("too late", ada.do("POST", path+"/keep", nil), 409, "too_late")
	want("deleted again", ada.do("DELETE", path+"?grace=10", nil), 202, "")
}
