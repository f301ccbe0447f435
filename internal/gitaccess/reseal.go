package gitaccess

import (
	"context"
	"errors"
	"fmt"
)

// resealPage is how many users are read at a time.
const resealPage = 100

// Reseal puts what old secrets sealed under the newest one, and returns how many users that
// was done for. It can end at any moment and be called again: what is done stays done. What
// does not open is left as it is, and its user is asked to connect when it is needed.
func (s *Service) Reseal(ctx context.Context) (changed int, err error) {
	for _, kind := range []struct {
		users func(ctx context.Context, after string, limit int) ([]string, error)
		one   func(ctx context.Context, userID string) error
	}{{s.o.Store.UsersWithConnection, s.resealConnection}, {s.o.Store.UsersWithHostCredentials, s.resealHosts}} {
		for after := ""; ; {
			ids, err := kind.users(ctx, after, resealPage)
			if err != nil {
				return changed, fmt.Errorf("list users with sealed git credentials: %w", err)
			}
			for _, id := range ids {
				switch err := kind.one(ctx, id); {
				case err == nil:
					changed++
				case !errors.Is(err, errMoved):
					return changed, fmt.Errorf("seal git credentials of user %s anew: %w", id, err)
				}
			}
			if len(ids) < resealPage {
				break
			}
			after = ids[len(ids)-1]
		}
	}
	if changed > 0 {
		s.log.Info("git credentials are sealed with the newest secret", "users", changed)
	}
	return changed, nil
}

// resealConnection returns errMoved if there is nothing to do.
func (s *Service) resealConnection(ctx context.Context, userID string) error {
	_, err := s.o.Store.ChangeConnection(ctx, userID, func(c *Connection) (bool, error) {
		a := s.reseal(purposeToken, accessPlace(userID), &c.Access)
		r := s.reseal(purposeToken, refreshPlace(userID), &c.Refresh)
		if !a && !r {
			return false, errMoved
		}
		return true, nil
	})
	return err
}

func (s *Service) resealHosts(ctx context.Context, userID string) error {
	return s.o.Store.ChangeHostCredentials(ctx, userID, func(all []HostCredential) ([]HostCredential, error) {
		changed := false
		for i := range all {
			changed = s.reseal(purposePassword, passwordPlace(userID, all[i].Host), &all[i].Password) || changed
		}
		if !changed {
			return nil, errMoved
		}
		return all, nil
	})
}

// reseal reports whether it changed sealed.
func (s *Service) reseal(purpose, place string, sealed *[]byte) bool {
	if len(*sealed) == 0 {
		return false
	}
	fresh, changed, err := s.o.Box.Reseal(purpose, place, *sealed)
	if err == nil && changed {
		*sealed = fresh
	}
	return err == nil && changed
}
