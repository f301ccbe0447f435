package bridge

import (
	"bytes"
	"testing"
)

func FuzzParseFrame(f *testing.F) {
	f.Add([]byte{1, 0, 0, 0, 0, 7, 'a'})
	f.Add([]byte{1, 1, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{2, 0, 0, 0, 0, 7})
	f.Add([]byte{1, 2, 0, 0, 0, 7})
	f.Add([]byte{1, 0, 0})
	f.Add(make([]byte, FrameHeader+MaxFrameData+1))
	f.Fuzz(func(t *testing.T, message []byte) {
		frame, err := ParseFrame(message)
		if err != nil {
			return
		}
		if len(frame.Data) > MaxFrameData {
			t.Fatalf("%d bytes of data were taken", len(frame.Data))
		}
		if again := frame.Append(nil); !bytes.Equal(again, message) {
			t.Fatalf("%x became %x", message, again)
		}
	})
}

func TestFramesThatAreNone(t *testing.T) {
	t.Parallel()
	for name, message := range map[string][]byte{
		"nothing":       nil,
		"half a header": {1, 0, 0},
		"version 0":     {0, 0, 0, 0, 0, 1},
		"unknown flag":  {1, 2, 0, 0, 0, 1},
		"too long":      append([]byte{1, 0, 0, 0, 0, 1}, make([]byte, MaxFrameData+1)...),
	} {
		if frame, err := ParseFrame(message); err == nil {
			t.Errorf("%s: taken for stream %d", name, frame.Stream)
		}
	}
}
