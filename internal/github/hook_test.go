package github_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/github"
	"github.com/kalpana-dev/kalpana/internal/githubtest"
)

func TestHooks(t *testing.T) {
	st := serve(t, githubtest.Options{})
	st.AddRepo(githubtest.Repo{Name: "ada/x", Private: true, Files: map[string]string{"a": "a"}})
	st.AddRepo(githubtest.Repo{Name: "eve/open"})
	token := st.Token("ada", "repo")
	id, err := st.CreateHook(background(), token, "ada/x", "https://main.test/hooks", hookSecret)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(st.Hooks("ada/x")); got != "[{https://main.test/hooks "+hookSecret+"}]" {
		t.Errorf("the server has %s", got)
	}
	if _, err = st.CreateHook(background(), token, "ada/x", "https://main.test/hooks", hookSecret); !errors.Is(err, github.ErrExists) {
		t.Errorf("twice: %v", err)
	}
	for name, c := range map[string]struct {
		token, repo, address, secret string
		want                         error
	}{
		"not ours":      {token, "eve/open", "https://main.test/", hookSecret, github.ErrNotFound},
		"no scope":      {st.Token("ada", "read:user"), "ada/x", "https://main.test/", hookSecret, github.ErrNotFound},
		"no token":      {"", "ada/x", "https://main.test/", hookSecret, github.ErrTokenRevoked},
		"no address":    {token, "ada/x", "javascript:x", hookSecret, github.ErrInvalid},
		"no secret":     {token, "ada/x", "https://main.test/", "", github.ErrInvalid},
		"no name":       {token, "ada", "https://main.test/", hookSecret, github.ErrInvalid},
		"revoked token": {"gho_canary", "ada/x", "https://main.test/", hookSecret, github.ErrTokenRevoked},
	} {
		_, err := st.CreateHook(background(), c.token, c.repo, c.address, c.secret)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		noSecret(t, err, hookSecret, c.token)
	}
	st.Fault("/repos/ada/x/hooks", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusUnprocessableEntity)
		json.NewEncoder(w).Encode(map[string]string{"message": "Not with this:\n" + string(body)})
	})
	if _, err = st.CreateHook(background(), token, "ada/x", "https://main.test/", hookSecret); !errors.Is(err, github.ErrInvalid) {
		t.Errorf("refused with an echo: %v", err)
	}
	noSecret(t, err, hookSecret)
	st.Fault("/repos/ada/x/hooks", nil)
	st.Rename("ada/x", "ada/y")
	if _, err = st.CreateHook(background(), token, "ada/x", "https://other.test/", hookSecret); !errors.As(err, new(*github.RenamedError)) {
		t.Errorf("in a renamed repository: %v", err)
	}
	for range 2 {
		if err := st.DeleteHook(background(), token, "ada/y", id); err != nil || len(st.Hooks("ada/y")) != 0 {
			t.Errorf("delete: %v, %v", err, st.Hooks("ada/y"))
		}
	}
}
