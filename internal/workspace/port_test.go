package workspace_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func TestSettingsOfPortsAreKeptAndAnnounced(t *testing.T) {
	w := newWorld()
	o := w.options()
	seen := &announcements{of: map[string][]workspace.Workspace{}}
	o.Announcers = append(o.Announcers, seen)
	s, stop := run(o)
	defer stop()
	no := false
	rec, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n", Start: &no})
	if err != nil {
		t.Fatal(err)
	}
	set := func(p workspace.PortSetting) workspace.Workspace {
		t.Helper()
		got, err := s.SetPort(t.Context(), rec.ID, p)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	set(workspace.PortSetting{Port: 5173, Visibility: workspace.VisibleUsers})
	first := set(workspace.PortSetting{Port: 3000, Visibility: workspace.VisiblePublic, RewriteHost: true})
	want := []workspace.PortSetting{{Port: 3000, Visibility: workspace.VisiblePublic, RewriteHost: true}, {Port: 5173, Visibility: workspace.VisibleUsers}}
	stored, err := s.Get(t.Context(), rec.ID)
	if err != nil || !slices.Equal(first.Ports, want) || !slices.Equal(stored.Ports, want) {
		t.Errorf("%+v, stored %+v, %v", first.Ports, stored.Ports, err)
	}
	if again := set(want[0]); again.Version != first.Version {
		t.Error("the same setting was written once more")
	}
	// A change leaves what was announced before as it was.
	last := set(workspace.PortSetting{Port: 5173, RewriteHost: true})
	if !slices.Equal(first.Ports, want) || last.Ports[1] != (workspace.PortSetting{Port: 5173, Visibility: workspace.VisibleOwner, RewriteHost: true}) {
		t.Errorf("before %+v, after %+v", first.Ports, last.Ports)
	}
	if last = set(workspace.PortSetting{Port: 3000}); len(last.Ports) != 1 {
		t.Errorf("the default is kept as a setting: %+v", last.Ports)
	}
	seen.mu.Lock()
	defer seen.mu.Unlock()
	if all := seen.of[rec.ID]; !slices.Equal(all[len(all)-1].Ports, last.Ports) {
		t.Errorf("announced %+v", all[len(all)-1].Ports)
	}
	for port, want := range map[int]workspace.Visibility{5173: workspace.VisibleOwner, 3000: workspace.VisibleOwner, 9999: workspace.VisibleOwner} {
		if got := workspace.PortSettingOf(last.Ports, port); got.Visibility != want || got.Port != port || got.RewriteHost != (port == 5173) {
			t.Errorf("%d: %+v", port, got)
		}
	}
	if got := workspace.PortSettingOf(nil, 5173); got.Visibility != workspace.VisibleOwner {
		t.Errorf("without settings: %+v", got)
	}
}

func TestSettingsOfPortsAreChecked(t *testing.T) {
	w := newWorld()
	s, stop := run(w.options())
	defer stop()
	no := false
	rec, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n", Start: &no})
	if err != nil {
		t.Fatal(err)
	}
	for field, all := range map[string][]workspace.PortSetting{
		"port":       {{Port: 0}, {Port: -1}, {Port: 22}, {Port: 1023}, {Port: 3001}, {Port: 8080}, {Port: 65536}},
		"visibility": {{Port: 5173, Visibility: "everybody"}, {Port: 5173, Visibility: "Public"}, {Port: 5173, Visibility: "public "}},
	} {
		for _, p := range all {
			var invalid *workspace.InvalidError
			if _, err := s.SetPort(t.Context(), rec.ID, p); !errors.As(err, &invalid) || invalid.Field != field {
				t.Errorf("%+v: %v", p, err)
			}
		}
	}
	if _, err := s.SetPort(t.Context(), "none", workspace.PortSetting{Port: 5173, Visibility: "public"}); !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("of nothing: %v", err)
	}
	for i := range 64 {
		if _, err := s.SetPort(t.Context(), rec.ID, workspace.PortSetting{Port: 5000 + i, Visibility: workspace.VisibleUsers}); err != nil {
			t.Fatal(i, err)
		}
	}
	var invalid *workspace.InvalidError
	if _, err := s.SetPort(t.Context(), rec.ID, workspace.PortSetting{Port: 4999, Visibility: workspace.VisibleUsers}); !errors.As(err, &invalid) {
		t.Errorf("the 65th: %v", err)
	}
	if _, err := s.SetPort(t.Context(), rec.ID, workspace.PortSetting{Port: 5010, Visibility: workspace.VisiblePublic}); err != nil {
		t.Errorf("a change of one of 64: %v", err)
	}
	if _, err := s.SetPort(t.Context(), rec.ID, workspace.PortSetting{Port: 4999}); err != nil {
		t.Errorf("the default, beside 64: %v", err)
	}
	if _, err := s.Delete(t.Context(), rec.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SetPort(t.Context(), rec.ID, workspace.PortSetting{Port: 5000}); !errors.Is(err, workspace.ErrDeleting) && !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("while it is deleted: %v", err)
	}
}

func TestSettingsMadeAtOnceByTwoProcessesAreAllKept(t *testing.T) {
	w := newWorld()
	var services []*workspace.Service
	for range 2 {
		s, stop := run(w.options())
		defer stop()
		services = append(services, s)
	}
	no := false
	rec, err := services[0].Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n", Start: &no})
	if err != nil {
		t.Fatal(err)
	}
	var g sync.WaitGroup
	for i := range 20 {
		g.Go(func() {
			if _, err := services[i%2].SetPort(t.Context(), rec.ID, workspace.PortSetting{Port: 4000 + i, Visibility: workspace.VisiblePublic}); err != nil {
				t.Error(i, err)
			}
		})
	}
	g.Wait()
	got, err := services[0].Get(t.Context(), rec.ID)
	if err != nil || len(got.Ports) != 20 {
		t.Fatalf("%d settings, %v", len(got.Ports), err)
	}
	for i, p := range got.Ports {
		if p != (workspace.PortSetting{Port: 4000 + i, Visibility: workspace.VisiblePublic}) {
			t.Errorf("%s", fmt.Sprint(p))
		}
	}
}
