package metrics_test

import (
	"testing"

	"github.com/kalpana-dev/kalpana/internal/metrics"
)

func TestWakesAreCounted(t *testing.T) {
	m := metrics.New()
	m.Woken(false, true)
	m.Woken(false, false)
	m.Woken(true, true)
	m.Woken(true, true)
	got := gathered(t, m)
	for result, want := range map[string]float64{"started": 1, "start_failed": 1, "resumed": 2, "resume_failed": 0} {
		if value, there := got["kalpana_wakes_total{result="+result+"}"]; !there || value != want {
			t.Errorf("%s: %v (%v), want %v", result, value, there, want)
		}
	}
}
