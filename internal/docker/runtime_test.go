package docker

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

const image = "kalpana/workspace:latest"

// engine is the real Docker, with an installation of the test's own.
func engine(t *testing.T) *Runtime {
	t.Helper()
	r, err := New(Options{Host: "unix:///var/run/docker.sock", Installation: "test-" + random()})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Ping(t.Context()); err != nil {
		t.Fatalf("these tests need Docker (make engine): %v", err)
	}
	if ok, err := r.ImageExists(t.Context(), image); err != nil || !ok {
		t.Fatalf("these tests need the workspace image (make image): %v", err)
	}
	t.Cleanup(func() {
		ctx := context.Background()
		all, err := r.List(ctx)
		if err != nil {
			t.Error(err)
		}
		for _, c := range all {
			r.remove(ctx, c.ID)
			if err := r.RemoveVolumes(ctx, c.WorkspaceID); err != nil {
				t.Error(err)
			}
		}
		r.Close()
	})
	return r
}

func random() string {
	b := make([]byte, 6)
	rand.Read(b)
	return hex.EncodeToString(b)
}

var lastPort = 28000

// freePort returns a port that no other test of this run gets, outside the kernel's
// outgoing ports.
func freePort(t *testing.T) int {
	t.Helper()
	for {
		lastPort++
		if l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(lastPort)); err == nil {
			l.Close()
			return lastPort
		}
	}
}

func spec(t *testing.T) workspace.ContainerSpec {
	return workspace.ContainerSpec{
		WorkspaceID: random(), OwnerID: "owner", Epoch: 1, Image: image, Memory: 1 << 30, CPU: 1e9,
		VSCodePort: freePort(t), AgentPort: freePort(t), KeySHA256: strings.Repeat("0", 64),
		Env: map[string]string{bridge.HoldEditor: "1"}, // no test here needs an editor
	}
}

func inspect(t *testing.T, id string) map[string]any {
	t.Helper()
	out, err := exec.Command("docker", "inspect", id).Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]any
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	return all[0]
}

// start creates and starts.
func start(t *testing.T, r *Runtime, s workspace.ContainerSpec) (string, error) {
	id, err := r.Create(t.Context(), s)
	if err != nil {
		return "", err
	}
	return id, r.Start(t.Context(), id)
}

func TestAContainerIsHardenedAsTheEngineSeesIt(t *testing.T) {
	r, s := engine(t), spec(t)
	id, err := start(t, r, s)
	if err != nil {
		t.Fatal(err)
	}
	c := inspect(t, id)
	config, host := c["Config"].(map[string]any), c["HostConfig"].(map[string]any)
	check := func(name string, got any, want string) {
		t.Helper()
		data, _ := json.Marshal(got)
		if string(data) != want {
			t.Errorf("%s is %s, want %s", name, data, want)
		}
	}
	check("User", config["User"], `"1000:1000"`)
	check("Healthcheck", config["Healthcheck"].(map[string]any)["Test"], `["NONE"]`)
	check("ReadonlyRootfs", host["ReadonlyRootfs"], "true")
	check("Privileged", host["Privileged"], "false")
	check("CapDrop", host["CapDrop"], `["ALL"]`)
	check("CapAdd", host["CapAdd"], "null")
	check("Memory", host["Memory"], "1073741824")
	check("MemorySwap", host["MemorySwap"], "1073741824")
	check("NanoCpus", host["NanoCpus"], "1000000000")
	check("PidsLimit", host["PidsLimit"], "512")
	check("OomScoreAdj", host["OomScoreAdj"], "500")
	check("IpcMode", host["IpcMode"], `"private"`)
	check("PidMode", host["PidMode"], `""`)
	check("UTSMode", host["UTSMode"], `""`)
	check("RestartPolicy", host["RestartPolicy"], `{"MaximumRetryCount":0,"Name":"no"}`)
	check("LogConfig", host["LogConfig"], `{"Config":{"max-file":"2","max-size":"5m"},"Type":"json-file"}`)
	check("Binds", host["Binds"], "null")
	check("Devices", host["Devices"], "null")
	check("Ports", host["PortBindings"], `{"3001/tcp":[{"HostIp":"127.0.0.1","HostPort":"`+strconv.Itoa(s.AgentPort)+`"}],"8080/tcp":[{"HostIp":"127.0.0.1","HostPort":"`+strconv.Itoa(s.VSCodePort)+`"}]}`)
	options := host["SecurityOpt"].([]any)
	if len(options) != 2 || options[0] != "no-new-privileges" || !strings.HasPrefix(options[1].(string), "seccomp={") {
		t.Errorf("SecurityOpt: %.80v", options)
	}

	// And as the processes inside feel it.
	for what, c := range map[string]struct{ script, want string }{
		"no capabilities": {"grep CapEff /proc/self/status | tr -d '[:space:]'", "CapEff:0000000000000000"},
		"seccomp":         {"grep Seccomp: /proc/self/status | tr -d '[:space:]'", "Seccomp:2"},
		"root read-only":  {"touch /usr/x 2>/dev/null && echo writable || echo read-only", "read-only"},
		"tmp can execute": {"cp /bin/true /tmp/x && /tmp/x && echo yes", "yes"},
		"no user spaces":  {"unshare -U true 2>/dev/null && echo made || echo refused", "refused"},
		"its own files":   {"echo hi > /workspace/x && echo hi > /home/coder/x && echo ok", "ok"},
		"nobody's host":   {"timeout 2 bash -c 'exec 3<>/dev/tcp/172.17.0.1/22' 2>/dev/null && echo reached || echo closed", "closed"},
	} {
		out, err := exec.Command("docker", "exec", id, "bash", "-c", c.script).CombinedOutput()
		if got := strings.TrimSpace(string(out)); got != c.want {
			t.Errorf("%s: %q (%v), want %q", what, got, err, c.want)
		}
	}
}

func TestSocketsThatLeaveTheContainerAreRefused(t *testing.T) {
	r := engine(t)
	s := spec(t)
	id, err := start(t, r, s)
	if err != nil {
		t.Fatal(err)
	}
	// AF_VSOCK (40), AF_ALG (38), AF_PACKET (17), and io_uring_setup (425), asked of the kernel by perl.
	script := `use Errno; for my $f (40, 38, 17) { socket(my $s, $f, 1, 0) and print "socket $f\n" } my $p = "\0" x 120; my $r = syscall(425, 1, $p); print "io_uring\n" if $r >= 0; print "done\n"`
	out, err := exec.Command("docker", "exec", id, "perl", "-e", script).CombinedOutput()
	if err != nil || string(out) != "done\n" {
		t.Errorf("allowed: %s (%v)", out, err)
	}
}

func TestWhatIsListedIsOursAndCurrent(t *testing.T) {
	r, other, s := engine(t), engine(t), spec(t)
	ctx, cancel := context.WithCancel(t.Context())
	events := r.Events(ctx)
	if e := next(t, events); !e.Resync {
		t.Fatalf("the first event must tell to look at everything, got %v", e)
	}
	id, err := start(t, r, s)
	if err != nil {
		t.Fatal(err)
	}
	if e := next(t, events); e.WorkspaceID != s.WorkspaceID {
		t.Errorf("event: %v", e)
	}
	all, err := r.List(t.Context())
	if err != nil || len(all) != 1 || all[0].ID != id || all[0].WorkspaceID != s.WorkspaceID || all[0].Epoch != 1 || !all[0].Alive || all[0].AgentPort != s.AgentPort {
		t.Errorf("list: %+v %v", all, err)
	}
	if all, err := other.List(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("another installation sees %+v %v", all, err)
	}
	if err := exec.Command("docker", "kill", id).Run(); err != nil {
		t.Fatal(err)
	}
	for e := next(t, events); e.WorkspaceID != s.WorkspaceID; e = next(t, events) {
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		if all, err := r.List(t.Context()); err == nil && len(all) == 1 && !all[0].Alive {
			if all[0].ExitCode != 137 {
				t.Errorf("ended: %+v", all[0])
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a killed container is listed as running")
		}
	}
	for range 2 { // the second time it is gone already
		if err := r.Remove(t.Context(), s.WorkspaceID, time.Second); err != nil {
			t.Fatal(err)
		}
		if err := r.RemoveVolumes(t.Context(), s.WorkspaceID); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	for range events { // closed, or the test hangs
	}
}

func next(t *testing.T, events <-chan workspace.Event) workspace.Event {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(20 * time.Second):
		t.Fatal("no event within 20 s")
		return workspace.Event{}
	}
}

func TestFailuresHaveTheDomainsNames(t *testing.T) {
	r := engine(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	s := spec(t)
	s.AgentPort = taken.Addr().(*net.TCPAddr).Port
	if _, err := start(t, r, s); !errors.Is(err, workspace.ErrPortTaken) {
		t.Errorf("taken port: %v", err)
	}
	if err := r.Remove(t.Context(), s.WorkspaceID, 0); err != nil {
		t.Error(err)
	}
	if err := r.RemoveVolumes(t.Context(), s.WorkspaceID); err != nil {
		t.Error(err)
	}
	if all, err := r.List(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("left by the failed start: %+v %v", all, err)
	}
	s = spec(t)
	s.Image = "kalpana/nosuchimage:none"
	if _, err := start(t, r, s); !errors.Is(err, workspace.ErrImageMissing) {
		t.Errorf("missing image: %v", err)
	}
	if err := r.RemoveVolumes(t.Context(), s.WorkspaceID); err != nil {
		t.Error(err)
	}
	for _, host := range []string{"unix:///nonexistent/docker.sock", "tcp://127.0.0.1:1"} {
		none, err := New(Options{Host: host, Installation: "x"})
		if err != nil {
			t.Fatal(err)
		}
		if err := none.Ping(t.Context()); !errors.Is(err, workspace.ErrRuntimeUnavailable) {
			t.Errorf("%s: %v", host, err)
		}
		if _, err := none.List(t.Context()); !errors.Is(err, workspace.ErrRuntimeUnavailable) {
			t.Errorf("%s: %v", host, err)
		}
		none.Close()
	}
	if err := translate("x", errors.New("write /var/lib/docker: no space left on device")); !errors.Is(err, workspace.ErrDiskFull) {
		t.Error(err)
	}
}

func TestAStartThatWasCutOffIsRepeated(t *testing.T) {
	r, s := engine(t), spec(t)
	if err := r.ensureNetwork(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := r.client.ContainerCreate(t.Context(), containerOf(s, r.installation)); err != nil {
		t.Fatal(err)
	}
	if _, err := start(t, r, s); err != nil {
		t.Fatalf("with a container of the same start left behind: %v", err)
	}
	all, err := r.List(t.Context())
	if err != nil || len(all) != 1 || !all[0].Alive {
		t.Errorf("%+v %v", all, err)
	}
}

var _ workspace.Engine = (*Runtime)(nil)
