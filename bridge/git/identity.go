package git

import (
	"context"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
)

// maxIdentity is longer than names and addresses are.
const maxIdentity = 320

// SetIdentity answers setIdentity. What the user has set stays, also an empty value.
func (g *Git) SetIdentity(ctx context.Context, req bridge.SetIdentity) (bridge.Identity, error) {
	var now bridge.Identity
	for what, value := range map[string]string{"name": req.Name, "email": req.Email} {
		if why := unfit(value); why != "" {
			return now, bridge.Errorf(bridge.CodeBadRequest, "%s %s", what, why)
		}
	}
	// Not the workspace folder: the repository that may be there has a say in nothing here.
	dir, err := os.Open("/")
	if err != nil {
		return now, err
	}
	defer dir.Close()
	for _, s := range []struct {
		key, value string
		now        *string
	}{{"user.name", req.Name, &now.Name}, {"user.email", req.Email, &now.Email}} {
		config := func(args ...string) invocation {
			return invocation{child.Program{Args: append([]string{"config", "--global"}, args...), Dir: dir, Env: userEnv()}, "", lookTime}
		}
		value, result, err := g.output(ctx, config("--includes", "--get", s.key), 1)
		if err != nil {
			return now, err
		}
		if result.ExitCode == 0 {
			*s.now = child.Text(value)
			continue
		}
		if _, err := g.do(ctx, config(s.key, s.value)); err != nil {
			return now, err
		}
		*s.now, now.Changed = s.value, true
	}
	return now, nil
}

// unfit says why git could not use a name or address, or would change it.
func unfit(value string) string {
	switch {
	case strings.TrimSpace(value) == "":
		return "is empty"
	case len(value) > maxIdentity:
		return "is too long"
	case !utf8.ValidString(value) || strings.ContainsFunc(value, func(c rune) bool { return unicode.IsControl(c) || c == '<' || c == '>' }):
		return "holds a character that cannot be in a commit"
	}
	return ""
}
