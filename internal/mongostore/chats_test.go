package mongostore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

func fullChat(id string) chat.Chat {
	return chat.Chat{
		ID: id, WorkspaceID: "w", OwnerID: "u", Title: "A button — “Button”", Model: "m", Mode: permission.ModeAutoEdit,
		Turns: []chat.TurnRef{{ID: "t1", User: "m1"}, {ID: "t2", User: "m2"}}, Cost: 1<<62 + 1, ContextTokens: 5, ContextWindow: 200_000,
		Interrupted: true, Run: chat.Run{TurnID: "t2", Process: "p", Until: at.Add(time.Minute), Waiting: true}, Version: 1, CreatedAt: at, UpdatedAt: at,
	}
}

// wholeBytes compares megabytes at once, not byte by byte.
var wholeBytes = cmp.FilterValues(func(a, b []byte) bool { return len(a)+len(b) > 0 }, cmp.Comparer(bytes.Equal))

func same(t *testing.T, what string, got, want any, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	} else if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), wholeBytes); diff != "" {
		t.Errorf("%s changed on the way (-put +got):\n%s", what, diff)
	}
}

// allBytes has every byte, so that a store of text in place of bytes is found out.
func allBytes() []byte {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

// sharedURI is the address of an embedded database by another name than its own, so that the
// store takes it for one that answers any filter quickly. Over the one connection of that
// address its commands are as atomic as MongoDB's.
func sharedURI(t *testing.T) string {
	t.Helper()
	uri, dir := embedded(t)
	if err := os.Symlink(filepath.Join(dir, "db.sock"), filepath.Join(dir, "alias.sock")); err != nil {
		t.Fatal(err)
	}
	return strings.Replace(uri, "db.sock", "alias.sock", 1) + "?maxPoolSize=1"
}

// embedded is the address and the folder of a new embedded database, which ends with the test.
func embedded(t *testing.T) (uri, dir string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "k") // short: a Unix socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	db, err := embeddeddb.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		db.Close()
		os.RemoveAll(dir)
	})
	return db.URI(), dir
}

// open opens a store that is closed at the test's end.
func open(t *testing.T, uri string, observe mongostore.Observer) *mongostore.Store {
	t.Helper()
	s, err := mongostore.Open(t.Context(), uri, observe)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(context.WithoutCancel(t.Context())) })
	return s
}

func openAsShared(t *testing.T) *mongostore.Store {
	t.Helper()
	s := open(t, sharedURI(t), nil)
	if !s.Shared() {
		t.Fatal("the store knows the embedded database by another name")
	}
	return s
}

func TestChatsComeBackAsTheyWerePut(t *testing.T) {
	c, ctx := openIdentityStore(t).Chats(), t.Context()
	for _, want := range []chat.Chat{fullChat("full"), {ID: "empty"}} {
		if err := c.InsertChat(ctx, want); err != nil {
			t.Fatal(err)
		}
		got, err := c.GetChat(ctx, want.ID)
		same(t, "chat", got, want, err)
		want = chat.Chat{ID: want.ID, WorkspaceID: "w2", Version: want.Version + 1, UpdatedAt: at.Add(time.Hour), Turns: []chat.TurnRef{{ID: "t3"}}}
		if err := c.SwapChat(ctx, want); err != nil {
			t.Fatal(err)
		}
		got, err = c.GetChat(ctx, want.ID)
		same(t, "swapped chat", got, want, err)
	}
	for _, want := range []chat.Turn{
		{
			ID: "t1", ChatID: "c", WorkspaceID: "w", UserID: "u", State: chat.StateRunning, Model: "m", Mode: permission.ModeAsk,
			User: allBytes(), Answer: bytes.Repeat([]byte("1 MiB of answer "), 1<<20/16), Checkpoint: "cp", Steps: 3, Cost: 12, StartedAt: at, EndedAt: at.Add(time.Second),
		},
		{ID: "t1", State: chat.StateDone},
	} {
		if err := c.PutTurn(ctx, want); err != nil {
			t.Fatal(err)
		}
		got, err := c.GetTurn(ctx, "t1")
		same(t, "turn", got, want, err)
	}
	for _, want := range []chat.Transcript{{TurnID: "t1", Summary: "s", Messages: allBytes()}, {TurnID: "t1", Messages: []byte("[]")}} {
		if err := c.PutTranscript(ctx, want); err != nil {
			t.Fatal(err)
		}
		got, err := c.GetTranscript(ctx, "t1")
		same(t, "transcript", got, want, err)
	}
	for _, want := range []chat.Settings{{UserID: "u", Model: "m", Mode: permission.ModePlan, Rules: "deny run rm\n", Key: allBytes(), KeyHint: "…1234"}, {UserID: "u"}} {
		got, err := c.UpdateSettings(ctx, "u", func(s *chat.Settings) error { *s = want; return nil })
		same(t, "stored settings", got, want, err)
		got, err = c.GetSettings(ctx, "u")
		same(t, "settings", got, want, err)
	}
	for _, want := range []string{"allow run npm test\n", ""} {
		got, err := c.UpdateRules(ctx, "w", func(string) (string, error) { return want, nil })
		same(t, "stored rules", got, want, err)
		got, err = c.GetRules(ctx, "w")
		same(t, "rules", got, want, err)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	c, ctx := openIdentityStore(t).Chats(), t.Context()
	if _, err := c.GetChat(ctx, "x"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("chat: %v", err)
	}
	if err := c.SwapChat(ctx, chat.Chat{ID: "x", Version: 1}); !errors.Is(err, chat.ErrConflict) {
		t.Errorf("swap: %v", err)
	}
	if _, err := c.GetTurn(ctx, "x"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("turn: %v", err)
	}
	got, err := c.GetTranscript(ctx, "x")
	same(t, "transcript", got, chat.Transcript{TurnID: "x"}, err)
	settings, err := c.GetSettings(ctx, "x")
	same(t, "settings", settings, chat.Settings{UserID: "x"}, err)
	rules, err := c.GetRules(ctx, "x")
	same(t, "rules", rules, "", err)
	entries, err := c.Journal(ctx, "x", 0)
	same(t, "journal", entries, []chat.JournalEntry{}, err)
	turns, err := c.JournalTurns(ctx)
	same(t, "journals", turns, []string{}, err)
	found, err := c.FindChats(ctx, chat.ChatQuery{})
	same(t, "chats", found, []chat.Chat{}, err)
	for what, err := range map[string]error{"chat": c.RemoveChat(ctx, "x"), "turn": c.RemoveTurn(ctx, "x"), "journal": c.RemoveJournal(ctx, "x"), "settings": c.RemoveSettings(ctx, "x")} {
		if err != nil {
			t.Errorf("remove %s: %v", what, err)
		}
	}
}

func TestRemovedIsGone(t *testing.T) {
	c, ctx := openIdentityStore(t).Chats(), t.Context()
	for _, err := range []error{
		c.InsertChat(ctx, fullChat("c")), c.PutTurn(ctx, chat.Turn{ID: "t"}), c.PutTurn(ctx, chat.Turn{ID: "other"}),
		c.PutTranscript(ctx, chat.Transcript{TurnID: "t", Summary: "s"}), c.RemoveTurn(ctx, "t"), c.RemoveChat(ctx, "c"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.GetChat(ctx, "c"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("chat: %v", err)
	}
	if _, err := c.GetTurn(ctx, "t"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("turn: %v", err)
	}
	if got, err := c.GetTranscript(ctx, "t"); got.Summary != "" || err != nil {
		t.Errorf("transcript: %+v %v", got, err)
	}
	if _, err := c.GetTurn(ctx, "other"); err != nil {
		t.Errorf("another turn: %v", err)
	}
}

func TestChatsAreListedNewestFirstFromACursor(t *testing.T) {
	onBoth(t, func(t *testing.T, s *mongostore.Store) { listed(t, s.Chats()) })
}

func listed(t *testing.T, c *mongostore.Chats) {
	ctx := t.Context()
	// d and e are as old as each other; x is of another workspace.
	for id, age := range map[string]int{"a": 5, "b": 4, "c": 3, "d": 2, "e": 2, "f": 1, "x": 2} {
		rec := chat.Chat{ID: id, WorkspaceID: "w", CreatedAt: at.Add(-time.Duration(age) * time.Millisecond)}
		if id == "x" {
			rec.WorkspaceID = "other"
		}
		if id == "c" || id == "x" {
			rec.Run.TurnID = "turn of " + id
		}
		if err := c.InsertChat(ctx, rec); err != nil {
			t.Fatal(err)
		}
	}
	list := func(q chat.ChatQuery) (string, chat.Cursor) {
		t.Helper()
		found, err := c.FindChats(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		var ids string
		var last chat.Cursor
		for _, f := range found {
			ids, last = ids+f.ID, chat.Cursor{CreatedAt: f.CreatedAt, ID: f.ID}
		}
		return ids, last
	}
	for want, q := range map[string]chat.ChatQuery{
		"fxedcba": {}, "fedcba": {WorkspaceID: "w"}, "xc": {Running: true}, "c": {WorkspaceID: "w", Running: true}, "": {WorkspaceID: "none"}, "fe": {WorkspaceID: "w", Limit: 2},
		"fx": {Limit: 2}, "x": {Running: true, Limit: 1}, "ba": {Before: chat.Cursor{CreatedAt: at.Add(-3 * time.Millisecond), ID: "c"}},
	} {
		if got, _ := list(q); got != want {
			t.Errorf("%+v: %q, want %q", q, got, want)
		}
	}
	var all string
	var cursor chat.Cursor
	for range 10 {
		page, last := list(chat.ChatQuery{WorkspaceID: "w", Limit: 2, Before: cursor})
		if page == "" {
			break
		}
		all, cursor = all+page, last
	}
	if all != "fedcba" {
		t.Errorf("page by page: %q, want fedcba", all)
	}
	spaces, err := c.WorkspacesWithChats(ctx)
	slices.Sort(spaces)
	same(t, "workspaces with chats", spaces, []string{"other", "w"}, err)
	for _, id := range []string{"x", "d", "d"} {
		if err := c.RemoveChat(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := list(chat.ChatQuery{WorkspaceID: "w"}); got != "fecba" {
		t.Errorf("without d: %q, want fecba", got)
	}
	spaces, err = c.WorkspacesWithChats(ctx)
	same(t, "workspaces with chats", spaces, []string{"w"}, err)
}

func TestOfManySwapsOneWins(t *testing.T) {
	c, ctx := openIdentityStore(t).Chats(), t.Context()
	if err := c.InsertChat(ctx, chat.Chat{ID: "c", Version: 1}); err != nil {
		t.Fatal(err)
	}
	if err := c.InsertChat(ctx, chat.Chat{ID: "c", Version: 1}); !errors.Is(err, chat.ErrConflict) {
		t.Errorf("insert twice: %v", err)
	}
	var won, lost atomic.Int64
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			switch err := c.SwapChat(ctx, chat.Chat{ID: "c", Version: 2, Title: fmt.Sprint(n)}); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, chat.ErrConflict):
				lost.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 || lost.Load() != 19 {
		t.Errorf("%d swaps won and %d lost, want 1 and 19", won.Load(), lost.Load())
	}

	// Those who read again and try again all get their turn, and nothing is lost.
	for range 20 {
		all.Go(func() {
			for range 1000 {
				rec, err := c.GetChat(ctx, "c")
				if err != nil {
					t.Error(err)
					return
				}
				rec.Version++
				rec.Cost += 7
				if err := c.SwapChat(ctx, rec); err == nil {
					return
				} else if !errors.Is(err, chat.ErrConflict) {
					t.Error(err)
					return
				}
			}
			t.Error("a thousand conflicts on end")
		})
	}
	all.Wait()
	if rec, err := c.GetChat(ctx, "c"); rec.Cost != 140 || rec.Version != 22 || err != nil {
		t.Errorf("cost %d, version %d, %v; want 140, 22", rec.Cost, rec.Version, err)
	}
}

// Both ways to find entries are tried: by keys, and by fields as in MongoDB.
func TestTheJournalKeepsOrderAndRefusesASecondWriter(t *testing.T) {
	onBoth(t, func(t *testing.T, s *mongostore.Store) { journal(t, s.Chats()) })
}

func journal(t *testing.T, c *mongostore.Chats) {
	ctx := t.Context()
	entry := func(turn string, seq int64) chat.JournalEntry {
		return chat.JournalEntry{ID: fmt.Sprintf("%s/%d", turn, seq), TurnID: turn, ChatID: "c", Seq: seq, Chunks: fmt.Appendf(nil, "%s %d\n\x00", turn, seq)}
	}
	want := map[string][]chat.JournalEntry{}
	var all sync.WaitGroup
	for _, turn := range []string{"t", "t1", "u"} { // t is the beginning of t1
		for seq := int64(1); seq <= 12; seq++ {
			e := entry(turn, seq)
			want[turn] = append(want[turn], e)
			all.Go(func() {
				if err := c.AppendJournal(ctx, e); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	if err := c.AppendJournal(ctx, entry("t", 12)); !errors.Is(err, chat.ErrConflict) {
		t.Errorf("the same entry again: %v", err)
	}
	for turn, entries := range want {
		got, err := c.Journal(ctx, turn, 0)
		same(t, "journal", got, entries, err)
		got, err = c.Journal(ctx, turn, 9)
		same(t, "the journal's end", got, entries[9:], err)
	}
	if err := c.RemoveJournal(ctx, "t"); err != nil {
		t.Fatal(err)
	}
	got, err := c.Journal(ctx, "t", 0)
	same(t, "removed journal", got, []chat.JournalEntry{}, err)
	turns, err := c.JournalTurns(ctx)
	slices.Sort(turns)
	same(t, "journals", turns, []string{"t1", "u"}, err)
}

func TestALongJournalIsRemovedToTheLastEntry(t *testing.T) {
	c, ctx := openIdentityStore(t).Chats(), t.Context()
	var all sync.WaitGroup
	for _, n := range []int{1, 2, 3, 5, 8, 101} {
		for seq := 1; seq <= n; seq++ {
			e := chat.JournalEntry{ID: fmt.Sprintf("t/%d", seq), TurnID: "t", Seq: int64(seq)}
			all.Go(func() {
				if err := c.AppendJournal(ctx, e); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if err := c.RemoveJournal(ctx, "t"); err != nil {
			t.Fatal(err)
		}
		turns, err := c.JournalTurns(ctx)
		same(t, fmt.Sprint("journals after one of ", n), turns, []string{}, err)
	}
}

func TestWhatNoDatabaseTakesIsRefusedWithItsSize(t *testing.T) {
	c, ctx := openIdentityStore(t).Chats(), t.Context()
	big := make([]byte, 15<<20+1)
	for what, err := range map[string]error{
		"turn":       c.PutTurn(ctx, chat.Turn{ID: "t", User: big[:1], Answer: big[1:]}),
		"transcript": c.PutTranscript(ctx, chat.Transcript{TurnID: "t", Summary: "x", Messages: big[1:]}),
		"journal":    c.AppendJournal(ctx, chat.JournalEntry{ID: "t/1", Chunks: big}),
	} {
		if !errors.Is(err, chat.ErrTooLarge) || !strings.Contains(err.Error(), "15728641 bytes") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestMoneyIsAddedUpByManyAtOnce(t *testing.T) {
	s, ctx := openIdentityStore(t), t.Context()
	if n, err := s.Spent(ctx, "day/2026-11-25"); n != 0 || err != nil {
		t.Errorf("nothing spent: %d %v", n, err)
	}
	var highest atomic.Int64
	var all sync.WaitGroup
	seen := sync.Map{}
	for range 20 {
		all.Go(func() {
			for range 5 {
				total, err := s.AddSpend(ctx, "day/2026-11-25", 3_000_000_007)
				if err != nil {
					t.Error(err)
				}
				if _, twice := seen.LoadOrStore(total, true); twice {
					t.Errorf("two were told the same sum, %d", total)
				}
				for h := highest.Load(); int64(total) > h && !highest.CompareAndSwap(h, int64(total)); h = highest.Load() {
				}
			}
		})
	}
	all.Wait()
	const want = 100 * 3_000_000_007
	if n, err := s.Spent(ctx, "day/2026-11-25"); n != want || err != nil || highest.Load() != want {
		t.Errorf("%d spent (%v), %d told, want %d", n, err, highest.Load(), int64(want))
	}
	if n, err := s.AddSpend(ctx, "large", 1<<62); n != agent.NanoUSD(1<<62) || err != nil {
		t.Errorf("large: %d %v", n, err)
	}
}

func TestMoneyIsForgottenWithItsChatOrLongAfterItsDay(t *testing.T) {
	onBoth(t, func(t *testing.T, s *mongostore.Store) {
		c, ctx := s.Chats(), t.Context()
		keys := []string{"chat/c", "chat/d", "day/2026-11-25", "user/u/2026-11-25"}
		for _, key := range keys {
			if _, err := s.AddSpend(ctx, key, 7); err != nil {
				t.Fatal(err)
			}
		}
		left := func(what string, want ...string) {
			t.Helper()
			var got []string
			for _, key := range keys {
				if n, err := s.Spent(ctx, key); err != nil {
					t.Error(err)
				} else if n != 0 {
					got = append(got, key)
				}
			}
			same(t, what, got, want, nil)
		}
		for _, err := range []error{c.InsertChat(ctx, fullChat("c")), c.InsertChat(ctx, fullChat("d")), c.RemoveChat(ctx, "c"), s.PurgeSpend(ctx, time.Now().Add(-time.Hour))} {
			if err != nil {
				t.Fatal(err)
			}
		}
		left("sums after a chat was removed", keys[1:]...)
		if err := s.PurgeSpend(ctx, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		left("sums long after", "chat/d")
	})
}
