package git

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
)

const (
	defaultCommits = 20

	// How much of a commit is shown. MaxMatches commits must fit into one message; these are
	// far more than what people write, but commits come from anywhere.
	maxNameChars    = 100
	maxSubjectChars = 300
	maxBodyJSON     = 4 << 10
	maxParents      = 8
)

// logFormat: hash, parents, author, address, time, subject and body, ended by NUL each.
const logFormat = "--format=tformat:%H%x00%P%x00%an%x00%ae%x00%at%x00%s%x00%b"

const logFields = 7

// Log answers gitLog. A branch without commits has an empty log. Of very long subjects,
// bodies (4 KiB) and names only the beginning is given.
func (g *Git) Log(ctx context.Context, req bridge.GitLog) (bridge.GitCommits, error) {
	none := bridge.GitCommits{Commits: []bridge.GitCommitInfo{}}
	if req.Limit < 0 || req.Limit > bridge.MaxMatches {
		return none, bridge.Errorf(bridge.CodeBadRequest, "limit is %d; it must be 1 to %d", req.Limit, bridge.MaxMatches)
	}
	var commits []bridge.GitCommitInfo
	err := g.look(ctx, req.Path, func(r *repository) (err error) {
		commits, err = r.log(ctx, req)
		return err
	})
	if err != nil {
		return none, err
	}
	none.Commits = append(none.Commits, commits...)
	return none, nil
}

func (r *repository) log(ctx context.Context, req bridge.GitLog) ([]bridge.GitCommitInfo, error) {
	state, err := r.commit(ctx, cmp.Or(req.Ref, "HEAD"))
	if err != nil {
		if req.Ref == "" && isCode(err, bridge.CodeNotFound) {
			return nil, nil
		}
		return nil, err
	}
	i := r.look("log", "-z", logFormat, "--no-color", "--no-decorate", "--no-show-signature", "--no-notes", "--no-patch",
		"--encoding=UTF-8", "--max-count="+strconv.Itoa(cmp.Or(req.Limit, defaultCommits)), state)
	if r.spec != "." { // with a pathspec, even for all of it, git leaves out merges
		i.Args = append(i.Args, "--", r.pathspec())
	}
	l := &logReader{}
	i.Output = &tokens{take: l.take}
	if _, err := r.g.do(ctx, i); err != nil {
		return nil, err
	}
	return l.commits, nil
}

// logReader reads what git log prints in logFormat, with -z.
type logReader struct {
	fields  []string
	commits []bridge.GitCommitInfo
}

func (l *logReader) take(token string) error {
	if l.fields = append(l.fields, token); len(l.fields) < logFields {
		return nil
	}
	f := l.fields
	parents := strings.Fields(child.Text(f[1]))
	c := bridge.GitCommitInfo{
		Hash: child.Cut(f[0], maxNameChars), Parents: append([]string{}, parents[:min(len(parents), maxParents)]...),
		Author: child.Cut(f[2], maxNameChars), Email: child.Cut(f[3], maxNameChars), Time: moment(f[4]),
		Subject: child.Cut(f[5], maxSubjectChars), Body: body(f[6]),
	}
	l.commits = append(l.commits, c)
	l.fields = l.fields[:0]
	return nil
}

// body cuts a message so that it takes at most maxBodyJSON.
func body(s string) string {
	s = child.Text(strings.TrimRight(s, "\n"))
	n := len(s)
	for child.JSONSize(s[:n]) > maxBodyJSON {
		n -= max(n/8, 1)
	}
	return strings.ToValidUTF8(s[:n], "")
}

// moment is a Unix time in UTC; the zero time for one that JSON has no words for.
func moment(seconds string) time.Time {
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || n < 0 || n > 253402300799 { // the end of the year 9999
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}
