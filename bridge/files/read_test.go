package files_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
)

func hashOf(data string) string {
	sum := sha256.Sum256([]byte(data))
	return hex.EncodeToString(sum[:])
}

func TestRangesOfBytes(t *testing.T) {
	t.Parallel()
	s := start(t)
	const text = "0123456789äö" // ä is at 10 and 11
	s.put("f", text)
	for _, c := range []struct {
		offset, length int64
		want, encoding string
		truncated      bool
	}{
		{0, 0, text, bridge.EncodingUTF8, false},
		{2, 3, "234", bridge.EncodingUTF8, true},
		{8, 0, "89äö", bridge.EncodingUTF8, false},
		{0, 14, text, bridge.EncodingUTF8, false},
		{0, math.MaxInt64, text, bridge.EncodingUTF8, false},
		{10, math.MaxInt64, "äö", bridge.EncodingUTF8, false},
		{9, 2, "9", bridge.EncodingUTF8, true},         // not half of ä
		{10, 1, "\xc3", bridge.EncodingBase64, true},   // nothing else to send
		{11, 3, "\xa4ö", bridge.EncodingBase64, false}, // where it begins is the client's choice
		{14, 5, "", bridge.EncodingUTF8, false},
		{99, 0, "", bridge.EncodingUTF8, false},
		{math.MaxInt64, math.MaxInt64, "", bridge.EncodingUTF8, false},
	} {
		got := s.read(bridge.ReadFile{Path: "f", Offset: c.offset, Length: c.length})
		content := got.Content
		if got.Encoding == bridge.EncodingBase64 {
			data, err := base64.StdEncoding.DecodeString(content)
			must(t, err)
			content = string(data)
		}
		if content != c.want || got.Encoding != c.encoding || got.Truncated != c.truncated || got.Size != 14 || got.Hash != hashOf(text) || got.TotalLines != 0 {
			t.Errorf("offset %d, length %d: %+v", c.offset, c.length, got)
		}
		_, body, err := s.Open(t.Context(), bridge.ReadFile{Path: "f", Offset: c.offset, Length: c.length})
		must(t, err)
		data, err := io.ReadAll(body)
		exact := text[min(c.offset, 14):]
		if c.length > 0 && c.length < int64(len(exact)) {
			exact = exact[:c.length]
		}
		if err != nil || string(data) != exact || body.(interface{ Size() int64 }).Size() != int64(len(exact)) {
			t.Errorf("binary, offset %d, length %d: %q, %v", c.offset, c.length, data, err)
		}
		must(t, body.Close())
	}
}

func TestRangesOfLines(t *testing.T) {
	t.Parallel()
	s := start(t)
	for content, total := range map[string]int{
		"": 0, "\n": 1, "a": 1, "a\n": 1, "a\nb": 2, "a\r\nb\n\n": 3, "\n\n\n": 3, strings.Repeat("long ", 20_000) + "\nend": 2,
		strings.Repeat("x\n", 70_000): 70_000,
	} {
		s.put("f", content)
		lines := strings.SplitAfter(content, "\n")
		if lines[len(lines)-1] == "" {
			lines = lines[:len(lines)-1]
		}
		for start := range 5 {
			for count := range 4 {
				if start+count == 0 {
					continue
				}
				from := min(max(start, 1)-1, len(lines))
				to := len(lines)
				if count > 0 {
					to = min(from+count, to)
				}
				want := strings.Join(lines[from:to], "")
				req := bridge.ReadFile{Path: "f", StartLine: start, LineCount: count}
				got := s.read(req)
				if got.Content != want || got.TotalLines != total || got.Truncated != (want != "" && to < len(lines)) || got.Hash != hashOf(content) {
					t.Errorf("%.20q from %d, %d lines: %.50q of %d, truncated %t", content, start, count, got.Content, got.TotalLines, got.Truncated)
				}
				meta, body, err := s.Open(t.Context(), req)
				must(t, err)
				if data, err := io.ReadAll(body); err != nil || string(data) != want || meta.TotalLines != total || meta.Content != "" {
					t.Errorf("binary %.20q from %d, %d lines: %.50q, %v", content, start, count, data, err)
				}
				must(t, body.Close())
			}
		}
	}
}

func TestBadRangesAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.put("f", "x")
	for _, r := range []bridge.ReadFile{
		{Offset: 1, StartLine: 1}, {Length: 1, LineCount: 1}, {Offset: -1}, {Length: -1}, {StartLine: -1}, {LineCount: -1}, {Length: math.MinInt64},
	} {
		r.Path = "f"
		_, err := s.Read(t.Context(), r)
		_, _, openErr := s.Open(t.Context(), r)
		if code(t, err) != bridge.CodeBadRequest || code(t, openErr) != bridge.CodeBadRequest {
			t.Errorf("%+v: %v, %v", r, err, openErr)
		}
	}
}

func TestMoreThanOneMessageHoldsIsReadInRanges(t *testing.T) {
	t.Parallel()
	s := start(t)
	line := strings.Repeat("ä", 50_000) + "\n"
	text := strings.Repeat(line, 15) + "end" // 1.5 MB
	s.put("large", text)
	_, err := s.Read(t.Context(), bridge.ReadFile{Path: "large"})
	if code(t, err) != bridge.CodeTooLarge || !strings.Contains(err.Error(), "1500018") || !strings.Contains(err.Error(), "startLine") {
		t.Errorf("whole: %v", err)
	}
	got := s.read(bridge.ReadFile{Path: "large", StartLine: 1})
	if got.Content != strings.Repeat(line, 10) || !got.Truncated || got.TotalLines != 16 || got.Hash != hashOf(text) {
		t.Errorf("lines: %d bytes of %d lines, truncated %t", len(got.Content), got.TotalLines, got.Truncated)
	}
	var all strings.Builder
	for all.Len() < len(text) {
		got := s.read(bridge.ReadFile{Path: "large", Offset: int64(all.Len()), Length: 2 << 20})
		if got.Encoding != bridge.EncodingUTF8 || len(got.Content) > bridge.MaxInlineBytes || got.Truncated == (all.Len()+len(got.Content) == len(text)) {
			t.Fatalf("at %d: %s, %d bytes, truncated %t", all.Len(), got.Encoding, len(got.Content), got.Truncated)
		}
		all.WriteString(got.Content)
	}
	if all.String() != text {
		t.Error("the parts are not the whole")
	}
	// One line that is longer than a message is cut inside.
	s.put("oneline", "x"+strings.Repeat("ä", 600_000))
	if got := s.read(bridge.ReadFile{Path: "oneline", StartLine: 1, LineCount: 1}); len(got.Content) != bridge.MaxInlineBytes-1 || !got.Truncated || got.Encoding != bridge.EncodingUTF8 {
		t.Errorf("a long line: %d bytes, %s", len(got.Content), got.Encoding)
	}
}

func TestLargeFilesHaveNoHash(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.put("large", "first\nsecond\n")
	must(t, os.Truncate(s.path("large"), bridge.MaxEditBytes+1))
	got := s.read(bridge.ReadFile{Path: "large", Offset: 6, Length: 6})
	if got.Content != "second" || got.Hash != "" || got.Size != bridge.MaxEditBytes+1 || !got.Truncated {
		t.Errorf("%+v", got)
	}
	if got := s.read(bridge.ReadFile{Path: "large", Offset: 1}); got.Encoding != bridge.EncodingBase64 || base64.StdEncoding.DecodedLen(len(got.Content)) < bridge.MaxInlineBytes {
		t.Errorf("to the end: %s, %d bytes", got.Encoding, len(got.Content))
	}
	if got := s.read(bridge.ReadFile{Path: "large", StartLine: 2, LineCount: 1}); got.Content != "second\n" || got.Hash != "" || got.TotalLines != 3 {
		t.Errorf("line 2: %+v", got)
	}
	// Beyond what is read whole, too, bytes are bytes; but nobody counts lines there.
	must(t, os.Truncate(s.path("large"), bridge.MaxFileBytes+1))
	if got := s.read(bridge.ReadFile{Path: "large", Offset: 6, Length: 6}); got.Content != "second" {
		t.Errorf("%+v", got)
	}
	_, err := s.Read(t.Context(), bridge.ReadFile{Path: "large", StartLine: 1, LineCount: 1})
	_, _, openErr := s.Open(t.Context(), bridge.ReadFile{Path: "large"})
	if code(t, err) != bridge.CodeTooLarge || code(t, openErr) != bridge.CodeTooLarge {
		t.Errorf("too large: %v, %v", err, openErr)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	must(t, os.Truncate(s.path("large"), bridge.MaxFileBytes))
	if _, err := s.Read(ctx, bridge.ReadFile{Path: "large", StartLine: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestOpenSendsNeitherMoreNorLessThanItSaid(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.put("f", "12345")
	content, body, err := s.Open(t.Context(), bridge.ReadFile{Path: s.path("f")})
	must(t, err)
	defer body.Close()
	if content.Path != "f" || content.Size != 5 || content.Hash != hashOf("12345") || content.Content != "" || content.Truncated {
		t.Errorf("%+v", content)
	}
	s.put("f", "123456789")
	if data, err := io.ReadAll(body); err != nil || string(data) != "12345" {
		t.Errorf("it grew: %q, %v", data, err)
	}
	_, body, err = s.Open(t.Context(), bridge.ReadFile{Path: "f"})
	must(t, err)
	defer body.Close()
	must(t, os.Truncate(s.path("f"), 3))
	if data, err := io.ReadAll(body); string(data) != "123" || code(t, err) != bridge.CodeChangedOnDisk {
		t.Errorf("it shrank: %q, %v", data, err)
	}
}

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	s := start(t)
	png, gif := "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "GIF89a\x01\x00\x01\x00"
	const plain = "text/plain; charset=utf-8"
	for name, c := range map[string]struct{ content, want string }{
		"a.png":      {png, "image/png"},
		"A.PNG":      {png, "image/png"},
		"none":       {png, "image/png"},
		"lies.png":   {gif, "image/gif"},
		"text.png":   {"no image\n", plain},
		"video.ts":   {"export const x = 1\n", plain},
		"page.html":  {"<p>ä", "text/html; charset=utf-8"},
		"a.svg":      {"<svg/>", "image/svg+xml"},
		"a.json":     {"{}", "application/json"},
		"Makefile":   {"all:\n", plain},
		"empty":      {"", plain},
		"a.wasm":     {"\x00asm\x01\x00\x00\x00", "application/wasm"},
		"binary.txt": {"\x00\x01\x02\x03", "application/octet-stream"},
		"latin1":     {"caf\xe9", "application/octet-stream"},
		"long":       {strings.Repeat("x", 511) + "ä", plain},
		"doc.pdf":    {"%PDF-1.7\n\x00", "application/pdf"},
	} {
		s.put(name, c.content)
		if got := s.read(bridge.ReadFile{Path: name}); got.MediaType != c.want {
			t.Errorf("%s is %s, want %s", name, got.MediaType, c.want)
		}
	}
	if got := s.read(bridge.ReadFile{Path: "a.png"}); got.Encoding != bridge.EncodingBase64 || got.Content != base64.StdEncoding.EncodeToString([]byte(png)) {
		t.Errorf("an image: %+v", got)
	}
}

func TestNeitherPipesNorSocketsAreTouched(t *testing.T) {
	t.Parallel()
	s := start(t)
	must(t, syscall.Mkfifo(s.path("pipe"), 0o644))
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	must(t, err)
	defer syscall.Close(fd)
	must(t, syscall.Bind(fd, &syscall.SockaddrUnix{Name: s.path("sock")}))
	for _, p := range []string{"pipe", "sock"} {
		_, readErr := s.Read(t.Context(), bridge.ReadFile{Path: p})
		_, _, openErr := s.Open(t.Context(), bridge.ReadFile{Path: p})
		_, editErr := s.Edit(t.Context(), bridge.EditFile{Path: p, Edits: []bridge.Edit{{OldText: "a", NewText: "b"}}})
		for what, err := range map[string]error{
			"read": readErr, "open": openErr, "edit": editErr,
			"write": s.write(bridge.WriteFile{Path: p}, "x"), "write if": s.write(bridge.WriteFile{Path: p, IfHash: hashOf("")}, "x"),
		} {
			if got := code(t, err); got != bridge.CodeNotRegular {
				t.Errorf("%s %s: %q", what, p, got)
			}
		}
	}
	// A pipe where a directory should be blocks nothing, either.
	_, globErr := s.Glob(t.Context(), bridge.Glob{Path: "pipe", Pattern: "*"})
	_, deleteErr := s.Delete(t.Context(), bridge.DeleteFile{Path: "pipe/x"})
	for _, err := range []error{globErr, deleteErr, s.write(bridge.WriteFile{Path: "pipe/x"}, "x")} {
		if got := code(t, err); got != bridge.CodeNotDirectory {
			t.Errorf("below a pipe: %q", got)
		}
	}
}

func TestTextFullOfControlCharactersIsSentAsBytes(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.put("escapes", strings.Repeat("\x1b", 1<<20))
	if got := s.read(bridge.ReadFile{Path: "escapes"}); got.Encoding != bridge.EncodingBase64 {
		t.Errorf("%s would be 6 MiB of JSON", got.Encoding)
	}
	s.put("colours", "\x1b[1mbold\x1b[0m\f\v\n")
	if got := s.read(bridge.ReadFile{Path: "colours"}); got.Encoding != bridge.EncodingUTF8 {
		t.Errorf("a little colour is %s", got.Encoding)
	}
}

// FuzzRanges compares every range with what slices say.
func FuzzRanges(f *testing.F) {
	f.Add([]byte("a\nb\r\nc"), int64(1), int64(2), 0, 0)
	f.Add([]byte("ä\n\nö"), int64(0), int64(0), 2, 1)
	f.Fuzz(func(t *testing.T, data []byte, offset, length int64, first, count int) {
		s := start(t)
		s.put("f", string(data))
		got, err := s.Read(t.Context(), bridge.ReadFile{Path: "f", Offset: offset, Length: length, StartLine: first, LineCount: count})
		byByte, byLine := offset != 0 || length != 0, first != 0 || count != 0
		if byByte && byLine || offset < 0 || length < 0 || first < 0 || count < 0 {
			if code(t, err) != bridge.CodeBadRequest {
				t.Fatal(err)
			}
			return
		}
		must(t, err)
		want := data[min(offset, int64(len(data))):]
		if length > 0 && length < int64(len(want)) {
			want = want[:length]
		}
		if byLine {
			lines := bytes.SplitAfter(data, []byte("\n"))
			if len(lines[len(lines)-1]) == 0 {
				lines = lines[:len(lines)-1]
			}
			lines = lines[min(max(first, 1)-1, len(lines)):]
			if count > 0 {
				lines = lines[:min(count, len(lines))]
			}
			want = bytes.Join(lines, nil)
		}
		content := []byte(got.Content)
		if got.Encoding == bridge.EncodingBase64 {
			content, err = base64.StdEncoding.DecodeString(got.Content)
			must(t, err)
		}
		// Up to three bytes of a character that is cut may be left out.
		if !bytes.HasPrefix(want, content) || len(want)-len(content) > 3 || len(want) > 0 && len(content) == 0 || got.Hash != hashOf(string(data)) {
			t.Fatalf("%q instead of %q", content, want)
		}
	})
}
