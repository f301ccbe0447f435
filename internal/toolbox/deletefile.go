package toolbox

import (
	"context"
	"fmt"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

// maxPreviewPaths is how many paths a card shows.
const maxPreviewPaths = 100

func deleteFile() tool {
	return tool{
		name: "deleteFile", class: permission.ClassWrite, keepLast: true,
		description: "Deletes a file, a link or an empty folder; with recursive a folder and all that is in it.",
		aliases:     []string{"delete", "remove", "rm", "removefile", "unlink", "deletepath", "deletedirectory", "removedirectory", "deletefolder"},
		fields: []field{
			{name: "path", kind: file, required: true, about: "relative to the workspace", aliases: append([]string{"directory", "dir", "folder", "targetpath"}, pathAliases...)},
			{name: "recursive", kind: truth, fallback: false, about: "a folder with its contents", aliases: []string{"r"}},
		},
		fresh: func() arguments { return &deleteFileArgs{} },
	}
}

type deleteFileArgs struct {
	Path      string `json:"path"`
	Recursive bool   `json:"recursive"`
}

func (a *deleteFileArgs) check() *Error {
	if a.Path == "." {
		return errorf(CodeBadArguments, "path: the workspace itself is not deleted.")
	}
	return nil
}

func (a *deleteFileArgs) describe(_ *Session, p *permission.Call) string {
	p.Paths = []string{a.Path}
	p.Deletes, p.Unsaved = 1, true // until Assess knows better
	return "Delete " + a.Path
}

func (a *deleteFileArgs) assess(ctx context.Context, c *Call) *Error {
	s := c.session
	var entry bridge.Entry
	if problem := s.call(ctx, "look at "+a.Path, bridge.TypeStatFile, bridge.StatFile{Path: a.Path}, &entry); problem != nil {
		return s.missing(ctx, a.Path, problem)
	}
	c.Permission.Trees = nil
	switch {
	case entry.Type != bridge.EntryDirectory:
		c.Permission.Deletes, c.Permission.Unsaved = 1, s.unsaved(ctx, c.there(0))
		return nil
	case !a.Recursive: // works for an empty one only
		c.Permission.Deletes, c.Permission.Unsaved = 1, false
		return nil
	}
	c.Permission.Trees = []string{c.there(0)}
	c.Permission.Deletes, c.Permission.Unsaved = s.unsavedBelow(ctx, c.there(0))
	return nil
}

func (a *deleteFileArgs) preview(ctx context.Context, c *Call) (Preview, *Error) {
	s := c.session
	var entry bridge.Entry
	if problem := s.call(ctx, "look at "+a.Path, bridge.TypeStatFile, bridge.StatFile{Path: a.Path}, &entry); problem != nil {
		return Preview{}, s.missing(ctx, a.Path, problem)
	}
	shown := Preview{Paths: []string{a.Path}}
	if entry.Type != bridge.EntryDirectory {
		return shown, nil
	}
	var list bridge.FileList
	if problem := s.call(ctx, "list "+a.Path, bridge.TypeListFiles, bridge.ListFiles{Path: a.Path, Recursive: true}, &list); problem != nil {
		return Preview{}, problem
	}
	if !a.Recursive && len(list.Entries) > 0 {
		return Preview{}, notEmpty(a.Path)
	}
	for _, e := range list.Entries[:min(len(list.Entries), maxPreviewPaths-1)] {
		shown.Paths = append(shown.Paths, e.Path)
	}
	return shown, nil
}

func (a *deleteFileArgs) run(ctx context.Context, c *Call, _ func(string)) Result {
	s := c.session
	var deleted bridge.Deleted
	problem := s.call(ctx, "delete "+a.Path, bridge.TypeDeleteFile, bridge.DeleteFile{Path: a.Path, Recursive: a.Recursive}, &deleted)
	if problem != nil {
		if problem.Code == notEmpty("").Code {
			return failed(notEmpty(a.Path))
		}
		r := failed(s.missing(ctx, a.Path, problem))
		r.Changed = a.Recursive && problem.Code != CodeNotFound // it may have got half-way
		return r
	}
	s.forget(a.Path)
	return Result{Text: fmt.Sprintf("Deleted %s: %d files and folders.\n", a.Path, deleted.Count), Changed: true, output: map[string]any{"path": a.Path, "count": deleted.Count}}
}

func notEmpty(name string) *Error {
	return errorf("NOT_EMPTY", "%s is a folder with something in it. Set recursive to delete it with its contents.", name)
}
