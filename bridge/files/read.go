package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/bridge"
)

// Read answers readFile in one message, with at most bridge.MaxInlineBytes of contents.
// A larger file without a range is too_large; a larger range is cut, after a whole line
// if lines were asked for, and never inside a character of text. A range that begins
// behind the end is empty. req.Binary is Open's to heed.
func (f *Files) Read(ctx context.Context, req bridge.ReadFile) (bridge.FileContent, error) {
	file, answer, want, err := f.begin(req)
	if err != nil {
		return bridge.FileContent{}, err
	}
	defer file.Close()
	if want.whole && answer.Size > bridge.MaxInlineBytes {
		return bridge.FileContent{}, bridge.Errorf(bridge.CodeTooLarge,
			"%s has %d bytes, and one message holds %d; read a part of it (startLine and lineCount, or offset and length) or set binary",
			clip(answer.Path), answer.Size, bridge.MaxInlineBytes)
	}
	pick := &picker{part: want, most: bridge.MaxInlineBytes}
	if err := f.scan(ctx, file, pick, &answer); err != nil {
		return bridge.FileContent{}, err
	}
	data := pick.kept
	if pick.begin+int64(len(data)) < answer.Size {
		data = endWell(data, want.byLine && pick.end-pick.begin > int64(len(data)))
	}
	// What lies behind an empty range is nothing, or everything before its offset.
	answer.Truncated = len(data) > 0 && pick.begin+int64(len(data)) < answer.Size
	answer.Content, answer.Encoding = string(data), bridge.EncodingUTF8
	if !isText(data) || countEscapes(data) > maxEscapes {
		answer.Content, answer.Encoding = base64.StdEncoding.EncodeToString(data), bridge.EncodingBase64
	}
	return answer, nil
}

// Open answers readFile with Binary set: what is known of the file, without Content and
// Encoding, and its bytes, or those of the range. The caller closes body, which has a
// method Size that tells how many bytes will come. body fails with changed_on_disk when
// the file became shorter meanwhile, and sends nothing of what was added to it.
func (f *Files) Open(ctx context.Context, req bridge.ReadFile) (content bridge.FileContent, body io.ReadCloser, err error) {
	file, content, want, err := f.begin(req)
	if err != nil {
		return bridge.FileContent{}, nil, err
	}
	defer func() {
		if err != nil {
			_ = file.Close()
		}
	}()
	pick := &picker{part: want}
	if err := f.scan(ctx, file, pick, &content); err != nil {
		return bridge.FileContent{}, nil, err
	}
	if !want.byLine {
		pick.begin, pick.end = min(want.from, content.Size), min(want.to, content.Size)
	}
	if pick.end-pick.begin > bridge.MaxFileBytes {
		return bridge.FileContent{}, nil, bridge.Errorf(bridge.CodeTooLarge, "%s has %d bytes, and %d are read at a time; read a part of it with offset and length",
			clip(content.Path), content.Size, bridge.MaxFileBytes)
	}
	content.Truncated = pick.end > pick.begin && pick.end < content.Size
	return content, &contents{io.NewSectionReader(file, pick.begin, pick.end-pick.begin), file, content.Path}, nil
}

// begin opens the file of a request and fills in what is known before it is read.
func (f *Files) begin(req bridge.ReadFile) (_ *os.File, answer bridge.FileContent, want part, err error) {
	p, err := f.clean(req.Path)
	if err != nil {
		return nil, answer, want, err
	}
	if want, err = partOf(req); err != nil {
		return nil, answer, want, err
	}
	file, info, err := f.open(p)
	if err != nil {
		return nil, answer, want, err
	}
	var head [headBytes]byte
	n, err := file.ReadAt(head[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		_ = file.Close()
		return nil, answer, want, f.explain(p, err)
	}
	return file, bridge.FileContent{Path: p, MediaType: mediaType(p, head[:n]), Size: info.Size(), ModifiedAt: info.ModTime().UTC()}, want, nil
}

// scan reads as much of the file as it must for pick, the hash and the number of lines,
// never more than its size when it was opened.
func (f *Files) scan(ctx context.Context, file *os.File, pick *picker, answer *bridge.FileContent) error {
	hashed := answer.Size <= bridge.MaxEditBytes
	if pick.byLine && answer.Size > bridge.MaxFileBytes {
		return bridge.Errorf(bridge.CodeTooLarge, "%s has %d bytes, and lines are counted in %d; use offset and length",
			clip(answer.Path), answer.Size, bridge.MaxFileBytes)
	}
	if !hashed && !pick.byLine {
		pick.pos = min(pick.from, answer.Size)
		length := min(pick.to, pick.pos+int64(pick.most), answer.Size) - pick.pos
		return f.explain(answer.Path, copyAll(ctx, pick, io.NewSectionReader(file, pick.pos, length)))
	}
	sum, into := sha256.New(), io.Writer(pick)
	if hashed {
		into = io.MultiWriter(pick, sum)
	}
	if err := copyAll(ctx, into, io.NewSectionReader(file, 0, answer.Size)); err != nil {
		return f.explain(answer.Path, err)
	}
	answer.Size = pick.pos // it may have become shorter since
	if hashed {
		answer.Hash = hex.EncodeToString(sum.Sum(nil))
	}
	if pick.byLine {
		answer.TotalLines = pick.total()
	}
	return nil
}

// endWell returns data, behind which the file goes on, without what is better sent with
// the next part: the beginning of a line, if lines is set and a whole one comes before
// it, or of a character of text.
func endWell(data []byte, lines bool) []byte {
	if end := bytes.LastIndexByte(data, '\n') + 1; lines && end > 0 {
		return data[:end]
	}
	for i := len(data) - 1; i > 0 && i > len(data)-utf8.UTFMax; i-- {
		if utf8.RuneStart(data[i]) {
			if !utf8.FullRune(data[i:]) && isText(data[:i]) {
				return data[:i]
			}
			break
		}
	}
	return data
}

// contents is a part of a file that is sent as a stream.
type contents struct {
	*io.SectionReader
	file *os.File
	path string
}

// Read implements io.Reader.
func (c *contents) Read(b []byte) (int, error) {
	n, err := c.SectionReader.Read(b)
	if at, _ := c.Seek(0, io.SeekCurrent); errors.Is(err, io.EOF) && at < c.Size() {
		return n, bridge.Errorf(bridge.CodeChangedOnDisk, "%s became shorter while it was read; read it again", clip(c.path))
	}
	return n, err
}

// Close closes the file.
func (c *contents) Close() error { return c.file.Close() }

// hashOf returns the hash of a regular file's contents, up to bridge.MaxFileBytes of
// them. It returns "" for larger ones: no client can have been told theirs.
func hashOf(ctx context.Context, file *os.File, info fs.FileInfo) (string, error) {
	if info.Size() > bridge.MaxFileBytes {
		return "", nil
	}
	sum := sha256.New()
	if err := copyAll(ctx, sum, io.NewSectionReader(file, 0, info.Size()+1)); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
