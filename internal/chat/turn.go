package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/redact"
	"github.com/kalpana-dev/kalpana/internal/spend"
	"github.com/kalpana-dev/kalpana/internal/toolbox"
	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// Why a turn's context is cancelled.
var (
	errStopped  = errors.New("stopped by the user")
	errShutdown = errors.New("the server is shutting down")
	errTaken    = errors.New("another server took the turn for dead")
	errRight    = errors.New("the user may not use the agent any more")
)

// turn is one running turn. Its fields are the running goroutine's own, except where it is
// said otherwise.
type turn struct {
	s      *Service
	id     string
	userID string
	chat   Chat // as it was when the turn began
	record Turn
	client Model
	ownKey bool
	model  string
	info   agent.ModelInfo
	user   agent.Message

	secrets []string
	started time.Time
	log     *uistream.Log
	ctx     context.Context
	cancel  context.CancelCauseFunc
	over    chan struct{} // closed when nothing of it runs any more

	w        *writer
	bridge   Bridge
	tools    *toolbox.Session
	redactor *redact.Redactor
	context  conversation
	loops    agent.Loops
	tally    spend.Tally
	unpriced bool
	usage    agent.Usage // of all steps; its Prompt is that of the latest
	steps    int
	badSteps int             // in a row
	called   map[string]bool // IDs of calls in the stream
	provider string

	mu         sync.Mutex // guards what follows
	mode       permission.Mode
	answers    map[string]*question // by approval ID, also those that were answered
	waiting    int
	policyRun  []permission.Rule
	policyCall []permission.Hash
	tainted    bool
	changed    bool              // files may have
	waited     time.Duration     // for the user
	policy     permission.Policy // of the latest decision
	checkpoint checkpoint
	notices    int
}

// outcome is how a turn ended.
type outcome struct {
	state   State
	reason  uistream.FinishReason
	problem *problem
}

// problem is why a turn could not go on, as its data-error part has it.
type problem struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	Retryable bool   `json:"retryable"`
}

// Codes of problems, beside those of package agent.
const (
	CodeWorkspace     = "workspace_unavailable"
	CodeStepLimit     = "step_limit"
	CodeTimeLimit     = "time_limit"
	CodeBudget        = "budget_exhausted"
	CodeLoop          = "loop"
	CodeBadCalls      = "bad_calls"
	CodeTurnTooLong   = "turn_too_long"
	CodeUnanswered    = "unanswered"
	CodeNotAllowed    = "not_allowed"
	CodeStore         = "database_unavailable"
	CodeInternal      = "internal_error"
	CodeShutdown      = "server_restart"
	CodeWindowTooFull = "context_full"
)

func failed(code, message string, retryable bool) *outcome {
	return &outcome{StateFailed, uistream.FinishError, &problem{code, message, retryable}}
}

// run is the whole life of a turn.
func (t *turn) run() {
	s := t.s
	defer s.leave(t.userID)
	defer close(t.over)
	defer t.cancel(nil)
	t.w = newWriter(context.WithoutCancel(t.ctx), s.Store, t.log, t.chat.ID)
	defer t.w.close()
	go t.beat()
	if s.Shared {
		go t.obey()
	}
	out := t.guarded()
	t.finish(out)
}

// guarded is work, whose panic ends this turn and no other.
func (t *turn) guarded() (out outcome) {
	defer func() {
		if p := recover(); p != nil {
			t.s.log.Error("a turn of the agent broke", "turn", t.id, "panic", p, "stack", string(debug.Stack()))
			out = *failed(CodeInternal, "Something went wrong in the server. Its log says more.", true)
		}
	}()
	return t.work()
}

func (t *turn) work() outcome {
	err := t.put(uistream.Start{MessageID: t.id, Metadata: t.metadata(StateRunning)})
	if err != nil {
		return t.broken(err)
	}
	if out := t.connect(true); out != nil {
		return *out
	}
	if out := t.remember(); out != nil {
		return *out
	}
	for {
		if out := t.limits(); out != nil {
			return *out
		}
		answer, out := t.ask()
		if out != nil {
			return *out
		}
		if out := t.act(answer); out != nil {
			return *out
		}
	}
}

// connect reaches the workspace. Only the message itself starts one that does not run:
// whoever stops it during a turn means the turn, too.
func (t *turn) connect(start bool) *outcome {
	t.status("workspace", "Connecting to the workspace…", time.Time{})
	b, err := t.s.Workspaces.Connect(t.ctx, t.chat.WorkspaceID, start, func(text string) { t.status("workspace", text, time.Time{}) })
	if err != nil {
		if t.ctx.Err() != nil {
			return t.cut()
		}
		if errors.Is(err, ErrStopped) {
			return failed(CodeWorkspace, "The workspace was stopped during this. Another message starts it again.", true)
		}
		return failed(CodeWorkspace, "The workspace could not be started: "+err.Error(), true)
	}
	t.bridge = b
	t.redactor = redact.New(t.secrets)
	t.tools = toolbox.New(toolbox.Options{
		Bridge: b, Place: permission.DefaultPlace(), Redact: t.redactor.String, RedactKnown: redact.Values(t.secrets).String, Hidden: t.hides, Images: t.info.Images || !t.info.AbilitiesKnown,
		PortURL: func(port int, path string) string {
			return t.s.Workspaces.PortURL(t.chat.WorkspaceID, port, path)
		},
	})
	t.s.Workspaces.Touch(t.chat.WorkspaceID)
	return nil
}

// limits stops a turn before it asks the model once more.
func (t *turn) limits() *outcome {
	switch {
	case t.ctx.Err() != nil:
		return t.cut()
	case !t.s.MayGoOn(t.userID):
		t.stop(errRight)
		return t.cut()
	case t.steps >= t.s.MaxSteps:
		return failed(CodeStepLimit, fmt.Sprintf("The agent has worked for %d steps, which is the limit of one turn. Look at what it did; another message lets it go on.", t.steps), true)
	case t.left() <= 0:
		return failed(CodeTimeLimit, fmt.Sprintf("The agent has worked for %s, which is the limit of one turn. Another message lets it go on.", t.s.MaxDuration), true)
	}
	select {
	case <-t.bridge.Done():
		return t.reconnect()
	default:
		return nil
	}
}

// reconnect replaces a lost connection once it is needed again. What the model has read is
// forgotten: it may have changed meanwhile.
func (t *turn) reconnect() *outcome {
	t.bridge.Close()
	t.bridge = nil
	t.checkpoint.tried = t.checkpoint.id != "" // it may have failed for the same reason
	return t.connect(false)
}

// cut is how a turn ends whose context was cancelled.
func (t *turn) cut() *outcome {
	switch cause := context.Cause(t.ctx); {
	case errors.Is(cause, errShutdown):
		return &outcome{StateInterrupted, uistream.FinishOther, &problem{CodeShutdown, "The server was restarted in the middle of this. Another message lets the agent go on.", true}}
	case errors.Is(cause, errRight):
		return failed(CodeNotAllowed, "You may not use the agent any more.", false)
	case errors.Is(cause, errTaken):
		return &outcome{StateInterrupted, uistream.FinishOther, nil}
	default:
		return &outcome{StateStopped, uistream.FinishOther, nil}
	}
}

// broken is how a turn ends that cannot be written down.
func (t *turn) broken(err error) outcome {
	switch {
	case t.ctx.Err() != nil:
		return *t.cut()
	case errors.Is(err, uistream.ErrTurnFull):
		return *failed(CodeTurnTooLong, "This answer is as long as an answer may be. Another message lets the agent go on.", true)
	case errors.Is(err, errStore):
		t.s.log.Error("storing a turn", "turn", t.id, "err", err)
		return *failed(CodeStore, "The database does not answer.", true)
	}
	t.s.log.Error("a turn's stream broke", "turn", t.id, "err", err)
	return *failed(CodeInternal, "Something went wrong in the server. Its log says more.", true)
}

// stop cancels the turn; the first cause counts.
func (t *turn) stop(cause error) { t.cancel(cause) }

func (t *turn) setMode(m permission.Mode) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mode = m
}

func (t *turn) put(c uistream.Chunk) error { return t.w.put(c) }

// status tells what is going on; nobody needs it later, so its failure is nobody's.
func (t *turn) status(kind, text string, until time.Time) {
	s := struct {
		Kind  string     `json:"kind"`
		Text  string     `json:"text"`
		Until *time.Time `json:"until,omitempty"`
	}{Kind: kind, Text: text}
	if !until.IsZero() {
		until = until.UTC()
		s.Until = &until
	}
	t.put(data(uistream.DataStatus, "status", s))
}

// notice tells something that is kept with the answer.
func (t *turn) notice(kind, text, detail string) {
	t.mu.Lock()
	t.notices++
	id := fmt.Sprintf("%s-%d", kind, t.notices)
	t.mu.Unlock()
	n := map[string]string{"kind": kind, "text": text}
	if detail != "" {
		n["detail"] = detail
	}
	t.put(data(uistream.DataNotice, id, n))
}

// metadata is what the answer's message carries.
func (t *turn) metadata(state State) json.RawMessage {
	m := map[string]any{"runId": t.id, "model": t.model, "mode": t.currentMode(), "createdAt": t.started, "state": state}
	if t.provider != "" {
		m["provider"] = t.provider
	}
	if state != StateRunning {
		m["durationMs"] = time.Since(t.started).Milliseconds()
		m["promptTokens"] = t.usage.Prompt
		m["completionTokens"] = t.usage.Completion
		m["cacheReadTokens"] = t.usage.CacheRead
		m["cost"] = t.cost()
		m["estimated"] = t.usage.Estimated
	}
	return mustJSON(m)
}

// left is how much of its time the turn has, not counting what it waited for the user.
func (t *turn) left() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.s.MaxDuration - (time.Since(t.started) - t.waited)
}

// hides reports whether the rules keep a file out of what is listed or found. They are read
// anew for each decision, and a decision comes before each call.
func (t *turn) hides(path string) bool {
	t.mu.Lock()
	p := t.policy
	t.mu.Unlock()
	return p.Hides(path)
}

func (t *turn) isTainted() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tainted
}

// cost is what the turn has cost, as clients show it: null if nobody knows.
func (t *turn) cost() any {
	if t.unpriced {
		return nil
	}
	return usd(t.tally.Spent())
}

func (t *turn) currentMode() permission.Mode {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mode.Capped(t.s.ModeCap)
}

// beat says that the turn lives, and keeps the workspace in use.
func (t *turn) beat() {
	tick := time.NewTicker(t.s.Heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-t.over:
			return
		case <-tick.C:
		}
		t.s.Workspaces.Touch(t.chat.WorkspaceID)
		if !t.s.MayGoOn(t.userID) {
			t.stop(errRight)
		}
		if !t.s.Shared {
			continue
		}
		ours, err := t.s.beat(context.WithoutCancel(t.ctx), t.chat.ID, t.id)
		if err == nil && !ours {
			t.stop(errTaken)
			return
		}
	}
}

// usd is money as clients show it.
func usd(n agent.NanoUSD) float64 { return float64(n) / 1e9 }
