package provision_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/template"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// shelf is a template.Store in memory.
type shelf struct {
	mu      sync.Mutex
	records map[string]template.Record
	texts   map[string]string
}

func newShelf() *shelf {
	return &shelf{records: map[string]template.Record{}, texts: map[string]string{}}
}

func (s *shelf) InsertTemplate(_ context.Context, r template.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.records {
		if o.OwnerID == r.OwnerID && o.Slot == r.Slot {
			return template.ErrConflict
		}
	}
	s.records[r.ID] = r
	return nil
}

func (s *shelf) Template(_ context.Context, id string) (template.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.records[id]
	if !ok {
		return r, template.ErrNotFound
	}
	return r, nil
}

func (s *shelf) Templates(_ context.Context, q template.Query) (all []template.Record, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.records {
		if !r.Deleted && (r.OwnerID == q.OwnerID || q.Shared && r.Shared > 0 || q.Published && r.Published > 0) {
			all = append(all, r)
		}
	}
	return all, nil
}

func (s *shelf) AmendTemplate(_ context.Context, id string, change func(*template.Record) error) (template.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.records[id]
	if !ok {
		return r, template.ErrNotFound
	}
	if err := change(&r); err != nil {
		return r, err
	}
	s.records[id] = r
	return r, nil
}

func (s *shelf) RemoveTemplate(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.records, id)
	return nil
}

func (s *shelf) PutText(_ context.Context, key, _, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts[key] = text
	return nil
}

func (s *shelf) Text(_ context.Context, key string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, ok := s.texts[key]
	if !ok {
		return "", template.ErrNotFound
	}
	return text, nil
}

func (s *shelf) RemoveText(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.texts, key)
	return nil
}

// templates is the real catalogue; it notes what it is told of runs.
type templates struct {
	*template.Service
	mu   sync.Mutex
	runs []string // "id@version well" or "… badly"
	fail error
}

func (c *templates) Resolve(ctx context.Context, userID, id string, version int) (template.Template, template.Definition, error) {
	c.mu.Lock()
	fail := c.fail
	c.mu.Unlock()
	if fail != nil {
		return template.Template{}, template.Definition{}, fail
	}
	return c.Service.Resolve(ctx, userID, id, version)
}

func (c *templates) Ran(ctx context.Context, id string, version int, ok bool) error {
	err := c.Service.Ran(ctx, id, version, ok)
	how := "badly"
	if ok {
		how = "well"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.runs = append(c.runs, fmt.Sprintf("%s@%d %s", id, version, how))
	return err
}

func (c *templates) ran() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.runs)
}

// records is provision.Workspaces with one workspace.
type records struct {
	mu      sync.Mutex
	w       workspace.Workspace
	log     []string // "phase: text"
	refits  int
	reports int
	touched int
	ports   []workspace.PortSetting
}

func (r *records) Get(_ context.Context, id string) (workspace.Workspace, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if id != r.w.ID {
		return workspace.Workspace{}, workspace.ErrNotFound
	}
	return r.w, nil
}

func (r *records) Refit(ctx context.Context, id string, change func(*workspace.Outfit)) (workspace.Workspace, error) {
	if err := ctx.Err(); err != nil {
		return workspace.Workspace{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if id != r.w.ID {
		return workspace.Workspace{}, workspace.ErrNotFound
	}
	change(&r.w.Outfit)
	r.refits++
	return r.w, nil
}

func (r *records) SetPort(_ context.Context, _ string, p workspace.PortSetting) (workspace.Workspace, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.Port == 4999 {
		return workspace.Workspace{}, errors.New("not this one")
	}
	r.ports = append(r.ports, p)
	return r.w, nil
}

func (r *records) Report(context.Context, string) workspace.Reporter {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reports++
	return r
}

// reported is how often something began that goes on behind a start.
func (r *records) reported() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reports
}

func (r *records) Touch(string, time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.touched++
}

// Say implements workspace.Reporter.
func (r *records) Say(phase, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, phase+": "+text)
}

// Progress implements workspace.Reporter.
func (r *records) Progress(phase, text string, percent int) {
	r.Say(phase, fmt.Sprintf("%s [%d]", text, percent))
}

func (r *records) put(w workspace.Workspace) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.w = w
}

func (r *records) now() workspace.Workspace {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.w
}

// said returns the whole log.
func (r *records) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.log, "\n")
}

func (r *records) uses() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.touched
}

// host is provision.Git: accounts at a git host.
type host struct {
	mu           sync.Mutex
	url          string // of the host
	files        template.Files
	known        bool // the host can be asked for files
	filesErr     error
	name, email  string
	cloneErr     error
	credential   func(ctx context.Context, userID, repository string, q bridge.CredentialRequest) (username, password string, err error)
	rejections   chan bridge.CredentialRejected
	askedForRoot int
}

func (h *host) CloneURL(_ context.Context, _, repository string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.url + "/" + repository + ".git", h.cloneErr
}

func (h *host) Files(context.Context, string, string, string) (template.Files, bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.askedForRoot++
	return h.files, h.known, h.filesErr
}

func (h *host) Identity(context.Context, string) (name, email string) { return h.name, h.email }

func (h *host) Credential(ctx context.Context, userID, repository string, q bridge.CredentialRequest) (username, password string, err error) {
	return h.credential(ctx, userID, repository, q)
}

func (h *host) Rejected(_ context.Context, _ string, r bridge.CredentialRejected) { h.rejections <- r }

// drawer is provision.Variables.
type drawer struct {
	values  map[string]string
	secrets []string
	err     error
}

func (d *drawer) For(_ context.Context, userID, _ string) (map[string]string, []string, error) {
	if userID != owner {
		return nil, nil, errors.New("another user's variables were asked for")
	}
	return d.values, d.secrets, d.err
}

// press is provision.Images.
type press struct {
	mu       sync.Mutex
	packages []string // of each image that was asked for, joined
	seeds    []string // "template@version flake"
	err      error
	seedErr  error
	wait     bool // until the caller gives up
}

func (p *press) PackagesImage(ctx context.Context, packages []string, say func(string)) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wait {
		<-ctx.Done()
		return "", ctx.Err()
	}
	p.packages = append(p.packages, strings.Join(packages, " "))
	if p.err != nil {
		return "", p.err
	}
	say("installing")
	return "image-with-" + strings.Join(packages, "-"), nil
}

func (p *press) Seed(_ context.Context, template string, version int, flake string, say func(string)) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seeds = append(p.seeds, fmt.Sprintf("%s@%d %s", template, version, flake))
	if p.seedErr != nil {
		return "", p.seedErr
	}
	say("building")
	return "store-of-" + template, nil
}

// ledger is provision.Unpushed.
type ledger struct {
	mu   sync.Mutex
	work map[string]bridge.UnpushedWork
}

func (l *ledger) SaveUnpushed(_ context.Context, id string, work bridge.UnpushedWork, asOf time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(asOf) > time.Minute {
		return errors.New("too old")
	}
	l.work[id] = work
	return nil
}
