package cli_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"log"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
	"github.com/kalpana-dev/kalpana/bridge/bridgeserver"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
)

const (
	workspaceID  = "abcdefghijkl"
	stoppedID    = "stoppedstopp"
	owner        = "owner-1"
	workspaceKey = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	userToken    = "kal_user"
)

// stand is a Kalpana that speaks enough of the API, at an admin socket and over TLS, with
// one workspace, whose bridge is the real one.
type stand struct {
	root   string // of the workspace
	socket string
	url    string // of the dashboard
	caFile string
	front  *httptest.Server
	inside *httptest.Server // the bridge itself
	proxy  http.Handler
	wires  *wires

	// rewrite, if set, sees each message to the bridge.
	rewrite func([]byte) []byte

	mu      sync.Mutex
	tokens  map[string]string // live ones, and their ids
	made    []string          // names of all that were made
	status  map[string]string
	created []map[string]any
}

func newStand(t *testing.T) *stand {
	t.Helper()
	s := &stand{
		root: t.TempDir(), tokens: map[string]string{userToken: "t0"},
		status: map[string]string{workspaceID: "RUNNING", stoppedID: "STOPPED"},
	}
	for _, name := range []string{"KALPANA_TOKEN", "KALPANA_URL", "KALPANA_CA_FILE", "KALPANA_DOMAIN", "KALPANA_HTTPS_PORT"} {
		t.Setenv(name, "")
	}
	s.startBridge(t)
	s.startFront(t)
	s.startSocket(t)
	return s
}

func (s *stand) startBridge(t *testing.T) {
	sum := sha256.Sum256([]byte(workspaceKey))
	home := t.TempDir()
	server, err := bridgeserver.New(bridgeserver.Config{
		KeySHA256: hex.EncodeToString(sum[:]), Root: s.root, StateDir: t.TempDir(), EditorSocket: filepath.Join(home, "editor.sock"),
		Children: supervisor.NewChildren(), Env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home}, Version: "test", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	inside := httptest.NewServer(server.API())
	s.inside = inside
	target, err := url.Parse(inside.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	s.proxy = &httputil.ReverseProxy{Transport: transport, ErrorLog: log.New(&screen{}, "", 0), Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Header.Del("Authorization")
		r.Out.Header.Set(bridge.KeyHeader, workspaceKey)
	}}
	t.Cleanup(func() {
		s.wires.cut()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		transport.CloseIdleConnections()
		inside.Close()
	})
}

// startFront serves the API on ws.localhost and the bridge on <id>.agent.localhost.
func (s *stand) startFront(t *testing.T) {
	s.front = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		s.mu.Lock()
		_, good := s.tokens[token]
		s.mu.Unlock()
		host, _, _ := net.SplitHostPort(r.Host)
		switch {
		case !good:
			refuse(w, 401, "Sign in, or send an API token.")
		case host == workspaceID+".agent.localhost" && s.rewrite != nil && r.URL.Path == "/":
			s.relay(w, r)
		case host == workspaceID+".agent.localhost":
			s.proxy.ServeHTTP(w, r)
		case host == "ws.localhost":
			s.api(w, r)
		default:
			refuse(w, 404, "There is no such host.")
		}
	}))
	certificate, file := authority(t)
	s.caFile = file
	s.front.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	s.front.Config.ErrorLog = log.New(&screen{}, "", 0)
	s.wires = &wires{Listener: s.front.Listener}
	s.front.Listener = s.wires
	s.front.StartTLS()
	s.url = "https://ws.localhost:" + s.port()
	t.Cleanup(func() {
		s.wires.cut()
		s.front.Close()
	})
}

func (s *stand) port() string {
	_, port, _ := net.SplitHostPort(s.front.Listener.Addr().String())
	return port
}

// startSocket serves the operator, who may make and revoke tokens of the owner.
func (s *stand) startSocket(t *testing.T) {
	s.socket = filepath.Join(t.TempDir(), "admin.sock")
	l, err := net.Listen("unix", s.socket)
	if err != nil {
		t.Fatal(err)
	}
	srv := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.StripPrefix("/kalpana", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("a token goes to the admin socket")
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		id, one := strings.CutPrefix(r.URL.Path, "/api/v1/tokens/")
		switch {
		case !one && r.URL.Path != "/api/v1/tokens":
			s.mu.Unlock()
			s.api(w, r)
			s.mu.Lock()
		case r.Header.Get("X-Kalpana-User-ID") != owner:
			refuse(w, 404, "There is no such user.")
		case r.Method == "POST":
			var in struct {
				Name string
				TTL  int64
			}
			if json.NewDecoder(r.Body).Decode(&in) != nil || in.TTL <= 0 || in.TTL > 12*3600 {
				t.Errorf("a token for %d seconds", in.TTL)
			}
			s.made = append(s.made, in.Name)
			token := "kal_made" + strconv.Itoa(len(s.made))
			s.tokens[token] = token[4:]
			answer(w, 201, map[string]string{"id": token[4:], "token": token})
		case r.Method == "DELETE":
			delete(s.tokens, "kal_"+id)
			w.WriteHeader(204)
		}
	}))}}
	srv.Start()
	t.Cleanup(srv.Close)
}

// api is what both ways answer alike.
func (s *stand) api(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	workspace := func(id, name string) map[string]any {
		return map[string]any{
			"id": id, "name": name, "status": s.status[id], "ownerId": owner, "vscodeUrl": "https://" + id + ".ws.localhost:" + s.port() + "/",
			"agentUrl": "wss://" + id + ".agent.localhost:" + s.port() + "/",
		}
	}
	running, stopped := workspace(workspaceID, "my app"), workspace(stoppedID, "asleep")
	switch r.Method + " " + r.URL.Path {
	case "GET /api/v1/workspaces":
		if r.URL.Query().Get("cursor") == "" { // two pages
			answer(w, 200, map[string]any{"items": []any{stopped}, "nextCursor": "2"})
			return
		}
		answer(w, 200, map[string]any{"items": []any{running}})
	case "POST /api/v1/workspaces":
		var in map[string]any
		_ = json.NewDecoder(r.Body).Decode(&in)
		in["for"] = r.Header.Get("X-Kalpana-User")
		s.created = append(s.created, in)
		answer(w, 201, running)
	case "POST /api/v1/workspaces/" + stoppedID + "/start":
		s.status[stoppedID] = "STARTING"
		answer(w, 202, workspace(stoppedID, "asleep"))
	case "GET /api/v1/workspaces/" + stoppedID:
		answer(w, 200, stopped)
		s.status[stoppedID] = "RUNNING"
	case "GET /api/v1/workspaces/" + workspaceID + "/logs":
		_, _ = w.Write([]byte("first\nsecond\n"))
	case "DELETE /api/v1/workspaces/" + workspaceID:
		answer(w, 202, running)
	default:
		refuse(w, 404, "There is no such address.")
	}
}

// relay is a gateway that reads along.
func (s *stand) relay(w http.ResponseWriter, r *http.Request) {
	client, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{bridge.Subprotocol}})
	if err != nil {
		return
	}
	defer client.CloseNow()
	front := httptest.NewServer(s.proxy)
	defer front.Close()
	inside, _, err := websocket.Dial(r.Context(), front.URL, &websocket.DialOptions{Subprotocols: []string{bridge.Subprotocol}})
	if err != nil {
		return
	}
	defer inside.CloseNow()
	copyTo := func(to, from *websocket.Conn, change func([]byte) []byte) {
		defer to.CloseNow()
		from.SetReadLimit(-1)
		for {
			kind, data, err := from.Read(r.Context())
			if err != nil || to.Write(r.Context(), kind, change(data)) != nil {
				return
			}
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() { copyTo(client, inside, bytes.Clone) })
	copyTo(inside, client, s.rewrite)
	wg.Wait()
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status int, detail string) {
	answer(w, status, map[string]any{"title": "Refused", "status": status, "detail": detail, "code": "refused"})
}

// remotely makes commands go over TLS with the user's token.
func (s *stand) remotely(t *testing.T) {
	t.Setenv("KALPANA_TOKEN", userToken)
	t.Setenv("KALPANA_URL", s.url)
	t.Setenv("KALPANA_CA_FILE", s.caFile)
}

// locally puts the certificate where a server on this machine keeps its authority's.
func (s *stand) locally(t *testing.T) {
	t.Helper()
	data, err := os.ReadFile(s.caFile)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(filepath.Dir(s.socket), "caddy", "pki", "authorities", "local")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "root.crt"), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// authority makes a certificate that vouches for itself.
func authority(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"ws.localhost", "*.agent.localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// inBackground reports whether a command was moved to the background and runs.
func (s *stand) inBackground(t *testing.T) bool {
	t.Helper()
	c, err := bridgeclient.Dial(t.Context(), strings.TrimPrefix(s.inside.URL, "http://"), workspaceKey)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var all bridge.ProcessList
	if err := c.Call(t.Context(), bridge.TypeListProcesses, nil, &all); err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(all.Processes, func(p bridge.Process) bool { return p.Running && p.Background })
}
