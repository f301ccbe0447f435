package openrouter

import (
	"context"
	"errors"
	"time"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

// errStep is the cause when StepTimeout is over.
var errStep = errors.New("the whole step took too long")

// callbackError is an error of the caller's own function, to be returned as it is.
type callbackError struct{ error }

func (e callbackError) Unwrap() error { return e.error }

// Stream implements [agent.Model].
func (c *Client) Stream(ctx context.Context, req agent.Request, on func(agent.Event) error) (agent.Result, error) {
	body, err := c.encode(req)
	if err != nil {
		return agent.Result{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.options.StepTimeout, errStep)
	defer cancel()
	spent := agent.NanoUSD(0)
	for attempt := 1; ; attempt++ {
		a := newAnswer(req, on)
		a.spent = spent
		err := c.attempt(ctx, body, a)
		if err == nil {
			return c.finish(a, len(body))
		}
		if mine, ok := errors.AsType[callbackError](err); ok {
			return c.partial(a, len(body)), mine.error
		}
		failure := c.failure(ctx, err)
		pause, again := pauseBefore(attempt+1, failure)
		if !again || a.given || ctx.Err() != nil {
			return c.partial(a, len(body)), failure
		}
		if err := on(agent.Retry{Attempt: attempt + 1, Of: attemptsFor(failure), After: pause, Reason: failure}); err != nil {
			return c.partial(a, len(body)), err
		}
		if err := wait(ctx, pause); err != nil {
			return c.partial(a, len(body)), c.failure(ctx, err)
		}
		if a.usage != nil { // an empty answer is paid for, too
			spent = agent.NanoUSD(saturate(int64(spent), int64(a.usage.Cost)))
		}
	}
}

// finish completes a whole answer.
func (c *Client) finish(a *answer, sent int) (agent.Result, error) {
	r := a.result()
	c.account(&r, a, sent)
	if err := a.endCalls(r); err != nil {
		return c.partial(a, sent), err.(callbackError).error
	}
	if r.Usage != (agent.Usage{}) {
		if err := a.on(agent.UsageUpdate{Usage: r.Usage}); err != nil {
			return r, err
		}
	}
	return r, nil
}

// partial is what came before an error. Calls are left out: nobody may execute them.
func (c *Client) partial(a *answer, sent int) agent.Result {
	r := a.result()
	r.Message.Calls = nil
	r.Finish = ""
	if a.given || a.usage != nil {
		c.account(&r, a, sent)
	} else if a.spent > 0 {
		r.Usage = agent.Usage{Cost: a.spent, CostKnown: true}
	}
	return r
}

// account fills in usage and cost where the provider left them out, and adds the cost of
// the attempts before.
func (c *Client) account(r *agent.Result, a *answer, sent int) {
	const bytesPerToken = 4 // the usual rule for English and code
	if a.usage != nil {
		r.Usage = *a.usage
	} else {
		r.Usage = agent.Usage{
			Prompt:     int64(sent / bytesPerToken),
			Completion: int64((a.text.Len() + a.reasoning.Len() + a.calls.bytes) / bytesPerToken),
			Estimated:  true,
		}
	}
	if !r.Usage.CostKnown {
		m, ok := c.cached(a.model)
		if !ok || !m.PriceKnown {
			return
		}
		r.Usage.Cost = m.Price.Cost(r.Usage)
		r.Usage.CostKnown, r.Usage.Estimated = true, true
	}
	r.Usage.Cost = agent.NanoUSD(saturate(int64(r.Usage.Cost), int64(a.spent)))
}

// wait returns early with the cause if ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
