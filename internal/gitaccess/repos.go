package gitaccess

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kalpana-dev/kalpana/internal/github"
)

// maxItems is how much of a list one call returns.
const maxItems = 100

// Repos lists repositories of the user's account as [github.Client.Repos] does, up to limit
// of them (1 to 100), without private ones where those are switched off. A page may be empty
// and yet have a Next.
func (s *Service) Repos(ctx context.Context, userID, query, cursor string, limit int) (github.Page[github.Repo], error) {
	var out github.Page[github.Repo]
	err := s.with(ctx, userID, func(token string) (err error) {
		out, err = part(cursor, limit, func(cursor string) (github.Page[github.Repo], error) {
			return s.o.GitHub.Repos(ctx, token, query, cursor)
		})
		return err
	})
	if err != nil {
		return github.Page[github.Repo]{}, err
	}
	if !s.o.PrivateRepos {
		public := []github.Repo{}
		for _, r := range out.Items {
			if !r.Private {
				public = append(public, r)
			}
		}
		out.Items = public
	}
	return out, nil
}

// Repo finds a repository by "owner/name", also under an old name. Without a connection only
// public ones. ErrPrivateDisabled, with the name in the result, for a private one where
// those are switched off.
func (s *Service) Repo(ctx context.Context, userID, name string) (github.Repo, error) {
	var r github.Repo
	err := s.named(ctx, userID, name, func(token, name string) (err error) {
		r, err = s.o.GitHub.Repo(ctx, token, name)
		return err
	})
	if err == nil && r.Private && !s.o.PrivateRepos {
		return github.Repo{Name: r.Name, Private: true}, ErrPrivateDisabled
	}
	return r, err
}

// Branches lists branches of a repository as [github.Client.Branches] does, up to limit of
// them (1 to 100). Otherwise as Repo.
func (s *Service) Branches(ctx context.Context, userID, name, query, cursor string, limit int) (github.Page[github.Branch], error) {
	if err := s.public(ctx, userID, name); err != nil {
		return github.Page[github.Branch]{}, err
	}
	var out github.Page[github.Branch]
	err := s.named(ctx, userID, name, func(token, name string) (err error) {
		out, err = part(cursor, limit, func(cursor string) (github.Page[github.Branch], error) {
			return s.o.GitHub.Branches(ctx, token, name, query, cursor)
		})
		return err
	})
	return out, err
}

// Files lists a folder of a repository as [github.Client.Files] does. Otherwise as Repo.
func (s *Service) Files(ctx context.Context, userID, name, folder, ref string) ([]github.Entry, error) {
	if err := s.public(ctx, userID, name); err != nil {
		return nil, err
	}
	var out []github.Entry
	err := s.named(ctx, userID, name, func(token, name string) (err error) {
		out, err = s.o.GitHub.Files(ctx, token, name, folder, ref)
		return err
	})
	return out, err
}

// File reads a file of a repository as [github.Client.File] does. Otherwise as Repo.
func (s *Service) File(ctx context.Context, userID, name, path, ref string) ([]byte, error) {
	if err := s.public(ctx, userID, name); err != nil {
		return nil, err
	}
	var out []byte
	err := s.named(ctx, userID, name, func(token, name string) (err error) {
		out, err = s.o.GitHub.File(ctx, token, name, path, ref)
		return err
	})
	return out, err
}

// MayUse says whether a workspace of the user may be made of a repository, as Parse reads
// it; "" is none. ErrPrivateDisabled and *InvalidError are the answers no. A repository that
// GitHub does not show is no reason: the clone tells, and Credential gives nothing for a
// private one.
func (s *Service) MayUse(ctx context.Context, userID, repo string) error {
	if repo == "" {
		return nil
	}
	r, err := s.Parse(repo)
	if err != nil {
		return err
	}
	if r.Name == "" {
		return nil
	}
	if err := s.public(ctx, userID, r.Name); errors.Is(err, ErrPrivateDisabled) {
		return err
	} else if err != nil {
		s.log.Debug("whether a repository is private is not known", "user", userID, "repository", r.Name, "err", err)
	}
	return nil
}

// CloneURL is where git fetches a repository, as Parse reads it: under its new name if
// GitHub says that it has one.
func (s *Service) CloneURL(ctx context.Context, userID, repo string) (string, error) {
	r, err := s.Parse(repo)
	if err != nil || r.Name == "" {
		return r.URL, err
	}
	if now, err := s.Repo(ctx, userID, r.Name); err == nil {
		return now.CloneURL, nil
	} else if errors.Is(err, ErrPrivateDisabled) {
		return "", err
	}
	return r.URL, nil // git finds out what is wrong, and says so in the start log
}

// public is nil where private repositories may be used, and asks GitHub where not.
func (s *Service) public(ctx context.Context, userID, name string) error {
	if s.o.PrivateRepos {
		return nil
	}
	_, err := s.Repo(ctx, userID, name)
	return err
}

// named calls do with the user's token, or none without a connection, and follows a
// repository to its new name.
func (s *Service) named(ctx context.Context, userID, name string, do func(token, name string) error) error {
	if s.o.GitHub == nil {
		return ErrDisabled
	}
	try := func(token string) error {
		err := do(token, name)
		if moved, ok := errors.AsType[*github.RenamedError](err); ok {
			err = do(token, moved.New)
		}
		return err
	}
	err := s.with(ctx, userID, try)
	if errors.Is(err, ErrNotConnected) {
		err = try("")
	}
	return err
}

// part returns up to limit items of a page, from where the cursor says: "page.offset", with
// the page as GitHub's cursor has it. Asking for a page again costs nothing of the rate
// limit as long as it is the same.
func part[T any](cursor string, limit int, get func(cursor string) (github.Page[T], error)) (github.Page[T], error) {
	limit = min(max(limit, 1), maxItems)
	at, rest, cut := strings.Cut(cursor, ".")
	offset, err := strconv.Atoi(rest)
	if cut && (err != nil || offset < 1 || strconv.Itoa(offset) != rest) {
		return github.Page[T]{}, fmt.Errorf("cursor is not one of an earlier page: %w", github.ErrInvalid)
	}
	page, err := get(at)
	if err != nil {
		return github.Page[T]{}, err
	}
	from := min(offset, len(page.Items))
	to := min(from+limit, len(page.Items))
	out := github.Page[T]{Items: page.Items[from:to], Next: page.Next}
	if to < len(page.Items) {
		out.Next = at + "." + strconv.Itoa(to)
	}
	return out, nil
}
