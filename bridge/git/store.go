package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge/child"
)

const (
	// storeTime is how long reading from the checkpoints may take.
	storeTime = 30 * time.Second

	// currentRef is the latest snapshot, whether or not it became a checkpoint: what the
	// next one is compared with.
	currentRef = "refs/kalpana/current"

	// checkpointRefs is where checkpoints are, each by its id.
	checkpointRefs = "refs/checkpoints/"
)

// store is the repository of the checkpoints.
type store struct {
	g       *Git
	dir     string // of the repository
	now     func() time.Time
	settled time.Duration
	// turn holds a value while nobody uses the repository. It guards seen, too.
	turn chan struct{}
	// seen are the files of the latest snapshot by path, as far as their state on disk
	// vouches for their contents.
	seen map[string]entry
}

func newStore(g *Git, stateDir string) *store {
	s := &store{g: g, dir: filepath.Join(stateDir, "checkpoints.git"), now: time.Now, settled: settled, turn: make(chan struct{}, 1)}
	s.turn <- struct{}{}
	return s
}

// lock waits for the store and makes it ready for use; the caller calls unlock.
func (s *store) lock(ctx context.Context) (unlock func(), err error) {
	select {
	case <-s.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	unlock = func() { s.turn <- struct{}{} }
	if err := s.prepare(ctx); err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// prepare makes the repository unless it is there, and removes what a bridge that was
// killed left behind: nobody else uses the repository, so every lock in it is stale.
func (s *store) prepare(ctx context.Context) error {
	for _, part := range []string{"HEAD", "config", "objects", "refs"} {
		if _, err := os.Lstat(filepath.Join(s.dir, part)); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("open the checkpoints: %w", err)
		}
		if err := os.MkdirAll(s.dir, 0o700); err != nil {
			return fmt.Errorf("make the folder of the checkpoints: %w", err)
		}
		s.clean()
		i := s.git("init", "--quiet", "--bare", "--template=", "--object-format=sha1", "--initial-branch=none", s.dir)
		i.Env = slices.DeleteFunc(i.Env, func(e string) bool { return strings.HasPrefix(e, "GIT_DIR=") })
		if _, err := s.g.do(ctx, i); err != nil {
			return err
		}
		break
	}
	s.clean()
	return nil
}

func (s *store) clean() {
	for _, pattern := range []string{"*.lock", "gc.pid", "fast_import_crash_*", "objects/pack/tmp_*", "objects/pack/.tmp-*"} {
		stale, _ := filepath.Glob(filepath.Join(s.dir, pattern)) // the pattern is well-formed
		for _, file := range stale {
			_ = os.Remove(file)
		}
	}
	_ = filepath.WalkDir(filepath.Join(s.dir, "refs"), func(file string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.HasSuffix(file, ".lock") {
			_ = os.Remove(file)
		}
		return nil
	})
}

// own is the configuration of the bridge's own git; no file has a say.
var own = []setting{
	anyOwner,
	{"core.hooksPath", "/dev/null"},
	{"core.fsmonitor", "false"},
	{"core.attributesFile", "/dev/null"},
	{"core.excludesFile", "/dev/null"},
	{"core.autocrlf", "false"},
	{"core.quotePath", "false"},
	{"core.logAllRefUpdates", "false"}, // a log would keep what was pruned
	// Names that only Windows and macOS have trouble with.
	{"core.protectNTFS", "false"},
	{"core.protectHFS", "false"},
	{"core.compression", "1"}, // snapshots are to be quick; gc packs better
	{"core.fsync", "committed,loose-object"},
	// One pack is quicker to make durable than a hundred files; gc joins them.
	{"fastimport.unpackLimit", "1"},
	{"gc.auto", "1000"},
	{"gc.autoPackLimit", "30"},
	{"gc.autoDetach", "false"},
	{"gc.pruneExpire", "now"},
	{"gc.cruftPacks", "false"},
	{"pack.threads", "1"},
	{"pack.windowMemory", "32m"},
	{"pack.deltaCacheSize", "32m"},
}

// git is a run of git on the store. Nothing of the user's environment or settings counts.
func (s *store) git(args ...string) invocation {
	return invocation{child.Program{Args: args, Env: append(settings(own),
		"PATH="+os.Getenv("PATH"), "LANG=C.UTF-8", "HOME="+s.dir,
		"GIT_DIR="+s.dir, "GIT_INDEX_FILE="+filepath.Join(s.dir, "no-index"),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0", "GIT_PAGER=cat", "GIT_EDITOR=true",
		"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", "GIT_NO_REPLACE_OBJECTS=1",
		"GIT_AUTHOR_NAME=Kalpana", "GIT_AUTHOR_EMAIL=kalpana@localhost",
		"GIT_COMMITTER_NAME=Kalpana", "GIT_COMMITTER_EMAIL=kalpana@localhost",
	)}, s.dir, storeTime}
}

// tree returns the hash of a revision's tree; "" if there is no such revision.
func (s *store) tree(ctx context.Context, revision string) (string, error) {
	hash, result, err := s.g.output(ctx, s.git("rev-parse", "--verify", "--quiet", revision+"^{tree}"), 1, 128)
	if err != nil || result.ExitCode != 0 {
		return "", err
	}
	return hash, nil
}
