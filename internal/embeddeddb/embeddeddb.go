// Package embeddeddb runs a MongoDB-compatible database inside the process: FerretDB
// over SQLite, on a Unix socket in the data directory. One process owns one directory.
package embeddeddb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

// ErrInUse: another process already serves this directory.
var ErrInUse = errors.New("the embedded database is in use by another process")

// DB is a running embedded database. Close it once.
type DB struct {
	uri  string
	dir  string
	lock *os.File
	stop context.CancelFunc
	done chan struct{}
}

// opening: FerretDB writes a variable of its own package whenever one is made.
var opening sync.Mutex

// maxSocketPath is what Linux allows for the path of a Unix socket (sun_path, less the final NUL).
const maxSocketPath = 107

// Open starts the database kept in dir, which is made 0700 if absent.
func Open(dir string, log *slog.Logger) (*DB, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, fmt.Errorf("%w: %s", ErrInUse, dir)
	}
	socket := filepath.Join(dir, "db.sock")
	if len(socket) > maxSocketPath {
		lock.Close()
		return nil, fmt.Errorf("path of the database socket has %d bytes, at most %d are possible: choose a shorter data directory than %s", len(socket), maxSocketPath, dir)
	}
	os.Remove(socket) // left by a process that was killed; the lock says nobody serves it
	opening.Lock()
	f, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{Unix: socket},
		Handler:   "sqlite",
		SQLiteURL: "file:" + (&url.URL{Path: dir}).EscapedPath() + "/",
		Logger:    slog.New(quiet{log.Handler()}),
	})
	opening.Unlock()
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("start embedded database in %s: %w", dir, err)
	}
	if err := os.Chmod(socket, 0o600); err != nil {
		lock.Close()
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	db := &DB{uri: "mongodb://" + url.PathEscape(socket) + "/kalpana", dir: dir, lock: lock, stop: stop, done: make(chan struct{})}
	go func() {
		defer close(db.done)
		f.Run(ctx)
	}()
	return db, nil
}

// URI is what a MongoDB driver connects to.
func (d *DB) URI() string { return d.uri }

// Close stops the database after the connections have ended and waits for it.
// Close every client first.
func (d *DB) Close() error {
	d.stop()
	<-d.done
	return d.lock.Close()
}

// quiet lets only what an operator must see through: FerretDB reports every refused
// command, a duplicate key among them, as a warning.
type quiet struct{ slog.Handler }

func (q quiet) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }
func (q quiet) WithAttrs(a []slog.Attr) slog.Handler         { return quiet{q.Handler.WithAttrs(a)} }
func (q quiet) WithGroup(n string) slog.Handler              { return quiet{q.Handler.WithGroup(n)} }
