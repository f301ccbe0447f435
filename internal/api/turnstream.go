package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/internal/uistream"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// serveTurn is POST /api/v1/chats: one turn of the agent, answered in the AI SDK's UI
// message stream. The turn goes on when the client goes.
func (s *Server) serveTurn(w http.ResponseWriter, r *http.Request) {
	if p := s.limits.act(caller(r.Context()), "send-message"); p != nil {
		writeProblem(w, p)
		return
	}
	body, err := io.ReadAll(r.Body)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		writeProblem(w, problem(408, "request_timeout", "The request did not arrive in time. Try again."))
		return
	}
	if err != nil {
		writeProblem(w, problem(413, "body_too_large", "The request is larger than 4 MiB."))
		return
	}
	req, err := uistream.ParseRequest(body)
	switch invalid, ok := errors.AsType[*uistream.InvalidError](err); {
	case ok && !json.Valid(body):
		writeProblem(w, problem(400, "bad_request", "The request is not JSON, or nested too deeply."))
		return
	case ok:
		writeProblem(w, invalidField("body."+invalid.Field, invalid.Error()))
		return
	case err != nil:
		writeProblem(w, problem(413, "body_too_large", "The request is larger than 4 MiB."))
		return
	}
	if bytes.IndexByte(body, 0) >= 0 {
		writeProblem(w, invalidField("body", "has no NUL bytes"))
		return
	}
	ctx := r.Context()
	c, err := s.chatWith(ctx, req.ChatID, workspace.RightEdit)
	if err != nil {
		writeProblem(w, err.(*Problem))
		return
	}
	log, err := s.Chats.Send(ctx, c.OwnerID, req)
	if err != nil {
		writeProblem(w, s.fail(err).(*Problem))
		return
	}
	s.streamTurn(w, r, c.WorkspaceID, log)
}

// serveTurnStream is GET /api/v1/chats/{chatId}/stream: the running turn from its
// beginning, or 204.
func (s *Server) serveTurnStream(w http.ResponseWriter, r *http.Request) {
	c, err := s.chatWith(r.Context(), r.PathValue("chatId"), workspace.RightView)
	if err != nil {
		writeProblem(w, err.(*Problem))
		return
	}
	log := s.Chats.Stream(c)
	if log == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	s.streamTurn(w, r, c.WorkspaceID, log)
}

func (s *Server) streamTurn(w http.ResponseWriter, r *http.Request, workspaceID string, log *uistream.Log) {
	control := http.NewResponseController(w)
	control.SetReadDeadline(time.Time{})
	for _, h := range uistream.Headers() {
		w.Header().Set(h[0], h[1])
	}
	w.WriteHeader(http.StatusOK)
	reader := log.Reader(uistream.ClientOf(r.Header.Get(uistream.ClientHeader)))
	defer reader.Close()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go s.endWithRight(ctx, workspaceID, workspace.RightView, cancel)
	reader.Stream(ctx, w, control.Flush) // the client has gone, or the turn has ended
}

// documentTurns adds the two streams to the OpenAPI document.
func (s *Server) documentTurns() {
	login := []map[string][]string{{"session": {}}, {"token": {}}}
	stream := map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: "string"}}}
	text, object := &huma.Schema{Type: "string"}, &huma.Schema{Type: "object", AdditionalProperties: true}
	version := &huma.Param{Name: uistream.ClientHeader, In: "header", Schema: text, Description: "7 for clients that read what only version 7 of the npm package ai does."}
	s.api.OpenAPI().AddOperation(&huma.Operation{Method: "POST", Path: "/api/v1/chats", OperationID: "send-message", Security: login,
		Summary:     "One turn of the agent, in the UI message stream of the AI SDK. Of messages the last one of the user counts",
		Description: "The request may have 4 MiB: messages may have pictures.",
		Parameters:  []*huma.Param{version},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{
			Type: "object", Required: []string{"id", "messages"}, Properties: map[string]*huma.Schema{
				"id": text, "messages": {Type: "array", Items: object}, "trigger": text, "messageId": text, "model": text, "mode": text,
			}}}}},
		Responses: map[string]*huma.Response{"200": {Description: "UI message stream, version 1", Content: stream}}})
	s.api.OpenAPI().AddOperation(&huma.Operation{Method: "GET", Path: chatBase + "/stream", OperationID: "resume-turn", Security: login,
		Summary:    "The running turn from its beginning, then as it goes on",
		Parameters: []*huma.Param{{Name: "chatId", In: "path", Required: true, Schema: text}, version},
		Responses:  map[string]*huma.Response{"200": {Description: "UI message stream, version 1", Content: stream}, "204": {Description: "No turn runs"}}})
}
