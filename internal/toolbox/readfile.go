package toolbox

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

const (
	maxReadLines  = 2000
	maxLine       = 2000 // characters
	maxReadBytes  = 20 << 20
	bytesPerImage = bridge.MaxInlineBytes // of one request for a part of a picture
)

func readFile() tool {
	return tool{
		name: "readFile", class: permission.ClassRead, readOnly: true,
		description: "Reads a text file, with line numbers. Of a long file it shows lineCount lines from startLine on and says how to go on. A file must be read before it is changed. The numbers and the tab behind them are not part of the file.",
		aliases:     []string{"read", "cat", "view", "open", "openfile", "viewfile", "filereadtool", "getfile", "readfiles", "showfile", "fileread", "viewtextfile"},
		fields: []field{
			{name: "path", kind: file, required: true, about: "relative to the workspace", aliases: pathAliases},
			{name: "startLine", kind: number, min: 1, bounds: true, fallback: 1, about: "first line", aliases: []string{"offset", "start", "from", "linestart", "fromline", "line", "startlineoneindexed", "startlinenumber"}},
			{name: "lineCount", kind: number, min: 1, max: maxReadLines, bounds: true, fallback: 500, about: "how many lines", aliases: []string{"limit", "count", "lines", "numlines", "maxlines"}},
		},
		adapt: adaptRead,
		fresh: func() arguments { return &readFileArgs{} },
	}
}

// pathAliases are what models call the path of a file.
var pathAliases = []string{"filepath", "filename", "file", "targetfile", "absolutepath", "relativepath", "pathname", "uri", "relativeworkspacepath", "name", "paths", "files"}

// adaptRead turns a last line, or a pair of lines, into a count.
func adaptRead(in raw) {
	if m, ok := in["viewrange"]; ok {
		in.drop("viewrange")
		if pair, problem := (reader{}).list("", field{kind: texts}, m.value); problem == nil {
			if p := pair.([]any); len(p) == 2 && !in.has("startline") {
				in["startline"] = member{m.name, encode(p[0])}
				in["endline"] = member{m.name, encode(p[1])}
			}
		}
	}
	first := 1
	for _, name := range []string{"startline", "start", "from", "linestart", "fromline", "startlineoneindexed", "startlinenumber"} {
		if n, ok := in.number(name); ok {
			first = n
		}
	}
	for _, name := range []string{"endline", "end", "to", "lineend", "toline", "endlineoneindexed", "endlineoneindexedinclusive", "endlinenumber"} {
		if last, ok := in.number(name); ok && last >= first && !in.has("linecount", "limit", "count") {
			in["linecount"] = member{name, encode(last - max(first, 1) + 1)}
		} else if ok && last == -1 && !in.has("linecount", "limit", "count") { // to the end
			in["linecount"] = member{name, encode(maxReadLines)}
		}
		in.drop(name)
	}
}

// number returns a member that is a whole number.
func (in raw) number(name string) (int, bool) {
	m, ok := in[name]
	if !ok {
		return 0, false
	}
	s, _ := readString(m.value)
	n, err := strconv.Atoi(strings.TrimSpace(s))
	return n, err == nil
}

type readFileArgs struct {
	Path      string `json:"path"`
	StartLine int    `json:"startLine"`
	LineCount int    `json:"lineCount"`
}

func (a *readFileArgs) describe(_ *Session, p *permission.Call) string {
	p.Paths = []string{a.Path}
	return "Read " + a.Path
}

type readFileOutput struct {
	Path       string `json:"path"`
	StartLine  int    `json:"startLine"`
	EndLine    int    `json:"endLine"`
	TotalLines int    `json:"totalLines"`
	Text       string `json:"text"`
	MediaType  string `json:"mediaType,omitempty"`
	Size       int64  `json:"size,omitempty"`
}

func (a *readFileArgs) run(ctx context.Context, c *Call, _ func(string)) Result {
	s := c.session
	var content bridge.FileContent
	problem := s.call(ctx, "read "+a.Path, bridge.TypeReadFile, bridge.ReadFile{Path: a.Path, StartLine: a.StartLine, LineCount: a.LineCount}, &content)
	switch {
	case problem != nil && problem.Code == CodeIsDirectory:
		return failed(errorf(CodeIsDirectory, "%s is a folder. Use listFiles.", a.Path))
	case problem != nil:
		return failed(s.missing(ctx, a.Path, problem))
	}
	foreign := ofDependency(a.Path)
	if content.Encoding != bridge.EncodingUTF8 {
		r := s.binary(ctx, a.Path, content)
		r.Foreign = foreign
		return r
	}
	if content.Size > maxReadBytes {
		return failed(errorf(CodeTooLarge, "%s has %s, and files up to %s are read. Use searchCode, or a command such as head.", a.Path, size(content.Size), size(maxReadBytes)))
	}
	s.saw(a.Path, sight{content.Hash, content.Size, content.ModifiedAt})
	body, numbered, last := a.excerpt(s.redact(content.Content))
	out := readFileOutput{Path: a.Path, StartLine: a.StartLine, EndLine: last, TotalLines: content.TotalLines, Text: body, MediaType: content.MediaType, Size: content.Size}
	switch {
	case content.Size == 0:
		numbered = "(the file is empty)\n"
	case last < a.StartLine:
		numbered = fmt.Sprintf("(the file has %d lines)\n", content.TotalLines)
	}
	note := fmt.Sprintf("[%s: lines %d–%d of %d", a.Path, a.StartLine, last, content.TotalLines)
	if last < a.StartLine {
		note = fmt.Sprintf("[%s: %d lines", a.Path, content.TotalLines)
	} else if last < content.TotalLines {
		note += fmt.Sprintf("; %d more, continue with startLine %d", content.TotalLines-last, last+1)
	}
	if strings.Contains(content.Content, "\r\n") {
		note += "; lines end with CR LF"
	}
	return Result{Text: numbered + note + "]\n", Foreign: foreign, output: out}
}

// excerpt returns as many lines as a model gets, as they are and numbered, and the number of
// the last one.
func (a *readFileArgs) excerpt(content string) (body, numbered string, last int) {
	var plainText, shown strings.Builder
	used := 200 // for what is said about the file
	last = a.StartLine - 1
	for line := range strings.Lines(content) {
		bare := strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if cut, more := characters(bare, maxLine); more {
			bare = fmt.Sprintf("%s… [%d more characters]", cut, utf8.RuneCountInString(bare)-maxLine)
		}
		row := fmt.Sprintf("%d\t%s\n", last+1, bare)
		if used += utf8.RuneCountInString(row); used > maxText {
			break
		}
		plainText.WriteString(bare + "\n")
		shown.WriteString(row)
		last++
	}
	body = plainText.String()
	if content != "" && !strings.HasSuffix(content, "\n") {
		body = strings.TrimSuffix(body, "\n")
	}
	return body, shown.String(), last
}

// pictures are the types that models can see.
var pictures = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}

// binary is the result for a file that is no text.
func (s *Session) binary(ctx context.Context, name string, content bridge.FileContent) Result {
	mediaType, _, _ := strings.Cut(content.MediaType, ";")
	s.saw(name, sight{content.Hash, content.Size, content.ModifiedAt})
	r := Result{
		Text:   fmt.Sprintf("%s is no text: %s, %s.\n", name, mediaType, size(content.Size)),
		output: readFileOutput{Path: name, MediaType: mediaType, Size: content.Size},
	}
	isPicture := false
	for _, p := range pictures {
		isPicture = isPicture || p == mediaType
	}
	switch {
	case !isPicture || !s.images:
		return r
	case content.Size > maxImage:
		r.Text += fmt.Sprintf("A picture may have %s to be looked at.\n", size(maxImage))
		return r
	}
	data, problem := s.bytes(ctx, name, content.Size)
	if problem != nil {
		return failed(problem)
	}
	r.Image = &agent.Image{MediaType: mediaType, Data: data}
	return r
}

// bytes reads a whole file of at most maxImage bytes.
func (s *Session) bytes(ctx context.Context, name string, total int64) ([]byte, *Error) {
	var data []byte
	for int64(len(data)) < total {
		var part bridge.FileContent
		if problem := s.call(ctx, "read "+name, bridge.TypeReadFile, bridge.ReadFile{Path: name, Offset: int64(len(data)), Length: bytesPerImage}, &part); problem != nil {
			return nil, problem
		}
		chunk := []byte(part.Content)
		if part.Encoding == bridge.EncodingBase64 {
			var err error
			if chunk, err = base64.StdEncoding.DecodeString(part.Content); err != nil {
				return nil, errorf(CodeBridgeLost, "what came of %s cannot be read.", name)
			}
		}
		if len(chunk) == 0 || len(data)+len(chunk) > maxImage {
			return nil, errorf(CodeChangedOnDisk, "%s changed while it was read. Read it again.", name)
		}
		data = append(data, chunk...)
	}
	return data, nil
}
