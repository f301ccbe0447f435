package toolbox_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/toolbox"
)

type commandOutput struct {
	Command, Cwd, ProcessID string
	Running                 bool
	ExitCode                *int
	Signal                  string
	Output                  string
	OmittedBytes            int64
	DurationMs              int64
	Ports                   []openPort
}

type openPort struct {
	Port int
	URL  string
}

type processOutput struct {
	ProcessID, Command string
	Running            bool
	ExitCode           *int
	Signal             string
	Output             string
	NextByte           int64
}

func TestRunningACommand(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.file(t, "sub/a.txt", "x")
	r := w.ok(t, "runCommand", `{"command":"ls; echo oops >&2; exit 3","cwd":"sub"}`)
	got := into[commandOutput](t, r)
	if got.ExitCode == nil || *got.ExitCode != 3 || got.Running || !strings.Contains(got.Output, "a.txt\n") || !strings.Contains(got.Output, "oops\n") || got.Cwd != "sub" || got.ProcessID == "" {
		t.Errorf("got %+v", got)
	}
	wantWords(t, r.Text, "a.txt\n", "[exit code 3 after ")
	if !r.Changed || r.Foreign {
		t.Errorf("changed %v, foreign %v", r.Changed, r.Foreign)
	}
	wantWords(t, w.ok(t, "runCommand", `{"command":"true"}`).Text, "(no output)\n[exit code 0")
	// What waits for input finds that there is none.
	if got := into[commandOutput](t, w.ok(t, "runCommand", `{"command":"cat; read x; echo $?"}`)); got.Output != "1\n" {
		t.Errorf("got %+v", got)
	}
	wantWords(t, w.ok(t, "runCommand", `{"command":"kill -9 $$"}`).Text, "[ended by signal KILL")
	w.fails(t, "runCommand", `{"command":"ls","cwd":"nowhere"}`, "CANNOT_START", "there is no directory nowhere")
	for command, foreign := range map[string]bool{
		"curl -s http://127.0.0.1:1/": true, "cd x && npm install": true, "git -C x pull; true": true, "git status": false, "echo curling": false, "/usr/bin/wget -V": true,
	} {
		if r := w.run(t, "runCommand", `{"command":`+quoted("false && "+command)+`}`); r.Foreign != foreign {
			t.Errorf("%s: foreign %v", command, r.Foreign)
		}
	}
}

func TestLongOutput(t *testing.T) {
	t.Parallel()
	w := open(t)
	r := w.ok(t, "runCommand", `{"command":"echo first; seq 1 300000; echo last"}`)
	got := into[commandOutput](t, r)
	if !strings.HasPrefix(got.Output, "first\n1\n") || !strings.HasSuffix(got.Output, "300000\nlast\n") || got.OmittedBytes < 1_900_000 || len(got.Output) > 24_200 {
		t.Errorf("%d bytes, %d omitted", len(got.Output), got.OmittedBytes)
	}
	wantWords(t, r.Text, "first\n1\n", "bytes are left out here", "last\n[exit code 0")
	r = w.ok(t, "runCommand", `{"command":"for i in $(seq 1 4000); do printf '\\r\\033[32m%d%%\\033[0m done' $i; done; echo"}`)
	if want := "4000% done\n[exit code 0"; !strings.HasPrefix(r.Text, want) {
		t.Errorf("a progress bar reads %.100q", r.Text)
	}
	if got := into[commandOutput](t, r); !strings.Contains(got.Output, "\x1b[32m") {
		t.Error("the interface gets no colours")
	}
	// Bytes that are no text, and many that take six characters in JSON.
	r = w.ok(t, "runCommand", `{"command":"head -c 60000 /dev/zero | tr '\\0' '\\1'; printf '\\377\\376'"}`)
	if len(r.Output) > 256<<10 {
		t.Errorf("%d bytes", len(r.Output))
	}
}

func TestLiveOutput(t *testing.T) {
	t.Parallel()
	w := open(t)
	pieces := make(chan string, 10_000)
	c := w.prepare(t, "runCommand", `{"command":"echo \u001b[1mone; echo -n 'Password: '; while [ ! -e go ]; do :; done; seq 1 20000"}`)
	done := make(chan toolbox.Result)
	go func() {
		r := c.Run(t.Context(), func(s string) { pieces <- s })
		close(pieces)
		done <- r
	}()
	var all strings.Builder
	for p := range pieces {
		if len(p) > 8<<10 {
			t.Errorf("a piece of %d bytes", len(p))
		}
		all.WriteString(p)
		if strings.HasSuffix(all.String(), "Password: ") { // it came although no line has ended
			w.file(t, "go", "")
		}
	}
	if r := <-done; r.Error != nil {
		t.Error(r.Error)
	}
	if !strings.HasPrefix(all.String(), "\x1b[1mone\nPassword: 1\n2\n") || !strings.HasSuffix(all.String(), "\n20000\n") {
		t.Errorf("%d bytes came live", all.Len())
	}

	var mu sync.Mutex
	total, after := 0, false
	r := w.prepare(t, "runCommand", `{"command":"seq 1 900000"}`).Run(t.Context(), func(s string) {
		mu.Lock()
		defer mu.Unlock()
		if after {
			t.Error("something came after the end")
		}
		total += len(s)
	})
	mu.Lock()
	defer mu.Unlock()
	after = true
	if r.Error != nil || total > 2<<20+16<<10 {
		t.Errorf("%v, %d bytes came live", r.Error, total)
	}
}

func TestStoppingACommand(t *testing.T) {
	t.Parallel()
	w := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := w.prepare(t, "runCommand", `{"command":"echo $$ > pid; echo begun; sleep 600 & sleep 600"}`)
	result := c.Run(ctx, func(string) { cancel() })
	wantError(t, result.Error, toolbox.CodeCancelled)
	wantWords(t, result.Text, "begun", "[stopped]")
	eventually(t, "the command is gone", func() bool {
		_, err := os.Stat(filepath.Join("/proc", strings.TrimSpace(w.content(t, "pid"))))
		return os.IsNotExist(err)
	})
	// Before it began, nothing runs.
	r := w.prepare(t, "runCommand", `{"command":"touch never"}`).Run(ctx, nil)
	wantError(t, r.Error, toolbox.CodeCancelled)
	if _, err := os.Stat(filepath.Join(w.root, "never")); err == nil {
		t.Error("it ran")
	}
}

func TestACommandThatTakesLong(t *testing.T) {
	t.Parallel()
	w := open(t)
	r := w.ok(t, "runCommand", `{"command":"echo begun; while [ ! -e go ]; do sleep 0.05; done; echo done","timeoutSeconds":1}`)
	got := into[commandOutput](t, r)
	if !got.Running || got.ExitCode != nil || got.Output != "begun\n" {
		t.Errorf("got %+v", got)
	}
	wantWords(t, r.Text, "TIMEOUT_BACKGROUND: still running after 1.", "kept as process "+got.ProcessID, "readProcess or stopProcess", "at byte 6")
	id := quoted(got.ProcessID)
	w.fails(t, "writeProcess", `{"processId":`+id+`,"input":"x"}`, "NO_INPUT", "background:true")
	w.file(t, "go", "")
	look := into[processOutput](t, w.ok(t, "readProcess", `{"processId":`+id+`,"waitSeconds":20,"sinceByte":6}`))
	if look.Running || look.ExitCode == nil || *look.ExitCode != 0 || look.Output != "done\n" || look.NextByte != 11 {
		t.Errorf("got %+v", look)
	}
	look = into[processOutput](t, w.ok(t, "readProcess", `{"processId":`+id+`,"tailLines":1}`))
	if look.Output != "[… there is more before this …]\ndone\n" {
		t.Errorf("got %+v", look)
	}
	// Too far is the end.
	wantWords(t, w.ok(t, "readProcess", `{"processId":`+id+`,"sinceByte":9999}`).Text, "(no new output)\n[exit code 0")
	w.fails(t, "readProcess", `{"processId":"nobody"}`, "NO_PROCESS", "Nothing runs.")
}

func TestTalkingToAProcess(t *testing.T) {
	t.Parallel()
	w := open(t)
	r := w.ok(t, "runCommand", `{"command":"while read line; do echo \"got $line\"; done; echo end","background":true}`)
	got := into[commandOutput](t, r)
	if !got.Running {
		t.Fatalf("got %+v", got)
	}
	wantWords(t, r.Text, "runs in the background as process "+got.ProcessID)
	id := quoted(got.ProcessID)
	look := into[processOutput](t, w.ok(t, "writeProcess", `{"processId":`+id+`,"input":"hello\n"}`))
	if look.Output != "got hello\n" || !look.Running {
		t.Errorf("got %+v", look)
	}
	look = into[processOutput](t, w.ok(t, "writeProcess", `{"processId":`+id+`,"input":"ctrl-d"}`))
	if look.Output != "end\n" || look.Running {
		t.Errorf("got %+v", look)
	}
	w.fails(t, "writeProcess", `{"processId":`+id+`,"input":"x\n"}`, "PROCESS_ENDED")
	w.fails(t, "writeProcess", `{"processId":"other","input":"x\n"}`, toolbox.CodeNotYours)

	id = quoted(into[commandOutput](t, w.ok(t, "runCommand", `{"command":"trap 'echo caught; exit 7' INT; echo ready; while :; do sleep 0.05; done","background":true}`)).ProcessID)
	look = into[processOutput](t, w.ok(t, "writeProcess", `{"processId":`+id+`,"input":"ctrl-c"}`))
	if !strings.Contains(look.Output, "caught") {
		t.Errorf("got %+v", look)
	}
	if r := w.ok(t, "runCommand", `{"command":"echo quick; exit 4","background":true}`); *into[commandOutput](t, r).ExitCode != 4 {
		t.Errorf("what ends at once is seen to: %s", r.Text)
	}
}

func TestStoppingAProcess(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := quoted(into[commandOutput](t, w.ok(t, "runCommand", `{"command":"trap 'echo bye; exit 0' TERM; while :; do sleep 0.05; done","timeoutSeconds":1}`)).ProcessID)
	wantWords(t, w.prepare(t, "stopProcess", `{"processId":`+id+`}`).Title, "Stop trap 'echo bye")
	r := w.ok(t, "stopProcess", `{"processId":`+id+`}`)
	if !r.Changed || !strings.Contains(string(r.Output), `"running":false`) {
		t.Errorf("got %s", r.Output)
	}
	wantWords(t, r.Text, "bye")
	w.ok(t, "stopProcess", `{"processId":`+id+`}`) // it is gone, as was wanted
	w.fails(t, "stopProcess", `{"processId":"other"}`, "NO_PROCESS")
	var terminal struct{ ProcessID string }
	must(t, w.client.Call(t.Context(), "openTerminal", map[string]int{"columns": 80, "rows": 24}, &terminal))
	w.fails(t, "stopProcess", `{"processId":`+quoted(terminal.ProcessID)+`}`, toolbox.CodeNotYours)
	w.fails(t, "readProcess", `{"processId":`+quoted(terminal.ProcessID)+`}`, toolbox.CodeNotYours)
}

// freePort is a port from first on, below those that the system gives away.
func freePort(t *testing.T, first int) int {
	t.Helper()
	for port := first + os.Getpid()%4000; port < maxPort; port++ {
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err == nil {
			must(t, l.Close())
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

const maxPort = 32000

func TestAServerEndsTheWait(t *testing.T) {
	t.Parallel()
	w := open(t)
	self, err := os.Executable()
	must(t, err)
	port := freePort(t, 20_000)
	begun := time.Now()
	r := w.ok(t, "runCommand", fmt.Sprintf(`{"command":%s,"timeoutSeconds":120}`, quoted(fmt.Sprintf("%s=%d exec %s", listenOn, port, self))))
	got := into[commandOutput](t, r)
	// Other programs of this machine may have opened some as well.
	ours := slices.ContainsFunc(got.Ports, func(p openPort) bool { return p == openPort{port, fmt.Sprintf("https://%d-x.ws.example/", port)} })
	if !got.Running || !ours || time.Since(begun) > time.Minute {
		t.Fatalf("got %+v", got)
	}
	wantWords(t, r.Text, fmt.Sprintf("listening on %d\n", port), fmt.Sprintf("[port %d is open: https://%d-x.ws.example/]", port, port), "goes on as process "+got.ProcessID)
	w.ok(t, "stopProcess", `{"processId":`+quoted(got.ProcessID)+`}`)
	w.fails(t, "previewPort", fmt.Sprintf(`{"port":%d,"waitSeconds":0}`, port), toolbox.CodePortClosed, "nothing listens on port")
}

func TestLookingAtAPage(t *testing.T) {
	t.Parallel()
	w := open(t)
	var asked []string
	var mu sync.Mutex
	site := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.URL.String())
		mu.Unlock()
		switch r.URL.Path {
		case "/old":
			http.Redirect(rw, r, "/new?x=1", http.StatusFound)
		case "/away":
			http.Redirect(rw, r, "http://example.invalid/x", http.StatusFound)
		case "/json":
			rw.Header().Set("Content-Type", "application/json")
			_, _ = rw.Write([]byte(`{"a":1}`))
		case "/binary":
			rw.Header().Set("Content-Type", "image/png")
			_, _ = rw.Write([]byte{0, 1, 2, 0xff})
		case "/long":
			_, _ = rw.Write([]byte("<html><title>Long</title><body>" + strings.Repeat("<p>word</p>", 100_000)))
		case "/loop":
			http.Redirect(rw, r, "/loop", http.StatusFound)
		default:
			rw.WriteHeader(http.StatusNotFound)
			_, _ = rw.Write([]byte("<html><head><title>It &amp; that</title><style>p{}</style></head><body><script>x</script><p>Hello\n <b>you</b>!<p>kalpana-page 200 x y</html>"))
		}
	}))
	t.Cleanup(site.Close)
	_, portText, err := net.SplitHostPort(strings.TrimPrefix(site.URL, "http://"))
	must(t, err)
	type seen struct {
		Port        int
		URL         string
		Status      int
		Title, Text string
	}
	look := func(path string) (seen, toolbox.Result) {
		r := w.ok(t, "previewPort", `{"port":`+portText+`,"path":`+quoted(path)+`}`)
		return into[seen](t, r), r
	}
	got, r := look("/new?q='$(touch%20pwned);%22")
	if got.Status != 404 || got.Title != "It & that" || got.Text != "Hello you!\nkalpana-page 200 x y" || got.URL != "https://"+portText+"-x.ws.example/new?q='$(touch%20pwned);%22" || !r.Foreign {
		t.Errorf("got %+v", got)
	}
	if got, _ = look("/old"); got.Status != 404 || !strings.HasSuffix(got.URL, "/new?x=1") {
		t.Errorf("got %+v", got)
	}
	if got, r = look("/away"); got.Status != 302 || !strings.Contains(r.Text, "http://example.invalid/x, which was not followed") {
		t.Errorf("got %+v, %s", got, r.Text)
	}
	if got, _ = look("/json"); got.Text != `{"a":1}` {
		t.Errorf("got %+v", got)
	}
	if got, _ = look("/binary"); got.Text != "(no text: image/png)" {
		t.Errorf("got %+v", got)
	}
	if got, _ = look("/long"); got.Title != "Long" || len([]rune(got.Text)) != 2001 {
		t.Errorf("%d characters", len([]rune(got.Text)))
	}
	if got, _ = look("/loop"); got.Status != 302 {
		t.Errorf("got %+v", got)
	}
	if got, _ = look("/$(touch${IFS}pwned)'`touch\u00e9`"); got.Status != 404 {
		t.Errorf("got %+v", got)
	}
	mu.Lock()
	defer mu.Unlock()
	if asked[0] != "/new?q='$(touch%20pwned);%22" {
		t.Errorf("it was asked for %q", asked)
	}
	if _, err := os.Stat(filepath.Join(w.root, "pwned")); err == nil {
		t.Error("a path ran as a command")
	}
}

func TestWaitingForAPort(t *testing.T) {
	t.Parallel()
	w := open(t)
	port := freePort(t, 26_000)
	c := w.prepare(t, "previewPort", fmt.Sprintf(`{"port":%d,"waitSeconds":30}`, port))
	done := make(chan toolbox.Result)
	go func() { done <- c.Run(t.Context(), nil) }()
	l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
	must(t, err)
	site := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = rw.Write([]byte("<p>here"))
	})}}
	site.Start()
	t.Cleanup(site.Close)
	if r := <-done; r.Error != nil || !strings.Contains(r.Text, "here") {
		t.Errorf("got %+v", r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantError(t, w.prepare(t, "previewPort", `{"port":2999}`).Run(ctx, nil).Error, toolbox.CodeCancelled)
}

func TestALostWorkspace(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.file(t, "a", "x")
	w.ok(t, "readFile", `{"path":"a"}`)
	calls := []*toolbox.Call{
		w.prepare(t, "readFile", `{"path":"a"}`), w.prepare(t, "editFile", `{"path":"a","old_str":"x","new_str":"y"}`),
		w.prepare(t, "runCommand", `{"command":"ls"}`), w.prepare(t, "readProcess", `{"processId":"x"}`),
	}
	must(t, w.client.Close())
	for _, c := range calls {
		r := c.Run(t.Context(), nil)
		wantError(t, r.Error, toolbox.CodeBridgeLost, "Look before you try again")
		if c.ReadOnly == r.Changed {
			t.Errorf("%s: changed %v", c.Tool, r.Changed)
		}
	}
}
