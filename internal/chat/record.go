package chat

import (
	"time"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

// Chat is one conversation in a workspace.
type Chat struct {
	ID          string `bson:"_id"`
	WorkspaceID string `bson:"workspaceId"`
	OwnerID     string `bson:"ownerId"`
	// Title is empty until the first message.
	Title string `bson:"title"`
	// Model is empty for the owner's default one.
	Model string          `bson:"model"`
	Mode  permission.Mode `bson:"mode"`
	// Turns are oldest first, at most MaxTurns.
	Turns []TurnRef     `bson:"turns"`
	Cost  agent.NanoUSD `bson:"cost"` // of all turns, also of those dropped since
	// ContextTokens is how long the prompt of the latest answer was, ContextWindow how long
	// it may be; 0 if unknown.
	ContextTokens int `bson:"contextTokens"`
	ContextWindow int `bson:"contextWindow"`
	// Interrupted: the latest turn was cut off, and another message goes on from there.
	Interrupted bool `bson:"interrupted"`
	// Unpriced: some of it cost nobody knows what, beside Cost.
	Unpriced bool `bson:"unpriced"`
	// Undone are checkpoints beside those of the turns: of turns that were dropped, and such
	// as undo a restore. The latest ones.
	Undone []string `bson:"undone"`
	// Notes is the hash of the project's notes that were shown last.
	Notes string `bson:"notes"`
	// Run is the running turn.
	Run       Run       `bson:"run"`
	Version   int64     `bson:"version"`
	CreatedAt time.Time `bson:"createdAt"`
	UpdatedAt time.Time `bson:"updatedAt"`
}

// TurnRef names a turn of a chat, and the message of the user that it answers. The ID of
// the answer's message is the turn's.
type TurnRef struct {
	ID   string `bson:"id"`
	User string `bson:"user"`
	// Checkpoint is the turn's, once it has ended and if it has one.
	Checkpoint string `bson:"checkpoint"`
}

// Run says which turn of a chat runs, and where. The zero value: none does.
type Run struct {
	TurnID string `bson:"turnId"`
	// Process is who runs it, and Until when it is taken for dead.
	Process string    `bson:"process"`
	Until   time.Time `bson:"until"`
	// Waiting: for an answer of the user.
	Waiting bool `bson:"waiting"`
}

// State is how a turn stands.
type State string

// The states of a turn. Only StateRunning is not final.
const (
	StateRunning State = "running"
	StateDone    State = "done"
	// StateStopped: by the user.
	StateStopped State = "stopped"
	// StateInterrupted: the process ended.
	StateInterrupted State = "interrupted"
	// StateFailed: it could not go on; the answer says why.
	StateFailed State = "failed"
)

// Turn is one message of a user and the agent's answer.
type Turn struct {
	ID          string          `bson:"_id"`
	ChatID      string          `bson:"chatId"`
	WorkspaceID string          `bson:"workspaceId"`
	UserID      string          `bson:"userId"`
	State       State           `bson:"state"`
	Model       string          `bson:"model"`
	Mode        permission.Mode `bson:"mode"`
	// User and Answer are the messages as clients show them: JSON of uistream.Message.
	// Answer is empty while the turn runs.
	User   []byte `bson:"user"`
	Answer []byte `bson:"answer"`
	// Checkpoint is the files before the turn's first change; empty if there was none.
	Checkpoint string        `bson:"checkpoint"`
	Steps      int           `bson:"steps"`
	Cost       agent.NanoUSD `bson:"cost"`
	StartedAt  time.Time     `bson:"startedAt"`
	EndedAt    time.Time     `bson:"endedAt"`
}

// Transcript is what the model has been told in a turn. It is JSON because messages carry
// what providers sent, byte for byte.
type Transcript struct {
	TurnID string `bson:"_id"`
	// Summary replaces all turns before this one if it is not empty.
	Summary string `bson:"summary"`
	// Messages is the JSON of []agent.Message: the user's message, answers, results.
	Messages []byte `bson:"messages"`
	// Tainted: text of strangers came in, in this turn or before.
	Tainted bool `bson:"tainted"`
	// Through is the last call whose result is left out of requests; see agent.LeftOut.
	Through string `bson:"through"`
}

// JournalEntry is a piece of a running turn's answer.
type JournalEntry struct {
	ID     string `bson:"_id"` // TurnID/Seq
	TurnID string `bson:"turnId"`
	ChatID string `bson:"chatId"`
	Seq    int64  `bson:"seq"` // from 1 without gaps
	// Chunks are chunks of package uistream as JSON, one a line.
	Chunks []byte `bson:"chunks"`
}

// Order is what a user told a turn at another server than the one that runs it.
type Order struct {
	ID     string `bson:"_id"` // sorts by time
	TurnID string `bson:"turnId"`
	// ApprovalID is the question that Answer answers. Mode is the mode that the turn gets.
	// With neither the turn is stopped.
	ApprovalID string          `bson:"approvalId"`
	Answer     Answer          `bson:"answer"`
	Mode       permission.Mode `bson:"mode"`
}

// Settings are a user's own.
type Settings struct {
	UserID string          `bson:"_id"`
	Model  string          `bson:"model"`
	Mode   permission.Mode `bson:"mode"`
	// Rules is the text that package permission reads.
	Rules string `bson:"rules"`
	// Key is the user's own provider key, sealed; KeyHint its last characters.
	Key     []byte `bson:"key"`
	KeyHint string `bson:"keyHint"`
}
