package files

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"

	"github.com/kalpana-dev/kalpana/bridge"
)

// part is which bytes or lines of a file are wanted: those from from up to, not
// including, to. Both count from 0.
type part struct {
	whole    bool // no range was asked for
	byLine   bool
	from, to int64
}

// partOf reads the range of a request.
func partOf(req bridge.ReadFile) (part, error) {
	if req.Offset < 0 || req.Length < 0 || req.StartLine < 0 || req.LineCount < 0 {
		return part{}, bridge.Errorf(bridge.CodeBadRequest, "offset, length, startLine and lineCount must not be negative")
	}
	byByte, byLine := req.Offset > 0 || req.Length > 0, req.StartLine > 0 || req.LineCount > 0
	if byByte && byLine {
		return part{}, bridge.Errorf(bridge.CodeBadRequest, "give either offset and length, in bytes, or startLine and lineCount, not both")
	}
	p := part{whole: !byByte && !byLine, byLine: byLine, from: req.Offset}
	count := req.Length
	if byLine {
		p.from, count = int64(max(req.StartLine, 1))-1, int64(req.LineCount)
	}
	p.to = math.MaxInt64
	if count > 0 && count < math.MaxInt64-p.from {
		p.to = p.from + count
	}
	return p, nil
}

// picker is written a file's bytes in order, and finds and keeps a part of them.
type picker struct {
	part
	// most is how many bytes of the part are kept.
	most int
	kept []byte
	// begin and end are where the part lies, in bytes. They grow as it is found.
	begin, end int64
	// pos is how many bytes were written.
	pos int64
	// lines counts line ends; open says that bytes came after the last one.
	lines int64
	open  bool
}

// Write implements io.Writer; it never fails.
func (p *picker) Write(b []byte) (int, error) {
	n := len(b)
	if !p.byLine {
		from, to := min(max(p.from-p.pos, 0), int64(n)), min(max(p.to-p.pos, 0), int64(n))
		p.take(b[from:max(from, to)], from)
		p.pos += int64(n)
		return n, nil
	}
	for len(b) > 0 {
		if p.lines >= p.to { // only counting is left
			p.lines += int64(bytes.Count(b, []byte{'\n'}))
			p.open = b[len(b)-1] != '\n'
			p.pos += int64(len(b))
			break
		}
		end := bytes.IndexByte(b, '\n') + 1
		p.open = end == 0
		if p.open {
			end = len(b)
		}
		if p.lines >= p.from {
			p.take(b[:end], 0)
		}
		if !p.open {
			p.lines++
		}
		p.pos += int64(end)
		b = b[end:]
	}
	return n, nil
}

// take notes that b, which lies offset behind pos, is of the part.
func (p *picker) take(b []byte, offset int64) {
	if len(b) == 0 {
		return
	}
	if p.end == p.begin {
		p.begin = p.pos + offset
		p.end = p.begin
	}
	p.end += int64(len(b))
	p.kept = append(p.kept, b[:min(len(b), p.most-len(p.kept))]...)
}

// total is how many lines there are; a last one without an end counts.
func (p *picker) total() int {
	if p.open {
		return int(p.lines) + 1
	}
	return int(p.lines)
}

// copyBuffer is how much is read at a time: few system calls, and little memory with
// many requests at once.
const copyBuffer = 64 << 10

// copyAll copies src to dst until it ends, or ctx does.
func copyAll(ctx context.Context, dst io.Writer, src io.Reader) error {
	buffer := make([]byte, copyBuffer)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := src.Read(buffer)
		if _, err := dst.Write(buffer[:n]); err != nil {
			return err
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
