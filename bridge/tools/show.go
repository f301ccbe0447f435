package tools

import (
	"fmt"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
)

// showLines numbers lines from first on, and says how to go on when there are more.
func showLines(c bridge.FileContent, first int) string {
	var b strings.Builder
	n := 0
	for line := range strings.Lines(c.Content) {
		fmt.Fprintf(&b, "%6d\t%s", first+n, line)
		n++
	}
	if n > 0 && !strings.HasSuffix(c.Content, "\n") {
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "[%s: lines %d–%d of %d, hash %s", c.Path, first, first+max(n, 1)-1, c.TotalLines, c.Hash)
	if c.Truncated {
		fmt.Fprintf(&b, "; go on with startLine %d", first+n)
	}
	b.WriteString("]")
	return b.String()
}

func showEntry(e bridge.Entry) string {
	name := e.Path
	if e.Type == bridge.EntryDirectory {
		return name + "/"
	}
	if e.Type != bridge.EntryFile {
		return fmt.Sprintf("%s (%s)", name, e.Type)
	}
	return fmt.Sprintf("%s (%d bytes, %s)", name, e.Size, e.ModifiedAt.Format("2006-01-02 15:04:05Z"))
}

func showList(l bridge.FileList) string {
	var b strings.Builder
	for _, e := range l.Entries {
		b.WriteString(e.Path)
		switch e.Type {
		case bridge.EntryDirectory:
			b.WriteByte('/')
		case bridge.EntryFile:
			fmt.Fprintf(&b, "  %d", e.Size)
		default:
			b.WriteString("  (" + e.Type + ")")
		}
		b.WriteByte('\n')
	}
	switch {
	case len(l.Entries) == 0:
		return "nothing there"
	case l.Truncated:
		b.WriteString("[there are more]")
	}
	return b.String()
}

// showMatches groups lines by file, as ripgrep does.
func showMatches(r bridge.SearchResult) string {
	if len(r.Matches) == 0 {
		return "no match"
	}
	var b strings.Builder
	file := ""
	for _, m := range r.Matches {
		if m.Path != file {
			if file != "" {
				b.WriteByte('\n')
			}
			file = m.Path
			b.WriteString(file + "\n")
		}
		mark := ':'
		if m.Neighbour {
			mark = '-'
		}
		fmt.Fprintf(&b, "%d%c%s\n", m.Line, mark, m.Text)
	}
	if r.Truncated {
		b.WriteString("[there are more; narrow the search]")
	}
	return b.String()
}

func showResult(r bridge.CommandResult) string {
	var b strings.Builder
	b.WriteString(r.Output)
	if r.Output != "" && !strings.HasSuffix(r.Output, "\n") {
		b.WriteByte('\n')
	}
	if r.OmittedBytes > 0 {
		fmt.Fprintf(&b, "[%d bytes of the middle are left out; attachProcess %s shows the latest]\n", r.OmittedBytes, r.ProcessID)
	}
	switch {
	case r.Running:
		fmt.Fprintf(&b, "[still running as process %s after %.1f s; see attachProcess and signalProcess]", r.ProcessID, float64(r.DurationMillis)/1000)
	case r.Signal != "":
		fmt.Fprintf(&b, "[ended by signal %s after %.1f s]", r.Signal, float64(r.DurationMillis)/1000)
	case r.ExitCode != nil:
		fmt.Fprintf(&b, "[exit code %d after %.1f s]", *r.ExitCode, float64(r.DurationMillis)/1000)
	}
	if len(r.Left) > 0 {
		fmt.Fprintf(&b, "\n[it left processes running: %v]", r.Left)
	}
	return b.String()
}

func showProcess(p bridge.Process) string {
	state := "running"
	switch {
	case p.Signal != "":
		state = "ended by signal " + p.Signal
	case p.ExitCode != nil:
		state = fmt.Sprintf("exit code %d", *p.ExitCode)
	}
	return fmt.Sprintf("%s  %s  since %s  %d bytes of output  %s", p.ProcessID, state, p.StartedAt.UTC().Format("15:04:05Z"), p.OutputBytes, p.Command)
}

func showPorts(l bridge.PortList) string {
	if len(l.Ports) == 0 {
		return "nothing listens"
	}
	var b strings.Builder
	for _, p := range l.Ports {
		fmt.Fprintf(&b, "%d on %s  %s\n", p.Port, p.Address, p.Process)
	}
	return b.String()
}

func showStatus(g bridge.GitState) string {
	var b strings.Builder
	fmt.Fprintf(&b, "repository %s, branch %s at %.12s", g.Root, g.Branch, g.Commit)
	if g.Upstream != "" {
		fmt.Fprintf(&b, ", %d ahead and %d behind %s", g.Ahead, g.Behind, g.Upstream)
	}
	b.WriteByte('\n')
	for _, f := range g.Files {
		fmt.Fprintf(&b, "%s%s %s", f.Index, f.Worktree, f.Path)
		if f.OldPath != "" {
			b.WriteString(" (was " + f.OldPath + ")")
		}
		b.WriteByte('\n')
	}
	if len(g.Files) == 0 {
		b.WriteString("nothing differs\n")
	}
	if g.Truncated {
		b.WriteString("[there are more]\n")
	}
	return b.String()
}

func showDiff(d bridge.Diff) string {
	if d.Diff == "" {
		return "no difference"
	}
	end := ""
	if d.Truncated {
		end = "\n[the rest is left out]"
	}
	return fmt.Sprintf("%d files, +%d -%d lines\n%s%s", d.Files, d.Added, d.Removed, d.Diff, end)
}

func showCheckpoint(c bridge.Checkpoint) string {
	s := fmt.Sprintf("%s  %s  %s", c.ID, c.CreatedAt.UTC().Format("2006-01-02 15:04:05Z"), c.Message)
	if c.Unchanged {
		s += "  (nothing has changed since)"
	}
	if len(c.Skipped) > 0 {
		s += fmt.Sprintf("  (too large, left out: %s)", strings.Join(c.Skipped, ", "))
	}
	return s
}

// showChange shows what a file's change is, and whether that is all of it.
func showChange(f bridge.FileInfo) string {
	if f.DiffTruncated {
		return f.Diff + "[the rest is left out]"
	}
	return f.Diff
}
