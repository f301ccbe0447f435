package github

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
)

// MaxFile is the size up to which GitHub gives a file's content by this way: 1 MiB.
const MaxFile = 1 << 20

// Entry is one of a folder in a repository.
type Entry struct {
	Name string
	// Kind is "file", "dir", "symlink" or "submodule".
	Kind string
	// Size is in bytes, of files.
	Size int64
}

// maxEntries is what GitHub gives of a folder.
const maxEntries = 1000

// contents is a file, or the list of a folder.
type contents struct {
	File    *wireContent
	Entries []wireContent
}

type wireContent struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Size     int64  `json:"size"`
	Encoding string `json:"encoding,omitempty"`
	Content  string `json:"content,omitempty"`
}

// UnmarshalJSON tells a folder from a file by its being a list.
func (c *contents) UnmarshalJSON(raw []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
		c.Entries = []wireContent{}
		return json.Unmarshal(raw, &c.Entries)
	}
	c.File = &wireContent{}
	return json.Unmarshal(raw, c.File)
}

// MarshalJSON is for the cache.
func (c contents) MarshalJSON() ([]byte, error) {
	if c.File == nil {
		return json.Marshal(c.Entries)
	}
	return json.Marshal(c.File)
}

// File reads a file of a repository. ref is a branch, a tag or a commit; "" for the default
// branch. Above MaxFile it is ErrTooLarge, for a folder ErrNotAFile.
func (c *Client) File(ctx context.Context, token, name, path, ref string) ([]byte, error) {
	a, what, err := c.contents(ctx, token, name, path, ref)
	switch {
	case err != nil:
		return nil, err
	case a.File == nil || a.File.Type != "file":
		return nil, fmt.Errorf("%s: %w", what, ErrNotAFile)
	case a.File.Size > MaxFile || a.File.Encoding == "none":
		return nil, fmt.Errorf("%s has %d bytes, %d are read: %w", what, a.File.Size, MaxFile, ErrTooLarge)
	case a.File.Encoding != "base64":
		return nil, fmt.Errorf("%s: %w: encoding is not base64", what, ErrBadAnswer)
	}
	content, err := base64.StdEncoding.DecodeString(a.File.Content) // line breaks are passed over
	if err != nil || int64(len(content)) != a.File.Size {
		return nil, fmt.Errorf("%s: %w: content is damaged", what, ErrBadAnswer)
	}
	return content, nil
}

// Files lists a folder of a repository, "" for its root: up to 1,000 entries. ref is as for
// File. An empty repository, and one without the folder, is ErrNotFound.
func (c *Client) Files(ctx context.Context, token, name, folder, ref string) ([]Entry, error) {
	a, what, err := c.contents(ctx, token, name, folder, ref)
	if err != nil {
		return nil, err
	}
	if a.File != nil {
		return nil, fmt.Errorf("%s: it is no folder: %w", what, ErrInvalid)
	}
	entries := []Entry{}
	for _, w := range a.Entries {
		if p, ok := escapePath(w.Name); !ok || p == "" || len(entries) == maxEntries {
			continue
		}
		switch w.Type {
		case "file", "dir", "symlink", "submodule":
			entries = append(entries, Entry{w.Name, w.Type, max(w.Size, 0)})
		}
	}
	return entries, nil
}

func (c *Client) contents(ctx context.Context, token, name, path, ref string) (contents, string, error) {
	what := fmt.Sprintf("%s of repository %s", line("/"+path, 200), line(name, 200))
	escaped, ok := escapePath(path)
	if !ok || (ref != "" && !validRef(ref)) {
		return contents{}, what, fmt.Errorf("%s at %q: such a path or branch cannot be: %w", what, line(ref, 100), ErrInvalid)
	}
	q, err := below(token, name, what, "/contents/"+escaped)
	if err != nil {
		return contents{}, what, err
	}
	if ref != "" {
		q.query = url.Values{"ref": {ref}}
	}
	a, err := get[contents](ctx, c, q)
	return a.value, what, err
}
