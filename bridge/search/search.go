package search

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
	"github.com/kalpana-dev/kalpana/bridge/files"
)

const (
	// timeLimit is how long one search may take: longer than a gigabyte of sources needs,
	// shorter than people wait.
	timeLimit = 10 * time.Second

	// memoryLimit bounds ripgrep's memory. It notes every match of a line, and so needs
	// 1 GB for a 20 MB line of one letter; honest searches need some 20 MB.
	memoryLimit = 512 << 20

	// maxWords is how much of ripgrep's complaint about a pattern is passed on.
	maxWords = 1000
)

// Runner starts and awaits processes; see child.Runner.
type Runner = child.Runner

// Search searches one workspace. Safe for concurrent use.
type Search struct {
	root    *os.Root
	run     Runner
	timeout time.Duration
}

// New returns a Search of the workspace root, which the caller closes. ripgrep (rg) must
// be in the PATH.
func New(root *os.Root, run Runner) *Search {
	return &Search{root: root, run: run, timeout: timeLimit}
}

// Search answers a search request. A file that is named by Path itself is searched even
// if .gitignore excludes it; one that is binary gives no matches.
func (s *Search) Search(ctx context.Context, req bridge.Search) (bridge.SearchResult, error) {
	if err := check(&req); err != nil {
		return bridge.SearchResult{}, err
	}
	p, err := files.Clean(s.root.Name(), cmp.Or(req.Path, "."))
	if err != nil {
		return bridge.SearchResult{}, err
	}
	wanted, err := newFilter(req.Include, req.Exclude)
	if err != nil {
		return bridge.SearchResult{}, err
	}
	file, info, err := child.Open(s.root, p)
	if err != nil {
		return bridge.SearchResult{}, err
	}
	defer file.Close()
	found := &collector{base: p, single: !info.IsDir(), wanted: wanted, limit: req.Limit}
	rg := child.Program{
		Name: "rg", Args: arguments(req, wanted), Output: found, Memory: memoryLimit,
		Env: []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"},
	}
	if info.IsDir() {
		rg.Args = append(rg.Args, "--", "./")
		rg.Dir = file
	} else {
		if info.Size() > maxFileBytes {
			return bridge.SearchResult{}, bridge.Errorf(bridge.CodeTooLarge,
				"%s has more than %d MB; files that large are not searched", child.Clip(p), maxFileBytes>>20)
		}
		// The open file, not its name: ripgrep would follow a link put in its place.
		rg.Args = append(rg.Args, "--", "-")
		rg.Stdin = file
	}
	timed, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	result, err := child.Run(timed, s.run, rg)
	if err := found.ended(ctx, result, err); err != nil {
		return bridge.SearchResult{}, err
	}
	return found.answer(), nil
}

// ended judges how ripgrep ended; ctx is the request's own.
func (c *collector) ended(ctx context.Context, result child.Result, err error) error {
	if killed, ok := errors.AsType[*child.KilledError](err); ok {
		c.truncated = true
		if c.found > 0 {
			return nil
		}
		return bridge.Errorf(bridge.CodeTooLarge, "the search was ended (%s), most likely for want of memory: a file holds a very long line; search in a folder without it", killed.Signal)
	}
	switch {
	case err == nil && result.ExitCode == 2 && result.Stderr != "":
		return bridge.Errorf(bridge.CodeBadPattern, "ripgrep cannot read the query: %s", words(result.Stderr))
	case err == nil: // with 2 and nothing said, some files could not be read
		return nil
	case errors.Is(err, errEnough), errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		c.truncated = true
		return nil
	}
	return err
}

// words is the beginning of what ripgrep says about a pattern.
func words(stderr string) string {
	stderr = strings.TrimPrefix(strings.TrimSpace(stderr), "rg: ")
	return child.Cut(stderr, maxWords)
}

func (c *collector) answer() bridge.SearchResult {
	matches := append(c.matches, c.current...)
	slices.SortStableFunc(matches, func(a, b bridge.SearchMatch) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
	if matches == nil {
		matches = []bridge.SearchMatch{}
	}
	return bridge.SearchResult{Matches: matches, Truncated: c.truncated}
}
