package uistream

import (
	"context"
	"io"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// maxPiece is the most bytes of text in one chunk of a replay.
const maxPiece = 64 << 10

// Reader is one viewer of a Log. It has no goroutine and holds nothing but its place, so
// one that is not read costs nothing. Its methods are for one goroutine at a time.
type Reader struct {
	log    *Log
	client Client
	seq    uint64 // of the entry to read next
	offset int    // in its text
	closed atomic.Bool
}

// Reader returns a reader at the beginning of the turn, which gets what clients of
// version v can read. It counts as a viewer until it is closed.
func (l *Log) Reader(v Client) *Reader {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watchers++
	return &Reader{log: l, client: v}
}

// Close ends the viewing. It may be called more than once, and while Next waits.
func (r *Reader) Close() {
	if r.closed.Swap(true) {
		return
	}
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	if r.log.watchers--; r.log.watchers == 0 {
		r.log.unwatched = time.Now()
	}
}

// Next returns the next chunk, and waits for it if need be. After the last it returns
// io.EOF; it returns ctx's error if that ends first.
func (r *Reader) Next(ctx context.Context) (Chunk, error) {
	for {
		c, wait, err := r.take()
		if c != nil || err != nil {
			return c, err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// take returns the next chunk, or if there is none yet a channel that is closed when there
// may be one.
func (r *Reader) take() (Chunk, <-chan struct{}, error) {
	l := r.log
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := l.find(r.seq); i < len(l.entries); i++ {
		e := &l.entries[i]
		if e.seq != r.seq {
			r.seq, r.offset = e.seq, 0
		}
		if r.offset < len(e.text) {
			piece := whole(e.text[r.offset:])
			r.offset += len(piece)
			return withText(e.chunk, piece), nil, nil
		}
		if e.text != nil {
			continue // it may grow, if it is the last
		}
		r.seq, r.offset = e.seq+1, 0
		if e.chunk != nil && r.client.Accepts(e.chunk) {
			return e.chunk, nil, nil
		}
	}
	if l.over {
		return nil, nil, io.EOF
	}
	return nil, l.changed, nil
}

// whole is as much of text as fits in one chunk, without cutting a character.
func whole(text []byte) []byte {
	if len(text) <= maxPiece {
		return text
	}
	n := maxPiece
	for !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
