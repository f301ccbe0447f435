package chat

import (
	"context"
	"path"
	"slices"
	"time"

	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/toolbox"
	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// question is something that a turn waits for the user to answer.
type question struct {
	id      string
	asks    bool // a question of the model, not about a call
	expires time.Time
	// Of a question about a call:
	decision permission.Decision
	approval permission.Approval

	// Guarded by turn.mu until the answer has been sent.
	state  questionState
	answer Answer
	given  chan struct{} // closed when state is answered
}

type questionState int

const (
	waiting questionState = iota
	answered
	expired
)

// Answer is what the user says to a question.
type Answer struct {
	Approved bool
	Scope    permission.Scope // empty means once
	// Reason is for the model, with a no. At most 1,000 characters.
	Reason string
	// Text answers a question of the model. At most 4,000 characters.
	Text string
}

const maxReason, maxAnswer = 1000, 4000

// descriptor is what the card shows: it travels with the request for an approval, and the
// user interface has the same fields (ui/src/features/chat/types.ts).
type descriptor struct {
	Kind          string             `json:"kind"`
	Tool          string             `json:"tool,omitempty"`
	Title         string             `json:"title,omitempty"`
	Reason        string             `json:"reason,omitempty"`
	Risk          string             `json:"risk,omitempty"`
	Command       string             `json:"command,omitempty"`
	Cwd           string             `json:"cwd,omitempty"`
	Diff          string             `json:"diff,omitempty"`
	DiffTruncated bool               `json:"diffTruncated,omitempty"`
	Paths         []string           `json:"paths,omitempty"`
	PathCount     int                `json:"pathCount,omitempty"` // of all; Paths are the first ones
	Choices       []choiceDescriptor `json:"choices,omitempty"`
	Question      string             `json:"question,omitempty"`
	Options       []string           `json:"options,omitempty"`
	ExpiresAt     time.Time          `json:"expiresAt"`
}

type choiceDescriptor struct {
	Scope permission.Scope  `json:"scope"`
	Text  string            `json:"text"`
	Rules []permission.Rule `json:"rules,omitempty"`
}

// askAbout shows the card for a call. If the call could not be made anyway it fails at once.
func (t *turn) askAbout(c *call, d permission.Decision) {
	preview, problem := c.tool.Preview(t.ctx)
	if problem != nil {
		t.fail(c, problem)
		return
	}
	hash, err := permission.Bind(c.tool.Permission, permission.DefaultPlace())
	if err != nil {
		t.fail(c, &toolbox.Error{Code: toolbox.CodeBadArguments, Message: err.Error()})
		return
	}
	q := t.newQuestion()
	q.decision = d
	q.approval = permission.Approval{Hash: hash, UserID: t.userID, RunID: t.id, At: time.Now()}
	show := descriptor{
		Kind: "call", Tool: c.tool.Tool, Title: c.tool.Title, Reason: d.Reason, Risk: d.Risk, Command: d.Shown, Cwd: c.tool.Permission.Cwd,
		Diff: permission.Visible(preview.Diff), DiffTruncated: preview.DiffTruncated, Paths: preview.Paths, PathCount: max(len(c.tool.Permission.Paths), c.tool.Permission.Deletes, len(preview.Paths)), ExpiresAt: q.expires,
	}
	for _, choice := range d.Choices {
		show.Choices = append(show.Choices, choiceDescriptor{choice.Scope, choice.Text, choice.Rules})
	}
	if t.show(c, q, show, d.Reason) {
		c.ask = q
	}
}

func (t *turn) newQuestion() *question {
	return &question{id: shortID(), expires: time.Now().Add(t.s.ApprovalTTL).UTC(), given: make(chan struct{})}
}

// show puts a card into the stream; the question can be answered from then on.
func (t *turn) show(c *call, q *question, d descriptor, reason string) bool {
	t.mu.Lock()
	t.answers[q.id] = q
	t.waiting++
	first := t.waiting == 1
	t.mu.Unlock()
	if err := t.put(uistream.ToolApprovalRequest{ApprovalID: q.id, ToolCallID: c.ID, Descriptor: mustJSON(d), Reason: reason}); err != nil {
		t.fail(c, &toolbox.Error{Code: "NOT_ASKED", Message: "this could not be shown to the user, so it was not done."})
		t.answeredOne()
		return false
	}
	if first {
		t.tellWaiting(true)
	}
	return true
}

// askAhead shows, together with the first call, the cards of the file changes that follow
// it, so that the user sees all of them at once. A change of a file that an earlier call of
// the step is about is asked about when its turn comes: only then is it known what it does.
func (t *turn) askAhead(calls []*call) {
	var touched []string
	for i, c := range calls {
		if c.refusal != nil {
			continue
		}
		p := c.tool.Permission
		if p.Class != permission.ClassWrite || slices.ContainsFunc(p.Paths, func(at string) bool { return overlaps(touched, at) }) || t.ctx.Err() != nil {
			return
		}
		touched = append(touched, p.Paths...)
		if c.ask != nil || c.said != "" {
			continue
		}
		if i == 0 && len(calls) == 1 {
			return
		}
		d, err := t.decide(c)
		if err != nil || d.Verdict != permission.Asked {
			return
		}
		if d, ok := t.judge(c); ok && d.Verdict == permission.Asked {
			t.askAbout(c, d)
		}
	}
}

// overlaps reports whether a path is one of others, or above or below one.
func overlaps(others []string, p string) bool {
	p = path.Clean(p)
	return slices.ContainsFunc(others, func(o string) bool {
		o = path.Clean(o)
		return o == p || o == "." || p == "." || len(o) > len(p) && o[:len(p)+1] == p+"/" || len(p) > len(o) && p[:len(o)+1] == o+"/"
	})
}

// await waits for the answer about a call. If it returns false the call is over.
func (t *turn) await(c *call) bool {
	q := c.ask
	if !t.wait(q) {
		return t.unanswered(c)
	}
	a := q.answer
	t.put(uistream.ToolApprovalResponse{ApprovalID: q.id, Approved: a.Approved, Reason: a.Reason})
	if !a.Approved {
		t.deny(c, a.Reason)
		return false
	}
	// Rules, mode and the call itself are looked at once more: what runs is what was shown.
	d, err := t.decide(c)
	if err == nil && d.Verdict == permission.Asked {
		err = q.approval.Covers(c.tool.Permission, permission.DefaultPlace(), t.id, time.Now())
	}
	switch {
	case err != nil:
		t.fail(c, &toolbox.Error{Code: "DENIED", Message: "the user's answer does not count: " + err.Error() + "."})
		return false
	case d.Verdict == permission.Refused:
		t.fail(c, &toolbox.Error{Code: "DENIED", Message: d.Reason})
		return false
	}
	t.grant(c, q, a.Scope)
	return true
}

func (t *turn) deny(c *call, reason string) {
	if reason == "" {
		reason = "no reason given"
	}
	c.said = "DENIED: the user refused: " + reason + ". Do not try the same another way; ask, or continue without it."
	t.s.Observer.AgentTool(c.tool.Tool, "denied")
	t.put(uistream.ToolOutputDenied{ToolCallID: c.ID})
}

func (t *turn) unanswered(c *call) bool {
	if t.ctx.Err() == nil {
		c.said = "DENIED: nobody answered in time, so this was not done."
		t.s.Observer.AgentTool(c.tool.Tool, "denied")
		t.put(uistream.ToolOutputError{ToolCallID: c.ID, ErrorText: c.said})
	}
	return false
}

// wait waits for the answer to q. It returns false if none came in time, or the turn ends.
func (t *turn) wait(q *question) bool {
	began := time.Now()
	defer t.answeredOne()
	timer := time.NewTimer(time.Until(q.expires))
	defer timer.Stop()
	select {
	case <-q.given:
	case <-timer.C:
	case <-t.ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waited += time.Since(began)
	if q.state == waiting {
		q.state = expired
	}
	return q.state == answered && t.ctx.Err() == nil
}

// answeredOne notes that a question waits no more.
func (t *turn) answeredOne() {
	t.mu.Lock()
	t.waiting--
	last := t.waiting == 0
	t.mu.Unlock()
	if last {
		t.tellWaiting(false)
	}
}

// tellWaiting lets lists of chats show that the user is waited for.
func (t *turn) tellWaiting(yes bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), 10*time.Second)
	defer cancel()
	if _, err := t.s.change(ctx, t.chat.ID, func(c *Chat) error {
		if c.Run.TurnID != t.id || c.Run.Waiting == yes {
			return errUnchanged
		}
		c.Run.Waiting = yes
		return nil
	}); err != nil {
		t.s.log.Warn("noting that a turn waits", "turn", t.id, "err", err)
	}
}

// askUser asks what the model wants to know.
func (t *turn) askUser(c *call, about toolbox.Question) {
	q := t.newQuestion()
	q.asks = true
	d := descriptor{Kind: "question", Question: about.Text, Options: about.Options, ExpiresAt: q.expires}
	if !t.show(c, q, d, "") {
		return
	}
	c.ask = q
	if !t.wait(q) {
		t.unanswered(c)
		return
	}
	a := q.answer
	t.put(uistream.ToolApprovalResponse{ApprovalID: q.id, Approved: a.Approved, Reason: a.Reason})
	if !a.Approved {
		t.deny(c, a.Reason)
		return
	}
	t.result(c, toolbox.Answer(about, a.Text))
	c.ran = false // the user's words are no data of strangers
}

// Answer answers a question of the chat's running turn. To a turn on another server the
// answer is sent, and nobody says whether it counted. Errors: ErrNotFound, ErrAnswered,
// ErrExpired, *InvalidError.
func (s *Service) Answer(ctx context.Context, chatID, approvalID string, a Answer) error {
	switch {
	case len(a.Reason) > maxReason:
		return &InvalidError{"reason", "has at most 1,000 characters"}
	case len(a.Text) > maxAnswer:
		return &InvalidError{"answer", "has at most 4,000 characters"}
	}
	if t := s.local(chatID); t != nil {
		return t.take(approvalID, a)
	}
	c, err := s.Store.GetChat(ctx, chatID)
	if err != nil {
		return err
	}
	if id := s.elsewhere(c); id != "" {
		return s.order(ctx, Order{TurnID: id, ApprovalID: approvalID, Answer: a})
	}
	return ErrNotFound
}

// take gives an answer to the question it is for.
func (t *turn) take(approvalID string, a Answer) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	q := t.answers[approvalID]
	if q == nil {
		return ErrNotFound
	}
	switch {
	case q.state == answered:
		return ErrAnswered
	case q.state == expired, time.Now().After(q.expires), t.ctx.Err() != nil:
		return ErrExpired
	case q.asks && a.Approved && a.Text == "":
		return &InvalidError{"answer", "is missing"}
	}
	if a.Scope == "" {
		a.Scope = permission.ScopeOnce
	}
	if _, offered := q.decision.Choice(a.Scope); !q.asks && a.Approved && !offered {
		return &InvalidError{"scope", "was not offered for this call"}
	}
	q.state, q.answer = answered, a
	close(q.given)
	return nil
}

// local is the chat's turn that runs in this process, or nil.
func (s *Service) local(chatID string) *turn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running[chatID]
}

// grant keeps what the user allowed beyond this call.
func (t *turn) grant(c *call, q *question, scope permission.Scope) {
	choice, ok := q.decision.Choice(scope)
	if !ok || scope == permission.ScopeOnce {
		return
	}
	if scope == permission.ScopeWorkspace {
		if err := t.s.addRules(context.WithoutCancel(t.ctx), t.chat.WorkspaceID, choice.Rules); err != nil {
			t.s.log.Warn("keeping a rule", "turn", t.id, "err", err)
			t.notice("mode", "The rule could not be kept for the workspace: "+err.Error()+". It holds for this turn.", "")
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.policyRun = append(t.policyRun, choice.Rules...)
	if choice.Exact {
		t.policyCall = append(t.policyCall, q.approval.Hash)
	}
}
