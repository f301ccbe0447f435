package bridge

import "time"

// Types of requests about files.
const (
	TypeReadFile      = "readFile"
	TypeWriteFile     = "writeFile"
	TypeEditFile      = "editFile"
	TypeStatFile      = "statFile"
	TypeMakeDirectory = "makeDirectory"
	TypeMoveFile      = "moveFile"
	TypeDeleteFile    = "deleteFile"
	TypeListFiles     = "listFiles"
	TypeGlob          = "glob"
	TypeWatchFiles    = "watchFiles"
	TypeResolvePaths  = "resolvePaths"
)

// EventChanged is what watchFiles sends; its payload is FilesChanged.
const EventChanged = "changed"

// Encodings of file contents and of output in messages.
const (
	EncodingUTF8   = "utf-8"
	EncodingBase64 = "base64"
)

// Kinds of directory entries. A symbolic link is reported as such, not as its target.
const (
	EntryFile      = "file"
	EntryDirectory = "directory"
	EntrySymlink   = "symlink"
	EntryOther     = "other"
)

// ReadFile is the payload of a readFile request. Either a range of bytes (Offset, Length)
// or one of lines (StartLine, LineCount) may be asked for, not both.
type ReadFile struct {
	Path string `json:"path"`
	// Offset is where to begin, in bytes; Length how many bytes at most. Default: all.
	Offset int64 `json:"offset,omitempty"`
	Length int64 `json:"length,omitempty"`
	// StartLine is the first line wanted, from 1; LineCount how many at most. Default: all.
	StartLine int `json:"startLine,omitempty"`
	LineCount int `json:"lineCount,omitempty"`
	// Binary sends the bytes in binary frames of a stream, up to MaxFileBytes; Content is
	// empty then. See "Streams" in the package comment.
	Binary bool `json:"binary,omitempty"`
}

// FileContent answers readFile.
type FileContent struct {
	Path    string `json:"path"`
	Content string `json:"content"`
	// Encoding is EncodingUTF8 for text, EncodingBase64 for everything else. Text is
	// valid UTF-8 without control characters other than white space and escape.
	Encoding string `json:"encoding"`
	// MediaType is a guess from name and contents, such as "image/png" or "text/plain; charset=utf-8".
	MediaType string `json:"mediaType"`
	// Size is that of the whole file, in bytes.
	Size int64 `json:"size"`
	// TotalLines is set when a range of lines was asked for; a last line without an end counts.
	TotalLines int `json:"totalLines,omitempty"`
	// Truncated: the file has more behind the range that was sent.
	Truncated  bool      `json:"truncated,omitempty"`
	ModifiedAt time.Time `json:"modifiedAt"`
	// Hash names the whole file's contents, for IfHash; empty for a range of a file larger
	// than MaxEditBytes.
	Hash string `json:"hash,omitempty"`
}

// WriteFile is the payload of a writeFile request. The file is replaced as a whole or
// not at all; readers never see half of it. An existing file keeps its mode.
type WriteFile struct {
	Path string `json:"path"`
	// Content must be present unless Binary is set; nil is an error, so that a misspelt
	// member empties no file.
	Content *string `json:"content,omitempty"`
	// Encoding is that of Content. Default: EncodingUTF8.
	Encoding string `json:"encoding,omitempty"`
	// CreateDirs makes missing directories of Path. Default: true.
	CreateDirs *bool `json:"createDirs,omitempty"`
	// IfHash refuses to write (changed_on_disk) unless the file has these contents.
	IfHash string `json:"ifHash,omitempty"`
	// IfAbsent refuses to write (exists) if there is a file.
	IfAbsent bool `json:"ifAbsent,omitempty"`
	// Binary takes the bytes from binary frames; see "Streams" in the package comment.
	Binary bool `json:"binary,omitempty"`
	// Diff asks for what the write changes, as lines and as a unified diff. There is none if
	// the old or the new contents are no text, or the old ones have more than MaxEditBytes.
	// Not with Binary.
	Diff bool `json:"diff,omitempty"`
	// DryRun checks everything and answers as if it had been written, but writes nothing and
	// makes no directories. What only the attempt shows, such as a full disk, it cannot tell.
	// Not with Binary.
	DryRun bool `json:"dryRun,omitempty"`
}

// FileInfo answers writeFile.
type FileInfo struct {
	Path       string    `json:"path"`
	Size       int64     `json:"size"`
	ModifiedAt time.Time `json:"modifiedAt"`
	// Hash names the contents, for IfHash.
	Hash string `json:"hash"`
	// Created: there was no file before.
	Created bool `json:"created"`
	// Added and Removed count lines, as in a diff; Diff is a unified diff with three lines
	// around each change, at most 32 KiB of whole lines; DiffTruncated says that there is
	// more. Only where a diff was asked for.
	Added         int    `json:"added,omitempty"`
	Removed       int    `json:"removed,omitempty"`
	Diff          string `json:"diff,omitempty"`
	DiffTruncated bool   `json:"diffTruncated,omitempty"`
}

// EditFile is the payload of an editFile request: exact search and replace. All edits are
// made or none; each sees what the ones before it did.
type EditFile struct {
	Path  string `json:"path"`
	Edits []Edit `json:"edits"`
	// IfHash refuses to edit (changed_on_disk) unless the file has these contents.
	IfHash string `json:"ifHash,omitempty"`
	// DryRun checks everything and answers as if it had been edited, but writes nothing.
	DryRun bool `json:"dryRun,omitempty"`
}

// Edit replaces OldText, which must occur exactly once unless ReplaceAll is set. If it
// does not occur as it is, it is tried with line ends adapted to the file's, then without
// regard to white space at the ends of lines, then shifted to the file's indentation.
type Edit struct {
	OldText    string `json:"oldText"`
	NewText    string `json:"newText"`
	ReplaceAll bool   `json:"replaceAll,omitempty"`
}

// EditResult answers editFile, always with what it changed.
type EditResult struct {
	FileInfo
	// Replaced is how many places were changed.
	Replaced int `json:"replaced"`
}

// StatFile is the payload of a statFile request.
type StatFile struct {
	Path string `json:"path"`
}

// ResolvePaths is the payload of a resolvePaths request: where do these paths lead, when the
// symbolic links on the way are followed? A path need not exist.
type ResolvePaths struct {
	// Paths are at most MaxResolved.
	Paths []string `json:"paths"`
	// KeepLast does not follow a link that is the last name of a path, for what is moved or
	// deleted: there the link itself is meant.
	KeepLast bool `json:"keepLast,omitempty"`
}

// ResolvedPaths answers resolvePaths, in the order of the request. A path that leads out of
// the workspace, or through a link to an absolute path, is refused with outside_workspace.
type ResolvedPaths struct {
	// Paths are relative to the workspace.
	Paths []string `json:"paths"`
}

// MakeDirectory is the payload of a makeDirectory request; parents are made too, and an
// existing directory is no error. The answer is an Entry.
type MakeDirectory struct {
	Path string `json:"path"`
}

// MoveFile is the payload of a moveFile request. Missing directories of To are made. The
// answer is the Entry at its new place.
type MoveFile struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Overwrite replaces a file at To; a directory is never replaced.
	Overwrite bool `json:"overwrite,omitempty"`
}

// DeleteFile is the payload of a deleteFile request. A link is deleted, not its target.
type DeleteFile struct {
	Path string `json:"path"`
	// Recursive deletes a directory with its contents.
	Recursive bool `json:"recursive,omitempty"`
}

// Deleted answers deleteFile.
type Deleted struct {
	// Count is how many files, links and directories are gone.
	Count int `json:"count"`
}

// ListFiles is the payload of a listFiles request.
type ListFiles struct {
	// Path is a directory. Default: the workspace itself.
	Path string `json:"path,omitempty"`
	// Recursive lists what is below, too, without following links and without the
	// contents of .git and node_modules, which would fill the listing.
	Recursive bool `json:"recursive,omitempty"`
	// Depth bounds how deep Recursive goes; 1 is the directory's own entries. Default: no bound.
	Depth int `json:"depth,omitempty"`
}

// FileList answers listFiles. Entries are sorted by path, never nil.
type FileList struct {
	Entries []Entry `json:"entries"`
	// Truncated: there are more than MaxListEntries.
	Truncated bool `json:"truncated"`
}

// Entry is one name in a directory; it answers statFile, too.
type Entry struct {
	Name string `json:"name"`
	// Path is relative to the workspace.
	Path string `json:"path"`
	// Type is one of the Entry kinds.
	Type       string    `json:"type"`
	Size       int64     `json:"size"`
	ModifiedAt time.Time `json:"modifiedAt"`
}

// Glob is the payload of a glob request.
type Glob struct {
	// Pattern has *, ?, [a-z], {a,b} and ** for any number of directories, for example
	// "src/**/*.{ts,tsx}". It is relative to Path and compared with whole paths; a pattern
	// without "/" is compared with names at any depth.
	Pattern string `json:"pattern"`
	// Path is a directory. Default: the workspace itself.
	Path string `json:"path,omitempty"`
	// IncludeIgnored finds what .gitignore excludes, too. What is below .git is never found.
	IncludeIgnored bool `json:"includeIgnored,omitempty"`
	// Limit is how many paths are wanted, up to MaxMatches. Default: 200.
	Limit int `json:"limit,omitempty"`
}

// GlobResult answers glob. Files are sorted by time of change, newest first; never nil.
type GlobResult struct {
	Files     []Entry `json:"files"`
	Truncated bool    `json:"truncated"`
}

// WatchFiles is the payload of a watchFiles request, which runs until it is cancelled
// and sends EventChanged when something changes at or below Path. The first one has no
// paths: it says that watching has begun.
type WatchFiles struct {
	// Path is a directory or a file. Default: the workspace itself.
	Path string `json:"path,omitempty"`
}

// FilesChanged says which paths were made, changed or deleted since the last event, at
// most 1,000 of them, each once. .git, node_modules and the bridge's own temporary files
// are left out.
type FilesChanged struct {
	Paths []string `json:"paths"`
	// Incomplete: changes were missed or too many; look at everything.
	Incomplete bool `json:"incomplete,omitempty"`
}

// TypeOpenEditor shows a file in the editor.
const TypeOpenEditor = "openEditor"

// OpenEditor is the payload of an openEditor request: a regular file is shown in the page
// of the editor that was opened last. The answer is empty; no_editor, within three seconds,
// if no page is open.
type OpenEditor struct {
	Path string `json:"path"`
	// Line and Column count from 1. Default: 1. A path with a number between colons, such
	// as "a:1", is shown from its beginning.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Terminal shows the editor's terminal instead of a file; a new one if there is none.
	Terminal bool `json:"terminal,omitempty"`
}
