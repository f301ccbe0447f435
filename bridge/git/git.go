package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
)

// Runner starts and awaits processes; see child.Runner.
type Runner = child.Runner

const (
	// lookTime is how long one look at a repository may take: the first status of a large
	// one on a slow disk takes some ten seconds.
	lookTime = 30 * time.Second

	// commitTime is how long a commit may take: hooks run linters and tests.
	commitTime = 10 * time.Minute
)

// Git works on the repositories of one workspace. Safe for concurrent use.
type Git struct {
	root        *os.Root
	run         Runner
	checkpoints *store
	// cloning holds one value per clone under way.
	cloning chan struct{}
	// swept is when the clones that a crash left are gone.
	swept sync.Once
}

// New returns a Git for the workspace root, which the caller closes. Checkpoints are kept
// in stateDir, an absolute path outside the workspace, which is made when it is needed.
// git 2.38 or newer must be in the PATH.
func New(root *os.Root, stateDir string, run Runner) *Git {
	g := &Git{root: root, run: run, cloning: make(chan struct{}, maxClones)}
	g.checkpoints = newStore(g, stateDir)
	return g
}

// invocation is one run of git.
type invocation struct {
	child.Program
	// hide is replaced in messages: the workspace's absolute path.
	hide string
	time time.Duration
}

// do runs git. Its exit code is an error, git_failed, unless allowed.
func (g *Git) do(ctx context.Context, i invocation, allowed ...int) (child.Result, error) {
	result, err := g.end(ctx, i)
	if err != nil || result.ExitCode == 0 || slices.Contains(allowed, result.ExitCode) {
		return result, err
	}
	return result, i.failed(result)
}

// end runs git to its end.
func (g *Git) end(ctx context.Context, i invocation) (child.Result, error) {
	i.Name = "git"
	timed, cancel := context.WithTimeout(ctx, i.time)
	defer cancel()
	result, err := child.Run(timed, g.run, i.Program)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			return result, bridge.Errorf(bridge.CodeGitFailed, "git %s took longer than %s and was stopped", i.Args[0], i.time)
		}
		if _, ok := errors.AsType[*child.KilledError](err); ok {
			return result, bridge.Errorf(bridge.CodeGitFailed, "git %s was ended (%v), perhaps for want of memory", i.Args[0], err)
		}
	}
	return result, err
}

// failed is git's refusal in its own words, without the container's paths.
func (i invocation) failed(result child.Result) error {
	words := child.Text(strings.TrimSpace(result.Stderr))
	if i.hide != "" && i.hide != "/" {
		words = strings.ReplaceAll(strings.ReplaceAll(words, i.hide+"/", ""), i.hide, "the workspace")
	}
	if words == "" {
		words = fmt.Sprintf("exit code %d", result.ExitCode)
	}
	if strings.Contains(words, "No space left on device") {
		return bridge.Errorf(bridge.CodeDiskFull, "git %s: the disk is full: %s", i.Args[0], words)
	}
	return bridge.Errorf(bridge.CodeGitFailed, "git %s: %s", i.Args[0], words)
}

// output runs git and returns what it prints without the last end of line.
func (g *Git) output(ctx context.Context, i invocation, allowed ...int) (string, child.Result, error) {
	out := &limited{most: 64 << 10} // hashes, names and paths
	i.Output = out
	result, err := g.do(ctx, i, allowed...)
	return strings.TrimSuffix(string(out.kept), "\n"), result, err
}

// errEnough ends a program that printed more than is wanted.
var errEnough = errors.New("more output than wanted")

// limited keeps the first bytes and ends the program after them.
type limited struct {
	kept []byte
	most int
}

func (l *limited) Write(b []byte) (int, error) {
	n := min(len(b), l.most-len(l.kept))
	l.kept = append(l.kept, b[:n]...)
	if n < len(b) {
		return n, errEnough
	}
	return n, nil
}
