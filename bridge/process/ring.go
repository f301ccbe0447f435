package process

import (
	"sort"

	"github.com/kalpana-dev/kalpana/bridge"
)

const (
	// firstRing is what a ring begins with; most commands write less.
	firstRing = 4 << 10
	// maxRuns bounds the memory for telling the streams apart: 512 KiB, when a program
	// writes single bytes to its two streams in turn. It is no less than
	// bridge.MaxOutputBytes, so that as much output is always there for an answer.
	maxRuns = 64 << 10
)

// stream is where output came from.
type stream int64

const (
	stdout stream = iota
	stderr
)

// ring holds the latest output under absolute offsets. Its memory grows as it fills. The
// zero value is an empty ring; not safe for concurrent use.
type ring struct {
	buf        []byte // the byte at offset o is buf[o%len(buf)]
	start, end int64
	// runs tell the stream of what is held, oldest first: twice the offset where a run
	// of one stream ends, plus the stream.
	runs []int64
}

// write appends data, no more than bridge.ProcessBuffer bytes, and drops the oldest to
// make room.
func (r *ring) write(s stream, data []byte) {
	if len(data) == 0 {
		return
	}
	r.grow(len(data))
	for rest := data; len(rest) > 0; {
		n := copy(r.buf[r.end%int64(len(r.buf)):], rest)
		rest = rest[n:]
		r.end += int64(n)
	}
	if n := len(r.runs); n > 0 && stream(r.runs[n-1]&1) == s {
		r.runs[n-1] = r.end<<1 | int64(s)
	} else {
		r.runs = append(r.runs, r.end<<1|int64(s))
	}
	r.start = max(r.start, r.end-int64(len(r.buf)))
	if len(r.runs) > maxRuns {
		r.start = max(r.start, r.runs[0]>>1)
	}
	for len(r.runs) > 0 && r.runs[0]>>1 <= r.start {
		r.runs = r.runs[1:]
	}
}

// grow makes room for n bytes more, as far as the ring may grow.
func (r *ring) grow(n int) {
	need, size := int(r.end-r.start)+n, max(len(r.buf), firstRing)
	for size < need {
		size *= 2
	}
	if size = min(size, bridge.ProcessBuffer); size > len(r.buf) {
		r.resize(size)
	}
}

// resize moves what is held, no more than size bytes, to new memory.
func (r *ring) resize(size int) {
	buf := make([]byte, size)
	for o := r.start; o < r.end; {
		from := r.buf[o%int64(len(r.buf)):]
		from = from[:min(int64(len(from)), r.end-o)]
		o += int64(copy(buf[o%int64(size):], from))
	}
	r.buf = buf
}

// room reports whether n bytes more leave everything from offset on in the ring.
func (r *ring) room(n int, offset int64) bool {
	return r.end+int64(n)-offset <= bridge.ProcessBuffer && (len(r.runs) < maxRuns || r.runs[0]>>1 <= offset)
}

// read copies what one stream wrote at offset on, which must be held, into buf.
func (r *ring) read(buf []byte, offset int64) (int, stream) {
	if offset >= r.end {
		return 0, stdout
	}
	run := r.runs[sort.Search(len(r.runs), func(i int) bool { return r.runs[i]>>1 > offset })]
	n := min(int64(len(buf)), run>>1-offset)
	r.copyTo(buf[:n], offset)
	return int(n), stream(run & 1)
}

// copyTo fills buf from offset on, whatever the streams.
func (r *ring) copyTo(buf []byte, offset int64) {
	for len(buf) > 0 {
		n := copy(buf, r.buf[offset%int64(len(r.buf)):])
		buf, offset = buf[n:], offset+int64(n)
	}
}

// held is how many bytes can be read.
func (r *ring) held() int { return int(r.end - r.start) }

// shrink gives back the memory that holds nothing.
func (r *ring) shrink() {
	if r.held() == 0 {
		r.drop()
		return
	}
	r.resize(r.held())
	r.runs = append([]int64(nil), r.runs...)
}

// drop forgets all that is held, but not how much there was.
func (r *ring) drop() { r.buf, r.runs, r.start = nil, nil, r.end }

// skip counts n bytes of output of which nothing is held, in an empty ring.
func (r *ring) skip(n int) {
	r.end += int64(n)
	r.start = r.end
}
