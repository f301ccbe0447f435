package toolbox

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

const (
	// maxSaved is the size of the largest file that a checkpoint holds, in bytes.
	maxSaved = 5 << 20
	// maxAssess bounds the time to find out what a checkpoint holds. What is not known by then
	// counts as unsaved.
	maxAssess = 5 * time.Second
)

// unsaved reports whether there is something at name that no checkpoint holds: git ignores
// it, it belongs to git itself, or it is too large.
func (s *Session) unsaved(ctx context.Context, name string) bool {
	ctx, cancel := context.WithTimeout(ctx, maxAssess)
	defer cancel()
	var entry bridge.Entry
	if problem := s.call(ctx, "look at "+name, bridge.TypeStatFile, bridge.StatFile{Path: name}, &entry); problem != nil {
		return problem.Code != CodeNotFound
	}
	switch {
	case entry.Type == bridge.EntryDirectory:
		_, unsaved := s.unsavedBelow(ctx, name)
		return unsaved
	case entry.Type == bridge.EntrySymlink: // a checkpoint holds links, but nobody lists them
		return slices.Contains(strings.Split(name, "/"), ".git")
	case entry.Type != bridge.EntryFile || entry.Size > maxSaved:
		return true
	}
	var found bridge.GlobResult
	// From the top: seen from inside a folder that is ignored, nothing in it is. The second
	// half never matches, but makes the pattern one for whole paths.
	pattern := "{" + literalInBraces(name) + ",./.}"
	err := s.bridge.Call(ctx, bridge.TypeGlob, bridge.Glob{Pattern: pattern, Limit: 2}, &found)
	return err != nil || !slices.ContainsFunc(found.Files, func(e bridge.Entry) bool { return e.Path == name })
}

// unsavedBelow counts the files in a folder, up to bridge.MaxMatches, and reports whether
// some of them are in no checkpoint.
func (s *Session) unsavedBelow(ctx context.Context, name string) (count int, unsaved bool) {
	ctx, cancel := context.WithTimeout(ctx, maxAssess)
	defer cancel()
	var all, saved bridge.GlobResult
	for _, g := range []struct {
		req bridge.Glob
		out *bridge.GlobResult
	}{
		{bridge.Glob{Pattern: "**", Path: name, Limit: bridge.MaxMatches, IncludeIgnored: true}, &all},
		{bridge.Glob{Pattern: literal(name) + "/**", Limit: bridge.MaxMatches}, &saved},
	} {
		if s.bridge.Call(ctx, bridge.TypeGlob, g.req, g.out) != nil {
			return bridge.MaxMatches, true
		}
	}
	var list bridge.FileList // has what is no file, and folders called .git
	if s.bridge.Call(ctx, bridge.TypeListFiles, bridge.ListFiles{Path: name, Recursive: true}, &list) != nil {
		return bridge.MaxMatches, true
	}
	unsaved = all.Truncated || saved.Truncated || list.Truncated || len(all.Files) != len(saved.Files) ||
		slices.Contains(strings.Split(name, "/"), ".git") ||
		slices.ContainsFunc(all.Files, func(e bridge.Entry) bool { return e.Size > maxSaved }) ||
		slices.ContainsFunc(list.Entries, func(e bridge.Entry) bool { return e.Name == ".git" })
	entries := 0
	for _, e := range list.Entries {
		if e.Type != bridge.EntryDirectory {
			entries++
		}
	}
	return max(1, len(all.Files), entries), unsaved
}

// literalInBraces is literal for a name inside {…,…}.
func literalInBraces(name string) string { return strings.ReplaceAll(literal(name), ",", `\,`) }
