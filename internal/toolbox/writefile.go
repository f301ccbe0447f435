package toolbox

import (
	"context"
	"fmt"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

func writeFile() tool {
	return tool{
		name: "writeFile", class: permission.ClassWrite,
		description: "Writes a whole file, and makes its folders. A file that exists is replaced only with overwrite set and after it was read; prefer editFile for it. Give the whole content: nothing may be left out.",
		aliases:     []string{"write", "createfile", "create", "newfile", "savefile", "writetofile", "filewrite", "addfile", "overwritefile"},
		fields: []field{
			{name: "path", kind: file, required: true, about: "relative to the workspace", aliases: pathAliases},
			{name: "content", kind: text, required: true, object: true, about: "the whole content, at most 1 MiB", aliases: []string{"contents", "filetext", "text", "filecontent", "filecontents", "data", "body", "newcontent", "code", "codecontent", "codeedit"}},
			{name: "overwrite", kind: truth, fallback: false, about: "replace a file that exists", aliases: []string{"force", "replace"}},
		},
		fresh: func() arguments { return &writeFileArgs{} },
	}
}

type writeFileArgs struct {
	Path      string `json:"path"`
	Content   string `json:"content"`
	Overwrite bool   `json:"overwrite"`
}

func (a *writeFileArgs) check() *Error {
	switch {
	case a.Path == ".":
		return expected("path", "the path of a file", encode(a.Path))
	case len(a.Content) > bridge.MaxInlineBytes:
		return errorf(CodeBadArguments, "content: expected at most %d bytes, got %d. Write it with a command, or in several files.", bridge.MaxInlineBytes, len(a.Content))
	}
	return nil
}

func (a *writeFileArgs) describe(_ *Session, p *permission.Call) string {
	p.Paths = []string{a.Path}
	return "Write " + a.Path
}

func (a *writeFileArgs) assess(ctx context.Context, c *Call) *Error {
	if a.Overwrite {
		c.Permission.Unsaved = c.session.unsaved(ctx, c.there(0))
	}
	return nil
}

func (a *writeFileArgs) preview(ctx context.Context, c *Call) (Preview, *Error) {
	info, problem := a.write(ctx, c.session, true)
	return Preview{Diff: info.Diff, DiffTruncated: info.DiffTruncated, Paths: []string{a.Path}}, problem
}

func (a *writeFileArgs) run(ctx context.Context, c *Call, _ func(string)) Result {
	info, problem := a.write(ctx, c.session, false)
	if problem != nil {
		return Result{Error: problem, Changed: problem.Code == CodeBridgeLost || problem.Code == CodeCancelled}
	}
	c.session.saw(a.Path, sight{info.Hash, info.Size, info.ModifiedAt})
	done := "Replaced"
	if info.Created {
		done = "Created"
	}
	return Result{
		Text:    fmt.Sprintf("%s %s: %d lines now, +%d −%d.\n", done, a.Path, countLines(a.Content), info.Added, info.Removed),
		Changed: true,
		output: map[string]any{
			"path": a.Path, "created": info.Created, "added": info.Added, "removed": info.Removed, "diff": info.Diff, "diffTruncated": info.DiffTruncated,
		},
	}
}

// write writes the file, or only tries to.
func (a *writeFileArgs) write(ctx context.Context, s *Session, dry bool) (info bridge.FileInfo, problem *Error) {
	what := "write " + a.Path
	req := bridge.WriteFile{Path: a.Path, Content: &a.Content, Diff: true, DryRun: dry}
	known, seen := s.sight(a.Path)
	if !a.Overwrite || !seen {
		req.IfAbsent = true
		problem = s.call(ctx, what, bridge.TypeWriteFile, req, &info)
		if problem == nil || problem.Code != CodeExists {
			return info, problem
		}
		if a.Overwrite {
			return info, notRead(a.Path)
		}
		return info, errorf(CodeExists, "%s exists%s. Use editFile, or overwrite:true after reading it.", a.Path, s.lines(ctx, a.Path))
	}
	if problem := a.omits(ctx, s, known); problem != nil {
		return info, problem
	}
	if known.hash == "" {
		if problem := s.unchanged(ctx, a.Path, known); problem != nil {
			return info, problem
		}
	}
	req.IfHash = known.hash
	problem = s.call(ctx, what, bridge.TypeWriteFile, req, &info)
	if problem == nil || problem.Code != CodeChangedOnDisk {
		return info, problem
	}
	changed, gone := s.changed(ctx, a.Path)
	if !gone {
		return info, changed
	}
	// It was deleted since it was read: nothing is lost by making it anew.
	req.IfHash, req.IfAbsent = "", true
	return info, s.call(ctx, what, bridge.TypeWriteFile, req, &info)
}

// omits refuses contents that leave out code of the file they replace.
func (a *writeFileArgs) omits(ctx context.Context, s *Session, known sight) *Error {
	placeholder := omission(a.Content)
	if placeholder == "" || !shrinks(known.size, int64(len(a.Content))) {
		return nil
	}
	var old bridge.FileContent
	if s.bridge.Call(ctx, bridge.TypeReadFile, bridge.ReadFile{Path: a.Path, StartLine: 1}, &old) == nil && strings.Contains(old.Content, placeholder) {
		return nil
	}
	return omitted("content", placeholder)
}

func notRead(name string) *Error {
	return errorf(CodeNotRead, "read %s before changing it.", name)
}

// lines says how many lines a file has, as in " (12 lines)"; nothing if that cannot be told.
func (s *Session) lines(ctx context.Context, name string) string {
	var content bridge.FileContent
	if s.bridge.Call(ctx, bridge.TypeReadFile, bridge.ReadFile{Path: name, StartLine: 1, LineCount: 1}, &content) != nil || content.Encoding != bridge.EncodingUTF8 {
		return ""
	}
	return fmt.Sprintf(" (%d lines)", content.TotalLines)
}

// changed says when a file became another than the one that was read; gone, that it is not
// there any more.
func (s *Session) changed(ctx context.Context, name string) (problem *Error, gone bool) {
	var entry bridge.Entry
	problem = s.call(ctx, "look at "+name, bridge.TypeStatFile, bridge.StatFile{Path: name}, &entry)
	switch {
	case problem == nil:
		return errorf(CodeChangedOnDisk, "%s changed at %s after you read it. Read it again.", name, entry.ModifiedAt.UTC().Format("15:04:05Z")), false
	case problem.Code == CodeNotFound:
		return errorf(CodeChangedOnDisk, "%s was deleted after you read it.", name), true
	}
	return problem, false
}

// unchanged checks a file that is too large to have a hash by its size and time.
func (s *Session) unchanged(ctx context.Context, name string, known sight) *Error {
	var entry bridge.Entry
	if problem := s.call(ctx, "look at "+name, bridge.TypeStatFile, bridge.StatFile{Path: name}, &entry); problem != nil {
		return problem
	}
	if entry.Size != known.size || !entry.ModifiedAt.Equal(known.at) {
		problem, _ := s.changed(ctx, name)
		return problem
	}
	return nil
}

func countLines(s string) int {
	n := strings.Count(s, "\n")
	if s != "" && !strings.HasSuffix(s, "\n") {
		n++
	}
	return n
}
