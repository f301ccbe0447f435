package e2e

import (
	"bufio"
	"context"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/llmtest"
)

// TestAHundredTurnsAtOnce runs them in as many chats of two workspaces, whose bridges take
// 64 connections each. Each reads a file and answers; half way all are in the middle of it.
func TestAHundredTurnsAtOnce(t *testing.T) {
	t.Parallel()
	const turns = 100
	p := newProvider(t)
	k := install(t, p.settings("MAX_WORKSPACES_PER_USER="+itoa(turns))...)
	k.start()
	ada := k.user("ada@example.com").speaker(t)
	var chats []string
	for _, name := range []string{"one", "two"} {
		w := ada.workspace(name)
		docker(t, "exec", ada.container(w), "sh", "-c", "seq 1000 > /workspace/numbers.txt")
		for range turns / 2 {
			chats = append(chats, ada.chat(w, "ask"))
		}
	}
	idle := k.rss()

	open := make(chan struct{})
	feeds := make([]*feed, turns)
	began := time.Now()
	for i, chat := range chats {
		text := "count, number " + itoa(i)
		read := llmtest.Reply{Text: "I read.", Calls: []llmtest.Call{{ID: "call_" + itoa(i), Name: "readFile", Arguments: `{"path":"numbers.txt"}`}}}
		p.tell(text, append(llmtest.Script{llmtest.Delta(`{"content":"I begin. "}`), until(open)}, read.Script()...), llmtest.Reply{Text: strings.Repeat("All is well with "+itoa(i)+". ", 50)}.Script())
		feeds[i] = ada.send(chat, "m1", text)
	}
	for _, f := range feeds {
		f.said("I begin.")
	}
	started, half := time.Since(began), k.rss()
	if text := k.scrape(t); !strings.Contains(text, "\nkalpana_agent_turns_running "+itoa(turns)+"\n") {
		t.Errorf("not all run: %s", tail(text, 5))
	}
	began = time.Now()
	close(open)
	for i, f := range feeds {
		if reason := f.end(); reason != "stop" || !strings.HasSuffix(f.text(), "All is well with "+itoa(i)+". ") {
			t.Fatalf("turn %d ended with %s: %.300s", i, reason, f.text())
		}
	}
	ended := time.Since(began)
	for i, chat := range chats {
		answer := ada.history(chat)[1].(map[string]any)
		if read := part(answer, "type", "tool-readFile"); read == nil || read["state"] != "output-available" || !strings.HasSuffix(textOf(answer), "All is well with "+itoa(i)+". ") {
			t.Fatalf("turn %d is kept as %.1000s", i, encoded(answer))
		}
	}
	t.Logf("%d turns: all begun after %v, the rest of all (2 answers, 1 call each) took %v; RSS %.0f MiB idle, %.0f MiB with all open (%.2f MiB each), %.0f MiB afterwards",
		turns, started.Round(time.Millisecond), ended.Round(time.Millisecond), idle, half, (half-idle)/turns, k.rss())
}

// BenchmarkFirstToken measures what Kalpana adds to a model's first token: from writing it
// at the provider to reading it at the client, through database, gateway and TLS.
func BenchmarkFirstToken(b *testing.B) {
	p := newProvider(b)
	k := install(b, p.settings()...)
	k.start()
	ada := k.user("bench@example.com").speaker(b)
	w := ada.workspace("bench")
	chat := ada.chat(w, "ask")
	var mu sync.Mutex
	var wrote time.Time
	write := func(http.ResponseWriter, *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		wrote = time.Now()
		return true
	}
	var times []time.Duration
	for b.Loop() {
		text := "turn " + itoa(len(times))
		p.tell(text, llmtest.Script{llmtest.Raw(": thinking\n\n"), llmtest.Pause(20 * time.Millisecond), write, llmtest.Delta(`{"content":"first"}`), llmtest.Finish("stop"), llmtest.Usage(10, 1, "0"), llmtest.Done()})
		resp := ada.open(context.Background(), "POST", "/chats", message(chat, "m"+itoa(len(times)), text))
		read := time.Time{}
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			if read.IsZero() && strings.Contains(lines.Text(), `"type":"text-delta"`) {
				read = time.Now()
			}
		}
		resp.Body.Close()
		mu.Lock()
		times = append(times, read.Sub(wrote))
		mu.Unlock()
	}
	b.ReportMetric(float64(median(times).Microseconds())/1000, "ms/median")
	b.ReportMetric(0, "ns/op")
}

// rss is the server's resident memory in MiB.
func (k *kalpana) rss() float64 {
	k.t.Helper()
	status, err := os.ReadFile("/proc/" + strconv.Itoa(k.cmd.Process.Pid) + "/status")
	if err != nil {
		k.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		k.t.Fatal(err)
	}
	return kb / 1024
}
