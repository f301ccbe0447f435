package toolbox

import (
	"context"
	"fmt"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

func moveFile() tool {
	return tool{
		name: "moveFile", class: permission.ClassWrite, keepLast: true,
		description: "Moves or renames a file or folder, and makes the folders of its new place.",
		aliases:     []string{"move", "mv", "rename", "renamefile", "movepath"},
		fields: []field{
			{name: "from", kind: file, required: true, about: "what to move", aliases: []string{"source", "src", "path", "oldpath", "sourcepath", "filepath", "frompath", "old"}},
			{name: "to", kind: file, required: true, about: "its new path, name included", aliases: []string{"destination", "dest", "dst", "target", "newpath", "destinationpath", "targetpath", "topath", "new"}},
			{name: "overwrite", kind: truth, fallback: false, about: "replace a file that is there", aliases: []string{"force"}},
		},
		fresh: func() arguments { return &moveFileArgs{} },
	}
}

type moveFileArgs struct {
	From      string `json:"from"`
	To        string `json:"to"`
	Overwrite bool   `json:"overwrite"`
}

func (a *moveFileArgs) check() *Error {
	switch {
	case a.From == "." || a.To == ".":
		return errorf(CodeBadArguments, "the workspace itself is not moved, and nothing takes its place.")
	case a.From == a.To:
		return errorf(CodeBadArguments, "to: expected another path than from, got %s twice.", clip(a.To, 100))
	case strings.HasPrefix(a.To, a.From+"/"):
		return errorf(CodeBadArguments, "to: expected a path outside %s, which cannot be moved into itself.", clip(a.From, 100))
	}
	return nil
}

func (a *moveFileArgs) describe(_ *Session, p *permission.Call) string {
	p.Paths = []string{a.From, a.To}
	return fmt.Sprintf("Move %s to %s", a.From, a.To)
}

func (a *moveFileArgs) assess(ctx context.Context, c *Call) *Error {
	c.Permission.Trees = nil
	var entry bridge.Entry
	problem := c.session.call(ctx, "look at "+a.From, bridge.TypeStatFile, bridge.StatFile{Path: a.From}, &entry)
	if problem != nil && problem.Code != CodeNotFound {
		return problem
	}
	if problem == nil && entry.Type == bridge.EntryDirectory {
		c.Permission.Trees = []string{c.there(0)}
	}
	if !a.Overwrite {
		return nil
	}
	problem = c.session.call(ctx, "look at "+a.To, bridge.TypeStatFile, bridge.StatFile{Path: a.To}, &entry)
	switch {
	case problem == nil: // what is there will be gone
		c.Permission.Deletes, c.Permission.Unsaved = 1, c.session.unsaved(ctx, c.there(1))
	case problem.Code != CodeNotFound:
		return problem
	}
	return nil
}

func (a *moveFileArgs) preview(ctx context.Context, c *Call) (Preview, *Error) {
	s := c.session
	var entry bridge.Entry
	if problem := s.call(ctx, "look at "+a.From, bridge.TypeStatFile, bridge.StatFile{Path: a.From}, &entry); problem != nil {
		return Preview{}, s.missing(ctx, a.From, problem)
	}
	if !a.Overwrite && s.call(ctx, "look at "+a.To, bridge.TypeStatFile, bridge.StatFile{Path: a.To}, &entry) == nil {
		return Preview{}, taken(a.To)
	}
	return Preview{Paths: []string{a.From, a.To}}, nil
}

func taken(name string) *Error {
	return errorf(CodeExists, "%s exists. Choose another path, or set overwrite if it shall be replaced.", name)
}

func (a *moveFileArgs) run(ctx context.Context, c *Call, _ func(string)) Result {
	s := c.session
	var entry bridge.Entry
	problem := s.call(ctx, fmt.Sprintf("move %s to %s", a.From, a.To), bridge.TypeMoveFile, bridge.MoveFile{From: a.From, To: a.To, Overwrite: a.Overwrite}, &entry)
	switch {
	case problem != nil && problem.Code == CodeExists:
		return failed(taken(a.To))
	case problem != nil:
		r := failed(s.missing(ctx, a.From, problem))
		r.Changed = problem.Code == CodeBridgeLost || problem.Code == CodeCancelled
		return r
	}
	s.moved(a.From, a.To)
	return Result{Text: fmt.Sprintf("Moved %s to %s.\n", a.From, a.To), Changed: true, output: map[string]string{"from": a.From, "to": a.To}}
}

// moved lets what is known of a file, or of all files in a folder, go with it.
func (s *Session) moved(from, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range s.seen {
		if name == to || strings.HasPrefix(name, to+"/") {
			delete(s.seen, name)
		}
	}
	for name, known := range s.seen {
		if name == from || strings.HasPrefix(name, from+"/") {
			delete(s.seen, name)
			s.seen[to+strings.TrimPrefix(name, from)] = known
		}
	}
}

// forget drops what is known of a file, or of all files in a folder.
func (s *Session) forget(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for known := range s.seen {
		if known == name || strings.HasPrefix(known, name+"/") {
			delete(s.seen, known)
		}
	}
}
