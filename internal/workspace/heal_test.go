package workspace_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge/proof"
	"github.com/kalpana-dev/kalpana/internal/docker/dockertest"
	"github.com/kalpana-dev/kalpana/internal/gateway"
	"github.com/kalpana-dev/kalpana/internal/portlease"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// front is a gateway before a service, whose suspicions the service hears.
type front struct {
	client *http.Client
	port   int
}

// newFront starts a service and a gateway that knows its workspaces.
func newFront(t *testing.T, o workspace.Options) (*workspace.Service, *front) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	f := &front{port: server.Listener.Addr().(*net.TCPAddr).Port}
	var s *workspace.Service
	g, err := gateway.New(gateway.Options{
		Domain: gateway.Domain{Base: "localhost", Port: f.port}, Box: box(t), Visitors: bearers{}, Tickets: database(t), Starter: noStarts{},
		Suspect: func(id string) { s.Suspect(id) },
	})
	if err != nil {
		t.Fatal(err)
	}
	o.Key, o.Identify, o.Prober = box(t).WorkspaceKey, identify, proving{}
	o.Announcers = append(o.Announcers, g)
	s, stop := run(o)
	g.Replace(nil, time.Time{})
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.Handle(w, r) })
	server.StartTLS()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); g.Run(ctx) }()
	f.client = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, MaxIdleConnsPerHost: 64,
	}}
	t.Cleanup(func() {
		cancel()
		<-ended
		ending, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		g.Close(ending)
		f.client.CloseIdleConnections()
		server.Close()
		stop()
	})
	return s, f
}

// get asks for something of a workspace's editor.
func (f *front) get(ctx context.Context, id, user, path string) (status int, body string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("https://%s.ws.localhost:%d%s", id, f.port, path), nil)
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", "Bearer kal_"+user)
	r.Header.Set("Cookie", "app=private")
	resp, err := f.client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

// proving is a Prober that is content with a proof.
type proving struct{}

func (proving) Ready(ctx context.Context, port int, key string) error {
	return identify(ctx, port, key)
}

func identify(ctx context.Context, port int, key string) error {
	conn, err := proof.Dial(ctx, fmt.Sprintf("127.0.0.1:%d", port), key)
	if err != nil {
		return err
	}
	return conn.Close()
}

// thief listens where a workspace should, and keeps what it is told.
type thief struct {
	mu   sync.Mutex
	told strings.Builder
	end  func()
}

// steal takes a port as soon as it is free.
func steal(t *testing.T, port int) *thief {
	t.Helper()
	var l net.Listener
	within(t, 10*time.Second, func() (err error) {
		l, err = net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		return err
	})
	s := &thief{}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(10 * time.Second))
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen")
				b := make([]byte, 4<<10)
				for {
					n, err := c.Read(b)
					s.mu.Lock()
					s.told.Write(b[:n])
					s.mu.Unlock()
					if err != nil {
						return
					}
				}
			})
		}
	})
	s.end = sync.OnceFunc(func() { l.Close(); serving.Wait() })
	t.Cleanup(s.end)
	return s
}

func (s *thief) heard() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.told.String()
}

// A container that is removed behind our back, and whose ports or name somebody else takes,
// is replaced by one on other ports. Nobody gets an answer of the other, and the other
// hears a challenge at most.
func TestAContainerWhosePlaceSomebodyElseTakes(t *testing.T) {
	r := newRig(t)
	s, f := newFront(t, r.o)
	w := r.until(s, r.create(s).ID, workspace.StatusRunning)
	keep := func() {
		res, err := askOnce(t, w, box(t).WorkspaceKey(w.ID, w.Epoch), http.MethodPut, "precious")
		if err != nil || res != http.StatusOK {
			t.Fatalf("write a file: %d %v", res, err)
		}
	}
	keep()
	name := r.docker("inspect", "-f", "{{.Name}}", w.ContainerID)[1:]
	for what, take := range map[string]func(port int) (heard func() string, end func()){
		"a program of the server": func(port int) (func() string, func()) {
			s := steal(t, port)
			return s.heard, s.end
		},
		"a container of the same name": func(port int) (func() string, func()) {
			var id string
			within(t, 20*time.Second, func() error {
				out, err := dockerRun("run", "-d", "--name", name, "-p", fmt.Sprintf("127.0.0.1:%d:8080", port), "-e", "KALPANA_KEY_SHA256="+strings.Repeat("0", 64), r.o.Image)
				if err != nil { // it has the name even if the port was not free
					dockerRun("rm", "-f", name)
				}
				id = out
				return err
			})
			end := sync.OnceFunc(func() { dockerRun("rm", "-f", id) })
			t.Cleanup(end)
			return func() string { return "" }, end
		},
	} {
		before := w
		name = r.docker("inspect", "-f", "{{.Name}}", w.ContainerID)[1:]
		ctx, leave := context.WithCancel(t.Context())
		var visits sync.WaitGroup
		var wrong atomic.Value
		for range 4 {
			visits.Go(func() {
				for ctx.Err() == nil {
					status, body, err := f.get(ctx, before.ID, "o", "/file/x?q=secret-path")
					if ctx.Err() == nil && (err != nil || status == 200 && body != "precious" || status != 200 && status != 502 && status != 503) {
						wrong.Store(fmt.Sprintf("%d %.80s %v", status, body, err))
					}
				}
			})
		}
		r.docker("rm", "-f", before.ContainerID)
		heard, end := take(before.VSCodePort)
		within(t, time.Minute, func() (err error) {
			if w, err = s.Get(t.Context(), w.ID); err == nil && (w.Status != workspace.StatusRunning || w.ContainerID == before.ContainerID) {
				err = fmt.Errorf("%s (%s)", w.Status, w.StatusReason)
			}
			return err
		})
		within(t, 20*time.Second, func() error {
			status, body, err := f.get(t.Context(), w.ID, "o", "/file/x")
			if err != nil || status != 200 || body != "precious" {
				return fmt.Errorf("%d %s %v", status, body, err)
			}
			return nil
		})
		leave()
		visits.Wait()
		if got := wrong.Load(); got != nil {
			t.Errorf("%s: a visitor got %v", what, got)
		}
		for _, secret := range []string{box(t).WorkspaceKey(before.ID, before.Epoch), "private", "secret-path", "kal_o"} {
			if strings.Contains(heard(), secret) {
				t.Errorf("%s heard %q", what, secret)
			}
		}
		end()
	}
}

// listening is the fake engine with real sockets: each container listens on its ports, can
// prove that it is the bridge of its start, and answers everything with its workspace's id.
type listening struct {
	*engine
	foreign atomic.Int64 // requests that reached another workspace than they were for

	mu      sync.Mutex
	specs   map[string]workspace.ContainerSpec
	servers map[string][]*http.Server
	all     []*http.Server
	serving sync.WaitGroup
}

func newListening() *listening {
	return &listening{engine: newEngine(), specs: map[string]workspace.ContainerSpec{}, servers: map[string][]*http.Server{}}
}

func (e *listening) Create(ctx context.Context, s workspace.ContainerSpec) (string, error) {
	id, err := e.engine.Create(ctx, s)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.specs[id] = s
	return id, err
}

func (e *listening) Start(ctx context.Context, id string) error {
	e.mu.Lock()
	spec := e.specs[id]
	e.mu.Unlock()
	var all []*http.Server
	for _, port := range []int{spec.VSCodePort, spec.AgentPort} {
		l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			for _, s := range all {
				s.Close()
			}
			return fmt.Errorf("%w: %w", workspace.ErrPortTaken, err)
		}
		all = append(all, e.bridge(spec, l))
	}
	if err := e.engine.Start(ctx, id); err != nil {
		for _, s := range all {
			s.Close()
		}
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.servers[spec.WorkspaceID] = append(e.servers[spec.WorkspaceID], all...)
	return nil
}

// bridge serves what a container does on one of its ports.
func (e *listening) bridge(spec workspace.ContainerSpec, l net.Listener) *http.Server {
	var hash [sha256.Size]byte
	hex.Decode(hash[:], []byte(spec.KeySHA256))
	s := &http.Server{Handler: proof.Handler(hash, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if sha256.Sum256([]byte(r.Header.Get("X-Kalpana-Key"))) != hash {
			e.foreign.Add(1)
		}
		io.WriteString(w, spec.WorkspaceID)
	}))}
	e.mu.Lock()
	e.all = append(e.all, s)
	e.mu.Unlock()
	e.serving.Go(func() { s.Serve(l) })
	return s
}

// end closes everything that was ever opened.
func (e *listening) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.all {
		s.Close()
	}
	e.serving.Wait()
}

// unplug closes what a workspace's containers listen on; they live on.
func (e *listening) unplug(workspaceID string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.servers[workspaceID] {
		s.Close()
	}
	delete(e.servers, workspaceID)
}

func (e *listening) Remove(ctx context.Context, workspaceID string, grace time.Duration) error {
	e.unplug(workspaceID)
	return e.engine.Remove(ctx, workspaceID, grace)
}

// spec is that of a workspace's newest container.
func (e *listening) spec(workspaceID string) (newest workspace.ContainerSpec) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.specs {
		if s.WorkspaceID == workspaceID && s.Epoch > newest.Epoch {
			newest = s
		}
	}
	return newest
}

// plugged returns a world with real sockets and ports for so many workspaces at once.
func plugged(t *testing.T, atOnce int) (*listening, workspace.Options) {
	w := newWorld()
	e := newListening()
	t.Cleanup(e.end)
	o := w.options()
	first := 20000 + 2*rand.IntN(3000)
	for ; !free(first) || !free(first+1) || !free(first+2) || !free(first+3); first += 4 {
	}
	o.Engine, o.RestartDelay, o.ReconcileEvery, o.Shared = e, 10*time.Millisecond, time.Hour, false
	o.Leases = forgiving{portlease.New(pairs{w.store}, portlease.Options{Start: first, End: first + 2*atOnce, Rest: -1, Free: func(int) bool { return true }})}
	return e, o
}

// forgiving leases a pair soon again on which another program was met: there are few.
type forgiving struct{ *portlease.Leaser }

func (f forgiving) Block(ctx context.Context, l portlease.Lease, _ time.Duration) error {
	return f.Leaser.Block(ctx, l, 50*time.Millisecond)
}

// The engine sees nothing wrong with a container whose ports lead elsewhere; visitors do.
func TestAWorkspaceWhosePortsAreTakenHealsWithTheFirstVisit(t *testing.T) {
	e, o := plugged(t, 2)
	s, f := newFront(t, o)
	made, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n"})
	if err != nil {
		t.Fatal(err)
	}
	before := is(t, s, made.ID, workspace.StatusRunning, false)
	if status, body, err := f.get(t.Context(), made.ID, "o", "/"); status != 200 || body != made.ID {
		t.Fatalf("%d %s %v", status, body, err)
	}
	e.unplug(made.ID)
	editor, agent := steal(t, before.VSCodePort), steal(t, before.AgentPort)
	if status, _, err := f.get(t.Context(), made.ID, "o", "/secret-path"); status != 502 {
		t.Errorf("%d %v", status, err)
	}
	within(t, 20*time.Second, func() error {
		if now, err := s.Get(t.Context(), made.ID); err != nil || now.Epoch == before.Epoch || now.Status != workspace.StatusRunning {
			return fmt.Errorf("%s %v", now.Status, err)
		}
		return nil
	})
	if status, body, err := f.get(t.Context(), made.ID, "o", "/"); status != 200 || body != made.ID {
		t.Errorf("afterwards: %d %s %v", status, body, err)
	}
	for _, s := range []*thief{editor, agent} {
		if heard := s.heard(); strings.Contains(heard, "secret-path") || strings.Contains(heard, "private") || strings.Contains(heard, box(t).WorkspaceKey(before.ID, before.Epoch)) {
			t.Errorf("it heard %s", heard)
		}
	}
}

// The next test goes on until so many workspaces were started and so many of their answers
// seen, or for markersFor at most, on a machine that has much else to do.
var (
	markersFor    = flag.Duration("markers-for", time.Minute, "how long TestNoAnswerIsAnotherWorkspaces may take")
	markedStarts  = flag.Int64("marked-starts", 15, "how many starts TestNoAnswerIsAnotherWorkspaces wants")
	markedAnswers = flag.Int64("marked-answers", 100, "how many answers TestNoAnswerIsAnotherWorkspaces wants")
)

// Six workspaces of three people share four ports while they start, stop, die and have
// their ports taken by one another: nobody ever gets an answer of another workspace, and
// none gets another's request.
func TestNoAnswerIsAnotherWorkspaces(t *testing.T) {
	e, o := plugged(t, 2)
	s, f := newFront(t, o)
	ctx, stop := context.WithTimeout(t.Context(), *markersFor)
	defer stop()
	var ids []string
	owner := map[string]string{}
	no := false
	for i := range 6 {
		w, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: fmt.Sprint("user", i%3), Name: "n", Start: &no})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, w.ID)
		owner[w.ID] = w.OwnerID
	}
	var live [4]atomic.Value // some that ran a moment ago
	some := func() string {
		if id, ok := live[rand.IntN(len(live))].Load().(string); ok && rand.IntN(8) > 0 {
			return id
		}
		return ids[rand.IntN(len(ids))]
	}
	var all sync.WaitGroup
	var answers, refused, wrong, cycles atomic.Int64
	for range 64 {
		all.Go(func() {
			for ctx.Err() == nil {
				id := some()
				status, body, err := f.get(ctx, id, owner[id], "/")
				switch {
				case ctx.Err() != nil:
				case err == nil && status == 200 && body == id:
					if answers.Add(1) >= *markedAnswers && cycles.Load() >= *markedStarts {
						stop()
					}
				case err == nil && status >= 500 || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
					refused.Add(1)
					<-time.After(25 * time.Millisecond) // the answers are what counts
				default:
					wrong.Add(1)
					t.Errorf("%s: %d %q %v", id, status, body, err)
				}
			}
		})
	}
	for range 3 { // who starts and stops
		all.Go(func() {
			for ctx.Err() == nil {
				id := some()
				if _, err := s.Start(ctx, id); err != nil {
					continue
				}
				for until := time.Now().Add(3 * time.Second); time.Now().Before(until) && ctx.Err() == nil; {
					w, err := s.Get(ctx, id)
					if err == nil && w.Status == workspace.StatusRunning {
						live[cycles.Add(1)%int64(len(live))].Store(id)
						break
					}
					if err == nil && w.Status != workspace.StatusStarting { // no port was free, or somebody stopped it
						break
					}
					<-time.After(2 * time.Millisecond)
				}
				<-time.After(time.Duration(rand.IntN(100)) * time.Millisecond)
				s.Stop(ctx, id, "")
			}
		})
	}
	all.Go(func() { // who takes a running workspace's ports for another one's bridge
		for ctx.Err() == nil {
			<-time.After(150 * time.Millisecond)
			victim, robber := e.spec(some()), e.spec(some())
			if victim.Epoch == 0 || robber.Epoch == 0 || victim.WorkspaceID == robber.WorkspaceID {
				continue
			}
			e.unplug(victim.WorkspaceID)
			if rand.IntN(2) == 0 {
				e.kill(victim.WorkspaceID, true)
			}
			for _, port := range []int{victim.VSCodePort, victim.AgentPort} {
				if l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
					s := e.bridge(robber, l)
					time.AfterFunc(30*time.Millisecond, func() { s.Close() })
				}
			}
		}
	})
	all.Wait()
	for _, id := range ids {
		s.Delete(t.Context(), id)
	}
	s.WaitIdle(t.Context())
	t.Logf("%d starts, %d answers, %d refused", cycles.Load(), answers.Load(), refused.Load())
	if n := e.foreign.Load(); n != 0 {
		t.Errorf("%d requests reached another workspace", n)
	}
	if answers.Load() == 0 || cycles.Load() == 0 || refused.Load() == 0 {
		t.Error("nothing was tried")
	}
	e.engine.mu.Lock()
	defer e.engine.mu.Unlock()
	if len(e.engine.problems) > 0 {
		t.Errorf("engine: %v", e.engine.problems)
	}
}

// askOnce sends one request to a workspace's editor, past every gateway.
func askOnce(t *testing.T, w workspace.Workspace, key, method, content string) (status int, err error) {
	t.Helper()
	res, err := dockertest.Ask(t.Context(), method, w.VSCodePort, "/file/x", key, content)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}

func dockerRun(args ...string) (string, error) {
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("docker %v: %w: %s", args, err, out)
	}
	return strings.TrimSpace(string(out)), nil
}
