package process

import (
	"context"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

// maxWait is the longest time that attachProcess may name; longer is meant to be 0.
const maxWait = 24 * time.Hour

// Attach passes the output of a process on as bridge.EventOutput with a bridge.Output
// each. A receiver that is slow loses what leaves the ring meanwhile, and is told so; a
// last event may tell of loss and hold no data. Codes: CodeBadRequest, CodeNoProcess.
func (ps *Processes) Attach(ctx context.Context, req bridge.AttachProcess, emit func(event string, payload any) error) (bridge.Attached, error) {
	return ps.attach(ctx, req, false, func(p *process, out piece) error {
		return emit(bridge.EventOutput, p.output(out))
	})
}

// AttachRaw passes the output on as bytes, of both streams as they came; data is write's
// until it returns. How much was lost between is not told, except by NextByte. Codes as
// for Attach.
func (ps *Processes) AttachRaw(ctx context.Context, req bridge.AttachProcess, write func(data []byte) error) (bridge.Attached, error) {
	return ps.attach(ctx, req, true, func(_ *process, out piece) error {
		if len(out.data) == 0 {
			return nil
		}
		return write(out.data)
	})
}

func (ps *Processes) attach(ctx context.Context, req bridge.AttachProcess, raw bool, send func(*process, piece) error) (bridge.Attached, error) {
	wait := time.Duration(req.WaitSeconds) * time.Second
	if req.WaitSeconds < -1 || req.WaitSeconds > int(maxWait/time.Second) {
		return bridge.Attached{}, bridge.Errorf(bridge.CodeBadRequest, "waitSeconds is -1 (do not wait), 0 (until the process ends) or up to %d", int(maxWait/time.Second))
	}
	p, err := ps.find(req.ProcessID)
	if err != nil {
		return bridge.Attached{}, err
	}
	v := &view{pos: req.FromByte, raw: raw, limit: -1}
	p.mu.Lock()
	written := p.out.end
	if wait < 0 {
		v.limit = written
	}
	if req.FromByte < 0 || req.FromByte > written {
		p.mu.Unlock()
		return bridge.Attached{}, bridge.Errorf(bridge.CodeBadRequest, "fromByte is %d; the process has written %d bytes", req.FromByte, written)
	}
	p.viewers++
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.viewers--
		if p.terminal {
			p.usedAt.set(p.now())
		}
	}()
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		v.over = timer.C
	}
	if err := p.follow(ctx, v, func(out piece) error { return send(p, out) }); err != nil {
		return bridge.Attached{}, err
	}
	return bridge.Attached{Process: p.info(), NextByte: v.pos}, nil
}
