package git

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
)

const (
	// progressPause is the least time between two events of a phase: no eye sees more.
	progressPause = 100 * time.Millisecond
	// maxProgressLine is how much of a line counts, maxProgressText how many of its characters
	// are passed on.
	maxProgressLine = 1 << 10
	maxProgressText = 200
	// maxWords bounds what is kept for the message of a failure: the last lines.
	maxWords = 2 << 10
)

// report reads what git prints about its progress, and passes it on. It is an io.Writer for
// both outputs of git at once.
type report struct {
	emit func(bridge.CloneProgress) error
	now  func() time.Time

	mu    sync.Mutex // guards what follows
	line  []byte
	phase string
	// fixed: git's words do not change the phase.
	fixed  bool
	said   []string // lines that are no progress, the latest last
	size   int      // of said
	sent   bridge.CloneProgress
	sentAt time.Time
}

func newReport(emit func(bridge.CloneProgress) error) *report {
	return &report{emit: emit, now: time.Now}
}

// begin says that a phase begins, and forgets what was said before.
func (r *report) begin(phase string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.line, r.said, r.size = nil, nil, 0
	r.phase, r.fixed = phase, phase != bridge.PhaseConnect
	_ = r.send(-1, "") // the next one that fails ends git
}

// words are the last lines that are no progress.
func (r *report) words() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.line) > 0 {
		_ = r.take(string(r.line))
		r.line = nil
	}
	return strings.Join(r.said, "\n")
}

func (r *report) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(b)
	for len(b) > 0 {
		end := bytes.IndexAny(b, "\r\n")
		part := b
		if end >= 0 {
			part = b[:end]
		}
		r.line = append(r.line, part[:min(len(part), maxProgressLine-len(r.line))]...)
		if end < 0 {
			break
		}
		line := string(r.line)
		r.line, b = r.line[:0], b[end+1:]
		if err := r.take(line); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// progressLine is "remote: Counting objects: 45% (9/20), …" or "Updating files: 100% (…".
var progressLine = regexp.MustCompile(`^(?:remote: )?([A-Z][A-Za-z ]{3,40}): +(\d{1,3})(%?)(?: \(|,|$| )`)

// phases are git's own words for what it is at.
var phases = map[string]string{
	"Enumerating objects": bridge.PhasePrepare, "Counting objects": bridge.PhasePrepare, "Compressing objects": bridge.PhasePrepare,
	"Receiving objects": bridge.PhaseReceive, "Unpacking objects": bridge.PhaseReceive,
	"Resolving deltas": bridge.PhaseResolve,
	"Updating files":   bridge.PhaseCheckout, "Filtering content": bridge.PhaseCheckout,
	"Downloading LFS objects": bridge.PhaseLFS,
}

// take takes one line of git. r.mu is held.
func (r *report) take(line string) error {
	text := plain(line)
	if text == "" {
		return nil
	}
	m := progressLine.FindStringSubmatch(text)
	phase, known := "", false
	if m != nil {
		phase, known = phases[m[1]]
	}
	if !known {
		switch word, _, _ := strings.Cut(text, ":"); {
		case strings.HasPrefix(text, "Cloning into "), strings.HasPrefix(text, "remote: Total "):
			return nil // nothing that people do not know
		case word == "fatal", word == "error", word == "warning":
			r.keep(text) // the answer has it
			return nil
		}
		r.keep(text)
		return r.send(-1, text)
	}
	if !r.fixed {
		r.phase = phase
	}
	percent := -1
	if n, err := strconv.Atoi(m[2]); err == nil && m[3] != "" && n <= 100 {
		percent = n
	}
	return r.send(percent, text)
}

// keep keeps a line for the message of a failure.
func (r *report) keep(text string) {
	r.said = append(r.said, text)
	r.size += len(text)
	for r.size > maxWords {
		r.size -= len(r.said[0])
		r.said = r.said[1:]
	}
}

// send passes on what is news.
func (r *report) send(percent int, text string) error {
	p := bridge.CloneProgress{Phase: r.phase, Percent: percent, Text: child.Cut(text, maxProgressText)}
	if p.Phase == r.sent.Phase && (p == r.sent || r.now().Sub(r.sentAt) < progressPause) {
		return nil
	}
	r.sent, r.sentAt = p, r.now()
	return r.emit(p)
}

// plain is a line without what a terminal would act on: hosts write some of it.
func plain(line string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return -1
		}
		return c
	}, child.Text(line)))
}
