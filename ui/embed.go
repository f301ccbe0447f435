// Package ui serves Kalpana's web pages: a React application, built into dist and
// embedded, so that building the gateway needs Go alone. It knows nothing of the API the
// pages call, or of who may see them: the pages hold no data.
//
// The sources are in src; `npm ci && npm run build` in this folder renews dist, which is
// committed. A test fails when dist is older than the sources.
package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"strings"
	"sync"
)

// The plain form would leave out files whose names start with "_" or ".".
//
//go:embed all:dist
var dist embed.FS

// asset is one file as it goes over the wire.
type asset struct {
	content []byte
	gzipped []byte // nil where it would not be smaller
	// etag is quoted, of content; the compressed form gets its own from it.
	etag        string
	contentType string
	// immutable: the name holds a hash of the content.
	immutable bool
	// shared: pages of other sites may show it.
	shared bool
}

// assets are the embedded files by path without a leading slash, compressed once.
var assets = sync.OnceValue(func() map[string]asset {
	found, err := load(dist)
	if err != nil {
		panic(fmt.Sprintf("read the embedded pages: %v", err)) // cannot happen: they are in the binary
	}
	return found
})

func load(root fs.FS) (map[string]asset, error) {
	found := map[string]asset{}
	return found, fs.WalkDir(root, "dist", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		name = strings.TrimPrefix(name, "dist/")
		if name == "build.json" { // for the test that compares it with the sources
			return nil
		}
		gzipped, err := compress(content)
		if err != nil {
			return fmt.Errorf("compress %s: %w", name, err)
		}
		sum := sha256.Sum256(content)
		found[name] = asset{
			content: content, gzipped: gzipped, etag: `"` + hex.EncodeToString(sum[:12]) + `"`,
			contentType: contentType(name), immutable: strings.HasPrefix(name, "assets/"),
			shared: name == "badge.svg",
		}
		return nil
	})
}

func compress(content []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if out.Len() >= len(content) {
		return nil, nil
	}
	return out.Bytes(), nil
}

// contentType names the types a build produces here, because mime's own answers depend
// on files of the machine.
func contentType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	default:
		if t := mime.TypeByExtension(ext); t != "" {
			return t
		}
		return "application/octet-stream"
	}
}
