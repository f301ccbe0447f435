package files

import (
	"cmp"
	"mime"
	"net/http"
	"path"
	"strings"
	"unicode/utf8"
)

// headBytes is how much of a file is looked at for its media type: what
// http.DetectContentType looks at, at most.
const headBytes = 512

const plainText = "text/plain; charset=utf-8"

// textTypes are the types of text by extension; all other text is plain. What the system
// knows of extensions is no help: to it a program in "a.ts" is a video or a translation.
var textTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".csv":  "text/csv; charset=utf-8",
	".htm":  "text/html; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".json": "application/json",
	".md":   "text/markdown; charset=utf-8",
	".mjs":  "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".xml":  "text/xml; charset=utf-8",
}

// mediaType guesses a file's media type from its name and its first bytes. A name does
// not make text an image, nor the other way round.
func mediaType(name string, head []byte) string {
	ext := strings.ToLower(path.Ext(name))
	if len(head) == headBytes {
		head = endWell(head, false)
	}
	if isText(head) {
		return cmp.Or(textTypes[ext], plainText)
	}
	sniffed := http.DetectContentType(head)
	kind, _, _ := strings.Cut(sniffed, "/")
	named := mime.TypeByExtension(ext)
	switch {
	case kind == "image", kind == "audio", kind == "video", kind == "font", sniffed == "application/pdf":
		return sniffed
	case named != "" && textTypes[ext] == "" && !strings.HasPrefix(named, "text/"):
		return named
	case kind == "text": // in another encoding than UTF-8
		return "application/octet-stream"
	}
	return sniffed
}

// maxEscapes is how many control characters text in a message may hold. Each takes six
// bytes in JSON; an answer full of them would be longer than bridge.MaxMessageBytes.
const maxEscapes = 64 << 10

// isText reports whether data is UTF-8 without control characters other than white space
// and escape.
func isText(data []byte) bool {
	for _, b := range data {
		if b < ' ' && b != '\n' && b != '\r' && b != '\t' && b != '\f' && b != '\v' && b != 0x1b {
			return false
		}
	}
	return utf8.Valid(data)
}

// countEscapes counts what JSON has no short form for, in text.
func countEscapes(text []byte) (n int) {
	for _, b := range text {
		if b == '\f' || b == '\v' || b == 0x1b {
			n++
		}
	}
	return n
}
