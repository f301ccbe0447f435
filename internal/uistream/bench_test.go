package uistream_test

import (
	"fmt"
	"io"
	"testing"

	. "github.com/kalpana-dev/kalpana/internal/uistream"
)

// longTurn is a log of 100 steps, each with 300 words and a command.
func longTurn(b *testing.B) *Log {
	l := logOf(b, start)
	for n := range 100 {
		id := fmt.Sprint("c", n)
		all := []Chunk{StartStep{}, TextStart{"t"}}
		for range 300 {
			all = append(all, TextDelta{"t", "word "})
		}
		all = append(all, TextEnd{"t"}, ToolInputAvailable{ToolCallID: id, ToolName: "runCommand", Input: js(`{"command":"go test ./..."}`)})
		for range 100 {
			all = append(all, Data{Name: DataTerm, ID: id, Data: js(`{"seq":1,"text":"ok  \tpackage\t0.1s\n"}`), Transient: true})
		}
		all = append(all, ToolOutputAvailable{ToolCallID: id, Output: js(`{"exitCode":0,"output":"ok"}`)}, FinishStep{})
		for _, c := range all {
			if err := l.Append(c); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := l.Append(Finish{Reason: FinishStop}); err != nil {
		b.Fatal(err)
	}
	return l
}

// BenchmarkDelta is what a word costs from the agent to the bytes for one viewer.
func BenchmarkDelta(b *testing.B) {
	b.ReportAllocs()
	var l *Log
	var r *Reader
	for i := 0; b.Loop(); i++ {
		if i%100_000 == 0 { // before the log is full
			l = logOf(b, start, StartStep{}, TextStart{"t"})
			r = l.Reader(Client7)
			for range 3 {
				if _, err := r.Next(ended); err != nil {
					b.Fatal(err)
				}
			}
		}
		if err := l.Append(TextDelta{"t", "word "}); err != nil {
			b.Fatal(err)
		}
		c, err := r.Next(ended)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Encode(c); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReplay is a long turn for one who comes late, in bytes.
func BenchmarkReplay(b *testing.B) {
	l := longTurn(b)
	for b.Loop() {
		r := l.Reader(Client7)
		if err := r.Stream(b.Context(), io.Discard, none); err != nil {
			b.Fatal(err)
		}
		r.Close()
	}
	b.ReportMetric(float64(l.Size()), "bytes-held")
}

// BenchmarkMessage is a long turn as a message, as it is made for storing it.
func BenchmarkMessage(b *testing.B) {
	l := longTurn(b)
	for b.Loop() {
		l.Message(Client7)
	}
}
