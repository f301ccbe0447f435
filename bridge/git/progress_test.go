package git

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/bridge"
)

// said is what git 2.47 printed, with the ends of lines it uses.
const said = "Cloning into '.'...\n" +
	"remote: Enumerating objects: 20, done.        \n" +
	"remote: Counting objects:   5% (1/20)        \rremote: Counting objects: 100% (20/20), done.        \n" +
	"remote: \x1b[31mplease\x1b[0m be nice        \n" +
	"Receiving objects:  45% (9/20), 1.20 MiB | 3.00 MiB/s\rReceiving objects: 100% (20/20), 2.66 MiB | 3.00 MiB/s, done.\n" +
	"remote: Total 20 (delta 1), reused 0 (delta 0), pack-reused 0 (from 0)        \n" +
	"Resolving deltas: 100% (1/1), done.\n" +
	"Updating files:  50% (1/2)\rUpdating files: 100% (2/2), done.\n"

func TestProgressIsReadWhateverItsPieces(t *testing.T) {
	const want = "connect -1 ; prepare -1 remote: Enumerating objects: 20, done.; " +
		"prepare 5 remote: Counting objects:   5% (1/20); prepare 100 remote: Counting objects: 100% (20/20), done.; " +
		"prepare -1 remote: [31mplease[0m be nice; " +
		"receive 45 Receiving objects:  45% (9/20), 1.20 MiB | 3.00 MiB/s; receive 100 Receiving objects: 100% (20/20), 2.66 MiB | 3.00 MiB/s, done.; " +
		"resolve 100 Resolving deltas: 100% (1/1), done.; " +
		"checkout 50 Updating files:  50% (1/2); checkout 100 Updating files: 100% (2/2), done."
	for _, piece := range []int{1, 7, len(said)} {
		var got []string
		r := newReport(func(p bridge.CloneProgress) error {
			got = append(got, fmt.Sprintf("%s %d %s", p.Phase, p.Percent, p.Text))
			return nil
		})
		clock := time.Unix(0, 0)
		r.now = func() time.Time { clock = clock.Add(progressPause); return clock }
		r.begin(bridge.PhaseConnect)
		for rest := said; rest != ""; {
			n := min(piece, len(rest))
			if _, err := r.Write([]byte(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if joined := strings.Join(got, "; "); joined != want {
			t.Errorf("in pieces of %d:\ngot  %s\nwant %s", piece, joined, want)
		}
		if r.words() != "remote: [31mplease[0m be nice" {
			t.Errorf("kept %q", r.words())
		}
	}
}

func TestProgressIsNotToldTooOften(t *testing.T) {
	var events int
	r := newReport(func(bridge.CloneProgress) error { events++; return nil })
	clock := time.Unix(0, 0)
	r.now = func() time.Time { return clock }
	r.begin(bridge.PhaseConnect)
	for range 10 {
		for i := range 1000 {
			fmt.Fprintf(r, "Receiving objects: %d%% (%d/1000)\r", i/10, i)
		}
		clock = clock.Add(progressPause)
	}
	if events != 1+10 { // the begin, and ten times a pause
		t.Errorf("%d events", events)
	}
	gone := errors.New("gone")
	r = newReport(func(bridge.CloneProgress) error { return gone })
	if _, err := r.Write([]byte("Resolving deltas: 1% (1/100)\n")); !errors.Is(err, gone) {
		t.Errorf("nobody to tell: %v", err)
	}
}

func FuzzProgress(f *testing.F) {
	f.Add(said, 3)
	f.Add("remote: A: 101% (", 1)
	f.Add("Receiving objects: 999% (1/1)\r\r\n\n\xff\x00", 2)
	f.Fuzz(func(t *testing.T, text string, piece int) {
		r := newReport(func(p bridge.CloneProgress) error {
			if p.Percent < -1 || p.Percent > 100 || !utf8.ValidString(p.Text) || utf8.RuneCountInString(p.Text) > maxProgressText || strings.ContainsAny(p.Text, "\x00\x1b\r\n") {
				t.Errorf("%+v", p)
			}
			return nil
		})
		piece = max(1, piece%100)
		for rest := text; rest != ""; {
			n := min(piece, len(rest))
			if wrote, err := r.Write([]byte(rest[:n])); wrote != n || err != nil {
				t.Fatal(wrote, err)
			}
			rest = rest[n:]
		}
		if len(r.words()) > maxWords+maxProgressLine+len(r.said) {
			t.Errorf("kept %d bytes", len(r.words()))
		}
	})
}
