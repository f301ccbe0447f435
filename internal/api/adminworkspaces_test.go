package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/config"
	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func TestAdministratorsFindWorkspaces(t *testing.T) {
	st := newAdminStand(t)
	ada, bob, admin := st.join("Ada"), st.join("Bob"), st.admin()
	heavy := resting("wccccccccccc", bob.id, "cider", workspace.StatusRunning)
	heavy.Memory, heavy.NixConfig = 8<<30, "{ secret = 1; }"
	newFleet(t, st, newEventStand(t).store.Workspaces(),
		resting("waaaaaaaaaaa", ada.id, "Banana", workspace.StatusStopped), resting("wbbbbbbbbbbb", ada.id, "apple", workspace.StatusRunning), heavy)
	list := func(query string) (names []string, a answer) {
		t.Helper()
		a = admin.do("GET", "/admin/workspaces"+query, nil)
		if a.status != 200 {
			t.Fatalf("%s: %d %s", query, a.status, a.text)
		}
		for _, item := range a.json["items"].([]any) {
			names = append(names, item.(map[string]any)["name"].(string))
		}
		return names, a
	}
	for _, c := range []struct {
		query string
		want  []string
	}{
		{"", []string{"Banana", "apple", "cider"}},
		{"?sort=name", []string{"apple", "Banana", "cider"}},
		{"?sort=name&order=desc", []string{"cider", "Banana", "apple"}},
		{"?sort=memory&order=desc", []string{"cider", "apple", "Banana"}},
		{"?sort=owner&order=desc", []string{"cider", "apple", "Banana"}},
		{"?query=BOB", []string{"cider"}},
		{"?query=ada@example.com&status=RUNNING", []string{"apple"}},
		{"?owner=" + ada.id, []string{"Banana", "apple"}},
		{"?owner=" + ada.id + "&query=ppl", []string{"apple"}},
		{"?query=nothing+like+that", nil},
	} {
		names, a := list(c.query)
		// Equal ones are sorted by id, backwards too: memory and owner say nothing of their order.
		if slices.Sort(names); !slices.Equal(names, slices.Sorted(slices.Values(c.want))) || a.json["total"] != float64(len(c.want)) {
			t.Errorf("%q: %v (%v), want %v", c.query, names, a.json["total"], c.want)
		}
		if ordered, _ := list(c.query); !slices.Equal(ordered, c.want) {
			t.Errorf("%q: %v, want %v", c.query, ordered, c.want)
		}
	}
	// Whose they are is told, and what is no business of administrators is not.
	_, a := list("?query=cider")
	item := a.json["items"].([]any)[0].(map[string]any)
	owner, _ := item["owner"].(map[string]any)
	if owner["id"] != bob.id || owner["name"] != "Bob" || owner["email"] != "bob@example.com" || item["nixConfig"] != "" || item["right"] != "" {
		t.Errorf("%v", item)
	}
	// Pages.
	var all []string
	cursor := ""
	for page := range 3 {
		names, a := list("?sort=name&limit=1" + cursor)
		all = append(all, names...)
		next, more := a.json["nextCursor"].(string)
		if more != (page < 2) || a.json["total"] != 3.0 {
			t.Fatalf("page %d: %s", page, a.text)
		}
		cursor = "&cursor=" + url.QueryEscape(next)
	}
	if !slices.Equal(all, []string{"apple", "Banana", "cider"}) {
		t.Errorf("pages: %v", all)
	}
	for _, query := range []string{"?sort=colour", "?order=up", "?status=DEAD", "?limit=501", "?limit=0", "?cursor=x"} {
		if a := admin.do("GET", "/admin/workspaces"+query, nil); a.status != 422 {
			t.Errorf("%s: %d %s", query, a.status, a.text)
		}
	}
	if a := ada.do("GET", "/admin/workspaces", nil); a.status != 403 || a.code() != "admin_required" {
		t.Errorf("somebody else: %d %s", a.status, a.text)
	}
}

// shelf is a store that only lists.
type shelf struct {
	workspace.Store
	records []workspace.Workspace
}

func (s shelf) Find(_ context.Context, q workspace.Query) ([]workspace.Workspace, error) {
	if !q.UpdatedSince.IsZero() {
		return nil, nil
	}
	return s.records, nil
}

// BenchmarkAdminWorkspaces is a page of 100 of 5,000, as the API answers it.
func BenchmarkAdminWorkspaces(b *testing.B) {
	var records []workspace.Workspace
	for n := range 5000 {
		w := resting(fmt.Sprintf("w%011d", n), fmt.Sprint("u", n%1000), fmt.Sprint("Workspace ", n*7919%5000), workspace.StatusStopped)
		w.Version, w.CreatedAt = 1, time.UnixMilli(1.7e12+int64(n))
		records = append(records, w)
	}
	workspaces := workspace.New(workspace.Options{Store: shelf{records: records}, Engine: deadEngine{}, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); workspaces.Run(ctx) }()
	defer func() { cancel(); <-ended; workspaces.Close(context.Background()) }()
	box, err := secretbox.New(bytes.Repeat([]byte("s"), secretbox.MinSecretBytes))
	if err != nil {
		b.Fatal(err)
	}
	people, err := identity.New(identity.Options{Store: struct{ identity.Store }{}, Box: box, BaseURL: "https://example.com"})
	if err != nil {
		b.Fatal(err)
	}
	s := New(Options{Config: config.Config{}.Defaults(), Identity: people, Workspaces: workspaces, Events: NewEvents(), Activity: func(string) []string { return nil }, Log: slog.New(slog.DiscardHandler)})
	for end := time.Now().Add(20 * time.Second); ; {
		if got, err := workspaces.Survey(workspace.SurveyQuery{Limit: 1}); err == nil && got.Total == 5000 {
			break
		}
		if time.Now().After(end) {
			b.Fatal("not known within 20 s")
		}
	}
	for b.Loop() {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, AsOperator(httptest.NewRequest(http.MethodGet, "/api/v1/admin/workspaces?sort=name&query=1&limit=100", nil), ""))
		var page struct {
			Items []Workspace
			Total int
		}
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || len(page.Items) != 100 {
			b.Fatalf("%d %s", w.Code, w.Body)
		}
	}
}
