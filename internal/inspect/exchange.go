package inspect

import (
	"errors"
	"time"
)

// Why a request cannot be sent again.
var (
	// ErrNotKept: the request is longer than what was kept of it.
	ErrNotKept = errors.New("only a part of the request was kept")
	// ErrSocket: the beginning of a WebSocket says nothing of what was said over it.
	ErrSocket = errors.New("a WebSocket cannot be sent again")
	// ErrNotRunning: there is nothing to send it to.
	ErrNotRunning = errors.New("the workspace does not run")
	// ErrBusy: enough are being sent again at this moment.
	ErrBusy = errors.New("too many requests are being sent again")
)

// Target is a port of a workspace.
type Target struct {
	Workspace string
	Port      int
}

// Header is one line of a header: its name and value.
type Header [2]string

// Request is what a program is sent, without the body.
type Request struct {
	Method string
	// Path is the path with the query, byte for byte.
	Path    string
	Host    string
	Headers []Header
	// Length is that of the body, -1 if it is not known.
	Length int64
	// Socket: it asks for a WebSocket.
	Socket bool
	// ReplayOf is the id of the request that this one repeats.
	ReplayOf string
}

// Summary is one request as lists show it.
type Summary struct {
	ID           string
	Time         time.Time
	Method, Path string
	// Status is 0 if there was no answer.
	Status int
	// Took is how long it took, of an open one until now.
	Took time.Duration
	// RequestBytes and ResponseBytes are what passed, of a WebSocket with its frames.
	RequestBytes, ResponseBytes int64
	Socket                      bool
	// Open: an answer has begun that has no end yet, such as a WebSocket or an event stream.
	Open     bool
	ReplayOf string
}

// Exchange is all that is kept of one request and its answer.
type Exchange struct {
	Summary
	Host                            string
	RequestHeaders, ResponseHeaders []Header
	RequestBody, ResponseBody       Body
	// Cut: the path or the headers of the request are longer than what is kept of them.
	Cut bool
}

// Body is what is kept of a body.
type Body struct {
	// Data is its beginning, at most MaxBody bytes. It does not change.
	Data []byte
	// Bytes are how many passed in all.
	Bytes int64
	// Whole: Data is all of it.
	Whole bool
}

// Repeatable returns nil if the request can be sent again, else ErrSocket or ErrNotKept.
func (x *Exchange) Repeatable() error {
	switch {
	case x.Socket:
		return ErrSocket
	case x.Cut || !x.RequestBody.Whole:
		return ErrNotKept
	}
	return nil
}
