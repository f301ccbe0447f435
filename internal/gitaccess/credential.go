package gitaccess

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/internal/github"
)

const (
	maxPath     = 4096
	maxUsername = 255
	maxPassword = 4096
	// checkEvery bounds how often a program in a workspace can make us ask GitHub whether a
	// token is good.
	checkEvery = time.Minute
	// maxChecked bounds what is remembered for that; the rest may ask again.
	maxChecked = 10_000
)

// Question is what git inside a workspace asks. Programs there choose all of it.
type Question struct {
	// Protocol is https or http.
	Protocol string
	// Host is name[:port] in lower case.
	Host string
	// Path is the repository's without "/" in front; it may be "".
	Path string
	// Username is that in the address, "" if none is.
	Username string
}

// Credential is the answer. Printed and logged it shows no password.
type Credential struct{ Username, Password string }

func (c Credential) String() string { return "credential of " + c.Username }

// GoString is String, for %#v.
func (c Credential) GoString() string { return c.String() }

// LogValue is String, for log/slog, which would print JSON.
func (c Credential) LogValue() slog.Value { return slog.StringValue(c.String()) }

// gitUser is the name that GitHub wants with a token in place of a password.
const gitUser = "x-access-token"

// Credential answers git inside a workspace of the user. There is one host that it may sign
// in at: that of the workspace's repository, or the configured GitHub's if workspaceRepo is
// "". *RefusedError says why there is none; other errors are faults of ours or GitHub's.
func (s *Service) Credential(ctx context.Context, userID, workspaceRepo string, q Question) (Credential, error) {
	if len(q.Path) > maxPath || len(q.Username) > maxUsername || !plainText(q.Path) || !plainText(q.Username) || !validHost(q.Host) {
		return Credential{}, refuse("Git asked for a password with an address that cannot be.")
	}
	target := Repository{URL: s.web.String(), Host: s.host()}
	if workspaceRepo != "" {
		var err error
		if target, err = s.Parse(workspaceRepo); err != nil {
			return Credential{}, refuse("The repository of this workspace has an address that cannot be used.")
		}
	}
	protocol, _, _ := strings.Cut(target.URL, "://")
	switch {
	case q.Host != target.Host:
		return Credential{}, refuse("This workspace may sign in at %s only, not at %s.", target.Host, q.Host)
	case q.Protocol != protocol:
		return Credential{}, refuse("This workspace may sign in at %s by %s only.", target.Host, protocol)
	case s.o.GitHub != nil && q.Host == s.host():
		return s.gitHubCredential(ctx, userID, q)
	}
	return s.hostCredential(ctx, userID, q)
}

func (s *Service) gitHubCredential(ctx context.Context, userID string, q Question) (Credential, error) {
	token, err := s.Token(ctx, userID)
	if bad, ok := errors.AsType[*ReconnectError](err); ok {
		return Credential{}, refuse("%s That is in Settings of Kalpana.", bad.Problem)
	}
	switch {
	case errors.Is(err, ErrNotConnected):
		return Credential{}, refuse("Connect GitHub in Settings of Kalpana to use %s from a workspace.", q.Host)
	case err != nil:
		return Credential{}, err
	}
	if !s.o.PrivateRepos {
		if err := s.publicOnly(ctx, userID, q.Path); err != nil {
			return Credential{}, err
		}
	}
	return Credential{gitUser, token}, nil
}

// publicOnly refuses what private repositories could be read with.
func (s *Service) publicOnly(ctx context.Context, userID, path string) error {
	c, err := s.connection(ctx, userID)
	switch {
	case err != nil:
		return err
	case s.mayTooMuch(c):
		return refuse("%s That is in Settings of Kalpana.", tooMuchProblem)
	case c.HasScopes:
		return nil
	}
	// A GitHub App's token reaches whatever the app is installed for.
	r, err := s.Repo(ctx, userID, strings.TrimSuffix(path, ".git"))
	switch {
	case errors.Is(err, ErrPrivateDisabled), err == nil && r.Private:
		return refuse("%s is private, and private repositories are switched off here. An administrator can switch them on (ENABLE_PRIVATE_REPOS).", r.Name)
	case errors.Is(err, github.ErrNotFound), errors.Is(err, github.ErrInvalid):
		return refuse("GitHub does not show this repository, so it may be private, and private repositories are switched off here.")
	}
	return err
}

func (s *Service) hostCredential(ctx context.Context, userID string, q Question) (Credential, error) {
	all, err := s.o.Store.HostCredentials(ctx, userID)
	if err != nil {
		return Credential{}, fmt.Errorf("read credentials of user %s: %w", userID, err)
	}
	for _, c := range all {
		if c.Host != q.Host {
			continue
		}
		if q.Username != "" && q.Username != c.Username {
			return Credential{}, refuse("The credential stored for %s is for another user name than the address has. Change one of them.", q.Host)
		}
		password, err := s.o.Box.Open(purposePassword, passwordPlace(userID, c.Host), c.Password)
		if err != nil {
			s.log.Error("a stored git password does not open", "user", userID, "host", c.Host, "err", err)
			return Credential{}, refuse("The credential stored for %s cannot be read. Store it again in Settings of Kalpana.", q.Host)
		}
		return Credential{c.Username, string(password)}, nil
	}
	return Credential{}, refuse("Store a user name and a password or token for %s in Settings of Kalpana.", q.Host)
}

// Rejection is what git inside a workspace says about a credential that a host refused. Any
// program there can say it.
type Rejection struct {
	Protocol, Host, Username string
	// PasswordSHA256 is in hex.
	PasswordSHA256 string
}

// Rejected takes note of a credential that a host refused. What is said counts only if it is
// about the credential that is stored now. Then GitHub is asked, at most once a minute and
// user, and the connection marked if it is really over; about other hosts, which cannot be
// asked, their user is told, and the credential stays.
func (s *Service) Rejected(ctx context.Context, userID string, r Rejection) error {
	if s.o.GitHub != nil && r.Host == s.host() {
		return s.rejectedByGitHub(ctx, userID, r)
	}
	err := s.o.Store.ChangeHostCredentials(ctx, userID, func(all []HostCredential) ([]HostCredential, error) {
		for i, c := range all {
			if c.Host != r.Host || c.Username != r.Username {
				continue
			}
			password, err := s.o.Box.Open(purposePassword, passwordPlace(userID, c.Host), c.Password)
			if err != nil || !hashes(string(password), r.PasswordSHA256) {
				continue
			}
			all[i].Problem = c.Host + " refused it when a workspace used it. Check it, and store it again."
			return all, nil
		}
		return nil, errMoved
	})
	if err != nil && !errors.Is(err, errMoved) {
		return fmt.Errorf("note that a credential of user %s was refused: %w", userID, err)
	}
	return nil
}

func (s *Service) rejectedByGitHub(ctx context.Context, userID string, r Rejection) error {
	c, err := s.connection(ctx, userID)
	if errors.Is(err, ErrNotConnected) {
		return nil
	} else if err != nil {
		return err
	}
	access, err := s.open(ctx, c)
	if errors.Is(err, ErrReconnect) {
		return nil // known already
	} else if err != nil {
		return err
	}
	if !hashes(access, r.PasswordSHA256) || !s.mayCheck(userID) {
		return nil
	}
	_, err = s.o.GitHub.User(ctx, access)
	if errors.Is(err, github.ErrTokenRevoked) {
		if err = s.refused(ctx, userID, c.Grant); errors.Is(err, ErrReconnect) {
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("check the GitHub token of user %s: %w", userID, err)
	}
	return nil
}

// mayCheck reports whether it is time to ask GitHub about a user's token, and counts it.
func (s *Service) mayCheck(userID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Now()
	if last, ok := s.checked[userID]; ok && now.Sub(last) < checkEvery {
		return false
	}
	if len(s.checked) >= maxChecked {
		clear(s.checked)
	}
	s.checked[userID] = now
	return true
}

func hashes(secret, sum string) bool {
	h := sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare([]byte(hex.EncodeToString(h[:])), []byte(strings.ToLower(sum))) == 1
}
