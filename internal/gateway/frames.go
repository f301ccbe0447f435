package gateway

import "encoding/binary"

// frameTracker follows the frames of a WebSocket (RFC 6455, 5.2) without looking at
// what they say, to know when a frame of our own can be put between two of them.
type frameTracker struct {
	payload uint64 // bytes of the current frame still to come
	head    [14]byte
	have    int  // bytes of head seen
	closed  bool // a close frame has begun: nothing may follow it
}

// advance takes in what was sent.
func (t *frameTracker) advance(p []byte) {
	for len(p) > 0 {
		if t.payload > 0 {
			n := min(t.payload, uint64(len(p)))
			t.payload -= n
			p = p[n:]
			continue
		}
		t.head[t.have] = p[0]
		t.have++
		p = p[1:]
		if t.have == 1 && t.head[0]&0x0f == opClose {
			t.closed = true
		}
		if t.have >= 2 && t.have == t.headLength() {
			t.payload = t.payloadLength()
			t.have = 0
		}
	}
}

// between reports whether a whole frame was sent and another may be.
func (t *frameTracker) between() bool { return t.payload == 0 && t.have == 0 && !t.closed }

func (t *frameTracker) headLength() int {
	n := 2
	switch t.head[1] & 0x7f {
	case 126:
		n += 2
	case 127:
		n += 8
	}
	if t.head[1]&0x80 != 0 {
		n += 4 // mask
	}
	return n
}

func (t *frameTracker) payloadLength() uint64 {
	switch n := t.head[1] & 0x7f; n {
	case 126:
		return uint64(binary.BigEndian.Uint16(t.head[2:]))
	case 127:
		return binary.BigEndian.Uint64(t.head[2:])
	default:
		return uint64(n)
	}
}

const opClose = 8

// closeFrame is an unmasked close frame, as servers send it. A control frame holds at
// most 125 bytes, two of which are the code.
func closeFrame(why ending) []byte {
	reason := why.reason[:min(len(why.reason), 123)]
	b := []byte{0x80 | opClose, byte(2 + len(reason))}
	b = binary.BigEndian.AppendUint16(b, why.code)
	return append(b, reason...)
}
