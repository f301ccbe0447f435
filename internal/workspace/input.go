package workspace

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// CreateInput describes a new workspace. Zero memory, CPU and a nil IdleTimeout mean the defaults.
type CreateInput struct {
	OwnerID  string
	Name     string
	Template string
	// TemplateVersion is a version that the owner may use although it is not published; 0 = the published one.
	TemplateVersion int
	GithubRepo      string
	Branch          string
	NixConfig       string
	Clone           Clone // State and Problem are ignored
	Memory          int64
	CPU             int64
	IdleTimeout     *time.Duration
	// Start says whether it starts at once; nil means yes.
	Start *bool
	// Request makes the call idempotent: one owner's second Create with the same Request returns the first's workspace.
	Request string
	// Limit is how many workspaces this owner may have; 0 means the service's own limit.
	Limit int
}

// UpdateInput changes what is not nil.
type UpdateInput struct {
	Name        *string
	Template    *string // counts from the next start, like NixConfig, Memory and CPU
	NixConfig   *string
	Memory      *int64
	CPU         *int64
	IdleTimeout *time.Duration
}

const (
	maxNameRunes  = 60
	minMemory     = 256 << 20 // the editor alone takes 90 MiB, with a browser attached four times that
	minCPU        = 1e8       // a tenth of a core
	maxIdle       = 365 * 24 * time.Hour
	maxFieldBytes = 300
	maxNixBytes   = 256 << 10
	maxRequest    = 200
	maxDepth      = 1_000_000
)

func cleanName(name string) (string, error) {
	name = strings.TrimSpace(name)
	n := utf8.RuneCountInString(name)
	if !utf8.ValidString(name) || n < 1 || n > maxNameRunes {
		return "", &InvalidError{"name", fmt.Sprintf("must be 1 to %d characters", maxNameRunes)}
	}
	for _, r := range name {
		// Format characters include those that turn text around, with which names fake others.
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) {
			return "", &InvalidError{"name", "must not contain control or invisible characters"}
		}
	}
	return name, nil
}

func (s *Service) checkLimits(memory, cpu int64, idle time.Duration) error {
	switch {
	case memory < minMemory || memory > s.o.MaxMemory:
		return &InvalidError{"memory", fmt.Sprintf("must be %d to %d bytes", int64(minMemory), s.o.MaxMemory)}
	case cpu < minCPU || cpu > s.o.MaxCPU:
		return &InvalidError{"cpu", fmt.Sprintf("must be %d to %d billionths of a core", int64(minCPU), s.o.MaxCPU)}
	case idle < 0 || idle > maxIdle:
		return &InvalidError{"idleTimeout", "must be 0 (never) to 365 days"}
	}
	return nil
}

// text is a field that is kept as it is.
type text struct {
	name, value string
	max         int // bytes
}

func checkTexts(fields ...text) error {
	for _, f := range fields {
		if len(f.value) > f.max || !utf8.ValidString(f.value) || strings.ContainsRune(f.value, 0) {
			return &InvalidError{f.name, fmt.Sprintf("must be text of at most %d bytes", f.max)}
		}
	}
	return nil
}

// build checks in and returns the record to be.
func (s *Service) build(in CreateInput) (Workspace, error) {
	name, err := cleanName(in.Name)
	if err != nil {
		return Workspace{}, err
	}
	def(&in.Memory, s.o.DefaultMemory)
	def(&in.CPU, s.o.DefaultCPU)
	idle := s.o.IdleTimeout
	if in.IdleTimeout != nil {
		idle = *in.IdleTimeout
	}
	if err := s.checkLimits(in.Memory, in.CPU, idle); err != nil {
		return Workspace{}, err
	}
	err = checkTexts(text{"template", in.Template, maxFieldBytes}, text{"githubRepo", in.GithubRepo, maxFieldBytes},
		text{"branch", in.Branch, maxFieldBytes}, text{"nixConfig", in.NixConfig, maxNixBytes}, text{"request", in.Request, maxRequest})
	if err != nil {
		return Workspace{}, err
	}
	if in.Clone.Depth < 0 || in.Clone.Depth > maxDepth {
		return Workspace{}, &InvalidError{"clone.depth", fmt.Sprintf("must be 0 (everything) to %d commits", maxDepth)}
	}
	now := s.now()
	w := Workspace{
		ID: newID(), OwnerID: in.OwnerID, Name: name, Status: StatusStopped, Desired: DesiredStopped,
		Template: in.Template, GithubRepo: in.GithubRepo, Branch: in.Branch, NixConfig: in.NixConfig,
		Memory: in.Memory, CPU: in.CPU, IdleTimeout: idle,
		LastActiveAt: now, CreatedAt: now, UpdatedAt: now, Version: 1, Request: in.Request,
	}
	w.TemplateVersion = in.TemplateVersion
	w.Clone = Clone{Depth: in.Clone.Depth, Submodules: in.Clone.Submodules, LFS: in.Clone.LFS}
	def(&w.Request, w.ID)
	if in.Start == nil || *in.Start {
		w.Status, w.Desired = StatusStarting, DesiredRunning
	}
	return w, nil
}
