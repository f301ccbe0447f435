package mongostore

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/kalpana-dev/kalpana/internal/chat"
)

// The embedded database would read the chats of all workspaces to find those of one. Beside
// the chats it keeps a list for each workspace that has some. A chat is listed before it is
// there and until after it is gone: a list may name too many chats, never too few.

// chatList are the chats of a workspace, in the order in which they were made.
type chatList struct {
	WorkspaceID string       `bson:"_id"`
	Chats       []listedChat `bson:"chats"`
}

// listedChat has what a list is sorted by, so that only a page of chats is read.
type listedChat struct {
	ID        string    `bson:"id"`
	CreatedAt time.Time `bson:"createdAt"`
}

// newestFirst is the order of lists of chats.
func newestFirst(a, b listedChat) int {
	return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
}

// listLock serialises what changes the list of a workspace. It is not one of the locks of IDs
// because it is held while those are taken.
func (c *Chats) listLock(workspaceID string) func() {
	mu := c.s.listLocks.of(workspaceID)
	mu.Lock()
	return mu.Unlock
}

func (c *Chats) listOf(ctx context.Context, workspaceID string) (chatList, error) {
	list := chatList{WorkspaceID: workspaceID}
	return list, orNothing(c.lists.FindOne(ctx, byID(workspaceID)).Decode(&list))
}

// insertListed adds a chat to its workspace's list and then to the chats.
func (c *Chats) insertListed(ctx context.Context, rec chat.Chat) error {
	defer c.listLock(rec.WorkspaceID)()
	list, err := c.listOf(ctx, rec.WorkspaceID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list.Chats, func(l listedChat) bool { return l.ID == rec.ID }) {
		list.Chats = append(list.Chats, listedChat{rec.ID, rec.CreatedAt})
		if err := put(ctx, c.lists, rec.WorkspaceID, list); err != nil {
			return err
		}
	}
	_, err = c.chats.InsertOne(ctx, rec)
	c.s.running.note(rec)
	return translate(err, nil, chat.ErrConflict)
}

// findByLists returns chats of one workspace or of all, newest first. Thousands of chats take
// seconds: by key they are many short calls, where one call that reads them all would keep
// others waiting and run into the time limit of calls.
func (c *Chats) findByLists(ctx context.Context, q chat.ChatQuery) ([]chat.Chat, error) {
	switch {
	case q.WorkspaceID != "":
		return c.findListed(ctx, q)
	case q.Running:
		return c.findRunning(ctx, q)
	}
	spaces, err := c.WorkspacesWithChats(ctx)
	if err != nil {
		return nil, err
	}
	var all []chat.Chat
	for _, q.WorkspaceID = range spaces {
		found, err := c.findListed(ctx, q)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return newest(all, q.Limit), nil
}

// findListed returns chats of one workspace, newest first.
func (c *Chats) findListed(ctx context.Context, q chat.ChatQuery) ([]chat.Chat, error) {
	list, err := c.listOf(ctx, q.WorkspaceID)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list.Chats, newestFirst)
	before := listedChat{q.Before.ID, q.Before.CreatedAt}
	var found []chat.Chat
	var gone []string
	for _, l := range list.Chats {
		if q.Limit > 0 && len(found) == q.Limit {
			break
		}
		if q.Before.ID != "" && newestFirst(l, before) <= 0 {
			continue
		}
		rec, err := c.GetChat(ctx, l.ID)
		if errors.Is(err, chat.ErrNotFound) || err == nil && rec.WorkspaceID != q.WorkspaceID {
			gone = append(gone, l.ID)
			continue
		}
		if err != nil {
			return nil, err
		}
		if !q.Running || rec.Run.TurnID != "" {
			found = append(found, rec)
		}
	}
	if len(gone) > 0 { // a process died between a chat and its list
		err = c.unlist(ctx, q.WorkspaceID, gone)
	}
	return found, err
}

// removeListed removes a chat, and then from its workspace's list.
func (c *Chats) removeListed(ctx context.Context, id string) error {
	rec, err := c.GetChat(ctx, id)
	if errors.Is(err, chat.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if err := remove(ctx, c.chats, id); err != nil {
		return err
	}
	return c.unlist(ctx, rec.WorkspaceID, []string{id})
}

// unlist takes chats from a workspace's list, those of them that are gone.
func (c *Chats) unlist(ctx context.Context, workspaceID string, ids []string) error {
	defer c.listLock(workspaceID)() // so that none of them is about to be added
	list, err := c.listOf(ctx, workspaceID)
	if err != nil {
		return err
	}
	gone := map[string]bool{}
	for _, id := range ids {
		rec, err := c.GetChat(ctx, id)
		if err != nil && !errors.Is(err, chat.ErrNotFound) {
			return err
		}
		gone[id] = err != nil || rec.WorkspaceID != workspaceID
	}
	left := slices.DeleteFunc(list.Chats, func(l listedChat) bool { return gone[l.ID] })
	if len(left) == 0 {
		return remove(ctx, c.lists, workspaceID)
	}
	return put(ctx, c.lists, workspaceID, chatList{workspaceID, left})
}

// WorkspacesWithChats implements [chat.Store].
func (c *Chats) WorkspacesWithChats(ctx context.Context) ([]string, error) {
	var cur *mongo.Cursor
	var err error
	if c.s.embedded {
		cur, err = c.lists.Find(ctx, bson.D{}, options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}).SetBatchSize(10_000))
	} else {
		cur, err = c.chats.Aggregate(ctx, mongo.Pipeline{bson.D{{Key: "$group", Value: bson.D{{Key: "_id", Value: "$workspaceId"}}}}})
	}
	return ids(ctx, cur, err)
}

// ids reads the keys of all documents that a cursor has; err is that of the cursor's call.
func ids(ctx context.Context, cur *mongo.Cursor, err error) ([]string, error) {
	var docs []struct {
		ID string `bson:"_id"`
	}
	if err == nil {
		err = cur.All(ctx, &docs)
	}
	all := make([]string, len(docs))
	for i, d := range docs {
		all[i] = d.ID
	}
	return all, translate(err, nil, nil)
}
