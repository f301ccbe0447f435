package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// Chat is a conversation with the agent on the wire.
type Chat struct {
	ID            string    `json:"id"`
	WorkspaceID   string    `json:"workspaceId"`
	Title         string    `json:"title" doc:"Empty until the first message."`
	Model         string    `json:"model" doc:"Empty = your default."`
	Mode          string    `json:"mode" enum:"plan,ask,autoEdit,auto"`
	Status        string    `json:"status" enum:"idle,running"`
	RunID         string    `json:"runId,omitempty" doc:"The running turn."`
	Waiting       bool      `json:"waiting" doc:"The turn waits for your answer."`
	Cost          *float64  `json:"cost" doc:"US dollars, of the whole chat; null if some of it has no known price."`
	Turns         int       `json:"turns"`
	ContextTokens int       `json:"contextTokens" doc:"Length of the latest prompt; 0 if unknown."`
	ContextWindow int       `json:"contextWindow" doc:"How long a prompt may be; 0 if unknown."`
	Interrupted   bool      `json:"interrupted" doc:"The latest turn was cut off; another message goes on."`
	CreatedAt     time.Time `json:"createdAt"`
	UpdatedAt     time.Time `json:"updatedAt"`
}

func wireChat(c chat.Chat) Chat {
	out := Chat{
		ID: c.ID, WorkspaceID: c.WorkspaceID, Title: c.Title, Model: c.Model, Mode: string(c.Mode), Status: "idle",
		Turns: len(c.Turns), ContextTokens: c.ContextTokens, ContextWindow: c.ContextWindow,
		Interrupted: c.Interrupted, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
	}
	if cost := dollars(c.Cost); !c.Unpriced {
		out.Cost = &cost
	}
	if c.Run.TurnID != "" {
		out.Status, out.RunID, out.Waiting = "running", c.Run.TurnID, c.Run.Waiting
	}
	return out
}

type chatOutput struct{ Body Chat }

type chatInput struct {
	ID string `path:"chatId" maxLength:"64"`
}

const (
	chatBase      = "/api/v1/chats/{chatId}"
	workspaceBase = "/api/v1/workspaces/{id}"
)

func (s *Server) registerChats() {
	type listChatsInput struct {
		ID string `path:"id" maxLength:"64"`
		Page
	}
	huma.Register(s.api, operation("GET", workspaceBase+"/chats", "list-chats", "Conversations with the agent, newest first", 200), func(ctx context.Context, in *listChatsInput) (*list[Chat], error) {
		if _, err := s.with(ctx, in.ID, workspace.RightView); err != nil {
			return nil, err
		}
		found, next, err := s.Chats.List(ctx, in.ID, in.Limit, in.Cursor)
		if err != nil {
			return nil, s.fail(err)
		}
		items := make([]Chat, 0, len(found))
		for _, c := range found {
			items = append(items, wireChat(c))
		}
		return listOf(items, next), nil
	})
	type createChatInput struct {
		ID   string `path:"id" maxLength:"64"`
		Key  string `header:"Idempotency-Key" maxLength:"200" doc:"Repeating a request with the same key creates nothing new."`
		Body struct {
			Title string `json:"title,omitempty" maxLength:"400"`
			Model string `json:"model,omitempty" maxLength:"256"`
			Mode  string `json:"mode,omitempty" enum:"plan,ask,autoEdit,auto"`
		}
	}
	huma.Register(s.api, operation("POST", workspaceBase+"/chats", "create-chat", "Begin a conversation", 201), func(ctx context.Context, in *createChatInput) (*chatOutput, error) {
		w, err := s.with(ctx, in.ID, workspace.RightEdit)
		if err != nil {
			return nil, err
		}
		c, err := s.Chats.Create(ctx, chat.CreateInput{WorkspaceID: w.ID, OwnerID: w.OwnerID, Title: in.Body.Title, Model: in.Body.Model, Mode: permission.Mode(in.Body.Mode), Request: in.Key})
		if err != nil {
			return nil, s.fail(err)
		}
		return &chatOutput{wireChat(c)}, nil
	})
	huma.Register(s.api, operation("GET", chatBase, "get-chat", "One conversation", 200), func(ctx context.Context, in *chatInput) (*chatOutput, error) {
		c, err := s.chatWith(ctx, in.ID, workspace.RightView)
		if err != nil {
			return nil, err
		}
		return &chatOutput{wireChat(c)}, nil
	})
	type updateChatInput struct {
		ID   string `path:"chatId" maxLength:"64"`
		Body struct {
			Title *string `json:"title,omitempty" maxLength:"400"`
			Model *string `json:"model,omitempty" maxLength:"256"`
			Mode  *string `json:"mode,omitempty" enum:"plan,ask,autoEdit,auto"`
		}
	}
	huma.Register(s.api, operation("PATCH", chatBase, "update-chat", "Rename it, or choose another model or mode", 200), func(ctx context.Context, in *updateChatInput) (*chatOutput, error) {
		if _, err := s.chatWith(ctx, in.ID, workspace.RightEdit); err != nil {
			return nil, err
		}
		c, err := s.Chats.Update(ctx, in.ID, chat.UpdateInput{Title: in.Body.Title, Model: in.Body.Model, Mode: (*permission.Mode)(in.Body.Mode)})
		if err != nil {
			return nil, s.fail(err)
		}
		return &chatOutput{wireChat(c)}, nil
	})
	huma.Register(s.api, operation("DELETE", chatBase, "delete-chat", "Delete it with all its messages", 204), func(ctx context.Context, in *chatInput) (*struct{}, error) {
		if _, err := s.chatWith(ctx, in.ID, workspace.RightEdit); err != nil {
			return nil, err
		}
		return nil, s.fail(s.Chats.Delete(ctx, in.ID))
	})
	type listMessagesInput struct {
		ID string `path:"chatId" maxLength:"64"`
		Page
	}
	huma.Register(s.api, operation("GET", chatBase+"/messages", "list-messages", "The latest turns as UI messages of the AI SDK, in their order; nextCursor leads to older ones", 200), func(ctx context.Context, in *listMessagesInput) (*list[json.RawMessage], error) {
		if _, err := s.chatWith(ctx, in.ID, workspace.RightView); err != nil {
			return nil, err
		}
		found, next, err := s.Chats.Messages(ctx, in.ID, in.Limit, in.Cursor)
		if err != nil {
			return nil, s.fail(err)
		}
		return listOf(found, next), nil
	})
	s.registerTurns()
}

// registerTurns are the calls about running turns and what they did. The turn itself and
// its stream are plain handlers: see stream.go.
func (s *Server) registerTurns() {
	type stopTurnInput struct {
		ID   string    `path:"chatId" maxLength:"64"`
		Body *struct { // a pointer, so that no body will do
			RunID string `json:"runId,omitempty" maxLength:"64" doc:"The turn that is meant; another one goes on."`
		}
	}
	huma.Register(s.api, operation("POST", chatBase+"/stop", "stop-turn", "Stop the running turn; nothing happens if none runs", 204), func(ctx context.Context, in *stopTurnInput) (*struct{}, error) {
		if _, err := s.chatWith(ctx, in.ID, workspace.RightEdit); err != nil {
			return nil, err
		}
		run := ""
		if in.Body != nil {
			run = in.Body.RunID
		}
		return nil, s.fail(s.Chats.Stop(ctx, in.ID, run))
	})
	type answerApprovalInput struct {
		ID         string `path:"chatId" maxLength:"64"`
		ApprovalID string `path:"approvalId" maxLength:"64"`
		Body       struct {
			Approved bool   `json:"approved"`
			Scope    string `json:"scope,omitempty" enum:"once,run,workspace" doc:"How long a yes holds. Default: once."`
			Reason   string `json:"reason,omitempty" maxLength:"1000" doc:"For the agent, with a no."`
			Answer   string `json:"answer,omitempty" maxLength:"4000" doc:"To a question of the agent."`
		}
	}
	huma.Register(s.api, operation("POST", chatBase+"/approvals/{approvalId}", "answer-approval", "Answer what the agent asks", 204), func(ctx context.Context, in *answerApprovalInput) (*struct{}, error) {
		need := workspace.RightEdit
		if in.Body.Scope == string(permission.ScopeWorkspace) {
			need = workspace.RightOwner // it becomes a rule of the agent, which outlives a share
		}
		if _, err := s.chatWith(ctx, in.ID, need); err != nil {
			return nil, err
		}
		b := in.Body
		return nil, s.fail(s.Chats.Answer(ctx, in.ID, in.ApprovalID, chat.Answer{Approved: b.Approved, Scope: permission.Scope(b.Scope), Reason: b.Reason, Text: b.Answer}))
	})
	type diffCheckpointInput struct {
		ID         string `path:"chatId" maxLength:"64"`
		Checkpoint string `path:"checkpoint" maxLength:"64"`
	}
	type diffCheckpointOutput struct{ Body bridge.Diff }
	huma.Register(s.api, operation("GET", chatBase+"/checkpoints/{checkpoint}/diff", "diff-checkpoint", "What restoring a checkpoint would undo", 200), func(ctx context.Context, in *diffCheckpointInput) (*diffCheckpointOutput, error) {
		// It starts the workspace to ask it, and masks nothing: review-diff is for who may view.
		c, err := s.chatWith(ctx, in.ID, workspace.RightEdit)
		if err != nil {
			return nil, err
		}
		d, err := s.Chats.Diff(ctx, c, in.Checkpoint)
		if err != nil {
			return nil, s.fail(err)
		}
		return &diffCheckpointOutput{d}, nil
	})
	type restoreCheckpointInput struct {
		ID   string `path:"chatId" maxLength:"64"`
		Body struct {
			Checkpoint string `json:"checkpoint" minLength:"1" maxLength:"64"`
			Files      bool   `json:"files" doc:"Files become what they were."`
			Chat       bool   `json:"chat" doc:"The turn and all later ones are removed from the conversation."`
		}
	}
	type restoreCheckpointOutput struct {
		Body struct {
			Before          string `json:"before" doc:"Restoring this checkpoint undoes the restoring of files; empty if none were."`
			Changed         int    `json:"changed" doc:"Files that were changed."`
			RemovedMessages int    `json:"removedMessages"`
			Text            string `json:"text" doc:"What the first removed message said."`
		}
	}
	huma.Register(s.api, operation("POST", chatBase+"/restore", "restore-checkpoint", "Undo a turn: its files, the conversation since, or both", 200), func(ctx context.Context, in *restoreCheckpointInput) (*restoreCheckpointOutput, error) {
		if _, err := s.chatWith(ctx, in.ID, workspace.RightEdit); err != nil {
			return nil, err
		}
		r, err := s.Chats.Restore(ctx, in.ID, chat.RestoreInput{Checkpoint: in.Body.Checkpoint, Files: in.Body.Files, Chat: in.Body.Chat})
		if err != nil {
			return nil, s.fail(err)
		}
		out := &restoreCheckpointOutput{}
		out.Body.Before, out.Body.Changed, out.Body.RemovedMessages, out.Body.Text = r.Before, r.Changed, r.Removed, r.Text
		return out, nil
	})
}

// busyFor is what programs are told to wait for a turn to end; nobody knows how long it takes.
const busyFor = 9 * time.Second

// chatProblem translates the errors of package chat; nil for others.
func chatProblem(err error) *Problem {
	if running, ok := errors.AsType[*chat.RunningError](err); ok {
		p := problem(409, "run_active", "The agent is at work in this chat. Wait, or stop it.")
		p.RunID = running.TurnID
		return p
	}
	if invalid, ok := errors.AsType[*chat.InvalidError](err); ok {
		return invalidField("body."+invalid.Field, invalid.Error())
	}
	for _, e := range chatErrors {
		if errors.Is(err, e.err) {
			p := problem(e.status, e.code, e.detail)
			if e.status == http.StatusTooManyRequests {
				p.retryAfter = busyFor
			}
			return p
		}
	}
	return nil
}

var chatErrors = []struct {
	err          error
	status       int
	code, detail string
}{
	{chat.ErrNotFound, http.StatusNotFound, "not_found", "There is no such chat, no such question or checkpoint in it, or it is not yours."},
	{chat.ErrConflict, http.StatusConflict, "conflict", "The chat was changed at the same time. Try again."},
	{chat.ErrBusy, http.StatusTooManyRequests, "too_many_turns", "The agent is at work for you in as many chats as it may be at a time. Wait until one has ended, or stop it."},
	{chat.ErrOff, http.StatusServiceUnavailable, "agent_off", "The agent has no key for a provider of models. Set your own in the settings, or ask an administrator to set OPENROUTER_API_KEY."},
	{chat.ErrFull, http.StatusConflict, "chat_full", "This chat is as long as a chat may be. Go on in a new one."},
	{chat.ErrManyChats, http.StatusConflict, "too_many_chats", "The workspace has as many chats as a workspace may have. Delete one you no longer need."},
	{chat.ErrKnown, http.StatusConflict, "message_known", "This message is in the chat already. Reload the page."},
	{chat.ErrAnswered, http.StatusConflict, "approval_answered", "This has been answered already."},
	{chat.ErrExpired, http.StatusConflict, "approval_expired", "It is too late to answer this. Send a message to go on."},
	{chat.ErrClosed, http.StatusServiceUnavailable, "shutting_down", "The server is being restarted. Try again in a moment."},
	{chat.ErrOwnKeys, http.StatusForbidden, "own_keys_off", "Own provider keys are not allowed on this installation."},
}
