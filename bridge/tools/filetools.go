package tools

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/kalpana-dev/kalpana/bridge"
)

type readArgs struct {
	Path      string `json:"path" jsonschema:"file to read, relative to the workspace"`
	StartLine int    `json:"startLine,omitempty" jsonschema:"first line wanted, from 1; default 1"`
	LineCount int    `json:"lineCount,omitempty" jsonschema:"how many lines at most; default 500"`
}

type writeArgs struct {
	Path    string `json:"path" jsonschema:"file to write, relative to the workspace; missing folders are made"`
	Content string `json:"content" jsonschema:"the whole new contents"`
	IfHash  string `json:"ifHash,omitempty" jsonschema:"refuse unless the file has this hash, as readFile told it"`
	// Overwrite is asked for, so that no model replaces a file it did not know of.
	Overwrite bool `json:"overwrite,omitempty" jsonschema:"replace the file if there is one"`
}

type editArgs struct {
	Path   string     `json:"path" jsonschema:"file to edit, relative to the workspace"`
	Edits  []editStep `json:"edits" jsonschema:"1 to 20 edits; all are made or none"`
	IfHash string     `json:"ifHash,omitempty" jsonschema:"refuse unless the file has this hash, as readFile told it"`
}

type editStep struct {
	OldText    string `json:"oldText" jsonschema:"exact text to replace, with enough lines around it to occur only once"`
	NewText    string `json:"newText" jsonschema:"what takes its place"`
	ReplaceAll bool   `json:"replaceAll,omitempty" jsonschema:"replace every occurrence"`
}

type pathArgs struct {
	Path string `json:"path" jsonschema:"file or folder, relative to the workspace"`
}

type moveArgs struct {
	From      string `json:"from" jsonschema:"file or folder to move"`
	To        string `json:"to" jsonschema:"its new path; missing folders are made"`
	Overwrite bool   `json:"overwrite,omitempty" jsonschema:"replace a file that is there"`
}

type deleteArgs struct {
	Path      string `json:"path" jsonschema:"file or folder to delete"`
	Recursive bool   `json:"recursive,omitempty" jsonschema:"delete a folder with its contents"`
}

type listArgs struct {
	Path  string `json:"path,omitempty" jsonschema:"folder; default the workspace itself"`
	Depth int    `json:"depth,omitempty" jsonschema:"how many levels, 1 to 6; default 2"`
}

type globArgs struct {
	Pattern        string `json:"pattern" jsonschema:"glob such as src/**/*.{ts,tsx}; without a slash it is compared with names at any depth"`
	Path           string `json:"path,omitempty" jsonschema:"folder to look in; default the workspace itself"`
	IncludeIgnored bool   `json:"includeIgnored,omitempty" jsonschema:"find what .gitignore excludes, too"`
	Limit          int    `json:"limit,omitempty" jsonschema:"how many paths at most, up to 500; default 200"`
}

type searchArgs struct {
	Query         string   `json:"query" jsonschema:"regular expression, or plain text if literal is set"`
	Literal       bool     `json:"literal,omitempty" jsonschema:"query is plain text"`
	Path          string   `json:"path,omitempty" jsonschema:"folder or file to search; default the workspace itself"`
	Include       []string `json:"include,omitempty" jsonschema:"globs of file names to search, such as *.go"`
	Exclude       []string `json:"exclude,omitempty" jsonschema:"globs of file names to leave out"`
	CaseSensitive *bool    `json:"caseSensitive,omitempty" jsonschema:"default: only if query has capital letters"`
	Context       int      `json:"context,omitempty" jsonschema:"lines around each match, 0 to 5"`
	Limit         int      `json:"limit,omitempty" jsonschema:"how many matching lines at most, up to 500; default 100"`
}

func (s *Server) addFileTools(m *mcp.Server) {
	addContent(m, bridge.TypeReadFile, "Read file", "Reads a text file with line numbers, or shows an image. Long files come in pieces: go on with startLine.", reads, s.readFile)
	add(m, bridge.TypeWriteFile, "Write file", "Writes a whole file. For changes to a file that exists use editFile.", destroys, func(ctx context.Context, a writeArgs) (bridge.FileInfo, error) {
		return s.Files.Write(ctx, bridge.WriteFile{Path: a.Path, Content: &a.Content, IfHash: a.IfHash, IfAbsent: !a.Overwrite && a.IfHash == ""}, nil)
	}, func(f bridge.FileInfo) string {
		verb := "replaced"
		if f.Created {
			verb = "created"
		}
		return fmt.Sprintf("%s %s, %d bytes, hash %s", verb, f.Path, f.Size, f.Hash)
	})
	add(m, bridge.TypeEditFile, "Edit file", "Replaces exact pieces of a file. All edits are made or none; errors show the nearest lines.", destroys, func(ctx context.Context, a editArgs) (bridge.EditResult, error) {
		edits := make([]bridge.Edit, len(a.Edits))
		for i, e := range a.Edits {
			edits[i] = bridge.Edit(e)
		}
		return s.Files.Edit(ctx, bridge.EditFile{Path: a.Path, Edits: edits, IfHash: a.IfHash})
	}, func(r bridge.EditResult) string {
		return fmt.Sprintf("%s: %d places changed, +%d -%d lines, hash %s\n%s", r.Path, r.Replaced, r.Added, r.Removed, r.Hash, showChange(r.FileInfo))
	})
	add(m, bridge.TypeStatFile, "File information", "Tells kind, size and time of change of a file or folder.", reads, func(ctx context.Context, a pathArgs) (bridge.Entry, error) {
		return s.Files.Stat(ctx, bridge.StatFile(a))
	}, showEntry)
	add(m, bridge.TypeMakeDirectory, "Make folder", "Makes a folder and those it lies in.", adds, func(ctx context.Context, a pathArgs) (bridge.Entry, error) {
		return s.Files.MakeDirectory(ctx, bridge.MakeDirectory(a))
	}, showEntry)
	add(m, bridge.TypeMoveFile, "Move", "Moves or renames a file or folder.", destroys, func(ctx context.Context, a moveArgs) (bridge.Entry, error) {
		return s.Files.Move(ctx, bridge.MoveFile(a))
	}, func(e bridge.Entry) string { return "now at " + showEntry(e) })
	add(m, bridge.TypeDeleteFile, "Delete", "Deletes a file, or a folder with all its contents if recursive is set.", destroys, func(ctx context.Context, a deleteArgs) (bridge.Deleted, error) {
		return s.Files.Delete(ctx, bridge.DeleteFile(a))
	}, func(d bridge.Deleted) string { return fmt.Sprintf("%d deleted", d.Count) })
	add(m, bridge.TypeListFiles, "List files", "Lists a folder as a tree. Folders end with a slash.", reads, func(ctx context.Context, a listArgs) (bridge.FileList, error) {
		if a.Depth == 0 {
			a.Depth = 2
		}
		return s.Files.List(ctx, bridge.ListFiles{Path: a.Path, Recursive: true, Depth: a.Depth})
	}, showList)
	add(m, bridge.TypeGlob, "Find files", "Finds files by a pattern of their paths, newest first. Honours .gitignore.", reads, func(ctx context.Context, a globArgs) (bridge.GlobResult, error) {
		return s.Files.Glob(ctx, bridge.Glob(a))
	}, func(r bridge.GlobResult) string {
		return showList(bridge.FileList{Entries: r.Files, Truncated: r.Truncated})
	})
	add(m, bridge.TypeSearch, "Search in files", "Searches the contents of files with ripgrep. Honours .gitignore.", reads, func(ctx context.Context, a searchArgs) (bridge.SearchResult, error) {
		return s.Search.Search(ctx, bridge.Search{
			Query: a.Query, Literal: a.Literal, Path: a.Path, Include: a.Include, Exclude: a.Exclude,
			CaseSensitive: a.CaseSensitive, Context: a.Context, Limit: a.Limit,
		})
	}, showMatches)
}

// defaultLines is what readFile sends when no number is asked for: 500 lines fill a screen
// ten times and a model's attention once.
const defaultLines = 500

func (s *Server) readFile(ctx context.Context, _ *mcp.CallToolRequest, a readArgs) ([]mcp.Content, error) {
	entry, err := s.Files.Stat(ctx, bridge.StatFile{Path: a.Path})
	if err != nil {
		return nil, err
	}
	whole, err := s.Files.Read(ctx, bridge.ReadFile{Path: a.Path, Length: 1})
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(whole.MediaType, "image/") && whole.MediaType != "image/svg+xml" {
		image, err := s.Files.Read(ctx, bridge.ReadFile{Path: a.Path})
		if err != nil {
			return nil, err
		}
		data, err := base64.StdEncoding.DecodeString(image.Content)
		if err != nil {
			return nil, err
		}
		return []mcp.Content{&mcp.ImageContent{Data: data, MIMEType: image.MediaType}}, nil
	}
	if a.StartLine == 0 {
		a.StartLine = 1
	}
	if a.LineCount == 0 {
		a.LineCount = defaultLines
	}
	c, err := s.Files.Read(ctx, bridge.ReadFile{Path: a.Path, StartLine: a.StartLine, LineCount: a.LineCount})
	if err != nil {
		return nil, err
	}
	if c.Encoding != bridge.EncodingUTF8 {
		return nil, bridge.Errorf(bridge.CodeIsBinary, "%s is no text: %s, %d bytes", c.Path, c.MediaType, entry.Size)
	}
	return text(showLines(c, a.StartLine)), nil
}
