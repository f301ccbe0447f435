package caddymodule

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/coder/websocket"
)

// workspaceProgram stands for what a workspace answers below /then/.
type workspaceProgram struct {
	more chan struct{} // lets /then/download go on

}

const downloadSize = 1 << 20

func (p *workspaceProgram) serve(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/then/socket":
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			kind, data, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, data) != nil {
				return
			}
			if string(data) == "more" {
				close(p.more)
			}
		}
	case "/then/events":
		w.Header().Set("Content-Type", "text/event-stream")
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			fmt.Fprintf(w, "data: %d\n\n", n)
			if http.NewResponseController(w).Flush() != nil {
				return
			}
			select {
			case <-tick.C:
			case <-r.Context().Done():
				return
			}
		}
	case "/then/download":
		w.Header().Set("Content-Length", strconv.Itoa(downloadSize))
		w.Write(make([]byte, downloadSize/2))
		http.NewResponseController(w).Flush()
		select {
		case <-p.more:
		case <-r.Context().Done():
			return
		}
		w.Write(make([]byte, downloadSize/2))
	default:
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, n)
	}
}

// A reload drops no WebSocket, stream, download or upload and loses no count; what loads
// the gateway meanwhile does not notice.
func TestReloadsDropNothing(t *testing.T) {
	f := newFront(t)
	p := &workspaceProgram{more: make(chan struct{})}
	f.up.mu.Lock()
	f.up.then = p.serve
	f.up.mu.Unlock()
	editor := f.editor(mine)
	if got := f.visit("https://" + editor + "/"); got.StatusCode != 200 {
		t.Fatalf("%d %s", got.StatusCode, text(got))
	}
	// As shipped, but with a grace period that is over long before the end.
	f.config = bytes.Replace(f.config, []byte(`"grace_period":5000000000`), []byte(`"grace_period":20000000`), 1)
	quiet := bytes.Replace(f.config, []byte(`"level":"INFO"`), []byte(`"level":"ERROR"`), 1)
	if bytes.Equal(quiet, f.config) || !bytes.Contains(f.config, []byte(`"grace_period":20000000`)) {
		t.Fatalf("no place for the changes in %s", f.config)
	}
	if err := caddy.Load(f.config, true); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), waitAtMost)
	defer cancel()
	cookie := strings.TrimPrefix(f.cookies(editor), "Cookie: ")
	h1, h2 := f.http1(), &http.Client{Transport: f.client.Transport}
	request := func(method, address string, body io.Reader) *http.Request {
		req, err := http.NewRequestWithContext(ctx, method, address, body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Cookie", strings.TrimPrefix(f.cookies(req.URL.Host), "Cookie: "))
		req.Header.Set("Origin", "https://"+req.URL.Host)
		return req
	}
	open := func(c *http.Client, req *http.Request) *http.Response {
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != 200 {
			t.Fatalf("%s: %d", req.URL, resp.StatusCode)
		}
		return resp
	}

	sock, _, err := websocket.Dial(ctx, "wss://"+editor+"/then/socket", &websocket.DialOptions{HTTPClient: h1, HTTPHeader: http.Header{"Cookie": {cookie}, "Origin": {"https://" + editor}}})
	if err != nil {
		t.Fatal(err)
	}
	defer sock.CloseNow()
	echo := func() {
		t.Helper()
		if err := sock.Write(ctx, websocket.MessageText, []byte("x")); err != nil {
			t.Fatalf("WebSocket: %v", err)
		}
		if _, _, err := sock.Read(ctx); err != nil {
			t.Fatalf("WebSocket: %v", err)
		}
	}
	echo()
	var events []*bufio.Scanner
	for _, c := range []*http.Client{h1, h2} {
		resp := open(c, request("GET", "https://"+editor+"/then/events", nil))
		defer resp.Body.Close()
		events = append(events, bufio.NewScanner(resp.Body))
	}
	news := open(h1, request("GET", "https://"+f.main()+"/api/v1/events", nil)) // the main origin's own stream
	defer news.Body.Close()
	newsEnded := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, news.Body)
		newsEnded <- err
	}()
	download, download2 := open(h1, request("GET", "https://"+editor+"/then/download", nil)), open(h2, request("GET", "https://"+editor+"/then/download", nil))
	defer download.Body.Close()
	defer download2.Body.Close()
	uploaded := make(chan string, 2)
	var feeds []*io.PipeWriter
	for _, c := range []*http.Client{h1, h2} {
		body, feed := io.Pipe()
		feeds = append(feeds, feed)
		go func() {
			resp, err := c.Do(request("POST", "https://"+editor+"/then/upload", body))
			if err != nil {
				uploaded <- err.Error()
				return
			}
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			uploaded <- fmt.Sprint(string(b), err)
		}()
		if _, err := feed.Write(make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	before := samples(t)

	// Load, and ten reloads in it.
	var done, failed atomic.Int64
	var load sync.WaitGroup
	stop := make(chan struct{})
	for i := range 8 {
		load.Go(func() {
			c := []*http.Client{h1, h2}[i%2]
			for {
				select {
				case <-stop:
					return
				default:
				}
				method, body := "GET", io.Reader(nil)
				if i >= 6 {
					method, body = "POST", strings.NewReader("body")
				}
				req := request(method, "https://"+editor+"/then/other", body)
				req.Header.Set("Idempotency-Key", "x") // lets the client ask again where an idle connection was closed just then
				resp, err := c.Do(req)
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				if done.Add(1); err != nil || resp.StatusCode != 200 {
					failed.Add(1)
					t.Logf("%s: %v", method, err)
				}
			}
		})
	}
	// And those who come just then, each over a connection of its own.
	newcomer := f.http1()
	newcomer.Transport.(*http.Transport).DisableKeepAlives = true
	var came, refused atomic.Int64
	for range 2 {
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				resp, err := newcomer.Do(request("GET", "https://"+editor+"/then/other", nil))
				if err == nil {
					resp.Body.Close()
				}
				if came.Add(1); err != nil || resp.StatusCode != 200 {
					refused.Add(1)
					t.Logf("newcomer: %v", err)
				}
			}
		})
	}
	goroutines := 0
	for i := range 10 {
		config := f.config
		if i%2 == 0 {
			config = quiet
		}
		if err := caddy.Load(config, true); err != nil {
			t.Fatal(err)
		}
		echo()
		if i == 0 {
			goroutines = runtime.NumGoroutine()
		}
		least, leastCame := done.Load()+20, came.Load()+20
		f.eventually("load between the reloads", func() bool { return done.Load() > least && came.Load() > leastCame })
	}
	close(stop)
	load.Wait()
	// None fails, unless the machine is so busy that a connection waits for longer than the
	// drain does. Without it, it is one in ten to fifty.
	t.Logf("%d requests, %d failed", done.Load(), failed.Load())
	if failed.Load() > done.Load()/500 {
		t.Errorf("%d of %d requests failed", failed.Load(), done.Load())
	}
	t.Logf("%d newcomers, %d refused", came.Load(), refused.Load())
	if refused.Load() > 1 {
		t.Errorf("%d of %d newcomers were refused", refused.Load(), came.Load())
	}

	echo()
	for i, s := range events {
		for n := 0; n < 400 && s.Scan(); n++ { // more than were under way
		}
		if s.Err() != nil || !s.Scan() {
			t.Errorf("stream %d ended: %v", i, s.Err())
		}
	}
	select {
	case err := <-newsEnded:
		t.Errorf("the main origin's stream ended: %v", err)
	default:
	}
	close(p.more)
	for i, d := range []*http.Response{download, download2} {
		if n, err := io.Copy(io.Discard, d.Body); n != downloadSize || err != nil {
			t.Errorf("download %d: %d bytes, %v", i, n, err)
		}
	}
	for _, feed := range feeds {
		if _, err := feed.Write(make([]byte, 1000)); err != nil {
			t.Error(err)
		}
		feed.Close()
	}
	for range feeds {
		if got := <-uploaded; got != "2000<nil>" {
			t.Errorf("an upload: %s", got)
		}
	}
	after := samples(t)
	for name, was := range before {
		if !strings.Contains(name, "_total") && !strings.Contains(name, "_count") {
			continue
		}
		if now, there := after[name]; !there || now < was {
			t.Errorf("%s went from %v to %v", name, was, now)
		}
	}
	const requests = `kalpana_gateway_requests_total{code="2xx",kind="ws"}`
	if counted := after[requests] - before[requests]; counted < float64(done.Load()-failed.Load()+came.Load()-refused.Load()) {
		t.Errorf("%v of %d requests were counted", counted, done.Load()+came.Load())
	}
	if after[`kalpana_gateway_websockets{kind="ws"}`] != 1 {
		t.Errorf("%v WebSockets are counted", after[`kalpana_gateway_websockets{kind="ws"}`])
	}
	h1.CloseIdleConnections()
	h2.CloseIdleConnections()
	f.eventually("no more goroutines than after the first reload", func() bool { return runtime.NumGoroutine() <= goroutines })
}

// samples are Kalpana's metrics as Prometheus gets them.
func samples(t *testing.T) map[string]float64 {
	t.Helper()
	resp, err := http.Get("http://" + os.Getenv("KALPANA_METRICS_ADDR") + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	all := map[string]float64{}
	for s := bufio.NewScanner(resp.Body); s.Scan(); {
		i := strings.LastIndexByte(s.Text(), ' ')
		if v, err := strconv.ParseFloat(s.Text()[i+1:], 64); err == nil && strings.HasPrefix(s.Text(), "kalpana_") {
			all[s.Text()[:i]] = v
		}
	}
	if len(all) == 0 {
		t.Fatal("no metrics")
	}
	return all
}

// A reload that cannot be leaves what runs as it is, and says why it cannot.
func TestAReloadThatCannotBeChangesNothing(t *testing.T) {
	f := newFront(t)
	for name, c := range map[string]struct{ from, to, want string }{
		"limit":          {`"signup":"open"`, `"signup":"closed","memory":1073741824`, "have changed (memory, signup)"},
		"data directory": {`"data_dir":"`, `"data_dir":"/nowhere`, "have changed (data_dir)"},
		"domain":         {`"domain":"localhost"`, `"domain":"example.com"`, "have changed (domain)"},
		"wrong setting":  {`"signup":"open"`, `"signup":"perhaps"`, "KALPANA_SIGNUP"},
		"unknown module": {`"handler":"kalpana"`, `"handler":"kalpana_auth2"`, "unknown module"},
	} {
		changed := bytes.Replace(f.config, []byte(c.from), []byte(c.to), 1)
		if bytes.Equal(changed, f.config) {
			t.Fatalf("%s: no %s in %s", name, c.from, f.config)
		}
		if err := caddy.Load(changed, true); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if got := f.visit("https://" + f.editor(mine) + "/"); got.StatusCode != 200 || text(got) != "workspace" {
			t.Errorf("%s: afterwards %d %s", name, got.StatusCode, text(got))
		}
	}
	if err := caddy.Load(f.config, true); err != nil {
		t.Error(err)
	}
}

// What Kalpana logs goes where the configuration of the day says.
func TestAReloadChangesWhereTheLogGoes(t *testing.T) {
	f := newFront(t)
	dir := t.TempDir()
	logTo := func(name, level string) []byte {
		return bytes.Replace(bytes.Replace(f.config, []byte(`"writer":{"output":"discard"}`), []byte(`"writer":{"output":"file","filename":"`+filepath.Join(dir, name)+`"}`), 1), []byte(`"level":"INFO"`), []byte(`"level":"`+level+`"`), 1)
	}
	var said func(what string)
	app, err := caddy.ActiveContext().App("kalpana")
	if err != nil {
		t.Fatal(err)
	}
	log := app.(*App).logs.logger().With("part", "of-it")
	said = func(what string) { log.Info(what); log.Warn(what + "-warning") }
	read := func(name string) string {
		b, _ := os.ReadFile(filepath.Join(dir, name))
		return string(b)
	}
	if err := caddy.Load(logTo("one", "INFO"), true); err != nil {
		t.Fatal(err)
	}
	said("first")
	if err := caddy.Load(logTo("two", "WARN"), true); err != nil {
		t.Fatal(err)
	}
	said("second")
	if err := caddy.Load(bytes.Replace(logTo("three", "INFO"), []byte(`"signup":"open"`), []byte(`"signup":"closed"`), 1), true); err == nil {
		t.Fatal("a changed setting was taken")
	}
	said("third")
	for _, c := range []struct {
		name, text string
		want       bool
	}{{"one", `"first"`, true}, {"one", "of-it", true}, {"one", "second", false}, {"two", `"second"`, false}, {"two", "second-warning", true}, {"two", "third-warning", true}, {"three", "third", false}} {
		if got := strings.Contains(read(c.name), c.text); got != c.want {
			t.Errorf("%s in the log %s: %v\n%s", c.text, c.name, got, read(c.name))
		}
	}
}

func TestTheLogOfAConfigurationThatDoesNotStartIsLeftAgain(t *testing.T) {
	handler := func(b *bytes.Buffer) *slog.Handler {
		h := slog.Handler(slog.NewTextHandler(b, nil))
		return &h
	}
	var first, failed, second bytes.Buffer
	one, two, three := handler(&first), handler(&failed), handler(&second)
	s := newLogSwitch(one)
	log := s.logger().WithGroup("g").With("k", "v")
	s.begin(one)
	s.begin(two)
	s.end(two) // another app of the new configuration did not start
	log.Info("a")
	s.begin(three)
	s.end(one)
	log.Info("b")
	s.end(three) // the end: what is said while all closes has to go somewhere
	log.Info("c")
	if !strings.Contains(first.String(), "msg=a g.k=v") || strings.Contains(first.String(), "msg=b") || failed.Len() > 0 ||
		!strings.Contains(second.String(), "msg=b g.k=v") || !strings.Contains(second.String(), "msg=c") {
		t.Errorf("%q %q %q", first.String(), failed.String(), second.String())
	}
}
