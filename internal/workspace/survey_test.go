package workspace_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// people are the owners of a crowd; one of them is unknown.
var people = map[string][2]string{"u0": {"Zoë", "zoe@example.com"}, "u1": {"ada", "ada@example.com"}, "u2": {"Bob", "bob@example.org"}}

func nameOf(id string) (name, email string) { return people[id][0], people[id][1] }

// crowd is a process that has heard of n workspaces of four owners.
func crowd(t testing.TB, n int) (*workspace.Service, *memory) {
	t.Helper()
	w := newWorld()
	for i := range n {
		w.store.recs[fmt.Sprintf("w%05d", i)] = someone(i)
	}
	s, stop := run(w.options())
	t.Cleanup(stop)
	within(t, 20*time.Second, func() error {
		if got := s.Counts()[workspace.StatusStopped] + s.Counts()[workspace.StatusError]; got != n {
			return fmt.Errorf("%d of %d known", got, n)
		}
		return nil
	})
	return s, w.store
}

func someone(i int) workspace.Workspace {
	w := record(fmt.Sprintf("w%05d", i), i)
	w.OwnerID, w.Name, w.GithubRepo = fmt.Sprint("u", i%4), fmt.Sprintf("Näme %d", i%7), fmt.Sprintf("ada/repo%d", i%3)
	w.Status, w.Desired = workspace.StatusStopped, workspace.DesiredStopped
	if i%5 == 0 {
		w.Status, w.Desired = workspace.StatusError, workspace.DesiredRunning
	}
	w.Shares, w.Links = nil, nil // those that have ended are dropped, which makes new versions
	w.VSCodePort, w.AgentPort, w.ContainerID, w.DeleteAt = 0, 0, "", time.Time{}
	w.CreatedAt, w.LastActiveAt, w.Memory = then.Add(time.Duration(i/2)*time.Minute), then.Add(time.Duration(i*37%100)*time.Hour), int64(i%4+1)<<30
	return w
}

func ids(page []workspace.Workspace) (all []string) {
	for _, w := range page {
		all = append(all, w.ID)
	}
	return all
}

func TestSurveysSelect(t *testing.T) {
	s, _ := crowd(t, 40)
	for _, c := range []struct {
		name string
		q    workspace.SurveyQuery
		want func(i int) bool
	}{
		{"everything", workspace.SurveyQuery{}, func(int) bool { return true }},
		{"one owner's", workspace.SurveyQuery{OwnerID: "u1"}, func(i int) bool { return i%4 == 1 }},
		{"one status", workspace.SurveyQuery{Status: workspace.StatusError}, func(i int) bool { return i%5 == 0 }},
		{"a word of the name", workspace.SurveyQuery{Text: " nÄME  3 "}, func(i int) bool { return i%7 == 3 || strings.Contains(fmt.Sprintf("w%05d", i), "3") }},
		{"the repository", workspace.SurveyQuery{Text: "ADA/REPO2"}, func(i int) bool { return i%3 == 2 }},
		{"the owner's name", workspace.SurveyQuery{Text: "zoë"}, func(i int) bool { return i%4 == 0 }},
		{"the owner's email", workspace.SurveyQuery{Text: "example.org"}, func(i int) bool { return i%4 == 2 }},
		{"owner and repository", workspace.SurveyQuery{Text: "bob repo1"}, func(i int) bool { return i%4 == 2 && i%3 == 1 }},
		{"an id", workspace.SurveyQuery{Text: "W00017"}, func(i int) bool { return i == 17 }},
		{"everything at once", workspace.SurveyQuery{Text: "repo0", OwnerID: "u0", Status: workspace.StatusStopped}, func(i int) bool { return i%3 == 0 && i%4 == 0 && i%5 != 0 }},
		{"nothing", workspace.SurveyQuery{Text: "no such thing"}, func(int) bool { return false }},
	} {
		var want []string
		for i := range 40 {
			if c.want(i) {
				want = append(want, fmt.Sprintf("w%05d", i))
			}
		}
		c.q.Owner = nameOf
		got, err := s.Survey(c.q)
		if err != nil || !slices.Equal(ids(got.Page), want) || got.Total != len(want) || got.Next != "" {
			t.Errorf("%s: %v (%d, %q) %v, want %v", c.name, ids(got.Page), got.Total, got.Next, err, want)
		}
	}
}

func TestSurveysAreSortedInPages(t *testing.T) {
	const n = 60
	s, _ := crowd(t, n)
	key := map[workspace.SurveyOrder]func(workspace.Workspace) string{
		workspace.ByName:       func(w workspace.Workspace) string { return strings.ToLower(w.Name) },
		workspace.ByOwner:      func(w workspace.Workspace) string { name, _ := nameOf(w.OwnerID); return strings.ToLower(name) },
		workspace.ByStatus:     func(w workspace.Workspace) string { return string(w.Status) },
		workspace.ByLastActive: func(w workspace.Workspace) string { return w.LastActiveAt.Format(time.RFC3339Nano) },
		workspace.ByCreated:    func(w workspace.Workspace) string { return w.CreatedAt.Format(time.RFC3339Nano) },
		workspace.ByMemory:     func(w workspace.Workspace) string { return fmt.Sprintf("%020d", w.Memory) },
	}
	for sort, key := range key {
		for _, desc := range []bool{false, true} {
			var all []workspace.Workspace
			q := workspace.SurveyQuery{Sort: sort, Desc: desc, Limit: 7, Owner: nameOf}
			for first := true; first || q.Cursor != ""; first = false {
				got, err := s.Survey(q)
				if err != nil || got.Total != n || len(got.Page) > 7 {
					t.Fatalf("%s: %d of %d, %v", sort, len(got.Page), got.Total, err)
				}
				all, q.Cursor = append(all, got.Page...), got.Next
			}
			sorted := slices.IsSortedFunc(all, func(a, b workspace.Workspace) int {
				c := strings.Compare(key(a)+"\x00"+a.ID, key(b)+"\x00"+b.ID)
				if desc {
					c = -c
				}
				return c
			})
			if distinct := slices.Compact(slices.Sorted(slices.Values(ids(all)))); !sorted || len(distinct) != n {
				t.Errorf("%s, descending %v: %d distinct of %d, sorted %v: %v", sort, desc, len(distinct), n, sorted, ids(all))
			}
		}
	}
}

// TestPagesGoOnWhereTheyEnded changes what there is between two pages: nothing is shown
// twice, and nothing that was there all the time is left out.
func TestPagesGoOnWhereTheyEnded(t *testing.T) {
	s, _ := crowd(t, 30)
	q := workspace.SurveyQuery{Sort: workspace.ByName, Limit: 10, Owner: nameOf}
	first, err := s.Survey(q)
	if err != nil {
		t.Fatal(err)
	}
	last := first.Page[9]
	no := false
	for _, name := range []string{"A comes before", "Z comes after"} {
		if _, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: "new", Name: name, Start: &no}); err != nil {
			t.Fatal(err)
		}
	}
	for _, w := range []workspace.Workspace{first.Page[2], last} { // the one that the cursor names, too
		if _, err := s.Delete(t.Context(), w.ID); err != nil {
			t.Fatal(err)
		}
	}
	within(t, 20*time.Second, func() error {
		if n := len(s.Known(first.Page[2].ID, last.ID)); n != 0 {
			return fmt.Errorf("%d not deleted", n)
		}
		return nil
	})
	var rest []string
	for q.Cursor = first.Next; q.Cursor != ""; {
		got, err := s.Survey(q)
		if err != nil || got.Total != 30 {
			t.Fatalf("%d, %v", got.Total, err)
		}
		for _, w := range got.Page {
			rest = append(rest, w.Name)
			if slices.Contains(ids(first.Page), w.ID) {
				t.Errorf("%s again", w.ID)
			}
		}
		q.Cursor = got.Next
	}
	if len(rest) != 21 || !slices.Contains(rest, "Z comes after") || slices.Contains(rest, "A comes before") {
		t.Errorf("%d: %v", len(rest), rest)
	}
}

func TestWhatASurveyRefuses(t *testing.T) {
	s, _ := crowd(t, 3)
	got, err := s.Survey(workspace.SurveyQuery{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]workspace.SurveyQuery{
		"another order":     {Cursor: got.Next, Sort: workspace.ByName},
		"another direction": {Cursor: got.Next, Desc: true},
		"no cursor":         {Cursor: "%%%"},
		"no JSON":           {Cursor: base64.RawURLEncoding.EncodeToString([]byte("{"))},
		"no place":          {Cursor: base64.RawURLEncoding.EncodeToString([]byte(`{"s":"createdAt"}`))},
		"no order":          {Sort: "colour"},
	} {
		var invalid *workspace.InvalidError
		if _, err := s.Survey(q); !errors.As(err, &invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUseThatAnotherProcessNoted is seen in surveys though it makes no new version.
func TestUseThatAnotherProcessNoted(t *testing.T) {
	w := newWorld()
	rec := someone(1)
	w.store.recs[rec.ID] = rec
	o := w.options()
	o.ReconcileEvery = 50 * time.Millisecond
	s, stop := run(o)
	defer stop()
	within(t, 10*time.Second, func() error {
		if len(s.Known(rec.ID)) == 0 {
			return errors.New("not known yet")
		}
		return nil
	})
	later := then.Add(1000 * time.Hour)
	if err := w.store.Touch(t.Context(), rec.ID, later); err != nil {
		t.Fatal(err)
	}
	within(t, 10*time.Second, func() error {
		got, err := s.Survey(workspace.SurveyQuery{Sort: workspace.ByLastActive})
		if err != nil || len(got.Page) != 1 || !got.Page[0].LastActiveAt.Equal(later) {
			return fmt.Errorf("%+v %v", got, err)
		}
		return nil
	})
	s.Touch(rec.ID, later.Add(time.Hour))
	if got, err := s.Survey(workspace.SurveyQuery{}); err != nil || !got.Page[0].LastActiveAt.Equal(later.Add(time.Hour)) {
		t.Errorf("use noted here: %v %v", got.Page, err)
	}
}

func FuzzSurveyCursor(f *testing.F) {
	s, _ := crowd(f, 5)
	got, err := s.Survey(workspace.SurveyQuery{Limit: 2})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(got.Next)
	f.Add("")
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"s":"createdAt","n":9223372036854775807,"i":"x"}`)))
	f.Fuzz(func(t *testing.T, cursor string) {
		got, err := s.Survey(workspace.SurveyQuery{Limit: 2, Cursor: cursor})
		if err == nil && (len(got.Page) > 2 || got.Total != 5) {
			t.Errorf("%q: %d of %d", cursor, len(got.Page), got.Total)
		}
	})
}

// BenchmarkSurvey is one page of 100 out of 5,000 workspaces of 1,000 owners.
func BenchmarkSurvey(b *testing.B) {
	w := newWorld()
	for i := range 5000 {
		rec := someone(i)
		rec.OwnerID, rec.Name = fmt.Sprint("u", i%1000), fmt.Sprint("name ", rand.IntN(1000))
		w.store.recs[rec.ID] = rec
	}
	s, stop := run(w.options())
	b.Cleanup(stop)
	within(b, 20*time.Second, func() error {
		if got, err := s.Survey(workspace.SurveyQuery{Limit: 1}); err != nil || got.Total != 5000 {
			return fmt.Errorf("%d known, %v", got.Total, err)
		}
		return nil
	})
	for name, q := range map[string]workspace.SurveyQuery{
		"all":      {Limit: 100, Sort: workspace.ByName},
		"query":    {Limit: 100, Sort: workspace.ByLastActive, Desc: true, Text: "name 77"},
		"by owner": {Limit: 100, Sort: workspace.ByOwner},
	} {
		q.Owner = func(id string) (string, string) { return "Person " + id, id + "@example.com" }
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Survey(q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
