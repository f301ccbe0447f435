package variable

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Options are what a Service stands on.
type Options struct {
	Store Store
	Box   Sealer
	// Usable reports whether a user may use a template, which has the form of an id. Default:
	// every one is taken for usable.
	Usable func(ctx context.Context, userID, template string) (bool, error)
	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// Service keeps variables. Safe for concurrent use, also of several processes on one store.
type Service struct{ o Options }

// New returns a Service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Usable == nil {
		o.Usable = func(context.Context, string, string) (bool, error) { return true, nil }
	}
	return &Service{o}
}

// sealedFor is what the keys of values are for.
const sealedFor = "variables"

// place is where a value is sealed for. None of the three has a slash in it, except the user's
// id if that of another package should: it stands first, so places stay different.
func place(userID, template, name string) string {
	return fmt.Sprintf("%s/%s/%s", userID, template, name)
}

func (s *Service) open(userID string, v Variable) (string, bool) {
	plain, err := s.o.Box.Open(sealedFor, place(userID, v.Template, v.Name), v.Sealed)
	return string(plain), err == nil
}

// List returns a user's variables, sorted by name and template, values of secrets left out.
func (s *Service) List(ctx context.Context, userID string) ([]Shown, error) {
	all, err := s.sorted(ctx, userID)
	if err != nil {
		return nil, err
	}
	shown := make([]Shown, 0, len(all))
	for _, v := range all {
		shown = append(shown, s.show(userID, v))
	}
	return shown, nil
}

func (s *Service) sorted(ctx context.Context, userID string) ([]Variable, error) {
	all, err := s.o.Store.GetVariables(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("read the variables of user %s: %w", userID, err)
	}
	slices.SortFunc(all, func(a, b Variable) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Template, b.Template))
	})
	return all, nil
}

func (s *Service) show(userID string, v Variable) Shown {
	value, ok := s.open(userID, v)
	if v.Secret {
		value = ""
	}
	return Shown{Template: v.Template, Name: v.Name, Secret: v.Secret, Value: value, Unreadable: !ok, UpdatedAt: v.UpdatedAt}
}

// Put is the wish for one variable.
type Put struct {
	// Template is "" for all workspaces.
	Template, Name string
	// Value is at most MaxValue bytes of UTF-8 without NUL.
	Value  string
	Secret bool
}

// Put sets a variable, whether there is one or not, and returns it as List would. Running
// workspaces have it from their next start. The error is an *InvalidError or ErrLimit if the
// wish is at fault.
func (s *Service) Put(ctx context.Context, userID string, p Put) (Shown, error) {
	if err := s.check(ctx, userID, p); err != nil {
		return Shown{}, err
	}
	v := Variable{
		Template: p.Template, Name: p.Name, Secret: p.Secret, Bytes: len(p.Value), UpdatedAt: s.o.Now().UTC().Truncate(time.Millisecond),
		Sealed: s.o.Box.Seal(sealedFor, place(userID, p.Template, p.Name), []byte(p.Value)),
	}
	err := s.o.Store.UpdateVariables(ctx, userID, func(all []Variable) ([]Variable, error) {
		// A copy: change may be called again with what it was given.
		rest := slices.DeleteFunc(slices.Clone(all), func(o Variable) bool { return o.is(v.Template, v.Name) })
		rest = append(rest, v)
		size := 0
		for _, o := range rest {
			size += len(o.Name) + o.Bytes
		}
		if len(rest) > MaxCount || size > MaxBytes {
			return nil, ErrLimit
		}
		return rest, nil
	})
	if err != nil {
		return Shown{}, fmt.Errorf("set variable %s: %w", p.Name, err)
	}
	return s.show(userID, v), nil
}

func (s *Service) check(ctx context.Context, userID string, p Put) error {
	if err := CheckName(p.Name); err != nil {
		return err
	}
	if err := checkTemplate(p.Template); err != nil {
		return err
	}
	switch {
	case len(p.Value) > MaxValue:
		return &InvalidError{"value", fmt.Sprintf("A value has at most %d KiB; put longer ones in a file.", MaxValue>>10)}
	case !utf8.ValidString(p.Value) || strings.ContainsRune(p.Value, 0):
		return &InvalidError{"value", "A value is text without NUL; encode anything else, for example in Base64."}
	}
	if p.Template == "" {
		return nil
	}
	ok, err := s.o.Usable(ctx, userID, p.Template)
	if err == nil && !ok {
		return &InvalidError{"template", "There is no such template."}
	}
	return err
}

// Delete removes a variable; ErrNotFound if there is none.
func (s *Service) Delete(ctx context.Context, userID, template, name string) error {
	err := s.o.Store.UpdateVariables(ctx, userID, func(all []Variable) ([]Variable, error) {
		rest := slices.DeleteFunc(slices.Clone(all), func(o Variable) bool { return o.is(template, name) })
		if len(rest) == len(all) {
			return nil, ErrNotFound
		}
		return rest, nil
	})
	if err != nil {
		return fmt.Errorf("delete variable: %w", err)
	}
	return nil
}

// Forget removes all variables of a user who is gone.
func (s *Service) Forget(ctx context.Context, userID string) error {
	return s.o.Store.RemoveVariables(ctx, userID)
}

// For returns what a workspace that the user made from a template gets: the variables for all
// workspaces, and over them those for the template; template may be "". secrets are the
// values to mask where others than the workspace would read them, each once.
//
// If the error is an *UnreadableError, the rest is returned all the same: the workspace can
// start without what cannot be read.
func (s *Service) For(ctx context.Context, userID, template string) (values map[string]string, secrets []string, err error) {
	all, err := s.sorted(ctx, userID)
	if err != nil {
		return nil, nil, err
	}
	merged := map[string]Variable{}
	for _, v := range all { // "" sorts first
		if v.Template == "" || v.Template == template {
			merged[v.Name] = v
		}
	}
	values = map[string]string{}
	var unreadable []string
	for name, v := range merged {
		value, ok := s.open(userID, v)
		if !ok {
			unreadable = append(unreadable, name)
			continue
		}
		values[name] = value
		if v.Secret && value != "" {
			secrets = append(secrets, value)
		}
	}
	slices.Sort(secrets)
	secrets = slices.Compact(secrets)
	if len(unreadable) > 0 {
		slices.Sort(unreadable)
		err = &UnreadableError{unreadable}
	}
	return values, secrets, err
}

// Secrets returns the values of all secrets of a user, whatever they are for, each once: what
// is to be masked in texts that any workspace of that user may have written. What cannot be
// read any more is in no workspace that started since, and is left out.
func (s *Service) Secrets(ctx context.Context, userID string) ([]string, error) {
	all, err := s.sorted(ctx, userID)
	if err != nil {
		return nil, err
	}
	var secrets []string
	for _, v := range all {
		if value, ok := s.open(userID, v); v.Secret && ok && value != "" {
			secrets = append(secrets, value)
		}
	}
	slices.Sort(secrets)
	return slices.Compact(secrets), nil
}

// Rotate seals everything that an older key sealed with the newest one, so that the older can
// be taken away. What cannot be opened stays as it is. It goes on with the other users when
// one fails.
func (s *Service) Rotate(ctx context.Context) error {
	users, err := s.o.Store.UsersWithVariables(ctx)
	if err != nil {
		return fmt.Errorf("seal variables anew: %w", err)
	}
	var failed []error
	for _, id := range users {
		if err := s.rotate(ctx, id); err != nil && !errors.Is(err, errNothingOld) {
			failed = append(failed, fmt.Errorf("seal the variables of user %s anew: %w", id, err))
		}
	}
	return errors.Join(failed...)
}

// errNothingOld ends an update that has nothing to write.
var errNothingOld = errors.New("nothing is sealed with an old key")

func (s *Service) rotate(ctx context.Context, userID string) error {
	return s.o.Store.UpdateVariables(ctx, userID, func(all []Variable) ([]Variable, error) {
		all = slices.Clone(all)
		some := false
		for i, v := range all {
			fresh, changed, err := s.o.Box.Reseal(sealedFor, place(userID, v.Template, v.Name), v.Sealed)
			if err == nil && changed {
				all[i].Sealed, some = fresh, true
			}
		}
		if !some {
			return nil, errNothingOld
		}
		return all, nil
	})
}
