package process

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/bridge"
)

// What cannot be steered from outside: the parsers, and the ring's arithmetic.

func FuzzParseStat(f *testing.F) {
	own, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(own)
	f.Add([]byte("1 (a) Z 1 1 1) S 2 3 4 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 77 0"))
	f.Add([]byte("1 () R"))
	f.Add([]byte(")"))
	f.Add([]byte(""))
	f.Add([]byte("1 (x) S a b c 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 -1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, ok := parseStat(data)
		// A program's name is all that a process can choose, and it changes nothing.
		named := append([]byte("7 (\n) Z 0 0 0 0 ("), data...)
		if m2, ok2 := parseStat(named); bytes.ContainsRune(data, ')') && (m2 != m || ok2 != ok) {
			t.Errorf("%q: %+v %v, as part of a name %+v %v", data, m, ok, m2, ok2)
		}
		if len(bytes.Fields(data)) < 20 && ok {
			t.Errorf("%q is taken for %+v", data, m)
		}
	})
}

func TestParseStat(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]member{
		"1 (a) Z 1 1 1) S 2 3 4 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 77 0":                        {parent: 2, group: 3, session: 4, start: 77},
		"1 (a) Z 2 3 4 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 77 0":                                 {parent: 2, group: 3, session: 4, start: 77, ended: true},
		"1 (a) R 2 3 4" + strings.Repeat(" 0", 15) + " 77 4096" + strings.Repeat(" 0", 29): {parent: 2, group: 3, session: 4, start: 77, loading: true},
		"1 (a) R 2 3 4" + strings.Repeat(" 0", 15) + " 77 4096" + strings.Repeat(" 9", 29): {parent: 2, group: 3, session: 4, start: 77},
		"1 (k) S 2 0 0" + strings.Repeat(" 0", 15) + " 77 0" + strings.Repeat(" 0", 29):    {parent: 2, start: 77},
	} {
		if got, ok := parseStat([]byte(text)); !ok || got != want {
			t.Errorf("%s: %+v, %v", text, got, ok)
		}
	}
	self, ok := stat(os.Getpid())
	if !ok || self.pid != os.Getpid() || self.parent != os.Getppid() || self.start == 0 || self.ended || self.loading {
		t.Errorf("this process: %+v, %v", self, ok)
	}
	if _, ok := stat(1 << 30); ok {
		t.Error("a process that cannot be is found")
	}
}

// FuzzRing compares the ring with a model that forgets nothing. Every two bytes are one
// write: its stream, and its length in units.
func FuzzRing(f *testing.F) {
	f.Add([]byte{0, 1, 1, 1, 0, 255}, uint16(4096))
	f.Add(bytes.Repeat([]byte{0, 255, 1, 255}, 60), uint16(16<<10))
	f.Add(bytes.Repeat([]byte{0, 3, 1, 2, 2, 0, 3, 9}, 40), uint16(1))
	f.Fuzz(func(t *testing.T, writes []byte, unit uint16) {
		var r ring
		var all []byte
		var streams []byte
		for i := 0; i+1 < len(writes) && len(all) < 4<<20; i += 2 {
			data := make([]byte, min(int(writes[i+1])*int(unit), bridge.ProcessBuffer))
			for j := range data {
				data[j] = byte(len(all) + j*7)
			}
			s := stream(writes[i] & 1)
			if writes[i]&2 != 0 {
				r.shrink()
			}
			if room := r.room(len(data), r.start); room != (r.held()+len(data) <= bridge.ProcessBuffer) {
				t.Fatalf("room for %d bytes beside %d: %v", len(data), r.held(), room)
			}
			r.write(s, data)
			all, streams = append(all, data...), append(streams, bytes.Repeat([]byte{byte(s)}, len(data))...)
		}
		if r.end != int64(len(all)) || r.held() != min(len(all), bridge.ProcessBuffer) || len(r.buf) > bridge.ProcessBuffer {
			t.Fatalf("from %d to %d of %d bytes, in %d", r.start, r.end, len(all), len(r.buf))
		}
		buf := make([]byte, 10_000)
		for at := r.start; at < r.end; {
			n, s := r.read(buf, at)
			if n == 0 || !bytes.Equal(buf[:n], all[at:at+int64(n)]) || bytes.Contains(streams[at:at+int64(n)], []byte{1 - byte(s)}) {
				t.Fatalf("%d bytes of stream %d from byte %d on are wrong", n, s, at)
			}
			at += int64(n)
		}
	})
}

func TestRingBoundsItsRuns(t *testing.T) {
	t.Parallel()
	var r ring
	for i := range 3 * maxRuns {
		if room := r.room(1, r.start); room != (i < maxRuns) {
			t.Fatalf("room for write %d: %v", i, room)
		}
		r.write(stream(i&1), []byte{byte(i)})
	}
	if len(r.runs) > maxRuns || r.held() != maxRuns {
		t.Errorf("%d runs, %d bytes", len(r.runs), r.held())
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a", "✓", "a😀", "\xe2\x9c", "\xf0\x9f\x98", "\x80\x80\x80\x80", "\xff", "\xed\xa0\x80"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n := unfinished(b)
		if n < 0 || n > min(3, len(b)) || utf8.Valid(b) && n != 0 {
			t.Errorf("unfinished(%q) = %d", b, n)
		}
		if m := orphaned(b); m < 0 || m > min(3, len(b)) || utf8.Valid(b) && m != 0 {
			t.Errorf("orphaned(%q) = %d", b, m)
		}
		// Cut anywhere, text is text again without what belongs to the cut character.
		if utf8.Valid(b) {
			for i := range len(b) + 1 {
				if head := b[:i]; !utf8.Valid(head[:len(head)-unfinished(head)]) {
					t.Errorf("the first %d bytes of %q", i, b)
				}
				if tail := b[i:]; !utf8.Valid(tail[orphaned(tail):]) {
					t.Errorf("%q from byte %d on", b, i)
				}
			}
		}
		for _, most := range []int{3, 4, 10} {
			if c := clip(string(b), most); utf8.Valid(b) && (len(c) > most || !strings.HasPrefix(string(b), strings.TrimSuffix(c, "…"))) {
				t.Errorf("clip(%q, %d) = %q", b, most, c)
			}
		}
	})
}

func TestExcerptFillsItsLimit(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"x", "✓", "😀", "a✓"} {
		for _, size := range []int{0, 1, bridge.MaxOutputBytes - 1, bridge.MaxOutputBytes, bridge.MaxOutputBytes + 1, 2_000_000} {
			all := []byte(strings.Repeat(text, size/len(text)+1))[:size]
			all = all[:size-unfinished(all)]
			var r ring
			for at := 0; at < len(all); at += readBytes {
				r.write(stdout, all[at:min(at+readBytes, len(all))])
			}
			got, omitted := excerpt(&r, all[:min(len(all), bridge.MaxOutputBytes/2)])
			if int64(len(got))+omitted != int64(len(all)) || len(got) > bridge.MaxOutputBytes || strings.ContainsRune(got, utf8.RuneError) {
				t.Error(fmt.Sprint(text, size), len(got), omitted)
			}
			if whole := len(all) <= bridge.MaxOutputBytes; whole != (omitted == 0) || whole && got != string(all) || len(got) < min(len(all), bridge.MaxOutputBytes-6) {
				t.Error(fmt.Sprint(text, size), len(got), omitted)
			}
		}
	}
}
