package search

import (
	"strconv"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
)

const (
	defaultLimit = 100
	maxContext   = 5

	// maxQueryBytes is longer than any pattern that people write, and what ripgrep
	// compiles within its own limits.
	maxQueryBytes = 8 << 10

	// maxFileBytes is the largest file that is searched: sources are smaller, and dumps
	// would only cost time.
	maxFileBytes = 20 << 20
)

// check refuses what makes no sense and fills in defaults.
func check(req *bridge.Search) error {
	switch {
	case req.Query == "":
		return bridge.Errorf(bridge.CodeBadPattern, "query is empty")
	case len(req.Query) > maxQueryBytes:
		return bridge.Errorf(bridge.CodeBadPattern, "query is longer than %d bytes", maxQueryBytes)
	case strings.ContainsRune(req.Query, 0):
		return bridge.Errorf(bridge.CodeBadPattern, "query holds a NUL byte; files with one are binary and not searched")
	case req.Context < 0 || req.Context > maxContext:
		return bridge.Errorf(bridge.CodeBadRequest, "context is %d; it must be 0 to %d", req.Context, maxContext)
	case req.Limit < 0 || req.Limit > bridge.MaxMatches:
		return bridge.Errorf(bridge.CodeBadRequest, "limit is %d; it must be 1 to %d", req.Limit, bridge.MaxMatches)
	case req.Limit == 0:
		req.Limit = defaultLimit
	}
	return nil
}

// arguments are ripgrep's, without what is searched.
func arguments(req bridge.Search, wanted *filter) []string {
	args := []string{
		"--no-config", "--json", "--sort=path", "--no-messages", "--no-follow",
		"--line-buffered", // what was found is not lost when ripgrep is killed
		// Only .gitignore counts, with or without .git beside it, and no settings of users.
		"--hidden", "--no-require-git", "--no-ignore-dot", "--no-ignore-exclude", "--no-ignore-global",
		"--glob=!.git",
		"--crlf", // so that $ matches at the end of lines from Windows
		"--regex-size-limit=10M", "--dfa-size-limit=10M",
		"--max-filesize=" + strconv.Itoa(maxFileBytes),
		"--max-count=" + strconv.Itoa(req.Limit+1), // one more tells that there are more
		"--context=" + strconv.Itoa(req.Context),
		"--regexp=" + req.Query,
	}
	if req.IncludeIgnored {
		args = append(args, "--no-ignore")
	}
	if req.Literal {
		args = append(args, "--fixed-strings")
	}
	if req.WholeWord {
		args = append(args, "--word-regexp")
	}
	switch {
	case req.CaseSensitive == nil:
		args = append(args, "--smart-case")
	case *req.CaseSensitive:
		args = append(args, "--case-sensitive")
	default:
		args = append(args, "--ignore-case")
	}
	return append(args, wanted.hints()...)
}
