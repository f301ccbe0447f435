package bridgeserver

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/kalpana-dev/kalpana/bridge"
)

// workBytes bounds what all requests together hold in memory while they run. A file of
// MaxFileBytes counts fourfold (bytes, text, JSON, send buffer), so three such at once;
// in the smallest workspaces the editor needs the rest.
const workBytes = 128 << 20

// Config is what a Server needs to know.
type Config struct {
	// KeySHA256 is the SHA-256 of the workspace's key, in 64 hex digits. The key itself
	// is not known here, so that `docker inspect` shows nobody a secret.
	KeySHA256 string
	// Root is the folder that file requests are confined to. It must exist.
	Root string
	// EditorSocket is the Unix socket of the editor. It need not exist yet.
	EditorSocket string
	Log          *slog.Logger
}

// Server answers on both ports. Make it with New, end it with Close.
type Server struct {
	key        keyHash
	root       *os.Root
	editor     *editor
	log        *slog.Logger
	operations map[string]operation
	work       *semaphore.Weighted
	// slots holds one value per open WebSocket.
	slots chan struct{}
	// life ends with Close; sockets counts the handlers that must end then.
	life    context.Context
	endLife context.CancelFunc
	sockets sync.WaitGroup
}

// New returns a Server, or what is wrong with cfg.
func New(cfg Config) (*Server, error) {
	key, err := parseKeyHash(cfg.KeySHA256)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(cfg.Root)
	if err != nil {
		return nil, fmt.Errorf("open the workspace folder %s: %w", cfg.Root, err)
	}
	s := &Server{
		key:    key,
		root:   root,
		editor: newEditor(cfg.EditorSocket, cfg.Log),
		log:    cfg.Log,
		work:   semaphore.NewWeighted(workBytes),
		slots:  make(chan struct{}, bridge.MaxConnections),
	}
	files := &files{root: root, escapes: escapeError(root)}
	s.operations = map[string]operation{
		bridge.TypePing:      ping,
		bridge.TypeReadFile:  files.read,
		bridge.TypeWriteFile: files.write,
		bridge.TypeListFiles: files.list,
	}
	s.life, s.endLife = context.WithCancel(context.Background())
	return s, nil
}

// Close ends all WebSockets, waits for their requests, and lets go of the folder. The
// handlers must get no new requests any more.
func (s *Server) Close() error {
	s.endLife()
	s.sockets.Wait()
	s.editor.close()
	return s.root.Close()
}

// Editor is the handler of port 8080: the editor, for those who have the key.
func (s *Server) Editor() http.Handler { return s.requireKey(s.editor) }

// API is the handler of port 3001.
func (s *Server) API() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", health)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("GET /{$}", s.socket)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		problem(w, http.StatusNotFound, bridge.CodeNotFound, "the bridge serves GET /, /healthz and /readyz")
	})
	return s.requireKey(mux)
}

// Health answers /healthz without asking for the key. It is for a listener that only
// programs inside the container reach: the image's own health check.
func (s *Server) Health() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", health)
	return mux
}

func health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"status":"ok"}`+"\n")
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if err := s.editor.ready(r.Context()); err != nil {
		w.Header().Set("Retry-After", "1")
		problem(w, http.StatusServiceUnavailable, bridge.CodeEditorStarting, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"status":"ready"}`+"\n")
}
