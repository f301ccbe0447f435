package chat

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/internal/permission"
)

// Own describes what a user has set, and what is in force.
type Own struct {
	// Configured: there is a key, so turns can run. KeySource is own, server or none.
	Configured bool
	KeySource  string
	KeyHint    string
	Model      string
	Mode       permission.Mode
	Rules      string
}

// The sources of a provider key.
const (
	KeyOwn    = "own"
	KeyServer = "server"
	KeyNone   = "none"
)

// Settings returns what a user has set, with the defaults for what is not.
func (s *Service) Settings(ctx context.Context, userID string) (Own, error) {
	u, err := s.Store.GetSettings(ctx, userID)
	if err != nil {
		return Own{}, err
	}
	own := Own{KeySource: KeyNone, KeyHint: u.KeyHint, Model: s.modelOf(Chat{}, u), Mode: s.defaultMode(u), Rules: u.Rules}
	if _, err := s.Models(""); err == nil {
		own.KeySource = KeyServer
	}
	if s.OwnKeys && len(u.Key) > 0 {
		own.KeySource = KeyOwn
	} else {
		own.KeyHint = ""
	}
	own.Configured = own.KeySource != KeyNone
	return own, nil
}

// modelOf is the model for a chat of a user.
func (s *Service) modelOf(c Chat, u Settings) string {
	for _, m := range []string{c.Model, u.Model} {
		if m != "" {
			return m
		}
	}
	return s.Model
}

// UpdateSettings changes what is not nil. Errors: *InvalidError.
func (s *Service) UpdateSettings(ctx context.Context, userID string, model *string, mode *permission.Mode, rules *string) error {
	_, err := s.Store.UpdateSettings(ctx, userID, func(u *Settings) error {
		if model != nil {
			u.Model = *model
		}
		if mode != nil {
			u.Mode = *mode
		}
		check := Chat{Model: u.Model, Mode: u.Mode}
		if check.Mode == "" && mode == nil {
			check.Mode = permission.ModeAsk // not set yet
		}
		if err := validate(check); err != nil {
			return err
		}
		if rules != nil {
			if _, err := permission.ParseRules(*rules); err != nil {
				return &InvalidError{"rules", err.Error()}
			}
			u.Rules = *rules
		}
		return nil
	})
	return err
}

// Key lengths that a provider key may have.
const minKey, maxKey = 8, 512

// SetKey stores a user's own provider key, sealed. Errors: *InvalidError, ErrOwnKeys.
func (s *Service) SetKey(ctx context.Context, userID, key string) error {
	if !s.OwnKeys {
		return ErrOwnKeys
	}
	key = strings.TrimSpace(key)
	if len(key) < minKey || len(key) > maxKey || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return &InvalidError{"key", fmt.Sprintf("is %d–%d printable ASCII characters without spaces", minKey, maxKey)}
	}
	_, err := s.Store.UpdateSettings(ctx, userID, func(u *Settings) error {
		u.Key, u.KeyHint = s.Box.Seal(keyPurpose, userID, []byte(key)), "…"+key[len(key)-4:]
		return nil
	})
	return err
}

// RemoveKey forgets it; nil if there is none.
func (s *Service) RemoveKey(ctx context.Context, userID string) error {
	_, err := s.Store.UpdateSettings(ctx, userID, func(u *Settings) error {
		if len(u.Key) == 0 {
			return errUnchanged
		}
		u.Key, u.KeyHint = nil, ""
		return nil
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

const keyPurpose = "provider-key"

// client is the model client for a user's turns; key is the user's own, or "".
func (s *Service) client(u Settings) (m Model, key string, err error) {
	if s.OwnKeys && len(u.Key) > 0 {
		plain, err := s.Box.Open(keyPurpose, u.UserID, u.Key)
		if err != nil {
			return nil, "", fmt.Errorf("open the provider key of user %s (was KALPANA_SECRET changed?): %w", u.UserID, err)
		}
		key = string(plain)
	}
	m, err = s.Models(key)
	return m, key, err
}

// ModelList returns the client that lists the models a user can choose from. Errors: ErrOff.
func (s *Service) ModelList(ctx context.Context, userID string) (Model, error) {
	u, err := s.Store.GetSettings(ctx, userID)
	if err != nil {
		return nil, err
	}
	m, _, err := s.client(u)
	return m, err
}

// MaxRules is the most bytes of a text of rules.
const MaxRules = 32 << 10

// Rules returns a workspace's rules.
func (s *Service) Rules(ctx context.Context, workspaceID string) (string, error) {
	return s.Store.GetRules(ctx, workspaceID)
}

// SetRules replaces a workspace's rules; running turns get them at their next call.
// Errors: *InvalidError.
func (s *Service) SetRules(ctx context.Context, workspaceID, rules string) error {
	if _, err := permission.ParseRules(rules); err != nil {
		return &InvalidError{"rules", err.Error()}
	}
	if len(rules) > MaxRules {
		return &InvalidError{"rules", fmt.Sprintf("has at most %d bytes", MaxRules)}
	}
	_, err := s.Store.UpdateRules(ctx, workspaceID, func(string) (string, error) { return rules, nil })
	return err
}

// addRules appends rules that a user granted on a card.
func (s *Service) addRules(ctx context.Context, workspaceID string, more []permission.Rule) error {
	_, err := s.Store.UpdateRules(ctx, workspaceID, func(text string) (string, error) {
		old, err := permission.ParseRules(text)
		if err != nil {
			return "", err
		}
		known := map[string]bool{}
		for _, r := range old {
			known[r.String()] = true
		}
		for _, r := range more {
			if !known[r.String()] {
				text = strings.TrimRight(text, "\n") + "\n" + r.String()
			}
		}
		text = strings.TrimLeft(text, "\n")
		if len(old)+len(more) > permission.MaxRules || len(text) > MaxRules || !utf8.ValidString(text) {
			return "", errors.New("there are as many rules as a workspace may have")
		}
		return text + "\n", nil
	})
	return err
}

// policy is what calls of a turn are judged by, apart from what the turn itself granted.
func (s *Service) policy(ctx context.Context, userID, workspaceID string) (permission.Policy, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	u, err := s.Store.GetSettings(ctx, userID)
	if err != nil {
		return permission.Policy{}, err
	}
	text, err := s.Store.GetRules(ctx, workspaceID)
	if err != nil {
		return permission.Policy{}, err
	}
	p := permission.Policy{Cap: s.ModeCap, Place: permission.DefaultPlace()}
	for _, t := range []string{u.Rules, text} {
		rules, err := permission.ParseRules(t)
		if err != nil {
			return permission.Policy{}, fmt.Errorf("read the rules: %w", err)
		}
		p.Rules = append(p.Rules, rules...)
	}
	return p, nil
}
