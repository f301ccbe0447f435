package api

import (
	"encoding/json"
	"net/http"
	"sync"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// execPart is one line of the answer to an exec: output, or how it ended.
type execPart struct {
	Stdout   []byte `json:"stdout,omitempty"`
	Stderr   []byte `json:"stderr,omitempty"`
	Error    string `json:"error,omitempty"`
	ExitCode *int   `json:"exitCode,omitempty"`
}

// socketExec runs a command in a running workspace for the operator and streams what it
// prints, one JSON object a line.
func (s *Server) socketExec(w http.ResponseWriter, r *http.Request) {
	var in struct{ Command []string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBodyBytes)).Decode(&in); err != nil || len(in.Command) == 0 {
		writeProblem(w, problem(400, "bad_request", "Say which command to run."))
		return
	}
	found, err := s.Workspaces.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		s.answerSocket(w, nil, err)
		return
	}
	if found.Status != workspace.StatusRunning {
		writeProblem(w, problem(409, "workspace_not_running", "The workspace is not running. Start it first."))
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := &execStream{to: json.NewEncoder(w), flush: http.NewResponseController(w).Flush}
	code, err := s.Exec(r.Context(), found.ContainerID, in.Command, execWriter{out, false}, execWriter{out, true})
	if err != nil {
		out.send(execPart{Error: err.Error()})
		return
	}
	out.send(execPart{ExitCode: &code})
}

type execStream struct {
	mu    sync.Mutex
	to    *json.Encoder
	flush func() error
}

func (s *execStream) send(p execPart) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.to.Encode(p); err != nil {
		return err
	}
	return s.flush()
}

type execWriter struct {
	to     *execStream
	stderr bool
}

func (e execWriter) Write(p []byte) (int, error) {
	part := execPart{Stdout: p}
	if e.stderr {
		part = execPart{Stderr: p}
	}
	if err := e.to.send(part); err != nil {
		return 0, err
	}
	return len(p), nil
}
