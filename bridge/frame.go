package bridge

import (
	"encoding/binary"
	"errors"
)

// FrameHeader is how many bytes of a binary message stand before its data.
const FrameHeader = 6

// frameVersion is the first byte of every binary message.
const frameVersion = 1

// flagLast marks the last frame of a stream.
const flagLast = 1

// Frame is one binary message: a piece of a stream. On the wire:
//
//	byte 0      version, 1
//	byte 1      flags: 1 = last frame of the stream; the others are 0
//	bytes 2–5   number of the stream, big endian
//	the rest    data, up to MaxFrameData
type Frame struct {
	Stream uint32
	Last   bool
	Data   []byte
}

// Append appends the frame as it goes on the wire.
func (f Frame) Append(b []byte) []byte {
	var flags byte
	if f.Last {
		flags = flagLast
	}
	b = append(b, frameVersion, flags)
	b = binary.BigEndian.AppendUint32(b, f.Stream)
	return append(b, f.Data...)
}

// ParseFrame reads one binary message. Data is a part of message.
func ParseFrame(message []byte) (Frame, error) {
	switch {
	case len(message) < FrameHeader:
		return Frame{}, errors.New("a binary message is shorter than its header of 6 bytes")
	case message[0] != frameVersion:
		return Frame{}, errors.New("a binary message is of another version than 1")
	case message[1]&^flagLast != 0:
		return Frame{}, errors.New("a binary message has flags that are not known")
	case len(message) > FrameHeader+MaxFrameData:
		return Frame{}, errors.New("a binary message holds more than 64 KiB of data")
	}
	return Frame{
		Stream: binary.BigEndian.Uint32(message[2:FrameHeader]),
		Last:   message[1]&flagLast != 0,
		Data:   message[FrameHeader:],
	}, nil
}
