package chat

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/internal/permission"
)

// MaxTitle is the most characters of a chat's title.
const MaxTitle = 100

// CreateInput describes a new chat. Empty fields mean the owner's defaults.
type CreateInput struct {
	WorkspaceID, OwnerID string
	Title, Model         string
	Mode                 permission.Mode
	// Request makes the call idempotent: a second Create of the owner in the workspace with
	// the same Request returns the first's chat.
	Request string
}

// MaxChats is how many chats a workspace may have.
const MaxChats = 200

// Create makes a chat. Errors: *InvalidError, ErrManyChats.
func (s *Service) Create(ctx context.Context, in CreateInput) (Chat, error) {
	if in.Mode == "" {
		settings, err := s.Store.GetSettings(ctx, in.OwnerID)
		if err != nil {
			return Chat{}, err
		}
		in.Mode = s.defaultMode(settings)
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	c := Chat{ID: newID(), WorkspaceID: in.WorkspaceID, OwnerID: in.OwnerID, Title: strings.TrimSpace(in.Title), Model: in.Model, Mode: in.Mode, Version: 1, CreatedAt: now, UpdatedAt: now}
	if err := validate(c); err != nil {
		return Chat{}, err
	}
	c.Mode = c.Mode.Capped(s.ModeCap)
	if in.Request != "" {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%s", in.OwnerID, in.WorkspaceID, in.Request))
		c.ID = strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:26])
		if old, err := s.Store.GetChat(ctx, c.ID); !errors.Is(err, ErrNotFound) {
			return old, err
		}
	}
	all, err := s.Store.FindChats(ctx, ChatQuery{WorkspaceID: in.WorkspaceID, Limit: MaxChats})
	if err != nil {
		return Chat{}, err
	}
	if len(all) == MaxChats {
		return Chat{}, ErrManyChats
	}
	if err := s.Store.InsertChat(ctx, c); err != nil {
		if errors.Is(err, ErrConflict) && in.Request != "" {
			return s.Store.GetChat(ctx, c.ID)
		}
		return Chat{}, err
	}
	s.Announcer.AnnounceChat(c)
	return c, nil
}

func (s *Service) defaultMode(u Settings) permission.Mode {
	mode := u.Mode
	if mode == "" {
		mode = s.Mode
	}
	return mode.Capped(s.ModeCap)
}

func validate(c Chat) error {
	switch {
	case utf8.RuneCountInString(c.Title) > MaxTitle:
		return &InvalidError{"title", fmt.Sprintf("has at most %d characters", MaxTitle)}
	case strings.ContainsFunc(c.Title, isControl):
		return &InvalidError{"title", "has no control characters"}
	case len(c.Model) > 256 || strings.ContainsFunc(c.Model, isControl):
		return &InvalidError{"model", "has at most 256 printable characters"}
	case !c.Mode.Valid():
		return &InvalidError{"mode", "is plan, ask, autoEdit or auto"}
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }

// Get returns ErrNotFound if there is none.
func (s *Service) Get(ctx context.Context, id string) (Chat, error) { return s.Store.GetChat(ctx, id) }

// List returns a workspace's chats, newest first, and where the next page begins ("" at
// the end). Errors: *InvalidError for a cursor that is none.
func (s *Service) List(ctx context.Context, workspaceID string, limit int, cursor string) (page []Chat, next string, err error) {
	before, err := parseCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	page, err = s.Store.FindChats(ctx, ChatQuery{WorkspaceID: workspaceID, Before: before, Limit: limit + 1})
	if len(page) > limit {
		page = page[:limit]
		next = Cursor{page[limit-1].CreatedAt, page[limit-1].ID}.String()
	}
	return page, next, err
}

// UpdateInput changes what is not nil.
type UpdateInput struct {
	Title, Model *string
	Mode         *permission.Mode
}

// Update changes a chat's settings; a running turn gets the new mode at its next call.
// Errors: ErrNotFound, *InvalidError.
func (s *Service) Update(ctx context.Context, id string, in UpdateInput) (Chat, error) {
	c, err := s.change(ctx, id, func(c *Chat) error {
		if in.Title != nil {
			c.Title = strings.TrimSpace(*in.Title)
		}
		if in.Model != nil {
			c.Model = *in.Model
		}
		if in.Mode != nil {
			c.Mode = *in.Mode
		}
		err := validate(*c)
		c.Mode = c.Mode.Capped(s.ModeCap)
		return err
	})
	if id := s.elsewhere(c); err == nil && in.Mode != nil && id != "" {
		err = s.order(ctx, Order{TurnID: id, Mode: c.Mode})
	}
	if err == nil && in.Mode != nil {
		s.mu.Lock()
		t := s.running[id]
		s.mu.Unlock()
		if t != nil {
			t.setMode(c.Mode)
		}
	}
	return c, err
}

// errUnchanged, returned by a change, leaves the record as it is.
var errUnchanged = errors.New("nothing to change")

// change applies f to the record as it is by then, as often as somebody else is first.
func (s *Service) change(ctx context.Context, id string, f func(*Chat) error) (Chat, error) {
	for {
		c, err := s.Store.GetChat(ctx, id)
		if err != nil {
			return Chat{}, err
		}
		c.Turns = slices.Clone(c.Turns)
		switch err := f(&c); {
		case errors.Is(err, errUnchanged):
			return c, nil
		case err != nil:
			return c, err
		}
		c.Version++
		c.UpdatedAt = time.Now().UTC().Truncate(time.Millisecond)
		err = s.Store.SwapChat(ctx, c)
		if err == nil {
			s.Announcer.AnnounceChat(c)
			return c, nil
		}
		if !errors.Is(err, ErrConflict) || ctx.Err() != nil {
			return Chat{}, err
		}
	}
}

// Delete removes a chat with all it holds. Checkpoints stay in the workspace until they
// are old. Errors: ErrNotFound, ErrRunning.
func (s *Service) Delete(ctx context.Context, id string) error {
	c, err := s.Store.GetChat(ctx, id)
	if err != nil {
		return err
	}
	if c.Run.TurnID != "" {
		return &RunningError{c.Run.TurnID}
	}
	// The record goes last: what is left after a crash is found by deleting once more.
	for _, t := range c.Turns {
		if err := s.Store.RemoveTurn(ctx, t.ID); err != nil {
			return err
		}
	}
	if err := s.Store.RemoveChat(ctx, id); err != nil {
		return err
	}
	s.Announcer.AnnounceChatDeleted(c)
	return nil
}

// DeleteWorkspace removes all chats of a workspace that is gone, and stops its turns.
func (s *Service) DeleteWorkspace(ctx context.Context, workspaceID string) error {
	all, err := s.Store.FindChats(ctx, ChatQuery{WorkspaceID: workspaceID})
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range all {
		if t := s.local(c.ID); t != nil {
			t.stop(errStopped)
			select {
			case <-t.over:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		errs = append(errs, s.Delete(ctx, c.ID))
	}
	_, err = s.Store.UpdateRules(ctx, workspaceID, func(string) (string, error) { return "", nil })
	return errors.Join(append(errs, err)...)
}

// maxPage is how many bytes of messages end a page.
const maxPage = 8 << 20

// Messages returns the messages of the newest limit turns behind a cursor, oldest first, as
// JSON of uistream.Message, and where older ones begin ("" at the end).
func (s *Service) Messages(ctx context.Context, id string, limit int, cursor string) (page []json.RawMessage, next string, err error) {
	c, err := s.Store.GetChat(ctx, id)
	if err != nil {
		return nil, "", err
	}
	end := len(c.Turns)
	if cursor != "" {
		if end, err = strconv.Atoi(cursor); err != nil || end < 0 {
			return nil, "", &InvalidError{"cursor", "is not one of a list of messages"}
		}
		end = min(end, len(c.Turns))
	}
	begin, size := end, 0
	for begin > 0 && end-begin < limit && size < maxPage {
		t, err := s.Store.GetTurn(ctx, c.Turns[begin-1].ID)
		if err != nil && !errors.Is(err, ErrNotFound) { // that one is being dropped right now
			return nil, "", err
		}
		begin--
		// The answer of a turn that runs is left out: clients get it by resuming its stream.
		for _, m := range [][]byte{t.Answer, t.User} {
			if len(m) > 0 {
				page = append(page, m)
				size += len(m)
			}
		}
	}
	slices.Reverse(page)
	if begin > 0 {
		next = strconv.Itoa(begin)
	}
	return page, next, nil
}
