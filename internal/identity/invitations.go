package identity

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"
)

// maxInvitationTTL bounds how long a forgotten link stays good.
const maxInvitationTTL = 366 * 24 * time.Hour

// CreateInvitation makes a link that admits one new person. email, if any, is the one
// their account must have: typed in at sign-up, or verified at the provider they come
// from. link holds the only copy of the code. *FieldError for a bad
// email, a ttl out of range, or while sign-up is closed to everybody.
func (s *Service) CreateInvitation(ctx context.Context, byUserID, email string, admin bool, ttl time.Duration) (link string, i Invitation, err error) {
	email = normalEmail(email)
	if email != "" {
		if err := checkEmail(email); err != nil {
			return "", Invitation{}, err
		}
	}
	if ttl <= 0 || ttl > maxInvitationTTL {
		return "", Invitation{}, &FieldError{"ttl", "Choose a time up to one year."}
	}
	if s.o.Signup == SignupClosed {
		return "", Invitation{}, &FieldError{"email", "Sign-up is closed on this installation, so invitations would not work. KALPANA_SIGNUP=invite allows them."}
	}
	secret, now := newSecret(), s.now()
	i = Invitation{ID: newID(), Hash: digestHex(secret), Email: email, Admin: admin, CreatedBy: byUserID, CreatedAt: now, ExpiresAt: now.Add(ttl)}
	if err := s.store.CreateInvitation(ctx, i); err != nil {
		return "", Invitation{}, fmt.Errorf("create invitation: %w", err)
	}
	s.log.Info("invitation created", "user", byUserID, "invitation", i.ID, "admin", admin)
	i.Hash = ""
	return s.address("/signup", url.Values{"invitation": {secret}}), i, nil
}

// Invitations returns all that are kept, used ones too, the newest first, without hashes.
func (s *Service) Invitations(ctx context.Context) ([]Invitation, error) {
	all, err := s.store.Invitations(ctx)
	if err != nil {
		return nil, fmt.Errorf("read invitations: %w", err)
	}
	for i := range all {
		all[i].Hash = ""
	}
	slices.SortFunc(all, func(a, b Invitation) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return all, nil
}

// DeleteInvitation withdraws an invitation; ErrNotFound if there is none with this id.
func (s *Service) DeleteInvitation(ctx context.Context, id string) error {
	err := s.store.DeleteInvitation(ctx, id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("delete invitation %s: %w", id, err)
	}
	return err
}
