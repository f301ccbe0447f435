package metrics

import "github.com/prometheus/client_golang/prometheus"

// Limits, the only values of the label "limit".
const (
	LimitLogin       = "login"       // passwords, sign-ups and logins at providers, by address and by account
	LimitPassword    = "password"    // passwords of links to ports
	LimitTicket      = "ticket"      // logins to workspaces, by user and by address
	LimitAPI         = "api"         // calls of the API by session, by token, or by address without a login
	LimitCreate      = "create"      // workspaces made
	LimitStart       = "start"       // starts, stops and restarts
	LimitToken       = "token"       // API tokens, invitations and links made
	LimitTurn        = "turn"        // messages to the agent
	LimitStreams     = "streams"     // event streams open at once
	LimitSockets     = "sockets"     // WebSockets open at once
	LimitRequests    = "requests"    // requests to one workspace under way at once
	LimitConnections = "connections" // connections open at once
)

var limits = []string{LimitLogin, LimitPassword, LimitTicket, LimitAPI, LimitCreate, LimitStart, LimitToken, LimitTurn, LimitStreams, LimitSockets, LimitRequests, LimitConnections}

// makeLimits prepares a counter for each limit.
func (m *Metrics) makeLimits(counter func(name, help string, labels ...string) *prometheus.CounterVec) {
	refused := counter("kalpana_limited_total", "What was refused because a limit was reached, by limit.", "limit")
	m.limited = make(map[string]prometheus.Counter, len(limits))
	for _, l := range limits {
		m.limited[l] = refused.WithLabelValues(l)
	}
}

// Limited counts what a limit refused; a limit that is none of ours is not counted.
func (m *Metrics) Limited(limit string) {
	if c := m.limited[limit]; c != nil {
		c.Inc()
	}
}
