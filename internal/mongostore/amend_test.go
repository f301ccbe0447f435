package mongostore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
)

// onBoth runs a test on the embedded database and on one that others may use.
func onBoth(t *testing.T, test func(*testing.T, *mongostore.Store)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) { test(t, openIdentityStore(t)) })
	t.Run("shared", func(t *testing.T) { test(t, openAsShared(t)) })
}

func TestNoRuleIsLostAmongMany(t *testing.T) {
	onBoth(t, func(t *testing.T, s *mongostore.Store) {
		c, ctx := s.Chats(), t.Context()
		var want []string
		var all sync.WaitGroup
		for n := range 20 {
			rule := fmt.Sprintf("deny run command%02d\n", n)
			want = append(want, rule)
			all.Go(func() {
				// Rules of another text that somebody empties over and over: what is made
				// again is not taken for what it was.
				if _, err := c.UpdateRules(ctx, "emptied", func(string) (string, error) { return rule, nil }); err != nil {
					t.Error(err)
				}
				if _, err := c.UpdateRules(ctx, "emptied", func(string) (string, error) { return "", nil }); err != nil {
					t.Error(err)
				}
				got, err := c.UpdateRules(ctx, "w", func(old string) (string, error) { return old + rule, nil })
				if err != nil || !strings.HasSuffix(got, rule) {
					t.Errorf("adding %q: %q %v", rule, got, err)
				}
			})
		}
		all.Wait()
		text, err := c.GetRules(ctx, "w")
		got := slices.Sorted(strings.Lines(text))
		same(t, "the rules", got, want, err)
		text, err = c.GetRules(ctx, "emptied")
		same(t, "the emptied rules", text, "", err)
	})
}

// One removes a key while others change what is beside it.
func TestARemovedKeyStaysRemoved(t *testing.T) {
	onBoth(t, func(t *testing.T, s *mongostore.Store) {
		c, ctx := s.Chats(), t.Context()
		set := func(change func(*chat.Settings)) {
			if _, err := c.UpdateSettings(ctx, "u", func(s *chat.Settings) error { change(s); return nil }); err != nil {
				t.Error(err)
			}
		}
		for range 10 {
			set(func(s *chat.Settings) { s.Key, s.KeyHint = []byte("sealed"), "…1234" })
			var all sync.WaitGroup
			for n := range 4 {
				all.Go(func() { set(func(s *chat.Settings) { s.Model = fmt.Sprint("model ", n) }) })
			}
			all.Go(func() { set(func(s *chat.Settings) { s.Key, s.KeyHint = nil, "" }) })
			all.Go(func() { set(func(s *chat.Settings) { s.Rules += "." }) })
			all.Wait()
		}
		got, err := c.GetSettings(ctx, "u")
		if err != nil || len(got.Key) > 0 || got.KeyHint != "" || got.Model == "" || len(got.Rules) != 10 {
			t.Errorf("settings %+v, %v", got, err)
		}
		if err := c.RemoveSettings(ctx, "u"); err != nil {
			t.Fatal(err)
		}
		got, err = c.GetSettings(ctx, "u")
		same(t, "removed settings", got, chat.Settings{UserID: "u"}, err)
	})
}

func TestAChangeThatFailsChangesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, s *mongostore.Store) {
		c, ctx := s.Chats(), t.Context()
		no := errors.New("no")
		for _, want := range []string{"", "deny run rm\n"} {
			if _, err := c.UpdateRules(ctx, "w", func(string) (string, error) { return want, nil }); err != nil {
				t.Fatal(err)
			}
			if _, err := c.UpdateRules(ctx, "w", func(string) (string, error) { return "allow run rm\n", no }); !errors.Is(err, no) {
				t.Errorf("rules: %v", err)
			}
			got, err := c.GetRules(ctx, "w")
			same(t, "rules", got, want, err)
		}
		if _, err := c.UpdateSettings(ctx, "u", func(s *chat.Settings) error { s.Model = "m"; return no }); !errors.Is(err, no) {
			t.Errorf("settings: %v", err)
		}
		got, err := c.GetSettings(ctx, "u")
		same(t, "settings", got, chat.Settings{UserID: "u"}, err)
	})
}

// The change that comes between is made by the change itself, which the embedded database's
// locks forbid.
func TestAChangeBetweenReadingAndWritingIsSeen(t *testing.T) {
	c, ctx := openAsShared(t).Chats(), t.Context()
	write := func(rules string) {
		t.Helper()
		if _, err := c.UpdateRules(ctx, "w", func(string) (string, error) { return rules, nil }); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name, before string
		between      func()
		want         string
	}{
		{"made", "", func() { write("theirs,") }, "theirs,mine,"},
		{"changed", "old,", func() { write("theirs,") }, "theirs,mine,"},
		{"changed before a removal", "nothing of it shall stay,", func() { write("theirs,") }, "theirs,mine,"},
		{"removed", "old,", func() { write("") }, "mine,"},
		{"removed and made again", "old,", func() { write(""); write("theirs,") }, "theirs,mine,"},
	} {
		write(tc.before)
		calls := 0
		got, err := c.UpdateRules(ctx, "w", func(old string) (string, error) {
			if calls++; calls == 1 {
				tc.between()
			}
			if old == "nothing of it shall stay," {
				return "", nil
			}
			return old + "mine,", nil
		})
		same(t, tc.name+": what was stored", got, tc.want, err)
		got, err = c.GetRules(ctx, "w")
		same(t, tc.name+": what is there", got, tc.want, err)
		if calls != 2 {
			t.Errorf("%s: %d calls of the change, want 2", tc.name, calls)
		}
	}
}

// Somebody else begins in the midst of a change, and is given the time to end: with locks they
// wait, without them the change is made again.
func TestOthersInTheMidstOfAChange(t *testing.T) {
	onBoth(t, func(t *testing.T, s *mongostore.Store) {
		c, ctx := s.Chats(), t.Context()
		set := func(change func(*chat.Settings)) func() error {
			return func() error {
				_, err := c.UpdateSettings(ctx, "u", func(s *chat.Settings) error { change(s); return nil })
				return err
			}
		}
		for _, tc := range []struct {
			name   string
			others func() error
			ok     func(chat.Settings) bool
		}{
			{"another change", set(func(s *chat.Settings) { s.Rules = "deny run rm\n" }), func(s chat.Settings) bool { return s.Rules != "" && s.Model == "m" }},
			{"the key's removal", set(func(s *chat.Settings) { s.Key = nil }), func(s chat.Settings) bool { return len(s.Key) == 0 && s.Model == "m" }},
			// Before the change or after it; what was removed is not back in any case.
			{"removal", func() error { return c.RemoveSettings(ctx, "u") }, func(s chat.Settings) bool { return len(s.Key) == 0 }},
		} {
			if err := set(func(s *chat.Settings) { *s = chat.Settings{UserID: "u", Key: []byte("sealed")} })(); err != nil {
				t.Fatal(err)
			}
			var others sync.WaitGroup
			calls := 0
			if _, err := c.UpdateSettings(ctx, "u", func(s *chat.Settings) error {
				if calls++; calls == 1 {
					others.Go(func() {
						if err := tc.others(); err != nil {
							t.Errorf("%s: %v", tc.name, err)
						}
					})
					for range 20 {
						if _, err := c.GetRules(ctx, "w"); err != nil {
							return err
						}
					}
				}
				s.Model = "m"
				return nil
			}); err != nil {
				t.Errorf("a change and %s: %v", tc.name, err)
			}
			others.Wait()
			if now, err := c.GetSettings(ctx, "u"); err != nil || !tc.ok(now) {
				t.Errorf("after a change and %s: %+v %v", tc.name, now, err)
			}
		}
	})
}

func TestADocumentFromBeforeRevisionsIsChanged(t *testing.T) {
	uri := sharedURI(t)
	s, ctx := open(t, uri, nil), t.Context()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Disconnect(context.WithoutCancel(ctx))
	old := bson.D{{Key: "_id", Value: "w"}, {Key: "rules", Value: "old,"}, {Key: "updatedAt", Value: at}}
	if _, err := client.Database("kalpana").Collection("agentrules").InsertOne(ctx, old); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.Chats().UpdateRules(ctx, "w", func(old string) (string, error) { return old + "new,", nil }); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Chats().GetRules(ctx, "w")
	same(t, "rules", got, "old,new,new,", err)
}
