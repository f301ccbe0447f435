package chat

import (
	"context"
	"errors"
)

// Errors of the domain. Callers compare with errors.Is.
var (
	// ErrNotFound: no such chat, turn, checkpoint or question, or it is not the caller's.
	ErrNotFound = errors.New("chat not found")
	// ErrConflict: somebody else changed the record meanwhile; read it again.
	ErrConflict = errors.New("chat changed meanwhile")
)

// Store keeps chats. Records are found by ID; only lists may take longer with their number.
// What is too large for it is refused with ErrTooLarge.
type Store interface {
	// InsertChat adds a chat; ErrConflict if its ID is taken.
	InsertChat(ctx context.Context, c Chat) error
	// GetChat returns ErrNotFound if there is none.
	GetChat(ctx context.Context, id string) (Chat, error)
	// FindChats returns chats, newest first.
	FindChats(ctx context.Context, q ChatQuery) ([]Chat, error)
	// SwapChat writes c over the record whose version is one less; ErrConflict if it is another by now.
	SwapChat(ctx context.Context, c Chat) error
	// RemoveChat removes a chat's record and what it has spent, not its turns; nil if there is none.
	RemoveChat(ctx context.Context, id string) error
	// WorkspacesWithChats returns the IDs of all workspaces that have chats, in no order.
	WorkspacesWithChats(ctx context.Context) ([]string, error)

	// PutTurn writes a turn, whether there is one or not.
	PutTurn(ctx context.Context, t Turn) error
	// GetTurn returns ErrNotFound if there is none.
	GetTurn(ctx context.Context, id string) (Turn, error)
	// RemoveTurn removes a turn and its transcript; nil if there is none.
	RemoveTurn(ctx context.Context, id string) error

	// PutTranscript writes a transcript, whether there is one or not.
	PutTranscript(ctx context.Context, t Transcript) error
	// GetTranscript returns an empty one if there is none.
	GetTranscript(ctx context.Context, turnID string) (Transcript, error)

	// AppendJournal adds an entry; ErrConflict if its ID is taken.
	AppendJournal(ctx context.Context, e JournalEntry) error
	// Journal returns a turn's entries with a Seq above after, in order.
	Journal(ctx context.Context, turnID string, after int64) ([]JournalEntry, error)
	// JournalTurns returns the IDs of the turns that have entries.
	JournalTurns(ctx context.Context) ([]string, error)
	// RemoveJournal removes a turn's entries.
	RemoveJournal(ctx context.Context, turnID string) error

	// PutOrder leaves an order for a turn that runs in another process.
	PutOrder(ctx context.Context, o Order) error
	// TakeOrders removes and returns a turn's orders, in the order of their IDs.
	TakeOrders(ctx context.Context, turnID string) ([]Order, error)

	// GetSettings returns zero settings with the ID if there are none.
	GetSettings(ctx context.Context, userID string) (Settings, error)
	// UpdateSettings applies change to what GetSettings returns and stores the result, as one
	// step: nothing that somebody else stores meanwhile is lost. Where others may be first,
	// change is called again for what they left; it must not use the store. An error of
	// change leaves the settings as they are and is returned as it is.
	UpdateSettings(ctx context.Context, userID string, change func(*Settings) error) (Settings, error)
	// RemoveSettings removes a user's settings, the key among them; nil if there are none.
	RemoveSettings(ctx context.Context, userID string) error
	// GetRules returns the rules of a workspace, "" if there are none.
	GetRules(ctx context.Context, workspaceID string) (string, error)
	// UpdateRules is for rules what UpdateSettings is for settings. "" removes them.
	UpdateRules(ctx context.Context, workspaceID string, change func(old string) (string, error)) (string, error)
}

// ChatQuery selects chats. Zero values select everything.
type ChatQuery struct {
	WorkspaceID string
	// Running: only chats that a turn runs in.
	Running bool
	// Before continues a list behind the chat with that CreatedAt and ID: its cursor.
	Before Cursor
	Limit  int
}
