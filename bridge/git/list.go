package git

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
)

// checkpointList returns the checkpoints that count, newest first, and the ids of those
// that are too many or too old.
func (s *store) checkpointList(ctx context.Context) (kept []bridge.Checkpoint, old []string, err error) {
	l, err := s.references(ctx, "%(contents)")
	if isCode(err, bridge.CodeGitFailed) {
		// One that is damaged, after a power cut perhaps, must not spoil the others.
		if err = s.mend(ctx); err == nil {
			l, err = s.references(ctx, "%(contents)")
		}
	}
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(l.list, func(a, b bridge.Checkpoint) int { return strings.Compare(b.ID, a.ID) })
	for n, c := range l.list {
		if n >= maxCheckpoints || s.now().Sub(c.CreatedAt) > maxAge {
			old = append(old, c.ID)
		} else {
			kept = append(kept, c)
		}
	}
	return kept, old, nil
}

// references lists all checkpoints, with what git prints for format as their messages.
func (s *store) references(ctx context.Context, format string) (*refList, error) {
	l := &refList{}
	i := s.git("for-each-ref", "--format=%(refname:lstrip=2)%00"+format+"%00", strings.TrimSuffix(checkpointRefs, "/"))
	i.Output = &tokens{take: l.take}
	_, err := s.g.do(ctx, i)
	if errors.Is(err, errEnough) {
		err = nil
	}
	return l, err
}

// mend forgets the checkpoints of which git says, without any trouble of its own, that
// their contents are missing.
func (s *store) mend(ctx context.Context) error {
	l, err := s.references(ctx, "")
	if err != nil {
		return err
	}
	var names, lost []string
	for _, c := range l.list {
		names = append(names, checkpointRefs+c.ID+"^{tree}\n")
	}
	out := &limited{most: 100 * maxCheckpoints * 100}
	i := s.git("cat-file", "--batch-check")
	i.Output = out
	i.Input = func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Join(names, ""))
		return err
	}
	if _, err := s.g.do(ctx, i); err != nil {
		return err
	}
	said := strings.Split(string(out.kept), "\n")
	for n, c := range l.list {
		if n < len(said) && strings.HasSuffix(said[n], " missing") {
			lost = append(lost, c.ID)
		}
	}
	return s.forget(ctx, lost)
}

// forget deletes checkpoints' references.
func (s *store) forget(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	i := s.git("update-ref", "--stdin")
	i.Input = func(w io.Writer) error {
		for _, id := range ids {
			if _, err := io.WriteString(w, "delete "+checkpointRefs+id+"\n"); err != nil {
				return err
			}
		}
		return nil
	}
	_, err := s.g.do(ctx, i)
	return err
}

// refList reads names and messages, in turn. Names that are no ids are skipped.
type refList struct {
	name  string
	named bool
	list  []bridge.Checkpoint
}

func (l *refList) take(token string) error {
	if !l.named {
		l.name, l.named = strings.TrimPrefix(token, "\n"), true
		return nil
	}
	l.named = false
	if at, ok := parseIdentifier(l.name); ok {
		l.list = append(l.list, bridge.Checkpoint{ID: l.name, Message: tidyMessage(token), CreatedAt: at})
	}
	if len(l.list) > 100*maxCheckpoints {
		return errEnough
	}
	return nil
}

// tidy forgets old checkpoints and packs what is left, if that is worth while. The
// checkpoint was made already: it must neither fail nor be cancelled because of this.
func (s *store) tidy(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, tidyTime)
	defer cancel()
	_, old, err := s.checkpointList(ctx)
	if err != nil {
		return
	}
	if s.forget(ctx, old) != nil {
		return
	}
	_, _ = s.g.do(ctx, s.git("gc", "--auto", "--quiet"))
}
