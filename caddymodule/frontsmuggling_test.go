package caddymodule

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// smuggling goes through the cases of the gateway with the whole server in front: what
// reaches the workspace and what is answered must be the same.
func (f *front) smuggling(t *testing.T) {
	text, err := os.ReadFile("../internal/gateway/testdata/smuggling.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name, Send string
		Reaches    []string
		Answers    []int
		Hangs      bool
	}
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) < 100 {
		t.Fatalf("%d cases: %v", len(cases), err)
	}
	var mu sync.Mutex
	var reached []string
	f.up.mu.Lock()
	f.up.raw = func(w http.ResponseWriter, r *http.Request) {
		if body, err := io.ReadAll(r.Body); err == nil {
			mu.Lock()
			reached = append(reached, strings.TrimSuffix(r.Method+" "+r.RequestURI+" "+string(body), " "))
			mu.Unlock()
		}
		io.WriteString(w, r.RequestURI)
	}
	f.up.mu.Unlock()
	defer func() {
		f.up.mu.Lock()
		f.up.raw, f.up.seen = nil, nil
		f.up.mu.Unlock()
	}()
	host := f.editor(mine)
	base := "Host: " + host + "\r\n" + f.cookies(host) + "\r\nOrigin: https://" + host + "\r\n"
	places := strings.NewReplacer("{base}", base, "{host}", host, "{cookie}", strings.TrimPrefix(f.cookies(host), "Cookie: "))
	long := regexp.MustCompile(`\{long:(\d+):([^}]*)\}`)
	for _, c := range cases {
		if c.Hangs {
			continue // it would have to shut one side of a TLS connection
		}
		raw := places.Replace(long.ReplaceAllStringFunc(c.Send, func(m string) string {
			parts := long.FindStringSubmatch(m)
			n, _ := strconv.Atoi(parts[1])
			return strings.Repeat(parts[2], n)
		})) + "GET /next HTTP/1.1\r\n" + base + "Connection: close\r\n\r\n"
		conn, err := f.dial(mine + ".ws.localhost")
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, raw) // the server may have enough before it is through
		asked := &http.Request{Method: strings.SplitN(strings.TrimLeft(c.Send, "\r\n"), " ", 2)[0]}
		in := bufio.NewReader(conn)
		var answers []int
		for {
			resp, err := http.ReadResponse(in, asked)
			if err != nil {
				break
			}
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				t.Errorf("%s: answer %d broke off: %v", c.Name, resp.StatusCode, err)
			}
			if resp.StatusCode >= 200 {
				answers, asked = append(answers, resp.StatusCode), &http.Request{Method: http.MethodGet}
			}
		}
		conn.Close()
		mu.Lock()
		if !slices.Equal(reached, c.Reaches) || !slices.Equal(answers, c.Answers) {
			t.Errorf("%s: the workspace got %q, want %q; answers %v, want %v", c.Name, reached, c.Reaches, answers, c.Answers)
		}
		reached = nil
		mu.Unlock()
	}
}
