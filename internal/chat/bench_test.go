package chat_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// BenchmarkFirstToken is the way of a word from the provider's socket through the store to
// a viewer.
func BenchmarkFirstToken(b *testing.B) {
	var sent atomic.Int64
	next := make(chan struct{})
	s := newStand(b, func(s *stand) { s.llm.Forgets = true })
	s.llm.Answer = func(llmtest.Request) llmtest.Script {
		script := llmtest.Script{content("Begin.")}
		for i := range 50 {
			word := content(fmt.Sprintf(" word-%d", i))
			script = append(script, gate(next), func(w http.ResponseWriter, r *http.Request) bool {
				sent.Store(time.Now().UnixNano())
				return word(w, r)
			})
		}
		return append(script, ending("stop")...)
	}
	var took []time.Duration
	for b.Loop() {
		c := s.chat(permission.ModeAuto)
		v := s.send(c, "Work")
		v.until("the beginning", textHas("Begin."))
		for i := range 50 {
			next <- struct{}{}
			v.until("the word", textHas(fmt.Sprintf("word-%d", i)))
			took = append(took, time.Duration(time.Now().UnixNano()-sent.Load()))
		}
		v.rest()
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// BenchmarkReplay is a viewer that comes late to a long turn.
func BenchmarkReplay(b *testing.B) {
	log := uistream.NewLog("run")
	must(b, log.Append(uistream.Start{MessageID: "run"}))
	text := strings.Repeat("All work and no play. ", 1000)
	for i := 0; log.Size() < uistream.MaxTurn-100_000; i++ {
		id := fmt.Sprint(i)
		for _, c := range []uistream.Chunk{
			uistream.StartStep{}, uistream.TextStart{ID: id}, uistream.TextDelta{ID: id, Delta: text}, uistream.TextEnd{ID: id},
			uistream.ToolInputAvailable{ToolCallID: "c" + id, ToolName: "readFile", Input: []byte(`{"path":"a"}`)},
			uistream.ToolOutputAvailable{ToolCallID: "c" + id, Output: fmt.Appendf(nil, `{"text":%q}`, text)}, uistream.FinishStep{},
		} {
			must(b, log.Append(c))
		}
	}
	must(b, log.End("", uistream.Finish{Reason: uistream.FinishStop}))
	b.SetBytes(int64(log.Size()))
	for b.Loop() {
		r := log.Reader(uistream.Client7)
		for _, err := r.Next(context.Background()); err == nil; _, err = r.Next(context.Background()) {
		}
		r.Close()
	}
}
