package openrouter

import (
	"context"
	"errors"
	"io"
	"time"
)

const (
	// maxEventBytes bounds one event, all its lines and comments together: the library
	// would collect data lines for ever. A whole file as arguments in one chunk fits.
	maxEventBytes = 4 << 20
	// maxStreamBytes bounds the work for one answer. 200,000 tokens in chunks of one token
	// are some 80 MiB.
	maxStreamBytes = 128 << 20
)

var (
	errHeaders        = errors.New("the provider did not begin to answer in time")
	errIdle           = errors.New("the provider went silent")
	errSilent         = errors.New("the provider only said that it is working, for too long")
	errEventTooLarge  = errors.New("one piece of the answer is larger than 4 MiB")
	errStreamTooLarge = errors.New("the answer is larger than 128 MiB on the wire")
)

// watchdog cancels a request whose body brings nothing. It counts only the time spent
// waiting for the provider: a slow caller is not the provider's fault.
type watchdog struct {
	cancel        context.CancelCauseFunc
	idle, silence time.Duration
	left          time.Duration // until something other than a comment must have come
}

func (w *watchdog) read(r io.Reader, p []byte) (int, error) {
	limit, cause := w.idle, errIdle
	if w.left < limit {
		limit, cause = w.left, errSilent
	}
	if limit <= 0 {
		w.cancel(cause)
		return 0, cause
	}
	begin := time.Now()
	t := time.AfterFunc(limit, func() { w.cancel(cause) })
	n, err := r.Read(p)
	if fired := !t.Stop(); fired && err != nil {
		err = cause
	}
	w.left -= time.Since(begin)
	return n, err
}

// sign notes that an event has come.
func (w *watchdog) sign() { w.left = w.silence }

// limit leaves d for the rest.
func (w *watchdog) limit(d time.Duration) { w.left = min(w.left, d) }

// wire is the body as the library's decoder can read it: bounded and watched, with
// every line ended by LF and the last event ended by an empty line. The standard (WHATWG
// HTML, 9.2) allows CR, CRLF and a byte order mark; an end without the empty line loses
// the last event by it, but with that the finish_reason of real servers.
type wire struct {
	src io.ReadCloser
	dog *watchdog

	total, event int
	lineStart    bool // the last byte ended a line
	skipLF       bool // the last byte was CR
	ended        bool
	tail         int // bytes of "\n\n" still to be given
}

const bom = "\xef\xbb\xbf"

func (s *wire) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for !s.ended {
		n, err := s.dog.read(s.src, p)
		kept := s.normalise(p[:n])
		if s.event > maxEventBytes {
			return 0, errEventTooLarge
		}
		if s.total > maxStreamBytes {
			return 0, errStreamTooLarge
		}
		if err == io.EOF {
			s.ended, s.tail = true, 2
			err = nil
		}
		if kept > 0 || err != nil {
			return kept, err
		}
	}
	if s.tail == 0 {
		return 0, io.EOF
	}
	s.tail--
	p[0] = '\n'
	return 1, nil
}

// normalise rewrites p in place and returns how much of it is left.
func (s *wire) normalise(p []byte) int {
	kept := 0
	for _, b := range p {
		at := s.total
		s.total++
		if at < len(bom) && b == bom[at] {
			continue
		}
		if b == '\n' && s.skipLF {
			s.skipLF = false
			continue
		}
		s.skipLF = b == '\r'
		if b == '\r' {
			b = '\n'
		}
		s.event++
		if b == '\n' {
			if s.lineStart {
				s.event = 0
			}
			s.lineStart = true
		} else {
			s.lineStart = false
		}
		if s.event > maxEventBytes {
			return kept
		}
		p[kept] = b
		kept++
	}
	return kept
}

// drain reads on to the end of the body, if that is near.
func (s *wire) drain() {
	s.dog.limit(drainTime)
	buf := make([]byte, 512)
	for read := 0; read < drainBytes && !s.ended; {
		n, err := s.dog.read(s.src, buf)
		read += n
		if err != nil {
			return
		}
	}
}
