package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// kalpana is one installation under test: a data directory of its own, ports of its own.
type kalpana struct {
	t       testing.TB
	program string // the binary
	dir     string // data directory
	port    int
	metrics int
	env     []string
	link    string // the one-time link of the latest start

	cmd  *exec.Cmd
	done chan struct{}
	out  lockedBuffer
}

// lockedBuffer is written by the process and read by the test.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func root(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func binary(t testing.TB) string {
	t.Helper()
	path := filepath.Join(root(t), "bin", "kalpana")
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is missing: run `make build image` first", path)
	}
	return path
}

// ranges hands every installation a range of host ports of its own.
var ranges struct {
	sync.Mutex
	next  int
	ports int
}

func portRange() (start, end int) {
	ranges.Lock()
	defer ranges.Unlock()
	if ranges.next == 0 {
		ranges.next = 46000
	}
	start = ranges.next
	ranges.next += 100
	return start, ranges.next
}

// freePort returns a port that no other test of this run gets, outside all lease ranges
// and outside the kernel's outgoing ports.
func freePort(t testing.TB) int {
	t.Helper()
	ranges.Lock()
	defer ranges.Unlock()
	for {
		ranges.ports++
		port := 20000 + ranges.ports
		if l, err := net.Listen("tcp", ":"+strconv.Itoa(port)); err == nil {
			l.Close()
			return port
		}
	}
}

// install makes an installation; start runs it. Everything it made in Docker goes when
// the test ends.
func install(t testing.TB, env ...string) *kalpana {
	t.Helper()
	dir, err := os.MkdirTemp("", "k") // short: the path of a Unix socket has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	start, end := portRange()
	k := &kalpana{t: t, program: binary(t), dir: dir, port: freePort(t), metrics: freePort(t)}
	k.env = append(os.Environ(),
		"KALPANA_DATA_DIR="+dir, "KALPANA_HTTPS_PORT="+strconv.Itoa(k.port), "KALPANA_METRICS_ADDR=127.0.0.1:"+strconv.Itoa(k.metrics),
		"CONTAINER_PORT_RANGE_START="+strconv.Itoa(start), "CONTAINER_PORT_RANGE_END="+strconv.Itoa(end),
		"KALPANA_CADDY_OPTIONS=skip_install_trust", "KALPANA_LOG_LEVEL=INFO")
	k.env = append(k.env, env...)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("output of kalpana:\n%s", tail(k.out.String(), 60))
		}
		k.removeEverything()
		k.stop()
		os.RemoveAll(dir)
	})
	return k
}

func tail(s string, lines int) string {
	all := strings.Split(s, "\n")
	all = all[max(0, len(all)-lines):]
	for i, line := range all {
		all[i] = line[:min(len(line), 400)]
	}
	return strings.Join(all, "\n")
}

var linkPattern = regexp.MustCompile(`https://\S+/auth/first\?code=\S+`)

// start runs the server and waits for its greeting.
func (k *kalpana) start() {
	k.t.Helper()
	k.cmd = exec.Command(k.program, "run", "--config", filepath.Join(root(k.t), "Caddyfile"))
	k.cmd.Env, k.cmd.Dir = k.env, k.dir
	stdout, err := k.cmd.StdoutPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	k.cmd.Stderr = &k.out
	if err := k.cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	k.done = make(chan struct{})
	links := make(chan string, 1)
	go func() {
		defer close(k.done)
		for s := bufio.NewScanner(stdout); s.Scan(); {
			fmt.Fprintln(&k.out, s.Text())
			if link := linkPattern.FindString(s.Text()); link != "" {
				links <- link
			}
		}
		k.cmd.Wait()
	}()
	select {
	case k.link = <-links:
	case <-k.done:
		k.t.Fatalf("kalpana ended before it was up:\n%s", k.out.String())
	case <-time.After(60 * time.Second):
		k.t.Fatalf("kalpana was not up after 60 s:\n%s", k.out.String())
	}
}

func (k *kalpana) stop() { k.end(syscall.SIGTERM) }
func (k *kalpana) kill() { k.end(syscall.SIGKILL) }
func (k *kalpana) running() bool {
	if k.cmd == nil {
		return false
	}
	select {
	case <-k.done:
		return false
	default:
		return true
	}
}

func (k *kalpana) end(sig syscall.Signal) {
	if k.cmd == nil {
		return
	}
	k.cmd.Process.Signal(sig)
	select {
	case <-k.done:
	case <-time.After(20 * time.Second):
		k.cmd.Process.Kill()
		<-k.done
		k.t.Errorf("kalpana did not end within 20 s of %v", sig)
	}
	k.cmd = nil
}

// command runs `kalpana …` against this installation.
func (k *kalpana) command(args ...string) (stdout string, code int) {
	k.t.Helper()
	c := exec.Command(k.program, args...)
	c.Env, c.Dir = k.env, k.dir
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !asExit(err, &exit) {
		k.t.Fatal(err)
	}
	if errs.Len() > 0 {
		k.t.Logf("kalpana %s: %s", strings.Join(args, " "), strings.TrimSpace(errs.String()))
	}
	return out.String(), c.ProcessState.ExitCode()
}

func asExit(err error, target **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError)
	*target = e
	return ok
}

// removeEverything deletes what this installation has in Docker, by its records while
// the server runs, and by its labels after that.
func (k *kalpana) removeEverything() {
	if !k.running() {
		return
	}
	out, _ := k.command("workspace", "ls", "--json")
	var all []struct{ ID string }
	json.Unmarshal([]byte(out), &all)
	for _, w := range all {
		k.command("workspace", "rm", w.ID)
	}
	eventually(k.t, 60*time.Second, "all workspaces are gone", func() bool {
		out, _ := k.command("workspace", "ls", "--json")
		return strings.TrimSpace(out) == "[]" || !k.running()
	})
}

func (k *kalpana) origin(host string) string { return fmt.Sprintf("https://%s:%d", host, k.port) }

// rootCA is the certificate of the installation's own authority.
func (k *kalpana) rootCA() string {
	return filepath.Join(k.dir, "caddy", "pki", "authorities", "local", "root.crt")
}

// client dials this machine whatever the name (*.localhost resolves in browsers only),
// trusts the local authority and nothing else, and follows no redirect.
func (k *kalpana) client() *http.Client {
	k.t.Helper()
	pem, err := os.ReadFile(k.rootCA())
	if err != nil {
		k.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	t := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: pool},
		ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			_, port, _ := net.SplitHostPort(addr)
			return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+port)
		},
	}
	k.t.Cleanup(t.CloseIdleConnections)
	return &http.Client{Transport: t, Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// user is somebody with an API token.
type user struct {
	k     *kalpana
	token string
	http  *http.Client
}

func (k *kalpana) user(email string, more ...string) *user {
	k.t.Helper()
	out, code := k.command(append([]string{"token", "create", "--user", email}, more...)...)
	if code != 0 || !strings.HasPrefix(out, "kal_") {
		k.t.Fatalf("token create: exit code %d, %q", code, out)
	}
	return &user{k: k, token: strings.TrimSpace(out), http: k.client()}
}

// call sends a request to the API and reads the JSON answer.
func (u *user) call(method, path string, body any, headers ...string) (int, map[string]any) {
	u.k.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		data, _ := json.Marshal(b)
		reader = bytes.NewReader(data)
	}
	req, err := http.NewRequest(method, u.k.origin("localhost")+"/api/v1"+path, reader)
	if err != nil {
		u.k.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+u.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := u.http.Do(req)
	if err != nil {
		u.k.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	var out map[string]any
	data, _ := io.ReadAll(resp.Body)
	if len(data) > 0 {
		json.Unmarshal(data, &out)
	}
	return resp.StatusCode, out
}

// create makes a workspace and waits until it runs.
func (u *user) create(name string) string {
	u.k.t.Helper()
	status, w := u.call("POST", "/workspaces", map[string]any{"name": name})
	if status != 201 {
		u.k.t.Fatalf("create: %d %v", status, w)
	}
	id := w["id"].(string)
	u.await(id, "RUNNING")
	return id
}

// await waits for a status; ERROR, unless awaited, fails the test with its reason.
func (u *user) await(id, status string) map[string]any {
	u.k.t.Helper()
	var last map[string]any
	eventually(u.k.t, 90*time.Second, "workspace "+id+" is "+status, func() bool {
		code, w := u.call("GET", "/workspaces/"+id, nil)
		last = w
		if code == 200 && w["status"] == "ERROR" && status != "ERROR" {
			u.k.t.Fatalf("workspace %s: %v", id, w["statusReason"])
		}
		return code == 200 && w["status"] == status
	})
	return last
}

// eventually polls until done, with a deadline.
func eventually(t testing.TB, limit time.Duration, what string, done func() bool) {
	t.Helper()
	deadline := time.After(limit)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline:
			t.Fatalf("not within %v: %s", limit, what)
		case <-tick.C:
		}
	}
}

// docker runs the client of the engine.
func docker(t testing.TB, args ...string) string {
	t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}
