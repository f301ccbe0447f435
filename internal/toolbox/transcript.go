package toolbox

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	// keptBytes is how much of the beginning, and of the end, of the output is kept: progress
	// bars need far more bytes than they show.
	keptBytes = 256 << 10
	// shownHalf is how many characters of the beginning, and of the end, are shown.
	shownHalf = 12_000
	// livePiece is the most bytes of one piece of live output, liveTotal of all together.
	livePiece = 8 << 10
	liveTotal = 2 << 20
	// liveDelay is how long live output waits for the end of its line.
	liveDelay = 150 * time.Millisecond
)

// transcript takes in the output of a process: it keeps the beginning and the end, and passes
// all of it on as it comes.
type transcript struct {
	redact func(string) string
	head   []byte
	tail   []byte // at most twice keptBytes
	middle int64  // bytes between that are gone
	total  int64

	// mu guards what is below, and is held while live is called, so that the calls come one
	// after the other.
	mu      sync.Mutex
	live    func(string)
	pending []byte
	sent    int
	timer   *time.Timer
}

// newTranscript returns one that passes output on to live, unless that is nil.
func newTranscript(redact func(string) string, live func(string)) *transcript {
	return &transcript{redact: redact, live: live}
}

// write takes in a piece of output. Not for concurrent use.
func (t *transcript) write(data []byte) {
	t.total += int64(len(data))
	t.send(data)
	if room := keptBytes - len(t.head); room > 0 && t.middle == 0 && len(t.tail) == 0 {
		n := min(room, len(data))
		t.head, data = append(t.head, data[:n]...), data[n:]
	}
	t.tail = append(t.tail, data...)
	if gone := len(t.tail) - keptBytes; gone > keptBytes {
		t.tail = append(t.tail[:0], t.tail[gone:]...)
		t.middle += int64(gone)
	}
}

// lost notes bytes that were written and never came.
func (t *transcript) lost(n int64) {
	if n <= 0 {
		return
	}
	t.total += n
	t.write(fmt.Appendf(nil, "\n[… %d bytes are lost here …]\n", n))
}

// send passes output on in whole lines, as far as they come soon: a secret in a line is
// found only if the line is not cut.
func (t *transcript) send(data []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.live == nil {
		return
	}
	t.pending = append(t.pending, data...)
	if end := bytes.LastIndexAny(t.pending, "\r\n") + 1; end > 0 {
		t.emit(end)
	}
	for len(t.pending) > livePiece {
		t.emit(livePiece)
	}
	switch {
	case len(t.pending) == 0 || t.timer != nil:
	default:
		t.timer = time.AfterFunc(liveDelay, func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.timer = nil
			if t.live != nil {
				t.emit(len(t.pending))
			}
		})
	}
}

// emit passes on about n bytes of what is pending. mu must be held.
func (t *transcript) emit(n int) {
	for n < len(t.pending) && n > 0 && !utf8.RuneStart(t.pending[n]) {
		n-- // between characters
	}
	said := t.redact(strings.ToValidUTF8(string(t.pending[:n]), "\uFFFD"))
	t.pending = append(t.pending[:0], t.pending[n:]...)
	for said != "" && t.sent < liveTotal {
		piece := said
		if len(piece) > livePiece {
			cut := livePiece
			for !utf8.RuneStart(piece[cut]) {
				cut--
			}
			piece = piece[:cut]
		}
		said = said[len(piece):]
		t.sent += len(piece)
		t.live(piece)
		if t.sent >= liveTotal {
			t.live("\n[the live output ends here]\n")
		}
	}
}

// flush passes on what is pending; nothing is passed on after it.
func (t *transcript) flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
	}
	if t.live != nil && len(t.pending) > 0 {
		t.emit(len(t.pending))
	}
	t.live = nil
}

// shown is the beginning and the end as they came, with escape sequences, for the interface,
// and how many bytes are left out.
func (t *transcript) shown() (output string, omitted int64) {
	head, tail := t.parts()
	return t.cut(t.redact(head), t.redact(tail))
}

// text is the beginning and the end as a model reads them: without escape sequences, and of
// lines that were written over only what stood there last. It ends with a line end, or says
// that there was no output.
func (t *transcript) text() string {
	head, tail := t.parts()
	said, _ := t.cut(t.redact(readable(head)), t.redact(readable(tail)))
	switch {
	case strings.TrimSpace(said) == "":
		return "(no output)\n"
	case !strings.HasSuffix(said, "\n"):
		return said + "\n"
	}
	return said
}

// lastLines is the end of text: at most n lines, and as many characters as are shown of a whole output.
func (t *transcript) lastLines(n int, shown func(string) string) string {
	all, tail := t.parts()
	if t.middle > 0 {
		all = tail
	}
	all = t.redact(shown(all))
	lines := strings.SplitAfter(all, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	cut := len(lines) > n
	if cut {
		lines = lines[len(lines)-n:]
	}
	last, more := lastCharacters(strings.Join(lines, ""), 2*shownHalf)
	if cut || more || t.middle > 0 {
		return "[… there is more before this …]\n" + last
	}
	return last
}

// cut keeps shownHalf characters of the beginning and of the end of what head and tail are
// together, and says how many bytes are left out between.
func (t *transcript) cut(head, tail string) (string, int64) {
	if t.middle == 0 {
		all := head + tail
		if utf8.RuneCountInString(all) <= 2*shownHalf {
			return all, 0
		}
		head, tail = all, all
	}
	first, _ := characters(head, shownHalf)
	last, _ := lastCharacters(tail, shownHalf)
	omitted := t.total - int64(len(first)) - int64(len(last))
	if omitted <= 0 { // what was redacted or stripped makes the count vague
		omitted = max(t.middle, 1)
	}
	return fmt.Sprintf("%s\n[… %d bytes are left out here …]\n%s", first, omitted, last), omitted
}

// parts are the beginning and the end of the output; all of it is the beginning if nothing
// between is gone.
func (t *transcript) parts() (head, tail string) {
	if t.middle == 0 {
		return valid(append(t.head[:len(t.head):len(t.head)], t.tail...)), ""
	}
	return valid(t.head), valid(t.tail)
}

func valid(data []byte) string { return strings.ToValidUTF8(string(data), "\uFFFD") }
