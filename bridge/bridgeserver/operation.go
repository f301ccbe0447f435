package bridgeserver

import (
	"context"
	"encoding/json"
	"io"

	"github.com/kalpana-dev/kalpana/bridge"
)

// operation does the work of one type of request. It returns the payload of the answer
// or an error: a *bridge.Error for the client, anything else for the log.
type operation struct {
	do func(r *request, payload json.RawMessage) (any, error)
}

// emit sends an event of a running request; see request.emit.
type emit = func(event string, payload any) error

// answering makes an operation of a method that answers once.
func answering[In, Out any](method func(context.Context, In) (Out, error)) operation {
	return operation{func(r *request, payload json.RawMessage) (any, error) {
		in, err := decode[In](payload)
		if err != nil {
			return nil, err
		}
		return method(r.ctx, in)
	}}
}

// streaming makes an operation of a method that sends events before it answers.
func streaming[In, Out any](method func(context.Context, In, emit) (Out, error)) operation {
	return operation{func(r *request, payload json.RawMessage) (any, error) {
		in, err := decode[In](payload)
		if err != nil {
			return nil, err
		}
		return method(r.ctx, in, r.emit)
	}}
}

// bounded makes an operation wait until all others of its connection leave it n bytes of
// memory, which it holds at most, until its answer is sent.
func bounded(n int64, op operation) operation {
	return operation{func(r *request, payload json.RawMessage) (any, error) {
		if err := r.hold(n); err != nil {
			return nil, err
		}
		return op.do(r, payload)
	}}
}

func ping(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil }

// done is for methods that answer nothing.
func done[In any](method func(context.Context, In) error) func(context.Context, In) (struct{}, error) {
	return func(ctx context.Context, in In) (struct{}, error) { return struct{}{}, method(ctx, in) }
}

// withoutInput is for methods that need no payload; one that is sent is ignored.
func withoutInput[Out any](method func(context.Context) (Out, error)) func(context.Context, struct{}) (Out, error) {
	return func(ctx context.Context, _ struct{}) (Out, error) { return method(ctx) }
}

// finishing is for methods that send events and answer nothing.
func finishing[In any](method func(context.Context, In, emit) error) func(context.Context, In, emit) (struct{}, error) {
	return func(ctx context.Context, in In, e emit) (struct{}, error) { return struct{}{}, method(ctx, in, e) }
}

func (s *Server) listProcesses(context.Context, struct{}) (bridge.ProcessList, error) {
	return s.processes.List(), nil
}

// readFile answers with the contents, or sends them in frames.
func (s *Server) readFile(r *request, payload json.RawMessage) (any, error) {
	in, err := decode[bridge.ReadFile](payload)
	if err != nil {
		return nil, err
	}
	if !in.Binary { // frames hold little, and may be paused for as long as the client likes
		if err := r.hold(holdsContents); err != nil {
			return nil, err
		}
		return s.files.Read(r.ctx, in)
	}
	content, body, err := s.files.Open(r.ctx, in)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	out, err := r.download(-1)
	if err != nil {
		return nil, err
	}
	if _, err := out.ReadFrom(body); err != nil {
		return nil, err
	}
	return content, out.end()
}

// writeFile takes the contents from the payload, or from frames.
func (s *Server) writeFile(r *request, payload json.RawMessage) (any, error) {
	in, err := decode[bridge.WriteFile](payload)
	if err != nil {
		return nil, err
	}
	if !in.Binary {
		holds := int64(holdsContents)
		if in.Diff { // of what was there
			holds = holdsEdit
		}
		if err := r.hold(holds); err != nil {
			return nil, err
		}
		return s.files.Write(r.ctx, in, nil)
	}
	if in.Content != nil {
		return nil, bridge.Errorf(bridge.CodeBadRequest, "content and binary exclude each other")
	}
	if in.Diff || in.DryRun {
		return nil, bridge.Errorf(bridge.CodeBadRequest, "diff and dryRun are not for contents in frames")
	}
	body, err := r.upload()
	if err != nil {
		return nil, err
	}
	defer body.close()
	return s.files.Write(r.ctx, in, io.Reader(body))
}

// attachProcess sends output as events, or in frames.
func (s *Server) attachProcess(r *request, payload json.RawMessage) (any, error) {
	in, err := decode[bridge.AttachProcess](payload)
	if err != nil {
		return nil, err
	}
	if !in.Binary {
		return s.processes.Attach(r.ctx, in, r.emit)
	}
	out, err := r.download(-1)
	if err != nil {
		return nil, err
	}
	attached, err := s.processes.AttachRaw(r.ctx, in, func(p []byte) error {
		_, err := out.Write(p)
		return err
	})
	if err != nil {
		return nil, err
	}
	return attached, out.end()
}

// decode reads a payload; an absent one counts as {}.
func decode[T any](payload json.RawMessage) (T, error) {
	var v T
	if len(payload) == 0 {
		return v, nil
	}
	if err := json.Unmarshal(payload, &v); err != nil {
		return v, bridge.Errorf(bridge.CodeBadRequest, "payload: %v", err)
	}
	return v, nil
}
