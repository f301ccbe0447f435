package bridgeclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/bridge"
)

// Download is a readFile request whose bytes go to w, whatever the file's size.
func (c *Client) Download(ctx context.Context, req bridge.ReadFile, w io.Writer) (bridge.FileContent, error) {
	req.Binary = true
	var answer bridge.FileContent
	err := c.call(ctx, bridge.Request{Type: bridge.TypeReadFile}, req, &answer, into(w))
	return answer, err
}

// Attach is an attachProcess request whose bytes go to w.
func (c *Client) Attach(ctx context.Context, req bridge.AttachProcess, w io.Writer) (bridge.Attached, error) {
	req.Binary = true
	var answer bridge.Attached
	err := c.call(ctx, bridge.Request{Type: bridge.TypeAttachProcess}, req, &answer, into(w))
	return answer, err
}

// into makes the frames of a call go to w.
func into(w io.Writer) func(*running, bridge.Event) error {
	return func(r *running, e bridge.Event) error {
		if e.Event == bridge.EventStream {
			r.to = w
		}
		return nil
	}
}

// Upload is a writeFile request whose bytes come from src, whatever their number.
func (c *Client) Upload(ctx context.Context, req bridge.WriteFile, src io.Reader) (bridge.FileInfo, error) {
	req.Binary, req.Content = true, nil
	u := &upload{client: c, src: src, room: make(chan int64, 64)}
	sending, cancel := context.WithCancel(ctx)
	defer cancel()
	var sent chan error
	var answer bridge.FileInfo
	err := c.call(sending, bridge.Request{Type: bridge.TypeWriteFile}, req, &answer, func(_ *running, e bridge.Event) error {
		switch e.Event {
		case bridge.EventStream:
			if err := json.Unmarshal(e.Payload, &u.stream); err != nil {
				return fmt.Errorf("read the stream: %w", err)
			}
			sent = make(chan error, 1)
			go func() {
				err := u.send(sending)
				if err != nil {
					cancel()
				}
				sent <- err
			}()
		case bridge.EventAck:
			var ack bridge.Ack
			if err := json.Unmarshal(e.Payload, &ack); err != nil {
				return fmt.Errorf("read the acknowledgement: %w", err)
			}
			select {
			case u.room <- ack.Bytes:
			case <-sending.Done():
				return context.Cause(sending)
			}
		}
		return nil
	})
	cancel()
	if sent != nil {
		// What made the sender stop is why the request was cancelled.
		if failed := <-sent; failed != nil && errors.Is(err, context.Canceled) && ctx.Err() == nil {
			err = failed
		}
	}
	return answer, err
}

// upload sends the frames of one file.
type upload struct {
	client *Client
	src    io.Reader
	stream bridge.Stream
	room   chan int64
}

func (u *upload) send(ctx context.Context) error {
	left := u.stream.Window
	// At most half a window: the bridge acknowledges no less.
	data := make([]byte, max(1, min(bridge.MaxFrameData, left/2)))
	var frame []byte
	for {
		for left < int64(len(data)) {
			select {
			case n := <-u.room:
				left += n
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		n, err := io.ReadFull(u.src, data)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return fmt.Errorf("read what is to be uploaded: %w", err)
		}
		left -= int64(n)
		frame = bridge.Frame{Stream: u.stream.Stream, Last: last, Data: data[:n]}.Append(frame[:0])
		if err := u.client.write(ctx, websocket.MessageBinary, frame); err != nil {
			return err
		}
		if last {
			return nil
		}
	}
}
