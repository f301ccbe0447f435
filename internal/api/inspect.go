package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/inspect"
	"github.com/kalpana-dev/kalpana/internal/redact"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// InspectOptions let people see what the programs of their workspaces are asked.
type InspectOptions struct {
	Requests *inspect.Inspector
	// Replay sends a request that was kept to the same port again, for by, who was let in
	// already. Errors: those of package inspect; anything else means that nothing answered.
	Replay func(ctx context.Context, by Visitor, t inspect.Target, x inspect.Exchange) (inspect.Exchange, error)
}

// Visitor is who sends a request again.
type Visitor struct{ UserID, SessionID, TokenID string }

// Inspected is one request to a port as lists show it.
type Inspected struct {
	ID            string  `json:"id"`
	Time          string  `json:"time" format:"date-time" doc:"In UTC with six digits behind the second, so that it sorts as text."`
	Method        string  `json:"method"`
	Path          string  `json:"path" doc:"With its query."`
	Status        int     `json:"status" doc:"0 if there was no answer."`
	MS            float64 `json:"ms" doc:"Milliseconds until its end; of one that is open, until now."`
	RequestBytes  int64   `json:"requestBytes" doc:"Of the body, or of all that was sent over a WebSocket."`
	ResponseBytes int64   `json:"responseBytes"`
	Socket        bool    `json:"socket" doc:"It asked for a WebSocket. What is said over it is not recorded."`
	Open          bool    `json:"open" doc:"A WebSocket or an event stream that has not ended. It is told of again when it does."`
	ReplayOf      string  `json:"replayOf,omitempty" doc:"The request that this one repeats."`
}

// InspectedRequest is one request to a port with all that is kept of it.
type InspectedRequest struct {
	Inspected
	RequestHeaders  [][2]string   `json:"requestHeaders" nullable:"false" doc:"Names and values as the program got them; what lets the visitor in is masked."`
	ResponseHeaders [][2]string   `json:"responseHeaders" nullable:"false" doc:"As the program sent them; empty if it sent none."`
	RequestBody     InspectedBody `json:"requestBody"`
	ResponseBody    InspectedBody `json:"responseBody"`
}

// InspectedBody is the beginning of a body, its first 16 KiB: text if it is some, else Base64.
type InspectedBody struct {
	Text      *string `json:"text,omitempty"`
	Base64    *string `json:"base64,omitempty"`
	Decoded   bool    `json:"decoded,omitempty" doc:"text is what gzip had packed."`
	Truncated bool    `json:"truncated" doc:"There is more than what is shown."`
	Bytes     int64   `json:"bytes" doc:"Of the whole body, as it passed."`
}

// masked hides secrets of well-known kinds, Kalpana's own among them.
var masked = redact.New(nil)

func wireInspected(s inspect.Summary) Inspected {
	s = s.Shown(masked)
	return Inspected{
		ID: s.ID, Time: s.Time.UTC().Format("2006-01-02T15:04:05.000000Z"), Method: s.Method, Path: s.Path, Status: s.Status, MS: math.Round(float64(s.Took)/float64(time.Millisecond)*10) / 10,
		RequestBytes: s.RequestBytes, ResponseBytes: s.ResponseBytes, Socket: s.Socket, Open: s.Open, ReplayOf: s.ReplayOf,
	}
}

func wireExchange(x inspect.Exchange) InspectedRequest {
	s := x.Shown(masked)
	return InspectedRequest{
		Inspected: wireInspected(x.Summary), RequestHeaders: wireHeaders(s.RequestHeaders), ResponseHeaders: wireHeaders(s.ResponseHeaders),
		RequestBody: wireBody(s.RequestBody), ResponseBody: wireBody(s.ResponseBody),
	}
}

func wireHeaders(all []inspect.Header) [][2]string {
	out := make([][2]string, 0, len(all))
	for _, h := range all {
		out = append(out, [2]string(h))
	}
	return out
}

func wireBody(b inspect.ShownBody) InspectedBody {
	out := InspectedBody{Decoded: b.Decoded, Truncated: b.Truncated, Bytes: b.Bytes}
	if b.Base64 != "" {
		out.Base64 = &b.Base64
	} else {
		out.Text = &b.Text
	}
	return out
}

type inspectInput struct {
	ID   string `path:"id" maxLength:"64"`
	Port int    `path:"port" minimum:"1024" maximum:"65535"`
}

type inspectedInput struct {
	ID      string `path:"id" maxLength:"64"`
	Port    int    `path:"port" minimum:"1024" maximum:"65535"`
	Request string `path:"rid" maxLength:"64"`
}

type inspectedOutput struct{ Body InspectedRequest }

// inspected finds the port, for who may edit the workspace: bodies hold what visitors sent.
func (s *Server) inspected(ctx context.Context, id string, port int) (inspect.Target, error) {
	if _, err := s.with(ctx, id, workspace.RightEdit); err != nil {
		return inspect.Target{}, err
	}
	if !bridge.Forwardable(port) {
		return inspect.Target{}, invalidField("path.port", "This port is the workspace's own and is not forwarded.")
	}
	return inspect.Target{Workspace: id, Port: port}, nil
}

func (s *Server) registerInspect(o InspectOptions) {
	const base = workspaceBase + "/ports/{port}/requests"
	follow := func(op *huma.Operation) {
		op.Description = "Requests are recorded while somebody asks here, until 60 seconds later, and kept for 10 minutes in the memory of the server that got them. With Accept: text/event-stream they are followed as they come, as events named request."
		op.Middlewares = huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
			if !strings.Contains(ctx.Header("Accept"), "text/event-stream") {
				next(ctx)
				return
			}
			r, w := humago.Unwrap(ctx)
			s.few("requests", func(w http.ResponseWriter, r *http.Request) { s.followRequests(w, r, o) })(w, r)
		}}
	}
	huma.Register(s.api, operation("GET", base, "list-port-requests", "The latest requests to a port of a workspace", 200, follow), func(ctx context.Context, in *inspectInput) (*list[Inspected], error) {
		t, err := s.inspected(ctx, in.ID, in.Port)
		if err != nil {
			return nil, err
		}
		var items []Inspected
		for _, x := range o.Requests.List(t) {
			items = append(items, wireInspected(x))
		}
		return listOf(items, ""), nil
	})
	huma.Register(s.api, operation("GET", base+"/{rid}", "get-port-request", "One request to a port, with its answer", 200), func(ctx context.Context, in *inspectedInput) (*inspectedOutput, error) {
		t, err := s.inspected(ctx, in.ID, in.Port)
		if err != nil {
			return nil, err
		}
		x, ok := o.Requests.Get(t, in.Request)
		if !ok {
			return nil, notKept()
		}
		return &inspectedOutput{wireExchange(x)}, nil
	})
	huma.Register(s.api, operation("POST", base+"/{rid}/replay", "replay-port-request", "Send a request to the same port again", 200), func(ctx context.Context, in *inspectedInput) (*inspectedOutput, error) {
		t, err := s.inspected(ctx, in.ID, in.Port)
		if err != nil {
			return nil, err
		}
		x, ok := o.Requests.Get(t, in.Request)
		if !ok {
			return nil, notKept()
		}
		me := caller(ctx)
		again, err := o.Replay(ctx, Visitor{me.UserID, me.SessionID, me.TokenID}, t, x)
		if err != nil {
			return nil, s.replayProblem(t, err)
		}
		return &inspectedOutput{wireExchange(again)}, nil
	})
}

func notKept() *Problem {
	return problem(404, "not_found", "This request is not kept any more. Requests are kept while somebody looks, the latest 100 of a port.")
}

func (s *Server) replayProblem(t inspect.Target, err error) error {
	switch {
	case errors.Is(err, inspect.ErrSocket):
		return problem(422, "body_not_kept", "A WebSocket cannot be sent again: what was said over it is not recorded.")
	case errors.Is(err, inspect.ErrNotKept):
		return problem(422, "body_not_kept", "The request is longer than the 16 KiB that are kept of it, so it cannot be sent again.")
	case errors.Is(err, inspect.ErrNotRunning):
		return problem(409, "not_running", "The workspace does not run. Start it and try again.")
	case errors.Is(err, inspect.ErrBusy):
		p := problem(429, "rate_limited", "Other requests are being sent again to this port. Wait a moment and try again.")
		p.retryAfter = time.Second
		return p
	}
	s.log.Info("a request sent again got no answer", "workspace", t.Workspace, "port", t.Port, "err", err)
	return problem(502, "port_unreachable", "Nothing answered on the port. See whether the program runs, then try again.")
}

// followRequests sends what a port is asked, as it comes.
func (s *Server) followRequests(w http.ResponseWriter, r *http.Request, o InspectOptions) {
	port, ok := portOf(r.PathValue("port"))
	if !ok {
		writeProblem(w, invalidField("path.port", "must be a number from 1024 to 65535"))
		return
	}
	t, err := s.inspected(r.Context(), r.PathValue("id"), port)
	if err != nil {
		writeProblem(w, err.(*Problem))
		return
	}
	coming, leave := o.Requests.Follow(t)
	defer leave()
	if coming == nil {
		p := problem(429, "rate_limited", "Too many pages follow the requests of this workspace. Close some, then try again.")
		p.retryAfter = time.Second
		writeProblem(w, p)
		return
	}
	out, me := startStream(w), caller(r.Context())
	if out.comment("connected") != nil {
		return
	}
	ping := time.NewTicker(eventsPing)
	defer ping.Stop()
	live := time.NewTicker(watchEvery)
	defer live.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case x, ok := <-coming:
			if !ok || out.send("", "request", wireInspected(x)) != nil {
				return
			}
		case <-live.C:
			if !s.stillMay(me, t.Workspace, workspace.RightEdit) {
				return
			}
		case <-ping.C:
			if out.comment("ping") != nil {
				return
			}
		}
	}
}

func portOf(text string) (int, bool) {
	n, err := strconv.ParseUint(text, 10, 16)
	return int(n), err == nil && n >= 1024
}
