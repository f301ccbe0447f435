package toolbox

import (
	"context"
	"fmt"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

const (
	maxEdits = 20
	// maxEditText bounds all texts of one call together, in bytes.
	maxEditText = bridge.MaxInlineBytes
	// maxModelDiff is how many characters of the diff a model gets.
	maxModelDiff = 8000
)

var (
	oldNames = []string{"oldstr", "oldstring", "old", "search", "find", "from", "oldcode", "original", "searchtext", "searchblock", "before"}
	newNames = []string{"newstr", "newstring", "new", "replace", "replacement", "to", "newcode", "updated", "replacetext", "replacewith", "after"}
	allNames = []string{"all", "replaceallmatches", "allowmultiple", "global", "multiple"}
)

func editFile() tool {
	return tool{
		name: "editFile", class: permission.ClassWrite,
		description: "Replaces texts in a file that was read. Each oldText must occur exactly once, or replaceAll must be set; give enough of the lines around it. All edits are made or none, one after the other.",
		aliases:     []string{"edit", "strreplace", "replace", "replaceinfile", "searchreplace", "searchandreplace", "multiedit", "modifyfile", "updatefile", "editexistingfile", "applyedit", "fileedit", "stringreplace", "patchfile"},
		fields: []field{
			{name: "path", kind: file, required: true, about: "relative to the workspace", aliases: pathAliases},
			{
				name: "edits", kind: items, required: true, min: 1, max: maxEdits, about: "made in this order", aliases: []string{"edit", "changes", "replacements", "operations", "diffs"},
				fields: []field{
					{name: "oldText", kind: text, required: true, about: "what stands in the file, without line numbers", aliases: oldNames},
					{name: "newText", kind: text, required: true, about: "what shall stand there", aliases: newNames},
					{name: "replaceAll", kind: truth, fallback: false, about: "replace it wherever it occurs", aliases: allNames},
				},
			},
		},
		adapt: adaptEdit,
		fresh: func() arguments { return &editFileArgs{} },
	}
}

// adaptEdit turns one edit whose texts stand beside the path into a list of one.
func adaptEdit(in raw) {
	if in.has("edits", "edit", "changes", "replacements", "operations", "diffs") {
		return
	}
	one := map[string]any{}
	for name, aliases := range map[string][]string{"oldText": oldNames, "newText": newNames, "replaceAll": allNames} {
		for _, alias := range append([]string{plain(name)}, aliases...) {
			if m, ok := in[alias]; ok {
				one[name] = m.value
				in.drop(alias)
				break
			}
		}
	}
	if len(one) > 0 {
		in["edits"] = member{"edits", encode([]any{one})}
	}
}

type editFileArgs struct {
	Path  string     `json:"path"`
	Edits []editText `json:"edits"`
}

type editText struct {
	OldText    string `json:"oldText"`
	NewText    string `json:"newText"`
	ReplaceAll bool   `json:"replaceAll"`
}

func (a *editFileArgs) check() *Error {
	total := 0
	for i, e := range a.Edits {
		total += len(e.OldText) + len(e.NewText)
		switch {
		case e.OldText == "":
			return errorf(CodeEditEmptyOld, "edit %d: oldText is empty. Give the text to be replaced; to insert, give a line next to the place and repeat it in newText. None of the edits was applied.", i+1)
		case e.OldText == e.NewText:
			return errorf(CodeEditSame, "edit %d: oldText and newText are the same. None of the edits was applied.", i+1)
		}
		placeholder := omission(e.NewText)
		if placeholder != "" && !strings.Contains(e.OldText, placeholder) && shrinks(int64(len(e.OldText)), int64(len(e.NewText))) {
			return omitted(fmt.Sprintf("edit %d: newText", i+1), placeholder)
		}
	}
	if total > maxEditText {
		return errorf(CodeBadArguments, "edits: expected at most %d bytes of text, got %d. Make them in several calls.", maxEditText, total)
	}
	return nil
}

func (a *editFileArgs) describe(_ *Session, p *permission.Call) string {
	p.Paths = []string{a.Path}
	return "Edit " + a.Path
}

func (a *editFileArgs) assess(ctx context.Context, c *Call) *Error {
	c.Permission.Unsaved = c.session.unsaved(ctx, c.there(0))
	return nil
}

func (a *editFileArgs) preview(ctx context.Context, c *Call) (Preview, *Error) {
	answer, problem := a.edit(ctx, c.session, true)
	return Preview{Diff: answer.Diff, DiffTruncated: answer.DiffTruncated, Paths: []string{a.Path}}, problem
}

func (a *editFileArgs) run(ctx context.Context, c *Call, _ func(string)) Result {
	answer, problem := a.edit(ctx, c.session, false)
	if problem != nil {
		return Result{Error: problem, Changed: problem.Code == CodeBridgeLost || problem.Code == CodeCancelled}
	}
	c.session.saw(a.Path, sight{answer.Hash, answer.Size, answer.ModifiedAt})
	places := "1 place"
	if answer.Replaced != 1 {
		places = fmt.Sprintf("%d places", answer.Replaced)
	}
	return Result{
		Text:    fmt.Sprintf("Edited %s: %s, +%d −%d lines.\n%s\n", a.Path, places, answer.Added, answer.Removed, shorten(answer.Diff, maxModelDiff)),
		Changed: true,
		output: map[string]any{
			"path": a.Path, "replaced": answer.Replaced, "added": answer.Added, "removed": answer.Removed, "diff": answer.Diff, "diffTruncated": answer.DiffTruncated,
		},
	}
}

// edit makes the edits, or only tries to.
func (a *editFileArgs) edit(ctx context.Context, s *Session, dry bool) (answer bridge.EditResult, problem *Error) {
	known, seen := s.sight(a.Path)
	if !seen {
		var entry bridge.Entry
		if problem := s.call(ctx, "look at "+a.Path, bridge.TypeStatFile, bridge.StatFile{Path: a.Path}, &entry); problem != nil {
			return answer, s.missing(ctx, a.Path, problem)
		}
		return answer, notRead(a.Path)
	}
	req := bridge.EditFile{Path: a.Path, IfHash: known.hash, DryRun: dry}
	for _, e := range a.Edits {
		req.Edits = append(req.Edits, bridge.Edit(e))
	}
	problem = s.call(ctx, "edit "+a.Path, bridge.TypeEditFile, req, &answer)
	switch {
	case problem != nil && problem.Code == CodeChangedOnDisk:
		problem, _ = s.changed(ctx, a.Path)
		problem.Message += " None of the edits was applied."
		return answer, problem
	case problem != nil:
		return answer, s.missing(ctx, a.Path, problem)
	}
	return answer, nil
}
