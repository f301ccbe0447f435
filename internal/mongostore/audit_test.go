package mongostore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/audit"
	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/user"
)

func TestAuditRecordsComeBackAsTheyWere(t *testing.T) {
	s, ctx := openIdentityStore(t), t.Context()
	now := time.Date(2026, 11, 26, 12, 0, 0, 123e6, time.UTC)
	trail := audit.New(audit.Options{Store: s, Now: func() time.Time { return now }})
	want := audit.Record{
		Action: "workspace.share", UserID: "ada", UserName: "Ada", Address: "192.0.2.7", Target: "abcdefghijkl", TargetName: "x.$y",
		Outcome: audit.OK, Detail: "edit for bob@example.com",
	}
	trail.Record(want)
	for n := range 2 * audit.PageSize {
		trail.Record(audit.Record{Action: "a.b", Target: fmt.Sprint(n), Outcome: audit.Refused})
		now = now.Add(time.Second)
	}
	if err := trail.Close(ctx); err != nil {
		t.Fatal(err)
	}
	again := audit.New(audit.Options{Store: s, Now: func() time.Time { return now }}) // as after a restart
	again.Record(audit.Record{Action: "a.b", Target: "after", Outcome: audit.OK})
	found, _, err := again.Find(ctx, audit.Query{Action: "workspace.share"})
	if err != nil || len(found) != 1 {
		t.Fatalf("%v %v", found, err)
	}
	want.ID, want.Time = found[0].ID, time.Date(2026, 11, 26, 12, 0, 0, 123e6, time.UTC)
	if found[0] != want || want.ID == "" {
		t.Errorf("%+v, want %+v", found[0], want)
	}
	if found, _, err = again.Find(ctx, audit.Query{Limit: 2}); err != nil || len(found) != 2 || found[0].Target != "after" || found[1].Target != "199" {
		t.Errorf("the newest are %+v, %v", found, err)
	}
	now = now.Add(audit.KeepFor + time.Hour)
	again.Record(audit.Record{Action: "a.b", Target: "much later", Outcome: audit.OK})
	if _, _, err := again.Find(ctx, audit.Query{}); err != nil {
		t.Fatal(err)
	}
	if err := again.Purge(ctx); err != nil {
		t.Fatal(err)
	}
	if b, err := s.AuditBounds(ctx); err != nil || b.First != 3 || b.Last != 3 {
		t.Errorf("after purging: %+v, %v", b, err)
	}
	if p, err := s.AuditPage(ctx, 1); err != nil || len(p.Records) != 0 {
		t.Errorf("the first page has %d records still, %v", len(p.Records), err)
	}
}

func TestPeopleWereSeenWithoutBeingChanged(t *testing.T) {
	s, ctx := openIdentityStore(t), t.Context()
	if err := s.CreateUser(ctx, user.User{ID: "1", CreatedAt: at, UpdatedAt: at}, ""); err != nil {
		t.Fatal(err)
	}
	seen := at.Add(time.Hour)
	if err := s.TouchUsers(ctx, map[string]time.Time{"1": seen, "nobody": seen}); err != nil {
		t.Fatal(err)
	}
	all, err := s.UsersSince(ctx, time.Time{})
	if err != nil || len(all) != 1 || !all[0].LastSeenAt.Equal(seen) || !all[0].UpdatedAt.Equal(at) {
		t.Errorf("%+v, %v", all, err)
	}
	n, budget := -1, int64(5e9)
	u, err := s.UpdateUser(ctx, "1", identity.UserChange{MaxWorkspaces: &n, DayBudget: &budget, At: at})
	if err != nil || u.MaxWorkspaces != n || u.DayBudget != budget || !u.LastSeenAt.Equal(seen) {
		t.Errorf("%+v, %v", u, err)
	}
}
