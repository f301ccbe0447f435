package uistream

import (
	"bufio"
	"context"
	"io"
	"time"
)

const (
	// KeepAlive is the longest silence of a stream; proxies give up after 30 s or more.
	KeepAlive = 15 * time.Second
	// VersionHeader and Version tell clients what the stream is.
	VersionHeader = "x-vercel-ai-ui-message-stream"
	Version       = "v1"
	// ClientHeader is how a client says that it is of version 7, by the value "7".
	ClientHeader = "x-kalpana-ui"
)

// Headers are the response headers of a stream, as name and value. There is no
// "connection", which HTTP/2 forbids, and no compression: it would hold chunks back.
func Headers() [][2]string {
	return [][2]string{
		{"content-type", "text/event-stream"},
		{"cache-control", "no-cache, no-transform"},
		{"x-accel-buffering", "no"},
		{VersionHeader, Version},
	}
}

// ClientOf is the client that sends value in ClientHeader.
func ClientOf(value string) Client {
	if value == "7" {
		return Client7
	}
	return Client6
}

// Stream writes what r reads to w as server-sent events, until the turn ends. It sends a
// comment at once, so that the client has its headers before the model answers, and one
// after each KeepAlive of silence. flush is called whenever nothing more is there to write.
//
// It returns nil after the end, ctx's error, or the first error of w or flush, and leaves r
// open. A client that does not read blocks w and nobody else: give w a deadline, and the
// client resumes by a new Reader.
func (r *Reader) Stream(ctx context.Context, w io.Writer, flush func() error) error {
	b := bufio.NewWriter(w)
	unsent := true
	send := func() error {
		if !unsent {
			return nil
		}
		unsent = false
		if err := b.Flush(); err != nil {
			return err
		}
		return flush()
	}
	b.WriteString(": stream-open\n\n") // bufio keeps the error for Flush
	if err := send(); err != nil {
		return err
	}
	silence := time.NewTimer(KeepAlive)
	defer silence.Stop()
	for ctx.Err() == nil {
		c, wait, err := r.take()
		if c != nil {
			unsent = true
			if err := writeEvent(b, c); err != nil {
				return err
			}
			continue
		}
		if err != nil { // io.EOF
			unsent = true
			b.WriteString("data: [DONE]\n\n")
			return send()
		}
		if unsent {
			silence.Reset(KeepAlive)
		}
		if err := send(); err != nil {
			return err
		}
		select {
		case <-wait:
		case <-silence.C:
			unsent = true
			b.WriteString(": keep-alive\n\n")
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

func writeEvent(b *bufio.Writer, c Chunk) error {
	data, err := Encode(c)
	if err != nil {
		return err
	}
	b.WriteString("data: ")
	b.Write(data)
	_, err = b.WriteString("\n\n")
	return err
}
