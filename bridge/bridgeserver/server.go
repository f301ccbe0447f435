package bridgeserver

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/credential"
	"github.com/kalpana-dev/kalpana/bridge/environment"
	"github.com/kalpana-dev/kalpana/bridge/files"
	"github.com/kalpana-dev/kalpana/bridge/git"
	"github.com/kalpana-dev/kalpana/bridge/ports"
	"github.com/kalpana-dev/kalpana/bridge/process"
	"github.com/kalpana-dev/kalpana/bridge/search"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
	"github.com/kalpana-dev/kalpana/bridge/tools"
	"github.com/kalpana-dev/kalpana/bridge/workbench"
)

// workBytes bounds what the requests of one connection hold in memory until their answers
// are sent. Contents of MaxInlineBytes count fourfold (bytes, text, JSON, send buffer), so
// four such at once.
const workBytes = 16 << 20

// Config is what a Server needs to know.
type Config struct {
	// KeySHA256 is the SHA-256 of the workspace's key, in 64 hex digits. The key itself
	// is not known here, so that `docker inspect` shows nobody a secret.
	KeySHA256 string
	// Root is the folder that requests are confined to. It must exist.
	Root string
	// StateDir is where checkpoints and the environment are kept: outside Root, made when it
	// is needed.
	StateDir string
	// EditorSocket is the Unix socket of the editor. It need not exist yet.
	EditorSocket string
	// PagesFolder is where the editor's pages have their sockets. Default: what the image's
	// start-editor sets, /tmp/run-UID.
	PagesFolder string
	// HoldEditor keeps MayStart open until the request startEditor.
	HoldEditor bool
	// EditorData is the editor's own folder, EditorCLI the command that installs extensions.
	// Without them there are none to install.
	EditorData string
	EditorCLI  []string
	// EnvironmentScript is where shells find the environment. Default: nowhere.
	EnvironmentScript string
	// Probes are commands that the environment must not break.
	Probes [][]string
	// Children starts all processes.
	Children *supervisor.Children
	// Env is the environment of commands and terminals; see supervisor.ChildEnv.
	Env []string
	// Version is the program's own, for hello.
	Version string
	Log     *slog.Logger
}

// Server answers on both ports. Make it with New, end it with Close.
type Server struct {
	key         keyHash
	root        *os.Root
	editor      *editor
	pages       pages
	states      editorStates
	orders      editorOrders
	log         *slog.Logger
	files       *files.Files
	processes   *process.Processes
	ports       *ports.Ports
	tools       *tools.Server
	credentials *credential.Broker
	environment *environment.Environment
	workbench   *workbench.Workbench
	operations  map[string]operation
	hello       json.RawMessage
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
	env := environment.New(environment.Options{
		Root: root, StateDir: filepath.Join(cfg.StateDir, "environment"), Script: cfg.EnvironmentScript, Env: cfg.Env, Run: cfg.Children, Probes: cfg.Probes, Log: cfg.Log,
	})
	s := &Server{
		key:         key,
		root:        root,
		editor:      newEditor(cfg.EditorSocket, cfg.Log),
		pages:       pages{cmp.Or(cfg.PagesFolder, pagesFolder())},
		log:         cfg.Log,
		files:       files.New(root, cfg.Children),
		processes:   process.New(process.Options{Root: root, Run: cfg.Children, Env: cfg.Env, Extend: env.Process, Log: cfg.Log}),
		ports:       ports.New(ports.Options{Log: cfg.Log}),
		credentials: credential.New(),
		environment: env,
		workbench: workbench.New(workbench.Options{
			Root: root, Hold: cfg.HoldEditor, DataDir: cfg.EditorData, StateDir: cfg.StateDir, CLI: cfg.EditorCLI, Env: cfg.Env, Run: cfg.Children,
		}),
		slots: make(chan struct{}, bridge.MaxConnections),
	}
	s.life, s.endLife = context.WithCancel(context.Background())
	repository := git.New(root, cfg.StateDir, cfg.Children)
	finder := search.New(root, cfg.Children)
	s.tools = tools.New(tools.Options{
		Files: s.files, Processes: s.processes, Ports: s.ports, Git: repository, Search: finder, Version: cfg.Version, Log: cfg.Log,
	})
	s.operations = s.table(repository, finder)
	s.hello = s.greeting(cfg.Version)
	return s, nil
}

// Memory that an operation may hold; see bounded.
const (
	holdsContents = 4 * bridge.MaxInlineBytes
	holdsEdit     = 3 * bridge.MaxEditBytes
	holdsListing  = 5 << 20 // MaxListEntries of 1 KiB each
)

// table says what is done for each type of request.
func (s *Server) table(repository *git.Git, finder *search.Search) map[string]operation {
	return map[string]operation{
		bridge.TypePing: answering(ping),

		bridge.TypeReadFile:      {s.readFile},
		bridge.TypeWriteFile:     {s.writeFile},
		bridge.TypeEditFile:      bounded(holdsEdit, answering(s.files.Edit)),
		bridge.TypeStatFile:      answering(s.files.Stat),
		bridge.TypeMakeDirectory: answering(s.files.MakeDirectory),
		bridge.TypeMoveFile:      answering(s.files.Move),
		bridge.TypeDeleteFile:    answering(s.files.Delete),
		bridge.TypeListFiles:     bounded(holdsListing, answering(s.files.List)),
		bridge.TypeGlob:          bounded(holdsListing, answering(s.files.Glob)),
		bridge.TypeWatchFiles:    streaming(finishing(s.files.Watch)),
		bridge.TypeResolvePaths:  answering(s.files.ResolvePaths),

		bridge.TypeOpenEditor:  answering(done(s.openEditor)),
		bridge.TypeEditorState: answering(withoutInput(s.editorState)),

		bridge.TypeSearch: bounded(holdsContents, answering(finder.Search)),

		bridge.TypeRunCommand:     streaming(s.processes.RunCommand),
		bridge.TypeOpenTerminal:   answering(s.processes.OpenTerminal),
		bridge.TypeListProcesses:  answering(s.listProcesses),
		bridge.TypeAttachProcess:  {s.attachProcess},
		bridge.TypeWriteProcess:   answering(done(s.processes.Write)),
		bridge.TypeResizeTerminal: answering(done(s.processes.Resize)),
		bridge.TypeSignalProcess:  answering(done(s.processes.Signal)),

		bridge.TypeGitStatus:         bounded(holdsListing, answering(repository.Status)),
		bridge.TypeGitDiff:           bounded(holdsContents, answering(repository.Diff)),
		bridge.TypeGitLog:            bounded(holdsContents, answering(repository.Log)),
		bridge.TypeGitCommit:         answering(repository.Commit),
		bridge.TypeGitPrograms:       answering(repository.Programs),
		bridge.TypeCreateCheckpoint:  answering(repository.CreateCheckpoint),
		bridge.TypeListCheckpoints:   answering(withoutInput(repository.ListCheckpoints)),
		bridge.TypeDiffCheckpoint:    bounded(holdsContents, answering(repository.DiffCheckpoint)),
		bridge.TypeRestoreCheckpoint: answering(repository.RestoreCheckpoint),

		bridge.TypeCloneRepository: streaming(repository.CloneRepository),
		bridge.TypeSetIdentity:     answering(repository.SetIdentity),
		bridge.TypeUnpushed:        answering(repository.Unpushed),

		bridge.TypeSetVariables:       answering(s.environment.SetVariables),
		bridge.TypePrepareEnvironment: streaming(s.environment.Prepare),
		bridge.TypeInstallExtensions:  streaming(s.workbench.InstallExtensions),
		bridge.TypeStartEditor:        answering(done(s.workbench.Start)),

		bridge.TypeWatchCredentials: streaming(finishing(s.credentials.Watch)),
		bridge.TypeAnswerCredential: answering(done(s.credentials.Answer)),

		bridge.TypePorts: answering(withoutInput(s.ports.List)),
		bridge.TypeWatchPorts: streaming(func(ctx context.Context, _ struct{}, e emit) (struct{}, error) {
			return struct{}{}, s.ports.Watch(ctx, e)
		}),
	}
}

// MayStart is closed when the editor may start.
func (s *Server) MayStart() <-chan struct{} { return s.workbench.Started() }

// EditorEnv returns the environment that the editor is started with now, made of env: with
// the variables of the user, and the folder to open as WORKSPACE_DIR.
func (s *Server) EditorEnv(env []string) []string {
	if folder := s.workbench.Folder(); folder != "" {
		env = append(slices.Clip(env), "WORKSPACE_DIR="+folder)
	}
	return s.environment.Editor(env)
}

// Close ends all WebSockets, tunnels and processes, waits for their requests, and lets go
// of the folder. The handlers must get no new requests any more.
func (s *Server) Close() error {
	s.endLife()
	s.ports.Close()
	ending, cancel := context.WithTimeout(context.Background(), processGrace)
	defer cancel()
	s.processes.Close(ending)
	s.sockets.Wait()
	s.editor.close()
	return s.root.Close()
}

// processGrace is what commands and terminals get to end by themselves.
const processGrace = 2 * time.Second

// Editor is the handler of port 8080: the editor, for those who have the key.
func (s *Server) Editor() http.Handler { return s.requireKey(s.editor) }

// API is the handler of port 3001.
func (s *Server) API() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", health)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("GET /activity", s.activity)
	mux.HandleFunc("GET /{$}", s.socket)
	mux.Handle("GET /tcp/{port}", s.ports.Tunnel())
	mux.Handle("/mcp", s.tools)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		problem(w, http.StatusNotFound, bridge.CodeNotFound, "the bridge serves GET /, /tcp/{port}, /activity, /healthz and /readyz, and MCP at /mcp")
	})
	return s.requireKey(mux)
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
