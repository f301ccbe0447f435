package template

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Create makes a template of the user's own; its first version is a draft. The error is
// *InvalidError or ErrQuota.
func (s *Service) Create(ctx context.Context, a Actor, in Input) (Template, Definition, error) {
	if in.Definition == nil {
		in.Definition = &Definition{}
	}
	if in.Name == nil {
		in.Name = new(string)
	}
	if err := s.checkInput(ctx, in); err != nil {
		return Template{}, Definition{}, err
	}
	d := in.Definition.clone()
	now := s.now()
	r := Record{ID: newID(), OwnerID: a.UserID, CreatedAt: now, ChangedAt: now}
	r.describe(in)
	mark, err := s.write(ctx, r.ID, d)
	if err != nil {
		return Template{}, d, err
	}
	r.add(mark)
	if err := s.insert(ctx, r); err != nil {
		return Template{}, d, errors.Join(err, s.Store.RemoveText(context.WithoutCancel(ctx), mark.Key))
	}
	return r.template(r.Newest), d, nil
}

// insert gives the record the lowest free slot of its owner.
func (s *Service) insert(ctx context.Context, r Record) error {
	// Each conflict means that another template of the owner was made at this moment, so the
	// limit ends the loop.
	for range MaxPerUser + 1 {
		own, err := s.Store.Templates(ctx, Query{OwnerID: r.OwnerID})
		if err != nil {
			return fmt.Errorf("list the templates: %w", err)
		}
		if len(own) >= MaxPerUser {
			return ErrQuota
		}
		r.Slot = 0
		for slices.ContainsFunc(own, func(o Record) bool { return o.Slot == r.Slot }) {
			r.Slot++
		}
		if err := s.Store.InsertTemplate(ctx, r); !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return ErrConflict
}

// Update changes a template. A definition that says something new becomes a draft; sharing
// gives everybody the version that is published now. An administrator may share what others
// have published, and change nothing else of it. The error is *InvalidError, ErrNotFound,
// ErrNotOwner, ErrBuiltin, ErrConflict or ErrNotPublished.
func (s *Service) Update(ctx context.Context, a Actor, id string, in Input) (Template, Definition, error) {
	t, d, err := s.update(ctx, a, id, in)
	if err != nil {
		return Template{}, d, err
	}
	return t, d, nil
}

func (s *Service) update(ctx context.Context, a Actor, id string, in Input) (Template, Definition, error) {
	none := Definition{}
	t, newest, err := s.Get(ctx, a, id)
	switch own := t.OwnerID == a.UserID; {
	case err != nil:
		return t, none, err
	case t.Builtin:
		return t, none, ErrBuiltin
	case in.Shared != nil && !a.Admin, !own && (in.Name != nil || in.Description != nil || in.Icon != nil || in.Definition != nil):
		return t, none, ErrNotOwner
	}
	if err := s.checkInput(ctx, in); err != nil {
		return t, none, err
	}
	used, err := s.inUse(ctx, id)
	if err != nil {
		return t, none, err
	}
	base := t.Version
	added := 0
	var mark VersionMark
	if in.Definition != nil {
		if d := in.Definition.clone(); !d.equal(newest) {
			if mark, err = s.write(ctx, id, d); err != nil {
				return t, none, err
			}
			newest, added = d, 1
		}
	}
	var dropped []VersionMark
	r, err := s.Store.AmendTemplate(ctx, id, func(r *Record) error {
		dropped = nil
		switch {
		case r.Deleted:
			return ErrNotFound
		case in.Base > 0 && in.Base != r.seenVersion(a), mark.Key != "" && r.Newest != base:
			return ErrConflict
		case in.Shared != nil && *in.Shared && r.Published == 0:
			return ErrNotPublished
		}
		r.describe(in)
		if mark.Key != "" {
			r.add(mark)
			dropped = r.trim(used)
		}
		if in.Shared != nil {
			r.Shared = 0
			if *in.Shared {
				r.Shared = r.Published
			}
		}
		r.ChangedAt = s.now()
		return nil
	})
	if err != nil {
		if mark.Key != "" {
			err = errors.Join(err, s.Store.RemoveText(context.WithoutCancel(ctx), mark.Key))
		}
		return t, none, err
	}
	if err := s.removeTexts(ctx, dropped); err != nil {
		return t, none, err
	}
	if r.OwnerID != a.UserID || r.Newest != base+added {
		return s.Get(ctx, a, r.ID)
	}
	return r.template(r.Newest), newest, nil
}

// Delete removes a template of the user's own. Versions that workspaces have are kept for them.
// The error is ErrNotFound, ErrNotOwner or ErrBuiltin.
func (s *Service) Delete(ctx context.Context, a Actor, id string) error {
	t, _, err := s.Get(ctx, a, id)
	switch {
	case err != nil:
		return err
	case t.Builtin:
		return ErrBuiltin
	case t.OwnerID != a.UserID:
		return ErrNotOwner
	}
	return s.drop(ctx, id, func(r *Record) error {
		if r.Deleted {
			return ErrNotFound
		}
		r.Deleted, r.Published, r.Shared = true, 0, 0
		r.ChangedAt = s.now()
		r.Slot = noSlot()
		return nil
	})
}

// noSlot is a slot that no other template of the owner has: random, and below the ones that count.
func noSlot() int64 {
	var b [8]byte
	rand.Read(b[:])
	return -1 - int64(binary.BigEndian.Uint64(b[:])>>1)
}

// drop applies change and removes the versions that no workspace has, and with the last of
// them the record.
func (s *Service) drop(ctx context.Context, id string, change func(*Record) error) error {
	used, err := s.inUse(ctx, id)
	if err != nil {
		return err
	}
	var dropped []VersionMark
	r, err := s.Store.AmendTemplate(ctx, id, func(r *Record) error {
		if err := change(r); err != nil {
			return err
		}
		dropped = nil
		var kept []VersionMark
		for _, m := range r.Versions {
			if used(m.Version) {
				kept = append(kept, m)
			} else {
				dropped = append(dropped, m)
			}
		}
		r.Versions = kept
		return nil
	})
	if err != nil {
		return err
	}
	if len(r.Versions) == 0 {
		if err := s.Store.RemoveTemplate(ctx, id); err != nil {
			return err
		}
	}
	return s.removeTexts(ctx, dropped)
}

// Forget drops versions of a deleted template that no workspace has any more. It is to be called
// when a workspace made from the template is deleted; it does nothing for other templates.
func (s *Service) Forget(ctx context.Context, id string) error {
	if _, builtin := s.builtin(id); builtin {
		return nil
	}
	r, err := s.Store.Template(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("read template %q: %w", id, err)
	case !r.Deleted:
		return nil
	}
	return s.drop(ctx, id, func(*Record) error { return nil })
}

// Publish makes the newest version the one that new workspaces get. If an administrator
// publishes a template that is shared, everybody gets it. The error is ErrNotTried when no
// workspace made from it ran well yet, ErrNotFound, ErrNotOwner, ErrBuiltin or ErrConflict.
func (s *Service) Publish(ctx context.Context, a Actor, id string) (Template, Definition, error) {
	t, d, err := s.Get(ctx, a, id)
	switch {
	case err != nil:
		return Template{}, d, err
	case t.Builtin:
		return Template{}, d, ErrBuiltin
	case t.OwnerID != a.UserID:
		return Template{}, d, ErrNotOwner
	}
	r, err := s.Store.AmendTemplate(ctx, id, func(r *Record) error {
		if r.Deleted {
			return ErrNotFound
		}
		if r.Newest != t.Version { // not the one that was looked at
			return ErrConflict
		}
		now := s.now()
		marks := slices.Clone(r.Versions)
		m := &marks[len(marks)-1]
		if m.TriedAt.IsZero() {
			return ErrNotTried
		}
		if m.PublishedAt.IsZero() {
			m.PublishedAt = now
		}
		r.Versions, r.Published, r.ChangedAt = marks, m.Version, now
		if a.Admin && r.Shared > 0 {
			r.Shared = m.Version
		}
		return nil
	})
	if err != nil {
		return Template{}, d, err
	}
	return r.template(r.Newest), d, nil
}

// Ran notes how the start of a workspace made from a version went: ok when nothing that the
// template is responsible for failed. One good start is enough; a bad one afterwards changes
// nothing. It is no error if the version is built in or kept no more.
func (s *Service) Ran(ctx context.Context, id string, version int, ok bool) error {
	if _, there := s.builtin(id); there || !ok {
		return nil
	}
	r, err := s.Store.Template(ctx, id)
	if err == nil {
		if m, kept := r.mark(version); !kept || !m.TriedAt.IsZero() {
			return nil
		}
		_, err = s.Store.AmendTemplate(ctx, id, func(r *Record) error {
			marks := slices.Clone(r.Versions)
			for i := range marks {
				if marks[i].Version == version && marks[i].TriedAt.IsZero() {
					marks[i].TriedAt = s.now()
				}
			}
			r.Versions = marks
			return nil
		})
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("note that version %d of template %q ran: %w", version, id, err)
	}
	return nil
}

// write stores a definition under a new key.
func (s *Service) write(ctx context.Context, id string, d Definition) (VersionMark, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return VersionMark{}, fmt.Errorf("write a definition: %w", err)
	}
	m := VersionMark{Key: rand.Text(), Bytes: len(text), CreatedAt: s.now()}
	if err := s.Store.PutText(ctx, m.Key, id, string(text)); err != nil {
		return m, fmt.Errorf("store a version of template %q: %w", id, err)
	}
	return m, nil
}

func (s *Service) removeTexts(ctx context.Context, marks []VersionMark) error {
	for _, m := range marks {
		if err := s.Store.RemoveText(ctx, m.Key); err != nil {
			return fmt.Errorf("remove an old version of a template: %w", err)
		}
	}
	return nil
}

// inUse returns whether workspaces have a version.
func (s *Service) inUse(ctx context.Context, id string) (func(version int) bool, error) {
	if s.InUse == nil {
		return func(int) bool { return true }, nil
	}
	versions, err := s.InUse(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("find the workspaces of template %q: %w", id, err)
	}
	return func(v int) bool { return slices.Contains(versions, v) }, nil
}

// describe takes over what an input says besides the definition.
func (r *Record) describe(in Input) {
	for _, f := range []struct {
		to   *string
		from *string
	}{{&r.Name, in.Name}, {&r.Description, in.Description}, {&r.Icon, in.Icon}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
}

// add appends a version as the newest.
func (r *Record) add(m VersionMark) {
	r.Newest++
	m.Version = r.Newest
	r.Versions = append(slices.Clone(r.Versions), m)
}

// trim drops the oldest versions that are too many and that nothing needs.
func (r *Record) trim(used func(int) bool) (dropped []VersionMark) {
	bytes := 0
	for _, m := range r.Versions {
		bytes += m.Bytes
	}
	left := len(r.Versions)
	var kept []VersionMark
	for _, m := range r.Versions {
		needed := m.Version == r.Newest || m.Version == r.Published || m.Version == r.Shared || used(m.Version)
		if !needed && (left > MaxVersions || bytes > maxVersionBytes) {
			dropped = append(dropped, m)
			left--
			bytes -= m.Bytes
			continue
		}
		kept = append(kept, m)
	}
	r.Versions = kept
	return dropped
}
