package cli_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// ask posts a body to a demo model and returns the answer.
func ask(t *testing.T, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", url+"/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestDevServesADemoModel(t *testing.T) {
	s := newStand(t)
	r := s.start(t, "dev", "fake-llm", "--addr", "127.0.0.1:0", "--strict", "--pace", "0s")
	r.shows(t, "make run\n")
	m := regexp.MustCompile(`^OPENROUTER_BASE_URL=(http://127\.0\.0\.1:\d+/v1) OPENROUTER_API_KEY=any AGENT_MODEL=kalpana/demo make run\n$`).FindStringSubmatch(r.out.String())
	if m == nil {
		t.Fatalf("%q", r.out.String())
	}
	if code, text := ask(t, m[1], `{"model":"kalpana/demo","stream":true,"messages":[{"role":"user","content":"help"}]}`); code != 200 || !strings.Contains(text, "I am a demo") || !strings.HasSuffix(text, "data: [DONE]\n\n") {
		t.Errorf("%d %q", code, text)
	}
	if code, text := ask(t, m[1], `{"model":"kalpana/demo","messages":[{"role":"user","content":""}]}`); code != 400 || !strings.Contains(text, "content is empty") {
		t.Errorf("an ill-formed request: %d %q", code, text)
	}
	r.cancel()
	if code := r.wait(t); code != 0 || r.err.String() != "" {
		t.Errorf("ended: %d %q", code, r.err.String())
	}
}

func TestDevStopsInTheMiddleOfAnAnswer(t *testing.T) {
	s := newStand(t)
	r := s.start(t, "dev", "fake-llm", "--addr", "127.0.0.1:0", "--json")
	r.shows(t, "}\n")
	var made struct{ URL, Model string }
	if err := json.Unmarshal([]byte(r.out.String()), &made); err != nil || made.Model != "kalpana/demo" {
		t.Fatalf("%q %v", r.out.String(), err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Post(made.URL+"/chat/completions", "application/json", strings.NewReader(`{"model":"m","messages":[{"role":"user","content":"slow"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	r.cancel()
	if code := r.wait(t); code != 0 {
		t.Errorf("%d", code)
	}
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("the answer went on to its end")
	}
}

func TestDevWrongUsage(t *testing.T) {
	s := newStand(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, c := range []struct {
		words []string
		code  int
		says  string
	}{
		{nil, 2, "missing fake-llm"},
		{[]string{"real-llm"}, 2, "no subcommand"},
		{[]string{"fake-llm", "more"}, 2, "unexpected"},
		{[]string{"fake-llm", "--pace", "-1s"}, 2, "--pace"},
		{[]string{"fake-llm", "--pace", "1h"}, 2, "--pace"},
		{[]string{"fake-llm", "--addr", "8091"}, 2, "HOST:PORT"},
		{[]string{"fake-llm", "--color"}, 2, "unknown flag"},
		{[]string{"fake-llm", "--addr", taken.Addr().String()}, 1, "--addr takes another"},
	} {
		if code, out, errs := s.run(t, append([]string{"dev"}, c.words...)...); code != c.code || !strings.Contains(errs, c.says) || out != "" {
			t.Errorf("%v: %d %q %q", c.words, code, out, errs)
		}
	}
}
