package metrics_test

import (
	"math"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/metrics"
)

func TestFiguresAreWhatAScrapeSays(t *testing.T) {
	m := metrics.New()
	at := time.Date(2026, 11, 25, 23, 59, 0, 0, time.UTC)
	w, err := metrics.NewWatch(m, func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	look := func() metrics.Figures {
		t.Helper()
		f, err := w.Figures()
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	sample := func() {
		t.Helper()
		if err := w.Sample(); err != nil {
			t.Fatal(err)
		}
	}
	if f := look(); f.RequestsPerSecond == nil || len(f.RequestsPerSecond) != 0 || f.Requests[0].PerSecond != 0 || f.Starts.P95 != 0 {
		t.Errorf("at the beginning: %+v", f)
	}
	sample()
	m.Workspaces(map[string]int{"RUNNING": 3, "STOPPED": 2})
	m.Leases(3, 500)
	m.AgentTurnStarted()
	m.AgentUsage(100, 20, 20, 50, 0)
	m.SocketOpened(metrics.KindEditor)
	m.SocketOpened(metrics.KindEditor)
	m.SocketOpened(metrics.KindPort)
	m.Start(1200*time.Millisecond, true)
	m.Start(time.Minute, false) // of no interest
	for range 90 {
		m.Request(metrics.KindAPI, 2, 2*time.Millisecond, 0, 0)
	}
	for range 10 {
		m.Request(metrics.KindAPI, 5, 100*time.Millisecond, 0, 0)
	}
	at = at.Add(10 * time.Second)
	sample()
	f := look()
	if f.Workspaces["RUNNING"] != 3 || f.Workspaces["STOPPED"] != 2 || f.Workspaces["ERROR"] != 0 || len(f.Workspaces) != 5 {
		t.Errorf("workspaces %v", f.Workspaces)
	}
	if f.LeasesInUse != 3 || f.Leases != 500 || f.TurnsRunning != 1 || f.TokensToday != 120 || f.Uptime != 10*time.Second {
		t.Errorf("%+v", f)
	}
	if f.Sockets["ws"] != 2 || f.Sockets["port"] != 1 || f.Sockets["agent"] != 0 {
		t.Errorf("sockets %v", f.Sockets)
	}
	if f.Starts.Count != 1 || f.Starts.P50 < 1 || f.Starts.P95 > 1.5 {
		t.Errorf("starts %+v", f.Starts)
	}
	if f.MemoryBytes < 1<<20 || f.Goroutines < 1 {
		t.Errorf("%d bytes, %d goroutines", f.MemoryBytes, f.Goroutines)
	}
	api := f.Requests[1]
	if api.Kind != metrics.KindAPI || api.PerSecond != 10 || api.ErrorsPerSecond != 1 || api.P50 < .0015 || api.P50 > .0045 || api.P95 < .04 || api.P95 > .13 {
		t.Errorf("traffic %+v", api)
	}
	if len(f.RequestsPerSecond) != 1 || f.RequestsPerSecond[0] != 10 || f.OpenSockets[0] != 3 || f.Running[0] != 3 {
		t.Errorf("history %v %v %v", f.RequestsPerSecond, f.OpenSockets, f.Running)
	}

	// Rates look back a minute, times ten, and a day ends at midnight UTC.
	for range 7 {
		at = at.Add(10 * time.Second)
		sample()
	}
	m.AgentUsage(5, 0, 0, 0, 0)
	f = look()
	if f.Requests[1].PerSecond != 0 || f.Requests[1].P50 == 0 || f.TokensToday != 5 {
		t.Errorf("after a minute: %+v, %d tokens", f.Requests[1], f.TokensToday)
	}
	for range 2 * metrics.HistoryPoints {
		at = at.Add(10 * time.Second)
		sample()
	}
	f = look()
	if len(f.RequestsPerSecond) != metrics.HistoryPoints || len(f.Running) != metrics.HistoryPoints || f.Requests[1].P50 != 0 || math.IsNaN(f.Requests[1].P95) {
		t.Errorf("after long: %d points, %+v", len(f.RequestsPerSecond), f.Requests[1])
	}
}
