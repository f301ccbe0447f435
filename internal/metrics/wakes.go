package metrics

// What came of a visit to a workspace that was stopped or paused.
var wakeResults = []string{"started", "start_failed", "resumed", "resume_failed"}

// Woken counts a workspace that a visit started, or resumed because it was paused; ok says
// whether that was done.
func (m *Metrics) Woken(resumed, ok bool) {
	result := "start_failed"
	switch {
	case resumed && ok:
		result = "resumed"
	case resumed:
		result = "resume_failed"
	case ok:
		result = "started"
	}
	m.wakes.WithLabelValues(result).Inc()
}
