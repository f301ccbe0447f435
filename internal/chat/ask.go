package chat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/spend"
	"github.com/kalpana-dev/kalpana/internal/toolbox"
	"github.com/kalpana-dev/kalpana/internal/uistream"
)

const (
	// leastAnswer is the shortest answer worth asking for, in tokens.
	leastAnswer = 1024
	// bytesPerToken is for answers nobody counted: less than usual, so that none is too cheap.
	bytesPerToken = 3
	// maxSummaryTokens is the longest summary.
	maxSummaryTokens = 4096
)

// errNotTold: the provider does not say what an answer took.
var errNotTold = errors.New("not told")

// answer is what the model said in one step.
type answer struct {
	agent.Result
	calls []*call
}

// ask asks the model once, shows what it says, and repeats that where it helps.
func (t *turn) ask() (*answer, *outcome) {
	var retried, compacted, compact bool
	for {
		msgs, out := t.fit(compact)
		if out != nil {
			return nil, out
		}
		compact = false
		if err := t.put(uistream.StartStep{}); err != nil {
			out := t.broken(err)
			return nil, &out
		}
		v := &view{t: t, started: map[string]string{}, names: map[string]string{}}
		res, out, err := t.stream(t.request(msgs), v.on)
		if out != nil {
			return nil, out
		}
		if err == nil {
			v.endParts()
			t.context.own = append(t.context.own, v.named(res.Message))
			if err := errors.Join(v.err, t.save()); err != nil {
				out := t.broken(err)
				return nil, &out
			}
			return &answer{res, v.calls}, nil
		}
		if res.Message.Text != "" { // the model shall know what the user has read
			t.context.own = append(t.context.own, agent.Message{Role: agent.RoleAssistant, Text: res.Message.Text})
		}
		t.w.closing("CANCELLED: the answer broke off.")
		failure, ok := errors.AsType[*agent.Error](err)
		switch {
		case t.ctx.Err() != nil:
			return nil, t.cut()
		case !ok:
			out := t.broken(err)
			return nil, &out
		case failure.Code == agent.CodeContextLength && !compacted:
			compacted, compact = true, true
			continue
		case failure.Code == agent.CodeEmptyAnswer: // the client has asked again already
			t.notice("empty", "The model answered with nothing, twice.", "")
			return nil, &outcome{StateDone, uistream.FinishStop, nil}
		case failure.Retryable && !retried && v.visible && failure.RetryAfter == 0:
			retried = true
			t.notice("retry", "The answer broke off ("+failure.Message+"). Asking once more.", "")
			continue
		}
		return nil, failed(failure.Code, describe(failure), failure.Retryable)
	}
}

func describe(e *agent.Error) string {
	text := e.Message
	if e.Provider != "" && !strings.Contains(text, e.Provider) {
		text = e.Provider + ": " + text
	}
	if e.RetryAfter > 0 {
		text += fmt.Sprintf(" Try again in %s.", e.RetryAfter.Round(time.Second))
	}
	return text
}

func (t *turn) request(msgs []agent.Message) agent.Request {
	return agent.Request{
		Model: t.model, Messages: msgs, Tools: toolbox.Definitions(), ParallelTools: t.info.ParallelTools || !t.info.AbilitiesKnown,
		AllowTraining: t.s.AllowTraining, User: opaque(t.userID), Session: t.chat.ID, MaxTokens: agent.AnswerTokens(t.info),
	}
}

// stream asks within the budget and settles the bill. out is set if the money does not
// reach, err if the model failed; res then holds what came before.
func (t *turn) stream(req agent.Request, on func(agent.Event) error) (res agent.Result, out *outcome, err error) {
	prompt := agent.Estimate(req.Messages, req.Tools)
	reserved, out := t.reserve(&req, prompt)
	if out != nil {
		return res, out, nil
	}
	began, first, generation, written := time.Now(), false, "", 0
	t.status("provider", "Waiting for "+t.model+"…", time.Time{})
	res, err = t.client.Stream(t.ctx, req, func(e agent.Event) error {
		switch e := e.(type) {
		case agent.Started:
			generation = e.GenerationID
		case agent.Retry:
			t.status("retry", fmt.Sprintf("%s Attempt %d of %d follows.", e.Reason.Message, e.Attempt, e.Of), time.Now().Add(e.After))
		}
		switch e := e.(type) {
		case agent.TextDelta:
			written += len(e.Text)
		case agent.ReasoningDelta:
			written += len(e.Text)
		case agent.ToolArguments:
			written += len(e.Delta)
		case agent.ToolStart:
			written += len(e.Name)
		}
		if !first && written > 0 {
			first = true
			t.s.Observer.AgentFirstToken(time.Since(began))
			t.status("idle", "", time.Time{})
		}
		return on(e)
	})
	t.s.Observer.AgentStep(time.Since(began))
	t.steps++
	t.bill(res, err, generation, prompt, written, reserved)
	return res, nil, err
}

// reserve sets aside what the answer may cost at most. Where that is more than there is,
// a shorter answer is asked for.
func (t *turn) reserve(req *agent.Request, prompt int) (*spend.Reservation, *outcome) {
	who := spend.Who{UserID: t.userID, ChatID: t.chat.ID, Turn: &t.tally, OwnKey: t.ownKey}
	for {
		var most, least agent.NanoUSD
		if p := t.info.Price; t.info.PriceKnown {
			most = p.Cost(agent.Usage{Prompt: int64(prompt), Completion: int64(req.MaxTokens)})
			least = p.Cost(agent.Usage{Prompt: int64(prompt), Completion: int64(min(leastAnswer, req.MaxTokens))})
		}
		room, err := t.s.Ledger.Check(t.ctx, who, least)
		if err == nil && most > room {
			longest := int64(leastAnswer)
			if c := t.info.Price.Completion; c > 0 {
				longest += int64(float64(room-least) / float64(c) * 1e6)
			}
			req.MaxTokens = int(max(leastAnswer, min(longest, int64(req.MaxTokens))))
			most = min(room, t.info.Price.Cost(agent.Usage{Prompt: int64(prompt), Completion: int64(req.MaxTokens)}))
		}
		var r *spend.Reservation
		if err == nil {
			r, err = t.s.Ledger.Reserve(t.ctx, who, most)
		}
		exhausted, ok := errors.AsType[*spend.ExhaustedError](err)
		switch {
		case err == nil:
			return r, nil
		case t.ctx.Err() != nil:
			return nil, t.cut()
		case ok && exhausted.Wanted > least:
			continue // somebody else reserved between Check and Reserve
		case ok:
			return nil, failed(CodeBudget, sentence(exhausted.Error()), exhausted.Limit == spend.LimitTurn)
		default:
			out := t.broken(errors.Join(errStore, err))
			return nil, &out
		}
	}
}

// bill settles what an answer took. After a failure the provider is asked, and where it
// does not say, it is estimated.
func (t *turn) bill(res agent.Result, failure error, generation string, prompt, written int, r *spend.Reservation) {
	ctx := context.WithoutCancel(t.ctx)
	u := res.Usage
	if failure != nil && (!u.CostKnown || u.Estimated) {
		if id := res.GenerationID; id != "" {
			generation = id
		}
		known, err := agent.Usage{}, error(errNotTold)
		if generation != "" {
			known, err = t.billed(ctx, generation)
		}
		if err == nil {
			u = known
		} else if !u.CostKnown && (generation != "" || written > 0) {
			u.Prompt, u.Completion, u.Estimated = int64(prompt), int64(written/bytesPerToken), true
			if t.info.PriceKnown {
				u.Cost, u.CostKnown = t.info.Price.Cost(u), true
			}
		}
	}
	if failure == nil && !u.CostKnown && t.info.PriceKnown {
		u.Cost, u.CostKnown, u.Estimated = t.info.Price.Cost(u), true, true
	}
	t.unpriced = t.unpriced || !u.CostKnown && u.Prompt+u.Completion > 0
	if err := r.Settle(ctx, u.Cost); err != nil {
		t.s.log.Error("recording what a step cost", "turn", t.id, "err", err)
	}
	if failure == nil && u.Prompt > 0 && !u.Estimated {
		t.context.prompt = int(min(u.Prompt, math.MaxInt32))
	}
	if u.Prompt > 0 { // a step that failed says nothing of the context
		t.usage.Prompt = u.Prompt
	}
	t.usage.Completion += u.Completion
	t.usage.Reasoning += u.Reasoning
	t.usage.CacheRead += u.CacheRead
	t.usage.Estimated = t.usage.Estimated || u.Estimated
	t.s.Observer.AgentUsage(u.Prompt, u.Completion, u.Reasoning, u.CacheRead, int64(u.Cost))
	if res.Provider != "" {
		t.provider = res.Provider
	}
	t.showUsage()
}

// billedFor is how long who stopped a turn waits for the bill: an account that is not there
// by then is estimated.
const billedFor = 1500 * time.Millisecond

// billed asks the provider what an answer took.
func (t *turn) billed(ctx context.Context, generation string) (agent.Usage, error) {
	if t.ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, billedFor)
		defer cancel()
	}
	return t.client.Generation(ctx, generation)
}

// complete asks for a text and shows nothing of it; "" if the model fails.
func (t *turn) complete(msgs []agent.Message) (string, *outcome) {
	req := agent.Request{Model: t.model, Messages: msgs, AllowTraining: t.s.AllowTraining, User: opaque(t.userID), Session: t.chat.ID,
		MaxTokens: min(maxSummaryTokens, agent.AnswerTokens(t.info))}
	res, out, err := t.stream(req, func(agent.Event) error { return nil })
	t.steps-- // is no step of the work
	switch {
	case out != nil:
		return "", out
	case t.ctx.Err() != nil:
		return "", t.cut()
	case err != nil:
		t.s.log.Warn("summarising a chat", "chat", t.chat.ID, "err", err)
		return "", nil
	}
	return res.Message.Text, nil
}

// opaque is an id that tells a provider nothing about a user.
func opaque(userID string) string {
	sum := sha256.Sum256([]byte("user/" + userID))
	return hex.EncodeToString(sum[:16])
}

// sentence begins with a capital letter and ends with a full stop.
func sentence(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + "."
}
