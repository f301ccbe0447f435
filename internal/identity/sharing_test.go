package identity_test

import (
	"context"
	"testing"
	"time"
)

func TestPasswordsOfLinksKeepNobodyFromSigningIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.browser().signup("ada@example.com")
	release := s.HoldLinkHasher()
	defer release()
	if got := s.browser().login("ada@example.com", goodPassword); got != 204 {
		t.Errorf("login while all that hash passwords of links are busy: %d", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := s.HashPassword(ctx, "a password"); err == nil {
		t.Error("a link's password was hashed out of turn")
	}
}
