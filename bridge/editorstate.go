package bridge

import "time"

// TypeEditorState tells what the editor shows. The request has no payload; the answer is an
// EditorState.
const TypeEditorState = "editorState"

// MaxOpenFiles is how many open files are told.
const MaxOpenFiles = 100

// EditorState answers editorState: what the page of the editor shows that was used last. It
// is known as long as the page is, and for some minutes after its browser is gone; without
// one Files is empty.
type EditorState struct {
	// Files are open, in the order of their tabs; never nil.
	Files []OpenFile `json:"files"`
	// At is when the page told so last; nil if none did.
	At *time.Time `json:"at,omitempty"`
}

// OpenFile is a file that the editor has open.
type OpenFile struct {
	// Path is relative to the workspace.
	Path string `json:"path"`
	// Active: it has the cursor. At most one has.
	Active bool `json:"active"`
	// Line is where the cursor is, and EndLine where what is selected ends, both from 1; 0 if
	// they are not known.
	Line    int `json:"line"`
	EndLine int `json:"endLine,omitempty"`
}
