package gateway

import (
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/ports"
	"github.com/kalpana-dev/kalpana/bridge/proof"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// portRig is a rig whose workspace has a real bridge, as far as ports go, and a program
// that listens inside.
type portRig struct {
	*rig
	tunnels *ports.Ports
	app     *upstreamServer
	epoch   atomic.Int64 // of which the bridge has the key
	// bridgePort is where the bridge listens, whatever agentPort is set to.
	bridgePort int
}

// newPortRig starts everything; serve is what the program answers (nil: a small page).
func newPortRig(t testing.TB, change func(*Options), serve http.HandlerFunc) *portRig {
	t.Helper()
	r := &portRig{rig: newRig(t, change, nil), tunnels: ports.New(ports.Options{}), app: newUpstreamServer(t, serve)}
	r.epoch.Store(1)
	mux := http.NewServeMux()
	mux.Handle("GET /tcp/{port}", r.tunnels.Tunnel())
	behindKey := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		key := r.gw.options.Box.WorkspaceKey(testID, r.epoch.Load())
		if req.URL.Path == proof.Path {
			proof.Answer(w, req, sha256.Sum256([]byte(key)))
			return
		}
		if got := req.Header[bridge.KeyHeader]; len(got) != 1 || got[0] != key {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, `{"code":%q}`, bridge.CodeUnauthorized)
			return
		}
		req.Header.Del(bridge.KeyHeader)
		mux.ServeHTTP(w, req)
	}))
	r.bridgePort = behindKey.Listener.Addr().(*net.TCPAddr).Port
	r.agentPort = r.bridgePort
	r.share()
	t.Cleanup(func() {
		r.tunnels.Close()
		behindKey.Close()
		r.app.Close()
	})
	return r
}

// share announces the running workspace with these settings of its ports.
func (r *portRig) share(settings ...workspace.PortSetting) {
	r.settings = settings
	r.announce(testID, owner, workspace.StatusRunning, r.epoch.Load())
}

// visible is a setting of the program's port.
func (r *portRig) visible(v workspace.Visibility) workspace.PortSetting {
	return workspace.PortSetting{Port: r.app.port, Visibility: v}
}

// at is the address of a port of the workspace.
func at(inside int) Address { return Address{Kind: Port, ID: testID, Inside: inside} }

func (r *rig) hostOf(a Address) string { return r.gw.hosts.name(a) + ":" + strconv.Itoa(r.port()) }

func (r *rig) originAt(a Address) string { return "https://" + r.hostOf(a) }

// url is an address of the program.
func (r *portRig) url(path string) string { return r.originAt(at(r.app.port)) + path }

// as is the header that makes a request the user's, by cookie.
func (r *portRig) as(userID string) string { return "Cookie: " + r.cookieAt(at(r.app.port), userID) }

func (r *portRig) own() string { return "Origin: " + r.originAt(at(r.app.port)) }

// reservedPort is a number on which nothing listens until it is told to.
type reservedPort struct {
	t    testing.TB
	fd   int
	port int
	once sync.Once
}

func reservePort(t testing.TB) *reservedPort {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &reservedPort{t: t, fd: fd}
	t.Cleanup(func() { p.once.Do(func() { syscall.Close(fd) }) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	p.port = name.(*syscall.SockaddrInet4).Port
	return p
}

// serve lets a program listen there.
func (p *reservedPort) serve(h http.HandlerFunc) {
	p.t.Helper()
	p.once.Do(func() {
		if err := syscall.Listen(p.fd, 16); err != nil {
			p.t.Fatal(err)
		}
		f := os.NewFile(uintptr(p.fd), "listener")
		defer f.Close()
		l, err := net.FileListener(f)
		if err != nil {
			p.t.Fatal(err)
		}
		s := &httptest.Server{Listener: l, Config: &http.Server{Handler: h}}
		s.Start()
		p.t.Cleanup(s.Close)
	})
}

// rawProgram listens inside and serves each connection with serve.
func rawProgram(t testing.TB, address string, serve func(*net.TCPConn)) (port int) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	for ; err == nil && address == "[::1]:0" && !hold(t, l.Addr()); l, err = net.Listen("tcp", address) {
		l.Close() // a number that another test has on 127.0.0.1
	}
	if err != nil {
		t.Fatal(err)
	}
	port = l.Addr().(*net.TCPAddr).Port
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				serve(c.(*net.TCPConn))
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		serving.Wait()
	})
	return port
}

// hold keeps everybody from listening on 127.0.0.1 at a's port until the test ends; false
// if somebody does: the tunnel would lead there.
func hold(t testing.TB, a net.Addr) bool {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	return syscall.Bind(fd, &syscall.SockaddrInet4{Port: a.(*net.TCPAddr).Port, Addr: [4]byte{127, 0, 0, 1}}) == nil
}
