package gitaccess

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxHosts is how many hosts one user has credentials for.
const maxHosts = 50

// Hosts returns the user's credentials for hosts other than GitHub by host, without their
// passwords.
func (s *Service) Hosts(ctx context.Context, userID string) ([]HostCredential, error) {
	all, err := s.o.Store.HostCredentials(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("read credentials of user %s: %w", userID, err)
	}
	for i := range all {
		all[i].Password = nil
	}
	slices.SortFunc(all, func(a, b HostCredential) int { return strings.Compare(a.Host, b.Host) })
	return all, nil
}

// Secrets returns the passwords that a user has stored for hosts other than GitHub: what is to
// be masked in texts that any workspace of that user may have written. One that does not open
// is in no workspace and left out.
func (s *Service) Secrets(ctx context.Context, userID string) ([]string, error) {
	all, err := s.o.Store.HostCredentials(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("read credentials of user %s: %w", userID, err)
	}
	var secrets []string
	for _, c := range all {
		if password, err := s.o.Box.Open(purposePassword, passwordPlace(userID, c.Host), c.Password); err == nil {
			secrets = append(secrets, string(password))
		}
	}
	return secrets, nil
}

// PutHost stores a credential for a host, in place of the one that was there. The result has
// no password. *InvalidError, also for the configured GitHub and for more than 50 hosts.
func (s *Service) PutHost(ctx context.Context, userID, host, username, password string) (HostCredential, error) {
	host = normalHost("https", strings.TrimSpace(host))
	switch {
	case !validHost(host):
		return HostCredential{}, &InvalidError{"host", "Give the name of a host such as git.example.org, with :port if it has one."}
	case s.o.GitHub != nil && host == s.host():
		return HostCredential{}, &InvalidError{"host", "This is the GitHub of this installation: connect it instead."}
	case username == "" || len(username) > maxUsername || !plainText(username):
		return HostCredential{}, &InvalidError{"username", "Give a user name of 1 to 255 bytes on one line. Hosts that go by a token alone take any name."}
	case password == "" || len(password) > maxPassword || !plainText(password):
		return HostCredential{}, &InvalidError{"password", "Give a password or token of 1 to 4096 bytes on one line."}
	}
	c := HostCredential{Host: host, Username: username, CreatedAt: s.now(), Password: s.o.Box.Seal(purposePassword, passwordPlace(userID, host), []byte(password))}
	err := s.o.Store.ChangeHostCredentials(ctx, userID, func(all []HostCredential) ([]HostCredential, error) {
		i := slices.IndexFunc(all, func(o HostCredential) bool { return o.Host == host })
		switch {
		case i >= 0:
			all[i] = c
		case len(all) >= maxHosts:
			return nil, &InvalidError{"host", fmt.Sprintf("There are credentials for %d hosts already. Remove one that is no longer used.", maxHosts)}
		default:
			all = append(all, c)
		}
		return all, nil
	})
	if _, ok := errors.AsType[*InvalidError](err); ok {
		return HostCredential{}, err
	} else if err != nil {
		return HostCredential{}, fmt.Errorf("store a credential of user %s: %w", userID, err)
	}
	s.log.Info("git credential stored", "user", userID, "host", host)
	c.Password = nil
	return c, nil
}

// DeleteHost forgets a credential; ErrNotFound if there is none.
func (s *Service) DeleteHost(ctx context.Context, userID, host string) error {
	host = normalHost("https", host)
	err := s.o.Store.ChangeHostCredentials(ctx, userID, func(all []HostCredential) ([]HostCredential, error) {
		i := slices.IndexFunc(all, func(o HostCredential) bool { return o.Host == host })
		if i < 0 {
			return nil, ErrNotFound
		}
		return slices.Delete(all, i, i+1), nil
	})
	if errors.Is(err, ErrNotFound) {
		return ErrNotFound
	} else if err != nil {
		return fmt.Errorf("forget a credential of user %s: %w", userID, err)
	}
	s.log.Info("git credential deleted", "user", userID, "host", host)
	return nil
}
