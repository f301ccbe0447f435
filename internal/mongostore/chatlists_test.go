package mongostore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
)

// listedIDs are the IDs of a workspace's chats.
func listedIDs(t *testing.T, c *mongostore.Chats, workspaceID string) []string {
	t.Helper()
	found, err := c.FindChats(t.Context(), chat.ChatQuery{WorkspaceID: workspaceID})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, f := range found {
		ids = append(ids, f.ID)
	}
	slices.Sort(ids)
	return ids
}

// To the embedded database it makes no difference how many chats other workspaces have: it is
// asked for the list, and then for each chat of the page.
func TestAListReadsItsOwnChatsOnly(t *testing.T) {
	var calls atomic.Int64
	uri, _ := embedded(t)
	c, ctx := open(t, uri, func(string, time.Duration, bool) { calls.Add(1) }).Chats(), t.Context()
	insert := func(id, workspaceID string) {
		t.Helper()
		if err := c.InsertChat(ctx, chat.Chat{ID: id, WorkspaceID: workspaceID, CreatedAt: at}); err != nil {
			t.Fatal(err)
		}
	}
	for _, elsewhere := range []int{0, 100} {
		for n := range elsewhere {
			insert(fmt.Sprint("other", n), fmt.Sprint("w", n%10))
		}
		for n := range 3 {
			insert(fmt.Sprint("own", elsewhere, n), "w")
		}
		for limit, want := range map[int]int64{0: 4, 2: 3} {
			if elsewhere > 0 && limit == 0 {
				want = 7
			}
			before := calls.Load()
			found, err := c.FindChats(ctx, chat.ChatQuery{WorkspaceID: "w", Limit: limit})
			if asked := calls.Load() - before; err != nil || asked != want || int64(len(found)) != want-1 {
				t.Errorf("limit %d, %d chats elsewhere: %d chats by %d calls, want %d calls; %v", limit, elsewhere, len(found), asked, want, err)
			}
		}
	}
}

func TestAWorkspacesListKeepsUpWithMany(t *testing.T) {
	c, ctx := openIdentityStore(t).Chats(), t.Context()
	var want []string
	var all sync.WaitGroup
	for n := range 20 {
		id := fmt.Sprintf("c%02d", n)
		if n%2 == 0 {
			want = append(want, id)
		}
		all.Go(func() {
			if err := c.InsertChat(ctx, chat.Chat{ID: id, WorkspaceID: "w", CreatedAt: at}); err != nil {
				t.Error(err)
			}
			if n%2 == 1 {
				if err := c.RemoveChat(ctx, id); err != nil {
					t.Error(err)
				}
			}
			if _, err := c.FindChats(ctx, chat.ChatQuery{WorkspaceID: "w"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	same(t, "the list", listedIDs(t, c, "w"), want, nil)
}

func TestAChatThatWasListedInVain(t *testing.T) {
	c, ctx := openIdentityStore(t).Chats(), t.Context()
	if err := c.InsertChat(ctx, chat.Chat{ID: "a", WorkspaceID: "w"}); err != nil {
		t.Fatal(err)
	}
	for _, workspaceID := range []string{"w", "w2"} {
		if err := c.InsertChat(ctx, chat.Chat{ID: "a", WorkspaceID: workspaceID}); !errors.Is(err, chat.ErrConflict) {
			t.Errorf("the same ID again: %v", err)
		}
	}
	same(t, "its list", listedIDs(t, c, "w"), []string{"a"}, nil)
	same(t, "another list", listedIDs(t, c, "w2"), []string{}, nil)
	spaces, err := c.WorkspacesWithChats(ctx)
	same(t, "workspaces with chats", spaces, []string{"w"}, err)
}

// A process dies after every possible number of database calls. Whatever is left, the list
// names the chat if and only if it is there, and doing it again completes it.
func TestWhatIsLeftIfAProcessDiesAtAList(t *testing.T) {
	var left atomic.Int64
	var die atomic.Pointer[context.CancelFunc]
	uri, _ := embedded(t)
	c := open(t, uri, func(string, time.Duration, bool) {
		if left.Add(-1) == 0 {
			(*die.Load())()
		}
	}).Chats()
	// dying does f until n calls were made, and reports whether that was in its way.
	dying := func(n int64, f func(context.Context) error) bool {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		die.Store(&cancel)
		left.Store(n)
		err := f(ctx)
		left.Store(0)
		if err != nil && ctx.Err() == nil {
			t.Fatal(err)
		}
		return err != nil
	}
	rec := chat.Chat{ID: "c", WorkspaceID: "w", CreatedAt: at}
	consistent := func(what string, n int64) bool {
		t.Helper()
		_, err := c.GetChat(t.Context(), rec.ID)
		there := err == nil
		if ids := listedIDs(t, c, "w"); slices.Contains(ids, rec.ID) != there {
			t.Errorf("%s broken off after %d calls: the list has %v, the chat is there: %t", what, n, ids, there)
		}
		spaces, err := c.WorkspacesWithChats(t.Context())
		if err != nil || slices.Contains(spaces, "w") != there {
			t.Errorf("%s broken off after %d calls: workspaces with chats are %v, the chat is there: %t; %v", what, n, spaces, there, err)
		}
		return there
	}
	insert := func(ctx context.Context) error { return c.InsertChat(ctx, rec) }
	remove := func(ctx context.Context) error { return c.RemoveChat(ctx, rec.ID) }
	breaks := 0
	for _, first := range []bool{true, false} { // interrupts inserting, or removing
		for n := int64(1); ; n++ {
			var broken bool
			if first {
				broken = dying(n, insert)
				if !consistent("inserting", n) && !broken {
					t.Error("an inserted chat is not there")
				}
			} else {
				if err := insert(t.Context()); err != nil {
					t.Fatal(err)
				}
				broken = dying(n, remove)
				if consistent("removing", n) && !broken {
					t.Error("a removed chat is there")
				}
			}
			if err := remove(t.Context()); err != nil {
				t.Fatal(err)
			}
			if consistent("removing at last", n) {
				t.Error("a removed chat is there")
			}
			if !broken {
				break
			}
			breaks++
		}
	}
	if breaks < 6 {
		t.Errorf("only %d calls were broken off", breaks)
	}
}

// Who asks again and again which turns run does not have all chats read each time.
func TestRunningChatsAreKnown(t *testing.T) {
	var calls atomic.Int64
	uri, _ := embedded(t)
	ctx := t.Context()
	c := open(t, uri, nil).Chats()
	for n := range 30 {
		rec := chat.Chat{ID: fmt.Sprint("c", n), WorkspaceID: fmt.Sprint("w", n%3), CreatedAt: at, Version: 1}
		if n == 7 {
			rec.Run.TurnID = "t"
		}
		if err := c.InsertChat(ctx, rec); err != nil {
			t.Fatal(err)
		}
	}
	// As after a start: what runs is found in the database.
	c = open(t, uri, func(string, time.Duration, bool) { calls.Add(1) }).Chats()
	check := func(what string, most int64, want ...string) {
		t.Helper()
		before := calls.Load()
		found, err := c.FindChats(ctx, chat.ChatQuery{Running: true})
		asked := calls.Load() - before
		var got []string
		for _, f := range found {
			got = append(got, f.ID)
		}
		same(t, what, got, want, err)
		if asked > most {
			t.Errorf("%s: %d calls, want at most %d", what, asked, most)
		}
	}
	swap := func(id, turnID string) {
		t.Helper()
		rec, err := c.GetChat(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		rec.Version++
		rec.Run.TurnID = turnID
		if err := c.SwapChat(ctx, rec); err != nil {
			t.Fatal(err)
		}
	}
	swap("c3", "u")
	check("at first", 1+3+30+2, "c7", "c3")
	check("again", 2, "c7", "c3")
	swap("c7", "")
	swap("c5", "v")
	check("after one ended and one began", 3, "c5", "c3")
	check("and again", 2, "c5", "c3")
	if err := c.RemoveChat(ctx, "c5"); err != nil {
		t.Fatal(err)
	}
	if err := c.InsertChat(ctx, chat.Chat{ID: "new", WorkspaceID: "w", CreatedAt: at, Run: chat.Run{TurnID: "x"}}); err != nil {
		t.Fatal(err)
	}
	swap("c3", "")
	swap("c3", "y")
	check("after a removal and an insertion", 3, "new", "c3")
}
