package bridge

import "time"

// Activity answers GET /activity: what keeps the workspace in use. Times are zero if there
// was none since the bridge started.
type Activity struct {
	// TrafficAt is when bytes passed to or from the editor or a port last, TrafficBytes how
	// many in all.
	TrafficAt    time.Time `json:"trafficAt"`
	TrafficBytes int64     `json:"trafficBytes"`
	// CommandAt is when a command ran last: now, while one runs in the foreground; one in
	// the background counts when it writes. Commands is how many run.
	CommandAt time.Time `json:"commandAt"`
	Commands  int       `json:"commands"`
	// TerminalAt is when a terminal was in use last: now, while somebody is attached to one;
	// else its latest output. Terminals is how many are open.
	TerminalAt time.Time `json:"terminalAt"`
	Terminals  int       `json:"terminals"`
}

// Last is the latest of the times.
func (a Activity) Last() time.Time {
	last := a.TrafficAt
	for _, t := range []time.Time{a.CommandAt, a.TerminalAt} {
		if t.After(last) {
			last = t
		}
	}
	return last
}
