package workbench

import (
	"context"
	"os"
	"path/filepath"
	"sync"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
	"github.com/kalpana-dev/kalpana/bridge/files"
)

// Options are what New needs. All are required unless they have a default.
type Options struct {
	// Root is the workspace folder. The caller closes it.
	Root *os.Root
	// Hold keeps the editor from starting until Start.
	Hold bool
	// DataDir is the editor's own folder, with User and extensions in it. Default: there is
	// none, and no tasks are written.
	DataDir string
	// StateDir is a folder for what is kept, made when it is needed.
	StateDir string
	// CLI is the command that installs extensions into DataDir.
	CLI []string
	// Env is its environment.
	Env []string
	Run child.Runner
}

// Workbench is the editor of one workspace, as far as it is told anything. Safe for
// concurrent use.
type Workbench struct {
	o Options
	// installing holds a value while extensions are being installed.
	installing chan struct{}
	started    chan struct{}

	// mu guards what follows.
	mu     sync.Mutex
	begun  bool
	folder string // absolute; empty for the workspace
}

// New returns a Workbench.
func New(o Options) *Workbench {
	w := &Workbench{o: o, installing: make(chan struct{}, 1), started: make(chan struct{})}
	if !o.Hold {
		w.begun = true
		close(w.started)
	}
	return w
}

// Started is closed when the editor may start.
func (w *Workbench) Started() <-chan struct{} { return w.started }

// Folder returns the folder that the editor opens, empty for the workspace itself.
func (w *Workbench) Folder() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.folder
}

// Start answers startEditor: it lets the editor start, once. A folder that is not there any
// more is no reason not to: the workspace itself is opened. Codes: CodeBadRequest,
// CodeTooLarge, those of paths; the editor is held back still then.
func (w *Workbench) Start(_ context.Context, req bridge.StartEditor) error {
	if err := checkTasks(req.Tasks); err != nil {
		return err
	}
	folder, err := w.locate(req.Folder)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.begun {
		return nil
	}
	// Tasks that cannot be written are missing from a menu; the editor is not.
	problem := w.writeTasks(req.Tasks)
	w.begun, w.folder = true, folder
	close(w.started)
	return problem
}

// locate returns the absolute path of a folder of the workspace; "" for the workspace, or
// if it is not there.
func (w *Workbench) locate(folder string) (string, error) {
	if folder == "" {
		return "", nil
	}
	clean, err := files.Clean(w.o.Root.Name(), folder)
	if err != nil {
		return "", err
	}
	info, err := w.o.Root.Stat(clean)
	if err != nil || !info.IsDir() || clean == "." {
		return "", nil
	}
	return filepath.Join(w.o.Root.Name(), clean), nil
}
