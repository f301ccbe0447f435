package template

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// List returns the templates that the user may see: built-in ones, then the user's own, then
// those of others, by name.
func (s *Service) List(ctx context.Context, a Actor) ([]Template, error) {
	records, err := s.Store.Templates(ctx, Query{OwnerID: a.UserID, Shared: true, Published: a.Admin})
	if err != nil {
		return nil, fmt.Errorf("list the templates: %w", err)
	}
	var own, others []Template
	for _, r := range records {
		t, _, err := r.seenBy(a)
		switch {
		case err != nil: // shared or published no more
		case r.OwnerID == a.UserID:
			own = append(own, t)
		default:
			others = append(others, t)
		}
	}
	all := s.Builtins()
	for _, group := range [][]Template{own, others} {
		slices.SortFunc(group, func(x, y Template) int {
			return cmp.Or(cmp.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name)), cmp.Compare(x.ID, y.ID))
		})
		all = append(all, group...)
	}
	return all, nil
}

// Get returns a template and its definition in Template.Version. The error is ErrNotFound also
// for what the user may not see.
func (s *Service) Get(ctx context.Context, a Actor, id string) (Template, Definition, error) {
	if b, ok := s.builtin(id); ok {
		return b.Template, b.definition.clone(), nil
	}
	r, err := s.record(ctx, id)
	if err != nil {
		return Template{}, Definition{}, err
	}
	t, mark, err := r.seenBy(a)
	if err != nil {
		return Template{}, Definition{}, err
	}
	d, err := s.definition(ctx, mark)
	return t, d, err
}

// Versions returns the history of a template, newest first: all that is kept of one's own, and
// of others' the version that may be used.
func (s *Service) Versions(ctx context.Context, a Actor, id string) ([]Version, error) {
	if b, ok := s.builtin(id); ok {
		return []Version{{Version: b.Version, TriedAt: b.CreatedAt, PublishedAt: b.CreatedAt, CreatedAt: b.CreatedAt, Definition: b.definition.clone()}}, nil
	}
	r, err := s.record(ctx, id)
	if err != nil {
		return nil, err
	}
	_, mark, err := r.seenBy(a)
	if err != nil {
		return nil, err
	}
	marks := []VersionMark{mark}
	if r.OwnerID == a.UserID {
		marks = slices.Clone(r.Versions)
		slices.Reverse(marks)
	}
	all := make([]Version, len(marks))
	for i, m := range marks {
		d, err := s.definition(ctx, m)
		if err != nil {
			return nil, err
		}
		all[i] = Version{m.Version, m.TriedAt, m.PublishedAt, m.CreatedAt, d}
	}
	return all, nil
}

// Resolve returns what a workspace of the user is made from. Version 0 is the one for new
// workspaces: the published one, of one's own template also the newest when none is published;
// somebody else's template must be shared. Another version is that of a workspace made before:
// it is found as long as it is kept, when the template has been deleted or is shared no more
// too. Callers pass only versions that an earlier Resolve or [Service.Get] gave for this user.
// The error is ErrNotFound.
func (s *Service) Resolve(ctx context.Context, userID, id string, version int) (Template, Definition, error) {
	if b, ok := s.builtin(id); ok {
		return b.Template, b.definition.clone(), nil
	}
	r, err := s.Store.Template(ctx, id)
	if err != nil {
		return Template{}, Definition{}, fmt.Errorf("read template %q: %w", id, err)
	}
	own := r.OwnerID == userID
	switch {
	case version > 0:
	case r.Deleted:
		return Template{}, Definition{}, ErrNotFound
	case own:
		version = cmp.Or(r.Published, r.Newest)
	default:
		version = r.Shared
	}
	mark, ok := r.mark(version)
	if !ok || !own && mark.PublishedAt.IsZero() {
		return Template{}, Definition{}, ErrNotFound
	}
	d, err := s.definition(ctx, mark)
	return r.template(version), d, err
}

// record reads a template that is not deleted.
func (s *Service) record(ctx context.Context, id string) (Record, error) {
	r, err := s.Store.Template(ctx, id)
	if err != nil {
		return r, fmt.Errorf("read template %q: %w", id, err)
	}
	if r.Deleted {
		return r, ErrNotFound
	}
	return r, nil
}

// definition reads what a version says.
func (s *Service) definition(ctx context.Context, m VersionMark) (Definition, error) {
	var d Definition
	text, err := s.Store.Text(ctx, m.Key)
	if err == nil {
		err = json.Unmarshal([]byte(text), &d)
	}
	if err != nil {
		return d, fmt.Errorf("read version %d of a template: %w", m.Version, err)
	}
	return d.clone(), nil
}

// mark finds a version.
func (r Record) mark(version int) (VersionMark, bool) {
	i := slices.IndexFunc(r.Versions, func(m VersionMark) bool { return m.Version == version })
	if i < 0 {
		return VersionMark{}, false
	}
	return r.Versions[i], true
}

// seenVersion is the version that a user sees, 0 if none.
func (r Record) seenVersion(a Actor) int {
	switch {
	case r.OwnerID == a.UserID:
		return r.Newest
	case a.Admin:
		return r.Published
	}
	return r.Shared
}

// seenBy returns the template as a user sees it.
func (r Record) seenBy(a Actor) (Template, VersionMark, error) {
	version := r.seenVersion(a)
	mark, ok := r.mark(version)
	if !ok {
		return Template{}, mark, ErrNotFound
	}
	t := r.template(version)
	if r.OwnerID != a.UserID {
		t.PublishedVersion = version
	}
	return t, mark, nil
}

// template is the record seen at a version.
func (r Record) template(version int) Template {
	m, _ := r.mark(version)
	return Template{
		ID: r.ID, Name: r.Name, Description: r.Description, Icon: r.Icon, OwnerID: r.OwnerID,
		Shared: r.Shared > 0, SharedVersion: r.Shared, Version: version, PublishedVersion: r.Published,
		Tried: !m.TriedAt.IsZero(), CreatedAt: r.CreatedAt, UpdatedAt: r.ChangedAt,
	}
}
