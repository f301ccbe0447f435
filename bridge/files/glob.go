package files

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

const (
	// globTimeout bounds a glob. What was found until then is the answer: half a million
	// files are listed in that time.
	globTimeout = 5 * time.Second
	// globLimit is how many paths are wanted by default.
	globLimit = 200
	// killDelay is how long a killed process may take to be gone.
	killDelay = 2 * time.Second
	// maxErrorBytes is how much is kept of what a process says when it fails.
	maxErrorBytes = 4 << 10
)

// Glob answers glob: regular files that the pattern matches, newest first. If it takes
// too long the answer is what was found so far, and truncated.
func (f *Files) Glob(ctx context.Context, req bridge.Glob) (bridge.GlobResult, error) {
	if req.Path == "" {
		req.Path = "."
	}
	p, err := f.clean(req.Path)
	if err != nil {
		return bridge.GlobResult{}, err
	}
	if req.Limit < 0 {
		return bridge.GlobResult{}, bridge.Errorf(bridge.CodeBadRequest, "limit must not be negative")
	}
	matches, err := compile(req.Pattern)
	if err != nil {
		return bridge.GlobResult{}, err
	}
	newest := &newest{limit: min(cmp.Or(req.Limit, globLimit), bridge.MaxMatches)}
	inGit := slices.Contains(strings.Split(p, "/"), ".git")
	timed, cancel := context.WithTimeout(ctx, globTimeout)
	defer cancel()
	err = f.ripgrepFiles(timed, p, req.IncludeIgnored, func(name string) {
		if inGit || !matches(name) {
			return
		}
		// It may have vanished, or become something else, since it was listed.
		full := path.Join(p, name)
		if info, err := f.root.Lstat(full); err == nil && info.Mode().IsRegular() {
			newest.add(entry(full, info))
		}
	})
	switch {
	case ctx.Err() != nil:
		return bridge.GlobResult{}, ctx.Err()
	case timed.Err() != nil:
		newest.more = true
	case err != nil:
		return bridge.GlobResult{}, err
	}
	return bridge.GlobResult{Files: newest.sorted(), Truncated: newest.more}, nil
}

// ripgrepFiles calls found with the paths, relative to p, of all files below p that no
// .gitignore excludes, or of all.
func (f *Files) ripgrepFiles(ctx context.Context, p string, ignored bool, found func(name string)) error {
	dir, err := f.listing(p)
	if err != nil {
		return f.explain(p, err)
	}
	defer dir.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	args := []string{"--files", "--null", "--hidden", "--glob=!.git", "--no-config", "--no-messages", "--no-ignore-messages", "--no-follow",
		"--no-require-git", "--no-ignore-global", "--no-ignore-exclude"}
	if p == "." {
		args = append(args, "--no-ignore-parent") // what lies around the workspace has no say in it
	}
	if ignored {
		args = append(args, "--no-ignore")
	}
	cmd := exec.CommandContext(ctx, "rg", args...)
	// The directory that was opened, not the path: nobody can put a link in its place.
	cmd.Dir = fmt.Sprintf("/proc/self/fd/%d", dir.Fd())
	cmd.Env = []string{"LC_ALL=C.UTF-8"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = killDelay
	complaint := &limitedBuffer{}
	cmd.Stderr = complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("list files with ripgrep: %w", err)
	}
	if err := f.run.Start(cmd); err != nil {
		return fmt.Errorf("list files with ripgrep: %w", err)
	}
	names := bufio.NewScanner(out)
	names.Buffer(make([]byte, copyBuffer), copyBuffer) // many times the longest path there is
	names.Split(splitNUL)
	for ctx.Err() == nil && names.Scan() {
		found(names.Text())
	}
	scanErr := names.Err()
	if scanErr != nil {
		cancel() // or it would wait for a reader
	}
	err = f.run.Wait(cmd)
	if ctx.Err() != nil && scanErr == nil {
		return ctx.Err()
	}
	// 1: there are no files. 2 without a word: some could not be listed.
	exit, ok := errors.AsType[*exec.ExitError](err)
	if ok && (exit.ExitCode() == 1 || exit.ExitCode() == 2 && len(complaint.kept) == 0) {
		err = nil
	}
	if err = cmp.Or(scanErr, err); err != nil {
		return fmt.Errorf("list files with ripgrep: %w: %s", err, complaint.kept)
	}
	return nil
}

// splitNUL is a bufio.SplitFunc for what ends in NUL bytes.
func splitNUL(data []byte, _ bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return i + 1, data[:i], nil
	}
	return 0, nil, nil // what a killed process began is no path
}

// limitedBuffer keeps the first maxErrorBytes that are written to it.
type limitedBuffer struct{ kept []byte }

// Write implements io.Writer; it never fails.
func (b *limitedBuffer) Write(p []byte) (int, error) {
	b.kept = append(b.kept, p[:min(len(p), maxErrorBytes-len(b.kept))]...)
	return len(p), nil
}

// newest keeps the entries that changed last, in a heap with the oldest at its top.
type newest struct {
	limit   int
	entries []bridge.Entry
	more    bool // there were more than limit
}

func (n *newest) add(e bridge.Entry) {
	heap.Push(n, e)
	if len(n.entries) > n.limit {
		heap.Pop(n)
		n.more = true
	}
}

// sorted returns the entries, newest first, those of the same time by path.
func (n *newest) sorted() []bridge.Entry {
	entries := append([]bridge.Entry{}, n.entries...)
	slices.SortFunc(entries, func(a, b bridge.Entry) int { return newerFirst(a, b) })
	return entries
}

func newerFirst(a, b bridge.Entry) int {
	return cmp.Or(b.ModifiedAt.Compare(a.ModifiedAt), strings.Compare(a.Path, b.Path))
}

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (n *newest) Len() int           { return len(n.entries) }
func (n *newest) Less(i, j int) bool { return newerFirst(n.entries[i], n.entries[j]) > 0 }
func (n *newest) Swap(i, j int)      { n.entries[i], n.entries[j] = n.entries[j], n.entries[i] }
func (n *newest) Push(e any)         { n.entries = append(n.entries, e.(bridge.Entry)) }
func (n *newest) Pop() any {
	last := n.entries[len(n.entries)-1]
	n.entries = n.entries[:len(n.entries)-1]
	return last
}
