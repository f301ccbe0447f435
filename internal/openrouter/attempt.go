package openrouter

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/ssestream"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

const (
	// finishGrace is how long usage and [DONE] may lag behind the finish_reason.
	finishGrace = 5 * time.Second
	// drainTime and drainBytes are spent on the end of a finished body, so that the
	// connection can serve the next step. Closing it early costs a new handshake.
	drainTime  = 50 * time.Millisecond
	drainBytes = 4 << 10
)

// attempt makes one request and reads its answer into a.
func (c *Client) attempt(ctx context.Context, body []byte, a *answer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := &watchdog{cancel: cancel, idle: c.options.IdleTimeout, silence: c.options.SilenceTimeout, left: c.options.SilenceTimeout}

	var resp *http.Response
	headers := time.AfterFunc(c.options.HeaderTimeout, func() { cancel(errHeaders) })
	err := c.api.Post(ctx, "chat/completions", body, &resp, option.WithHeader("Accept", "text/event-stream"))
	headers.Stop()
	if err != nil {
		return because(ctx, err)
	}
	defer resp.Body.Close()
	if err := a.start(generationID(resp.Header)); err != nil {
		return err
	}
	in := &wire{src: resp.Body, dog: w}
	return because(ctx, c.read(resp, in, a))
}

// because prefers the reason why ctx was cancelled to the error that this led to.
func because(ctx context.Context, err error) error {
	if _, mine := errors.AsType[callbackError](err); mine || err == nil || ctx.Err() == nil {
		return err
	}
	return context.Cause(ctx)
}

// generationID is bounded: it is stored with the answer.
func generationID(h http.Header) string {
	id := h.Get("X-Generation-Id")
	return id[:min(len(id), 128)]
}

// read takes events, or a whole answer as JSON from servers that cannot stream, and
// says what else it is if it is neither. It trusts the first byte more than the
// Content-Type: errors of proxies come as text/event-stream, and events as text/plain.
func (c *Client) read(resp *http.Response, in *wire, a *answer) error {
	r := bufio.NewReaderSize(in, 4<<10)
	first := byte(' ')
	for first == ' ' || first == '\n' || first == '\t' {
		b, err := r.ReadByte()
		if err != nil {
			return broken(err)
		}
		first = b
	}
	r.UnreadByte()
	switch first {
	case '{', '[', '<':
		whole, err := io.ReadAll(r) // in ends at maxEventBytes
		if err != nil {
			return broken(err)
		}
		if first == '<' {
			return notTheProtocol(resp, whole)
		}
		return a.whole(resp, whole)
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{r, in.src}
	return readEvents(ssestream.NewDecoder(resp), in, a)
}

func readEvents(d ssestream.Decoder, in *wire, a *answer) error {
	var unread error // an event that is not JSON: is it the last, the stream was cut off
	for d.Next() {
		if unread != nil {
			return unread
		}
		event := d.Event()
		data := bytes.TrimSpace(event.Data)
		if len(data) == 0 {
			continue
		}
		if bytes.Equal(data, []byte("[DONE]")) {
			a.done = true
			in.drain()
			return a.check()
		}
		if !json.Valid(data) {
			unread = agent.NewError(agent.CodeBadResponse, "the provider sent an event that is not JSON", nil)
			continue
		}
		in.dog.sign()
		if err := a.add(data, event.Type); err != nil {
			return err
		}
		if a.ending() {
			in.dog.limit(finishGrace)
		}
	}
	err := d.Err()
	if a.ending() && !errors.Is(err, errEventTooLarge) && !errors.Is(err, errStreamTooLarge) {
		return a.check() // all that matters has come, however the rest was lost
	}
	if err != nil {
		return broken(err)
	}
	return broken(io.ErrUnexpectedEOF)
}

// broken is what a failed read means.
func broken(err error) error {
	switch {
	case errors.Is(err, errEventTooLarge), errors.Is(err, errStreamTooLarge), errors.Is(err, bufio.ErrTooLong):
		return agent.NewError(agent.CodeTooLarge, errEventTooLarge.Error(), err)
	case errors.Is(err, errIdle), errors.Is(err, errSilent):
		return err
	}
	e := agent.NewError(agent.CodeTruncated, "the answer broke off before its end", err)
	e.Retryable = true
	return e
}
