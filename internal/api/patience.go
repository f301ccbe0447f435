package api

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

const (
	// bodyGrace is how long a request's body may take, and a second more for each
	// bodyRate bytes that have come: who sends less holds a connection for nothing.
	bodyGrace = 30 * time.Second
	bodyRate  = 32 << 10
	// answerTime is how long a client may take to read answerPart bytes of an answer, or
	// what a stream has to say at one time.
	answerTime = 30 * time.Second
	answerPart = 64 << 10
	// lingerTime bounds the last bytes of an answer, which are sent when nobody looks any more.
	lingerTime = 10 * time.Minute
)

// patientBody is a request's body that has to come within a time. The deadline goes with
// the body's end: on HTTP/1 it would end the request itself.
type patientBody struct {
	io.ReadCloser
	control *http.ResponseController
	grace   time.Duration
	began   time.Time
	read    int64
	ended   bool
}

func (b *patientBody) Read(p []byte) (int, error) {
	if b.began.IsZero() {
		b.began = time.Now()
	}
	// Not every connection can do it; then the server's own limit holds.
	b.control.SetReadDeadline(b.began.Add(b.grace + time.Duration(b.read/bodyRate)*time.Second))
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if err != nil {
		b.ended = true
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			b.control.SetReadDeadline(time.Time{})
		}
	}
	return n, err
}

// finish bounds what the server reads of a body after the handler has returned: on HTTP/1
// it takes in some of what is left before it sends the answer.
func (b *patientBody) finish() {
	if !b.ended && b.ReadCloser != http.NoBody {
		b.control.SetReadDeadline(time.Now().Add(b.grace))
	}
}

// patientWriter gives whoever reads an answer a time for each part of it. Between writes
// there is none: on HTTP/2 it would end a stream that has nothing to say.
type patientWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	time    time.Duration
}

func (w *patientWriter) Write(p []byte) (n int, err error) {
	for first := true; first || len(p) > 0 && err == nil; first = false {
		part := p[:min(len(p), answerPart)]
		w.control.SetWriteDeadline(time.Now().Add(w.time))
		var wrote int
		wrote, err = w.ResponseWriter.Write(part)
		w.control.SetWriteDeadline(time.Time{})
		n += wrote
		p = p[len(part):]
	}
	return n, err
}

// FlushError sends what is written.
func (w *patientWriter) FlushError() error {
	w.control.SetWriteDeadline(time.Now().Add(w.time))
	err := w.control.Flush()
	w.control.SetWriteDeadline(time.Time{})
	return err
}

// finish bounds what the server sends after the handler has returned.
func (w *patientWriter) finish() { w.control.SetWriteDeadline(time.Now().Add(lingerTime)) }

// Unwrap is for http.ResponseController.
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
