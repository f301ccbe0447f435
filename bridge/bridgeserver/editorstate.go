package bridgeserver

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

const (
	// maxState is how long a page's report may be, in bytes.
	maxState = 256 << 10
	// maxReports is how many pages' reports are kept, the latest ones.
	maxReports = 16
	// aliveFor is how long a page may take to say that it is there. It takes 10 ms; one whose
	// browser lost its connection says nothing.
	aliveFor = 500 * time.Millisecond
)

// editorStates are what pages reported of themselves, each under its socket. The program that
// reports is one of the container, so what it says may be anything.
type editorStates struct {
	mu      sync.Mutex
	reports []report // the latest first
}

type report struct {
	socket string
	state  bridge.EditorState
}

// keep takes the place of what the page said before.
func (e *editorStates) keep(r report) {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := slices.DeleteFunc(e.reports, func(old report) bool { return old.socket == r.socket })
	all = slices.Insert(all, 0, r)
	e.reports = all[:min(len(all), maxReports)]
}

func (e *editorStates) all() []report {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.reports)
}

func (e *editorStates) forget(socket string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reports = slices.DeleteFunc(e.reports, func(r report) bool { return r.socket == socket })
}

// editorState is what the page shows that reported last, of those that are there.
func (s *Server) editorState(ctx context.Context) (bridge.EditorState, error) {
	sockets := s.pages.sockets()
	ctx, cancel := context.WithTimeout(ctx, 2*aliveFor)
	defer cancel()
	for _, r := range s.states.all() {
		if !slices.Contains(sockets, r.socket) {
			s.states.forget(r.socket) // it ended
			continue
		}
		asking, end := context.WithTimeout(ctx, aliveFor)
		err := tell(asking, r.socket, pageMessage{Type: "status"})
		end()
		if err == nil {
			return r.state, nil
		}
	}
	return bridge.EditorState{Files: []bridge.OpenFile{}}, nil
}

// putEditorState takes in what a page of the editor reports.
func (s *Server) putEditorState(w http.ResponseWriter, r *http.Request) {
	var said struct {
		Socket string            `json:"socket"`
		Files  []bridge.OpenFile `json:"files"`
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxState))
	if err == nil {
		err = json.Unmarshal(body, &said)
	}
	if err != nil {
		problem(w, http.StatusBadRequest, bridge.CodeBadRequest, "read what the editor shows: "+err.Error())
		return
	}
	if !s.isPage(said.Socket) {
		problem(w, http.StatusBadRequest, bridge.CodeBadRequest, "socket is not one of a page of the editor")
		return
	}
	now := time.Now().UTC()
	s.states.keep(report{said.Socket, bridge.EditorState{Files: s.openFiles(said.Files), At: &now}})
	w.WriteHeader(http.StatusNoContent)
}

// openFiles are those that are in the workspace, by their paths there.
func (s *Server) openFiles(said []bridge.OpenFile) []bridge.OpenFile {
	files, active := []bridge.OpenFile{}, false
	for _, f := range said {
		p, inside := strings.CutPrefix(path.Clean(f.Path), path.Clean(s.root.Name())+"/")
		if !inside || len(p) > bridge.MaxPathBytes || len(files) == bridge.MaxOpenFiles {
			continue
		}
		files = append(files, bridge.OpenFile{Path: strings.ToValidUTF8(p, "�"), Active: f.Active && !active, Line: max(f.Line, 0), EndLine: max(f.EndLine, 0)})
		active = active || f.Active
	}
	return files
}
