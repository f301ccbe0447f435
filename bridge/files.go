package bridge

import "time"

// Encodings of file contents in messages.
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

// ReadFile is the payload of a readFile request.
type ReadFile struct {
	Path string `json:"path"`
}

// FileContent answers readFile.
type FileContent struct {
	Path    string `json:"path"`
	Content string `json:"content"`
	// Encoding is EncodingUTF8 for text, EncodingBase64 for everything else. Text is
	// valid UTF-8 without control characters other than white space and escape.
	Encoding   string    `json:"encoding"`
	Size       int64     `json:"size"`
	ModifiedAt time.Time `json:"modifiedAt"`
}

// WriteFile is the payload of a writeFile request. The file is replaced as a whole or
// not at all; readers never see half of it. An existing file keeps its mode.
type WriteFile struct {
	Path string `json:"path"`
	// Content must be present; nil is an error, so that a misspelt member empties no file.
	Content *string `json:"content"`
	// Encoding is that of Content. Default: EncodingUTF8.
	Encoding string `json:"encoding,omitempty"`
	// CreateDirs makes missing directories of Path. Default: true.
	CreateDirs *bool `json:"createDirs,omitempty"`
}

// FileInfo answers writeFile.
type FileInfo struct {
	Path       string    `json:"path"`
	Size       int64     `json:"size"`
	ModifiedAt time.Time `json:"modifiedAt"`
}

// ListFiles is the payload of a listFiles request.
type ListFiles struct {
	// Path is a directory. Default: the workspace itself.
	Path string `json:"path,omitempty"`
	// Recursive lists what is below, too, without following links and without the
	// contents of .git and node_modules, which would fill the listing.
	Recursive bool `json:"recursive,omitempty"`
}

// FileList answers listFiles. Entries are sorted by path, never nil.
type FileList struct {
	Entries []Entry `json:"entries"`
	// Truncated: there are more than MaxListEntries.
	Truncated bool `json:"truncated"`
}

// Entry is one name in a directory.
type Entry struct {
	Name string `json:"name"`
	// Path is relative to the workspace.
	Path string `json:"path"`
	// Type is one of the Entry kinds.
	Type       string    `json:"type"`
	Size       int64     `json:"size"`
	ModifiedAt time.Time `json:"modifiedAt"`
}
