package git

import (
	"path"
	"strconv"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
)

// maxStatusBytes bounds the JSON of a state: MaxListEntries paths of ordinary length fit.
const maxStatusBytes = 2 << 20

// porcelain reads what `git status --porcelain=v2 -z --branch` prints, token by token.
// Lines of kinds it does not know are skipped, as git's manual asks for.
type porcelain struct {
	state bridge.GitState
	root  string // the repository's folder, which paths are made relative to the workspace with
	size  int
	// renamed: the next token is an old path; lost: of a line that could not be read.
	renamed, lost bool
}

// take takes one token; errEnough says that the state is full.
func (p *porcelain) take(token string) error {
	if p.renamed {
		p.renamed = false
		if p.lost {
			return nil
		}
		file := &p.state.Files[len(p.state.Files)-1]
		file.OldPath = p.path(token)
		p.size += child.JSONSize(file.OldPath)
		return nil
	}
	kind, rest, _ := strings.Cut(token, " ")
	switch kind {
	case "#":
		p.header(rest)
	case "1": // XY sub mH mI mW hH hI path
		return p.changed(rest, 8)
	case "2": // XY sub mH mI mW hH hI score path, then the old path
		before := len(p.state.Files)
		err := p.changed(rest, 9)
		p.renamed, p.lost = true, len(p.state.Files) == before
		return err
	case "u": // XY sub m1 m2 m3 mW h1 h2 h3 path
		return p.changed(rest, 10)
	case "?":
		return p.add("??", rest)
	}
	return nil
}

func (p *porcelain) header(line string) {
	key, value, _ := strings.Cut(line, " ")
	switch key {
	case "branch.oid":
		if value != "(initial)" {
			p.state.Commit = child.Text(value)
		}
	case "branch.head":
		p.state.Branch = child.Text(value)
	case "branch.upstream":
		p.state.Upstream = child.Text(value)
	case "branch.ab": // +ahead -behind
		ahead, behind, _ := strings.Cut(value, " ")
		p.state.Ahead = count(ahead, "+")
		p.state.Behind = count(behind, "-")
	}
}

func count(s, sign string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(s, sign))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// changed takes a line of n fields, of which the first is XY and the last the path.
func (p *porcelain) changed(line string, n int) error {
	fields := strings.SplitN(line, " ", n)
	if len(fields) != n || len(fields[0]) != 2 {
		return nil
	}
	return p.add(fields[0], fields[n-1])
}

func (p *porcelain) add(xy, file string) error {
	if file == "" {
		return nil
	}
	f := bridge.GitFile{Path: p.path(file), Index: child.Text(xy[:1]), Worktree: child.Text(xy[1:])}
	const perFile = 60 // names of members and what is around them
	p.size += child.JSONSize(f.Path) + perFile
	if len(p.state.Files) == bridge.MaxListEntries || p.size > maxStatusBytes {
		return errEnough
	}
	p.state.Files = append(p.state.Files, f)
	return nil
}

// path is relative to the workspace. A repository inside this one ends in "/" to git.
func (p *porcelain) path(file string) string { return child.Text(path.Join(p.root, file)) }
