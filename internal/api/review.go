package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/redact"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// ReviewOptions let people read in running workspaces, and no more than that.
type ReviewOptions struct {
	// Ask gives do a connection to the bridge of a running workspace and closes it after.
	Ask func(ctx context.Context, w workspace.Workspace, do func(BridgeCaller) error) error
	// SecretsOf are values that no text about a user's workspaces may show.
	SecretsOf func(ctx context.Context, userID string) ([]string, error)
}

// BridgeCaller asks a bridge for one thing; *bridgeclient.Client is one.
type BridgeCaller interface {
	Call(ctx context.Context, kind string, payload, out any) error
}

// Review is what a reviewer sees of a workspace at a glance.
type Review struct {
	Running   bool           `json:"running" doc:"Nothing else is known of one that does not run."`
	Folder    string         `json:"folder" doc:"The repository, or the folder that the editor shows, relative to /workspace."`
	Branch    string         `json:"branch" doc:"Empty when none is checked out."`
	Changes   []ReviewChange `json:"changes" nullable:"false" doc:"What differs from the last commit, at most 1000 files, by path."`
	Truncated bool           `json:"truncated" doc:"There are more changes."`
	OpenFiles []ReviewOpen   `json:"openFiles" nullable:"false" doc:"What VS Code shows at the moment, as far as is known."`
	UpdatedAt time.Time      `json:"updatedAt"`
}

// ReviewChange is a file that differs from the last commit.
type ReviewChange struct {
	Path    string `json:"path" doc:"Relative to /workspace, as all paths."`
	Status  string `json:"status" enum:"added,modified,deleted,renamed,untracked"`
	Added   int    `json:"added" doc:"Lines; 0 of a binary file, and of one that is not tracked."`
	Removed int    `json:"removed"`
}

// ReviewOpen is a file that is open in VS Code.
type ReviewOpen struct {
	Path   string `json:"path"`
	Active bool   `json:"active" doc:"It has the cursor."`
	Line   int    `json:"line" doc:"Where the cursor is, from 1; 0 if that is not known."`
}

// ReviewFile is the text of a file.
type ReviewFile struct {
	Path      string  `json:"path"`
	Text      *string `json:"text" doc:"At most 512 KiB; null when it is no text. Values of the owner's secret variables, and what looks like a key, are masked."`
	Size      int64   `json:"size"`
	Truncated bool    `json:"truncated"`
}

// ReviewDiff is what differs in a file from the last commit.
type ReviewDiff struct {
	Diff      string `json:"diff" doc:"A unified diff, masked like the text of a file. Empty when nothing differs."`
	Truncated bool   `json:"truncated"`
}

// ReviewEntry is a name in a folder.
type ReviewEntry struct {
	Name   string `json:"name"`
	Folder bool   `json:"folder"`
	Size   int64  `json:"size"`
}

const (
	// reviewBytes is how much of a file a reviewer is shown.
	reviewBytes = 512 << 10
	// reviewChanges and reviewEntries bound the lists.
	reviewChanges = 1000
	reviewEntries = 2000
	// reviewFor is how long a workspace may take to answer.
	reviewFor = 10 * time.Second
	// reviewFresh is how long a glance serves everybody who asks: git looks at every file.
	reviewFresh = 2 * time.Second
	// reviewAtOnce is how many reviewers' questions a workspace has to answer at a time.
	reviewAtOnce = 4
)

type reviewPathInput struct {
	ID   string `path:"id" maxLength:"64"`
	Path string `query:"path" maxLength:"4096" doc:"Relative to /workspace."`
}

type reviewOutput struct{ Body Review }

// reviewed finds a workspace for who may view it; running says that it has to run.
func (s *Server) reviewed(ctx context.Context, id string, running bool) (workspace.Workspace, error) {
	w, err := s.with(ctx, id, workspace.RightView)
	if err == nil && running && w.Status != workspace.StatusRunning {
		return w, problem(409, "not_running", "The workspace does not run, so its files cannot be read. Somebody who may use it can start it.")
	}
	return w, err
}

func (s *Server) registerReview(o ReviewOptions) {
	const base = workspaceBase + "/review"
	v := &reviewer{server: s, options: o, desks: map[string]*reviewDesk{}}
	huma.Register(s.api, operation("GET", base, "review-workspace", "What is changed and open in a workspace", 200), func(ctx context.Context, in *workspaceInput) (*reviewOutput, error) {
		w, err := s.reviewed(ctx, in.ID, false)
		if err != nil {
			return nil, err
		}
		if w.Status != workspace.StatusRunning {
			return &reviewOutput{Review{Folder: w.Folder, Changes: []ReviewChange{}, OpenFiles: []ReviewOpen{}, UpdatedAt: time.Now().UTC()}}, nil
		}
		glance, err := v.glance(ctx, w)
		if err != nil {
			return nil, err
		}
		return &reviewOutput{glance}, nil
	})
	type fileOutput struct{ Body ReviewFile }
	huma.Register(s.api, operation("GET", base+"/file", "review-file", "The text of a file", 200, described("Every file of the workspace can be read but for what git keeps for itself, so .env, too. Values of the owner's secret variables and logins, and what looks like a key of a well-known kind, are masked; secrets of other kinds are not: share with those who may see them.")), func(ctx context.Context, in *reviewPathInput) (*fileOutput, error) {
		out := &fileOutput{}
		return out, v.read(ctx, in, func(ctx context.Context, _ workspace.Workspace, c BridgeCaller, p string, mask *redact.Redactor) (err error) {
			out.Body, err = readForReview(ctx, c, p, mask)
			return err
		})
	})
	type diffOutput struct{ Body ReviewDiff }
	huma.Register(s.api, operation("GET", base+"/diff", "review-diff", "What differs in a file, or below a folder, from the last commit", 200), func(ctx context.Context, in *reviewPathInput) (*diffOutput, error) {
		out := &diffOutput{}
		return out, v.read(ctx, in, func(ctx context.Context, _ workspace.Workspace, c BridgeCaller, p string, mask *redact.Redactor) (err error) {
			out.Body, err = diffForReview(ctx, c, p, mask)
			return err
		})
	})
	huma.Register(s.api, operation("GET", base+"/files", "review-files", "What is in a folder: folders first, without .git", 200), func(ctx context.Context, in *reviewPathInput) (*list[ReviewEntry], error) {
		var entries []ReviewEntry
		err := v.read(ctx, in, func(ctx context.Context, _ workspace.Workspace, c BridgeCaller, p string, _ *redact.Redactor) (err error) {
			entries, err = listForReview(ctx, c, p)
			return err
		})
		if err != nil {
			return nil, err
		}
		return listOf(entries, ""), nil
	})
}

// described adds a longer text to an operation.
func described(text string) func(*huma.Operation) {
	return func(o *huma.Operation) { o.Description = text }
}

// reviewer asks workspaces for those who review them, no workspace too much.
type reviewer struct {
	server  *Server
	options ReviewOptions

	mu    sync.Mutex
	desks map[string]*reviewDesk // by workspace, while somebody is at it
}

// reviewDesk is where the questions about one workspace come in.
type reviewDesk struct {
	people int // guarded by the mu of reviewer
	turns  chan struct{}

	mu     sync.Mutex // held while a glance is made
	glance Review
	of     int64 // the start of the workspace that it is of
	made   time.Time
}

// at gives f a turn at the desk of a workspace.
func (v *reviewer) at(ctx context.Context, id string, f func(*reviewDesk) error) error {
	v.mu.Lock()
	d := v.desks[id]
	if d == nil {
		d = &reviewDesk{turns: make(chan struct{}, reviewAtOnce)}
		v.desks[id] = d
	}
	d.people++
	v.mu.Unlock()
	defer func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		d.people--
		v.clear()
	}()
	select {
	case d.turns <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-d.turns }()
	return f(d)
}

// clear forgets desks that nobody came back to. Call it with mu held.
func (v *reviewer) clear() {
	const few = 100
	if len(v.desks) <= few {
		return
	}
	for id, d := range v.desks {
		if d.people == 0 {
			delete(v.desks, id)
		}
	}
}

// glance is what is changed and open, at most reviewFresh ago.
func (v *reviewer) glance(ctx context.Context, w workspace.Workspace) (Review, error) {
	ctx, cancel := context.WithTimeout(ctx, reviewFor)
	defer cancel()
	var out Review
	err := v.at(ctx, w.ID, func(d *reviewDesk) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.of == w.Epoch && time.Since(d.made) < reviewFresh {
			out = d.glance
			return nil
		}
		err := v.options.Ask(ctx, w, func(c BridgeCaller) (err error) {
			out, err = glanceAt(ctx, c, w)
			return err
		})
		if err == nil {
			d.glance, d.of, d.made = out, w.Epoch, time.Now()
		}
		return err
	})
	return out, v.fail(w, err)
}

// read checks a path and gives read a turn, with what must not be shown.
func (v *reviewer) read(ctx context.Context, in *reviewPathInput, read func(context.Context, workspace.Workspace, BridgeCaller, string, *redact.Redactor) error) error {
	w, err := v.server.reviewed(ctx, in.ID, true)
	if err != nil {
		return err
	}
	secrets, err := v.options.SecretsOf(ctx, w.OwnerID)
	if err != nil {
		return v.server.fail(fmt.Errorf("read what a review must not show: %w", err))
	}
	ctx, cancel := context.WithTimeout(ctx, reviewFor)
	defer cancel()
	err = v.at(ctx, w.ID, func(*reviewDesk) error {
		return v.options.Ask(ctx, w, func(c BridgeCaller) error {
			p, err := placeForReview(ctx, c, in.Path)
			if err != nil {
				return err
			}
			return read(ctx, w, c, p, redact.New(byLine(secrets)))
		})
	})
	return v.fail(w, err)
}

// fail answers for what went wrong on the way to the bridge, or inside.
func (v *reviewer) fail(w workspace.Workspace, err error) error {
	if err == nil {
		return nil
	}
	if refusal, ok := errors.AsType[*bridge.Error](err); ok {
		return bridgeProblem(refusal)
	}
	if !errors.Is(err, context.Canceled) { // else who asked has left
		v.server.log.Warn("a workspace does not answer a reviewer", "workspace", w.ID, "err", err)
	}
	return problem(502, "workspace_unreachable", "The workspace does not answer. If this stays so, whoever may edit it can restart it.")
}

// placeForReview follows the links of a path. What git keeps for itself is not shown: there
// are addresses with passwords in it, and nothing to review.
func placeForReview(ctx context.Context, c BridgeCaller, p string) (string, error) {
	var places bridge.ResolvedPaths
	if err := c.Call(ctx, bridge.TypeResolvePaths, bridge.ResolvePaths{Paths: []string{cmp.Or(p, ".")}}, &places); err != nil {
		return "", err
	}
	if len(places.Paths) != 1 {
		return "", bridge.Errorf(bridge.CodeInternal, "the bridge does not say where the path leads")
	}
	if inGit(places.Paths[0]) {
		return "", bridge.Errorf(bridge.CodeNotFound, "what git keeps for itself is not shown")
	}
	return places.Paths[0], nil
}

// inGit reports whether a path is in a folder .git, however it is written.
func inGit(p string) bool {
	return slices.ContainsFunc(strings.Split(p, "/"), func(name string) bool { return strings.EqualFold(name, ".git") })
}

func glanceAt(ctx context.Context, c BridgeCaller, w workspace.Workspace) (Review, error) {
	out := Review{Running: true, Folder: w.Folder, Changes: []ReviewChange{}, OpenFiles: []ReviewOpen{}, UpdatedAt: time.Now().UTC()}
	var open bridge.EditorState
	switch err := c.Call(ctx, bridge.TypeEditorState, nil, &open); {
	case isCode(err, bridge.CodeUnknownType): // it was started by an older version
	case err != nil:
		return out, err
	}
	for _, f := range open.Files[:min(len(open.Files), bridge.MaxOpenFiles)] {
		if !inGit(f.Path) {
			out.OpenFiles = append(out.OpenFiles, ReviewOpen{short(f.Path, bridge.MaxPathBytes), f.Active, max(f.Line, 0)})
		}
	}
	var state bridge.GitState
	err := c.Call(ctx, bridge.TypeGitStatus, bridge.GitStatus{Path: w.Folder}, &state)
	if w.Folder != "" && isCode(err, bridge.CodeNotRepository, bridge.CodeNotFound) {
		err = c.Call(ctx, bridge.TypeGitStatus, bridge.GitStatus{}, &state)
	}
	switch {
	case isCode(err, bridge.CodeNotRepository, bridge.CodeNotFound):
		return out, nil
	case err != nil:
		return out, err
	}
	out.Folder, out.Branch, out.Truncated = short(state.Root, bridge.MaxPathBytes), short(state.Branch, 1000), state.Truncated
	if out.Folder == "." {
		out.Folder = ""
	}
	var diff bridge.Diff
	if err := c.Call(ctx, bridge.TypeGitDiff, bridge.GitDiff{Path: cmp.Or(state.Root, "."), Base: state.Commit}, &diff); err != nil {
		return out, err
	}
	for _, f := range diff.Changes {
		out.Changes = append(out.Changes, ReviewChange{short(f.Path, bridge.MaxPathBytes), changeStatus(f.Status), max(f.Added, 0), max(f.Removed, 0)})
	}
	for _, f := range state.Files {
		if f.Worktree == "?" || f.Index == "?" {
			out.Changes = append(out.Changes, ReviewChange{Path: short(f.Path, bridge.MaxPathBytes), Status: "untracked"})
		} else if state.Commit == "" && f.Index == "A" { // before the first commit git compares with the index
			out.Changes = append(out.Changes, ReviewChange{Path: short(f.Path, bridge.MaxPathBytes), Status: "added"})
		}
	}
	slices.SortFunc(out.Changes, func(a, b ReviewChange) int { return strings.Compare(a.Path, b.Path) })
	out.Changes = slices.CompactFunc(out.Changes, func(a, b ReviewChange) bool { return a.Path == b.Path })
	if diff.Files > len(diff.Changes) || len(out.Changes) > reviewChanges {
		out.Changes, out.Truncated = out.Changes[:min(len(out.Changes), reviewChanges)], true
	}
	return out, nil
}

// changeStatus keeps what a workspace said to what a bridge says.
func changeStatus(s string) string {
	switch s {
	case bridge.ChangeAdded, bridge.ChangeDeleted, bridge.ChangeRenamed:
		return s
	}
	return bridge.ChangeModified
}

func isCode(err error, codes ...string) bool {
	refusal, ok := errors.AsType[*bridge.Error](err)
	return ok && slices.Contains(codes, refusal.Code)
}

func readForReview(ctx context.Context, c BridgeCaller, p string, mask *redact.Redactor) (ReviewFile, error) {
	var f bridge.FileContent
	if err := c.Call(ctx, bridge.TypeReadFile, bridge.ReadFile{Path: p, Length: reviewBytes}, &f); err != nil {
		return ReviewFile{}, err
	}
	out := ReviewFile{Path: short(f.Path, bridge.MaxPathBytes), Size: max(f.Size, 0), Truncated: f.Truncated}
	if f.Encoding == bridge.EncodingUTF8 {
		text := maskedText(mask, short(f.Content, reviewBytes), f.Truncated)
		out.Text = &text
	}
	return out, nil
}

// diffForReview is the diff of a file, also of one that git does not track.
func diffForReview(ctx context.Context, c BridgeCaller, p string, mask *redact.Redactor) (ReviewDiff, error) {
	var state bridge.GitState
	var entry bridge.Entry
	folder := p
	// A file that is gone has a diff, too, and is looked for from the folder it was in.
	if err := c.Call(ctx, bridge.TypeStatFile, bridge.StatFile{Path: p}, &entry); err != nil && !isCode(err, bridge.CodeNotFound) {
		return ReviewDiff{}, err
	} else if entry.Type != bridge.EntryDirectory {
		folder = path.Dir(p)
	}
	err := c.Call(ctx, bridge.TypeGitStatus, bridge.GitStatus{Path: folder}, &state)
	for isCode(err, bridge.CodeNotFound) && folder != "." { // the folder may be gone with it
		folder = path.Dir(folder)
		err = c.Call(ctx, bridge.TypeGitStatus, bridge.GitStatus{Path: folder}, &state)
	}
	if err != nil {
		return ReviewDiff{}, err
	}
	for _, f := range state.Files {
		if f.Path == p && (f.Worktree == "?" || f.Index == "?" || state.Commit == "") {
			file, err := readForReview(ctx, c, p, mask)
			if err != nil || file.Text == nil {
				return ReviewDiff{}, err
			}
			return ReviewDiff{newFileDiff(p, *file.Text), file.Truncated}, nil
		}
	}
	var d bridge.Diff
	if err := c.Call(ctx, bridge.TypeGitDiff, bridge.GitDiff{Path: p, Base: state.Commit}, &d); err != nil {
		return ReviewDiff{}, err
	}
	return ReviewDiff{maskedText(mask, short(d.Diff, bridge.MaxInlineBytes), d.Truncated), d.Truncated}, nil
}

// maskedText masks a text. Of one that was cut it leaves out the end, if a secret may begin
// there: half of it would be shown.
func maskedText(mask *redact.Redactor, text string, cut bool) string {
	var b strings.Builder
	w := mask.Writer(func(s string) { b.WriteString(s) })
	w.WriteString(text)
	if !cut {
		w.Flush()
	}
	return b.String()
}

// byLine adds the lines of secrets that have several: in a diff, and where a file indents
// them, each stands alone.
func byLine(secrets []string) []string {
	all := slices.Clone(secrets)
	for _, secret := range secrets {
		if lines := strings.Split(secret, "\n"); len(lines) > 1 {
			all = append(all, lines...)
		}
	}
	return all
}

// newFileDiff shows every line of a file as added.
func newFileDiff(p, text string) string {
	if text == "" {
		return ""
	}
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "--- /dev/null\n+++ b/%s\n@@ -0,0 +1,%d @@\n", strings.Map(oneLine, p), len(lines))
	for _, line := range lines {
		b.WriteString("+" + line)
	}
	if !strings.HasSuffix(text, "\n") {
		b.WriteString("\n\\ No newline at end of file\n")
	}
	return b.String()
}

// oneLine keeps a file's name from looking like lines of a diff.
func oneLine(r rune) rune {
	if r < 0x20 || r == 0x7f {
		return '?'
	}
	return r
}

func listForReview(ctx context.Context, c BridgeCaller, p string) ([]ReviewEntry, error) {
	var found bridge.FileList
	if err := c.Call(ctx, bridge.TypeListFiles, bridge.ListFiles{Path: p}, &found); err != nil {
		return nil, err
	}
	var out []ReviewEntry
	for _, e := range found.Entries {
		if !inGit(e.Name) {
			out = append(out, ReviewEntry{short(e.Name, bridge.MaxPathBytes), e.Type == bridge.EntryDirectory, max(e.Size, 0)})
		}
	}
	slices.SortFunc(out, func(a, b ReviewEntry) int {
		if a.Folder != b.Folder {
			if a.Folder {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out[:min(len(out), reviewEntries)], nil
}
