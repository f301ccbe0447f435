package workspace

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxSwaps bounds how often one order is written again because somebody else was quicker.
const maxSwaps = 50

// errNothing ends an order that is fulfilled or on its way already.
var errNothing = errors.New("nothing to change")

// Create makes a workspace, and starts it unless in.Start says otherwise. Errors: *InvalidError, ErrQuota.
func (s *Service) Create(ctx context.Context, in CreateInput) (Workspace, error) {
	w, err := s.build(in)
	if err != nil {
		return Workspace{}, err
	}
	limit := cmp.Or(in.Limit, s.o.MaxPerUser)
	for range maxSwaps {
		mine, err := s.o.Store.Find(ctx, Query{OwnerID: in.OwnerID})
		if err != nil {
			return Workspace{}, fmt.Errorf("read workspaces of %s: %w", in.OwnerID, err)
		}
		used := map[int]bool{}
		for _, m := range mine {
			if m.Request == w.Request {
				return m, nil
			}
			used[m.Slot] = true
		}
		if len(mine) >= limit {
			return Workspace{}, ErrQuota
		}
		for w.Slot = 0; used[w.Slot]; w.Slot++ {
		}
		// Not given up half-way because the caller left: what is stored without being known
		// here would start only when the next survey finds it.
		err = s.o.Store.Insert(context.WithoutCancel(ctx), w)
		if err == nil {
			s.see(w)
			s.o.Log.Info("workspace created", "workspace", w.ID, "user", w.OwnerID)
			s.kick(w.ID, w.Desired)
			return w, nil
		}
		if !errors.Is(err, ErrConflict) {
			return Workspace{}, fmt.Errorf("store workspace %s: %w", w.ID, err)
		}
	}
	return Workspace{}, ErrConflict
}

// Get returns ErrNotFound if there is none.
func (s *Service) Get(ctx context.Context, id string) (Workspace, error) {
	w, err := s.o.Store.Get(ctx, id)
	if err != nil {
		return Workspace{}, fmt.Errorf("read workspace %s: %w", id, err)
	}
	w.LastActiveAt = s.LastActive(w)
	return w, nil
}

// List returns an owner's workspaces, oldest first, and where the next page begins ("" at
// the end). An empty owner means everybody's; a limit of 0 or above 200 means 200.
func (s *Service) List(ctx context.Context, owner string, limit int, cursor string) (page []Workspace, next string, err error) {
	return s.list(ctx, Query{OwnerID: owner}, limit, cursor)
}

// ListShared is List for the workspaces that are shared with a person and, if own is set,
// theirs. A page may have fewer than limit although more follow.
func (s *Service) ListShared(ctx context.Context, userID string, own bool, limit int, cursor string) (page []Workspace, next string, err error) {
	q := Query{SharedWith: userID}
	if own {
		q.OwnerID = userID
	}
	page, next, err = s.list(ctx, q, limit, cursor)
	now := time.Now()
	return slices.DeleteFunc(page, func(w Workspace) bool { return w.RightOf(userID, now) == RightNone }), next, err
}

func (s *Service) list(ctx context.Context, q Query, limit int, cursor string) (page []Workspace, next string, err error) {
	if limit <= 0 || limit > 200 {
		limit = 200
	}
	q.Limit = limit + 1
	if cursor != "" {
		if q.AfterTime, q.AfterID, err = parseCursor(cursor); err != nil {
			return nil, "", err
		}
	}
	page, err = s.o.Store.Find(ctx, q)
	if err != nil {
		return nil, "", fmt.Errorf("list workspaces: %w", err)
	}
	if len(page) > limit {
		page = page[:limit]
		last := page[limit-1]
		next = base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%s", last.CreatedAt.UnixMilli(), last.ID))
	}
	for i := range page {
		page[i].LastActiveAt = s.LastActive(page[i])
	}
	return page, next, nil
}

// ListAll returns every workspace.
func (s *Service) ListAll(ctx context.Context) ([]Workspace, error) {
	all, err := s.o.Store.Find(ctx, Query{})
	if err != nil {
		return nil, fmt.Errorf("list workspaces: %w", err)
	}
	return all, nil
}

func parseCursor(cursor string) (time.Time, string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	ms, id, ok := strings.Cut(string(raw), ".")
	n, numErr := strconv.ParseInt(ms, 10, 64)
	if err != nil || numErr != nil || !ok {
		return time.Time{}, "", &InvalidError{"cursor", "must be the next cursor of an earlier page"}
	}
	return time.UnixMilli(n).UTC(), id, nil
}

// Update changes a workspace's settings.
func (s *Service) Update(ctx context.Context, id string, in UpdateInput) (Workspace, error) {
	return s.order(ctx, id, func(w *Workspace) error {
		before := *w
		if in.Name != nil {
			name, err := cleanName(*in.Name)
			if err != nil {
				return err
			}
			w.Name = name
		}
		if in.Template != nil {
			w.SetUp = w.SetUp && w.Template == *in.Template
			w.Template, w.TemplateVersion = *in.Template, 0
		}
		if in.NixConfig != nil {
			w.NixConfig = *in.NixConfig
		}
		if err := checkTexts(text{"template", w.Template, maxFieldBytes}, text{"nixConfig", w.NixConfig, maxNixBytes}); err != nil {
			return err
		}
		if in.Memory != nil {
			w.Memory = *in.Memory
		}
		if in.CPU != nil {
			w.CPU = *in.CPU
		}
		if in.IdleTimeout != nil {
			w.IdleTimeout = *in.IdleTimeout
		}
		if err := s.checkLimits(w.Memory, w.CPU, w.IdleTimeout); err != nil {
			return err
		}
		if reflect.DeepEqual(*w, before) {
			return errNothing
		}
		return nil
	})
}

// Start orders a workspace to run; one that is paused goes on. Orders are written down and
// return; the status tells the rest.
func (s *Service) Start(ctx context.Context, id string) (Workspace, error) {
	w, err := s.order(ctx, id, func(w *Workspace) error {
		if w.Desired == DesiredRunning && w.Status != StatusError {
			return errNothing
		}
		return s.orderStart(w)
	})
	if err == nil && w.Paused {
		s.wishResumed(id)
	}
	return w, err
}

func (s *Service) orderStart(w *Workspace) error {
	if w.Status == StatusStopping {
		w.MinEpoch = w.Epoch + 1 // the container may have been told to end already
	}
	w.Desired, w.Status, w.StatusReason = DesiredRunning, StatusStarting, ""
	s.forgetCrashes(w.ID)
	s.logs.of(w.ID).end()
	return nil
}

// Stop orders a workspace to stop; reason, a sentence, is shown with its status.
func (s *Service) Stop(ctx context.Context, id, reason string) (Workspace, error) {
	return s.order(ctx, id, func(w *Workspace) error { return s.orderStop(w, reason) })
}

func (s *Service) orderStop(w *Workspace, reason string) error {
	if w.Desired == DesiredStopped && w.Status != StatusError {
		return errNothing
	}
	w.Desired, w.Status, w.StatusReason = DesiredStopped, StatusStopping, reason
	return nil
}

// Restart orders a running workspace into a new container, and any other to start.
func (s *Service) Restart(ctx context.Context, id string) (Workspace, error) {
	return s.order(ctx, id, func(w *Workspace) error {
		if w.Desired == DesiredRunning && w.Status == StatusStarting {
			return errNothing
		}
		if w.Status == StatusRunning {
			w.MinEpoch = w.Epoch + 1
		}
		return s.orderStart(w)
	})
}

// Delete orders a workspace to be removed with all its files. From then on it takes no other order.
func (s *Service) Delete(ctx context.Context, id string) (Workspace, error) {
	w, err := s.order(ctx, id, orderDelete)
	if errors.Is(err, ErrDeleting) {
		return w, nil
	}
	return w, err
}

func orderDelete(w *Workspace) error {
	w.Desired, w.Status, w.StatusReason, w.DeleteAt = DesiredDeleted, StatusStopping, "being deleted", time.Time{}
	return nil
}

// order changes a record, however often others change it meanwhile, and sets to work.
func (s *Service) order(ctx context.Context, id string, change func(*Workspace) error) (Workspace, error) {
	for range maxSwaps {
		w, err := s.o.Store.Get(ctx, id)
		if err != nil {
			return Workspace{}, fmt.Errorf("read workspace %s: %w", id, err)
		}
		if w.Desired == DesiredDeleted {
			s.kick(id, w.Desired)
			return w, fmt.Errorf("change workspace %s: %w", id, ErrDeleting)
		}
		err = change(&w)
		if errors.Is(err, errNothing) {
			s.see(w) // another process may have written it, and this one not heard of it yet
			s.kick(id, w.Desired)
			return w, nil
		}
		if err != nil {
			return Workspace{}, err
		}
		w, err = s.swap(ctx, w)
		if errors.Is(err, ErrConflict) {
			continue
		}
		if err != nil {
			return Workspace{}, err
		}
		s.kick(id, w.Desired)
		return w, nil
	}
	return Workspace{}, fmt.Errorf("change workspace %s: %w", id, ErrConflict)
}
