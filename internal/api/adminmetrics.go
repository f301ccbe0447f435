package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/internal/metrics"
	"github.com/kalpana-dev/kalpana/internal/spend"
)

// Figures are the metrics at a glance, of the server that answers.
type Figures struct {
	Workspaces   map[string]int  `json:"workspaces" doc:"How many, by status."`
	LeasesInUse  int             `json:"leasesInUse" doc:"Pairs of ports that workspaces hold."`
	Leases       int             `json:"leases" doc:"Pairs of ports there are."`
	StartSeconds StartFigures    `json:"startSeconds" doc:"How long starts took since the server began."`
	Requests     []TrafficFigure `json:"requests" nullable:"false" doc:"Rates of the last minute, times of the last ten."`
	Sockets      SocketFigures   `json:"sockets" doc:"Open WebSockets."`
	TurnsRunning int             `json:"turnsRunning"`
	TokensToday  int64           `json:"tokensToday" doc:"Since midnight UTC, or since the server began if that was later."`
	SpentToday   float64         `json:"spentToday" doc:"US dollars since midnight UTC, with the installation's key, on all servers."`
	MemoryBytes  int64           `json:"memoryBytes"`
	Goroutines   int             `json:"goroutines"`
	Uptime       int64           `json:"uptimeSeconds"`
	History      HistoryFigures  `json:"history"`
}

// StartFigures are of starts of workspaces that succeeded.
type StartFigures struct {
	P50   float64 `json:"p50"`
	P95   float64 `json:"p95"`
	Count int     `json:"count"`
}

// TrafficFigure is of requests of one kind.
type TrafficFigure struct {
	Kind            string  `json:"kind" enum:"ui,api,ws,port,agent"`
	PerSecond       float64 `json:"perSecond"`
	P50Ms           float64 `json:"p50Ms"`
	P95Ms           float64 `json:"p95Ms"`
	ErrorsPerSecond float64 `json:"errorsPerSecond" doc:"Answered with 5xx."`
}

// SocketFigures counts open WebSockets by kind.
type SocketFigures struct {
	Editor int `json:"ws"`
	Port   int `json:"port"`
	Agent  int `json:"agent"`
	UI     int `json:"ui"`
}

// HistoryFigures have a point for each interval, the oldest first, 60 at most.
type HistoryFigures struct {
	Interval          int       `json:"interval" doc:"Seconds."`
	RequestsPerSecond []float64 `json:"requestsPerSecond" nullable:"false"`
	Sockets           []int     `json:"sockets" nullable:"false"`
	Running           []int     `json:"running" nullable:"false" doc:"Workspaces that ran."`
}

func (s *Server) registerAdminMetrics() {
	type figuresOutput struct{ Body Figures }
	huma.Register(s.api, operation("GET", "/api/v1/admin/metrics", "admin-metrics", "The metrics at a glance (administrators)", 200), func(ctx context.Context, _ *struct{}) (*figuresOutput, error) {
		if err := adminsOnly(ctx); err != nil {
			return nil, err
		}
		if s.Admin.Figures == nil {
			return nil, problem(404, "not_found", "This server does not watch its metrics.")
		}
		f, err := s.Admin.Figures()
		if err != nil {
			return nil, s.fail(err)
		}
		spent, err := s.Ledger.Spent(ctx, spend.Who{})
		if err != nil {
			return nil, s.fail(err)
		}
		return &figuresOutput{wireFigures(f, dollars(spent.Day))}, nil
	})
}

func wireFigures(f metrics.Figures, spentToday float64) Figures {
	const ms = 1000
	out := Figures{
		Workspaces: f.Workspaces, LeasesInUse: f.LeasesInUse, Leases: f.Leases, StartSeconds: StartFigures{f.Starts.P50, f.Starts.P95, f.Starts.Count},
		Requests:     []TrafficFigure{},
		Sockets:      SocketFigures{f.Sockets[metrics.KindEditor], f.Sockets[metrics.KindPort], f.Sockets[metrics.KindAgent], f.Sockets[metrics.KindUI]},
		TurnsRunning: f.TurnsRunning, TokensToday: f.TokensToday, SpentToday: spentToday, MemoryBytes: f.MemoryBytes, Goroutines: f.Goroutines, Uptime: int64(f.Uptime / time.Second),
		History: HistoryFigures{int(metrics.SampleEvery / time.Second), f.RequestsPerSecond, f.OpenSockets, f.Running},
	}
	for _, t := range f.Requests {
		out.Requests = append(out.Requests, TrafficFigure{t.Kind, t.PerSecond, t.P50 * ms, t.P95 * ms, t.ErrorsPerSecond})
	}
	return out
}
