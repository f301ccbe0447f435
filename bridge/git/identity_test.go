package git_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
)

func TestIdentityIsSetWhereTheUserHasNotDoneIt(t *testing.T) {
	s := start(t)
	config := filepath.Join(s.home, ".gitconfig")
	for _, c := range []struct {
		name, before string
		want         bridge.Identity
	}{
		{"nothing", "", bridge.Identity{Name: "-x Grace", Email: "grace@example.com", Changed: true}},
		{"both", "[user]\nname = Ada\nemail = ada@example.com\n", bridge.Identity{Name: "Ada", Email: "ada@example.com"}},
		{"a name", "[user]\nname = Ada\n", bridge.Identity{Name: "Ada", Email: "grace@example.com", Changed: true}},
		{"an empty address", "[user]\nemail =\n", bridge.Identity{Name: "-x Grace", Changed: true}},
		{"in another file", "[include]\npath = more\n", bridge.Identity{Name: "Included", Email: "grace@example.com", Changed: true}},
	} {
		s.must(os.WriteFile(config, []byte(c.before), 0o644))
		s.must(os.WriteFile(filepath.Join(s.home, "more"), []byte("[user]\nname = Included\n"), 0o644))
		got, err := s.SetIdentity(t.Context(), bridge.SetIdentity{Name: "-x Grace", Email: "grace@example.com"})
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", c.name, got, err)
			continue
		}
		if name := s.git(s.home, "config", "user.name"); name != c.want.Name {
			t.Errorf("%s: git says %s", c.name, name)
		}
		again, err := s.SetIdentity(t.Context(), bridge.SetIdentity{Name: "Other", Email: "other@example.com"})
		c.want.Changed = false
		if err != nil || again != c.want {
			t.Errorf("%s, again: %+v, %v", c.name, again, err)
		}
	}
	// The repository of the workspace has no say.
	s.repository(".", "a.txt")
	s.git(s.dir, "config", "user.name", "Repository")
	s.must(os.Remove(config))
	got, err := s.SetIdentity(t.Context(), bridge.SetIdentity{Name: "Grace", Email: "grace@example.com"})
	if err != nil || got.Name != "Grace" || !got.Changed {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestIdentitiesThatGitCouldNotUse(t *testing.T) {
	s := start(t)
	for _, bad := range []string{"", " ", "a\nb", "a\x00b", "a<b", "a>b", "a\x1b[31m", "\xff", strings.Repeat("x", 400)} {
		for _, req := range []bridge.SetIdentity{{Name: bad, Email: "a@b"}, {Name: "Ada", Email: bad}} {
			if _, err := s.SetIdentity(t.Context(), req); code(t, err) != bridge.CodeBadRequest {
				t.Errorf("%q: %v", req, err)
			}
		}
	}
	s.must(os.WriteFile(filepath.Join(s.home, ".gitconfig"), []byte("[user\n"), 0o644))
	if _, err := s.SetIdentity(t.Context(), bridge.SetIdentity{Name: "Ada", Email: "a@b"}); code(t, err) != bridge.CodeGitFailed {
		t.Errorf("a broken file: %v", err)
	}
}
