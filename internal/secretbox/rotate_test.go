package secretbox_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/secretbox"
)

func TestOldSecretsOpenAndDoNothingElse(t *testing.T) {
	key := func(b byte) []byte { return bytes.Repeat([]byte{b}, secretbox.MinSecretBytes) }
	box := func(secret []byte, old ...[]byte) *secretbox.Box {
		t.Helper()
		b, err := secretbox.New(secret, old...)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first, second, third := box(key(1)), box(key(2), key(1)), box(key(3), key(2), key(1))
	sealed := first.Seal("p", "place", []byte("text"))
	for name, b := range map[string]*secretbox.Box{"first": first, "second": second, "third": third} {
		if plain, err := b.Open("p", "place", sealed); err != nil || string(plain) != "text" {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
	fresh, changed, err := third.Reseal("p", "place", sealed)
	if err != nil || !changed {
		t.Fatal(changed, err)
	}
	if again, changed, err := third.Reseal("p", "place", fresh); err != nil || changed || !bytes.Equal(again, fresh) {
		t.Errorf("twice: %v, %v", changed, err)
	}
	if plain, err := box(key(3)).Open("p", "place", fresh); err != nil || string(plain) != "text" {
		t.Errorf("%q, %v", plain, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"newer than known": func() ([]byte, error) { return second.Open("p", "place", fresh) },
		"another place":    func() ([]byte, error) { return third.Open("p", "elsewhere", sealed) },
		"another purpose":  func() ([]byte, error) { return third.Open("q", "place", sealed) },
		"changed": func() ([]byte, error) {
			return third.Open("p", "place", append(sealed[:len(sealed)-1:len(sealed)-1], sealed[len(sealed)-1]^1))
		},
		"nothing":          func() ([]byte, error) { return third.Open("p", "place", nil) },
		"reseal elsewhere": func() ([]byte, error) { b, _, err := third.Reseal("p", "elsewhere", sealed); return b, err },
	} {
		if plain, err := open(); !errors.Is(err, secretbox.ErrOpen) || plain != nil {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
	if bytes.Equal(second.Key("p"), first.Key("p")) || second.WorkspaceKey("a", 1) == first.WorkspaceKey("a", 1) {
		t.Error("an old secret makes keys")
	}
	if _, err := secretbox.New(key(1), key(2), []byte("short")); err == nil {
		t.Error("a short old secret was taken")
	}
}
