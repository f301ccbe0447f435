package environment

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
)

const (
	defaultSeconds = 900
	maxSeconds     = 3600
	maxAddresses   = 10
	maxAddress     = 500
)

// Prepare answers prepareEnvironment. The events are bridge.EventOutput with a
// bridge.OutputText. Codes: CodeBadRequest, CodeTooLarge, those of paths, CodeNixInvalid,
// CodeNixFailed, CodeNixUnreachable, CodeTimedOut, CodeDiskFull, CodeDisabled.
func (e *Environment) Prepare(ctx context.Context, req bridge.PrepareEnvironment, emit func(event string, payload any) error) (bridge.Environment, error) {
	began := time.Now()
	if err := check(&req); err != nil {
		return bridge.Environment{}, err
	}
	select {
	case e.preparing <- struct{}{}:
		defer func() { <-e.preparing }()
	case <-ctx.Done():
		return bridge.Environment{}, ctx.Err()
	}
	r, cached, err := e.prepare(ctx, req, emit)
	if err != nil {
		return bridge.Environment{}, err
	}
	answer := bridge.Environment{Cached: cached, Variables: []string{}, Path: []string{}}
	if r != nil {
		answer.Source = r.Source
		answer.Variables = append(answer.Variables, r.names()...)
		answer.Path = append(answer.Path, r.Path...)
	}
	answer.ElapsedMillis = time.Since(began).Milliseconds()
	return answer, nil
}

// prepare returns the environment that req asks for, nil if there is none, and whether it
// was there already.
func (e *Environment) prepare(ctx context.Context, req bridge.PrepareEnvironment, emit func(event string, payload any) error) (_ *record, cached bool, err error) {
	id, noNix := nixID(e.o.Env)
	s, err := e.find(req, id)
	old, last := e.current()
	if err == nil && s.file == "" {
		return nil, false, e.drop()
	}
	if wrong, ok := errors.AsType[*bridge.Error](err); ok && wrong.Code == bridge.CodeBadRequest {
		return nil, false, err
	}
	if err == nil && noNix != nil {
		err = noNix
	}
	if err != nil {
		return nil, false, e.failed(old, s, err)
	}
	if last != nil && last.Key == s.key && !req.Rebuild && last.there() {
		return last, true, e.use(last) // the script may be gone: it is among what caches keep
	}
	r, err := e.build(ctx, s, last, req, emit)
	if err != nil {
		return nil, false, e.failed(old, s, err)
	}
	if err := e.use(r); err != nil {
		return nil, false, err
	}
	e.oldProfiles()
	return r, false, nil
}

// build evaluates a description.
func (e *Environment) build(ctx context.Context, s source, last *record, req bridge.PrepareEnvironment, emit func(event string, payload any) error) (*record, error) {
	if err := os.MkdirAll(e.o.StateDir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the environment: %w", err)
	}
	if s.given != nil {
		if err := e.write(s, req.Rebuild || last == nil || last.Nixpkgs != req.Nixpkgs); err != nil {
			return nil, err
		}
	} else if s.file == bridge.FlakeFile && !s.tracked {
		if err := e.fitsCopy(s); err != nil {
			return nil, err
		}
	}
	r, err := e.evaluate(ctx, s, req, &child.Lines{Tell: func(text string) error {
		return emit(bridge.EventOutput, bridge.OutputText{Text: text})
	}})
	if err != nil {
		return nil, err
	}
	r.Key, r.Origin, r.Source, r.Nixpkgs = s.key, s.origin, s.file, req.Nixpkgs
	return r, nil
}

func (e *Environment) current() (active, last *record) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.record, e.last
}

// failed returns why there is no environment, after the one of another description has been
// taken away: tools of something else would mislead more than none.
func (e *Environment) failed(old *record, s source, why error) error {
	if old != nil && (old.Origin != s.origin || !old.there()) {
		if err := e.drop(); err != nil {
			e.o.Log.Warn("the environment of another description cannot be taken away", "err", err)
		}
	}
	return why
}

// check refuses what Nix would misunderstand, and sets defaults.
func check(req *bridge.PrepareEnvironment) error {
	switch {
	case req.TimeoutSeconds == 0:
		req.TimeoutSeconds = defaultSeconds
	case req.TimeoutSeconds < 0 || req.TimeoutSeconds > maxSeconds:
		return bridge.Errorf(bridge.CodeBadRequest, "timeoutSeconds is 1 to %d, or 0 for %d", maxSeconds, defaultSeconds)
	}
	if req.Nixpkgs != "" && !isWord(req.Nixpkgs) {
		return bridge.Errorf(bridge.CodeBadRequest, "nixpkgs: %q is no flake reference, such as github:NixOS/nixpkgs/nixos-unstable", child.Clip(req.Nixpkgs))
	}
	if len(req.Caches) > maxAddresses || len(req.Keys) > maxAddresses {
		return bridge.Errorf(bridge.CodeBadRequest, "more than %d caches or keys", maxAddresses)
	}
	for _, c := range req.Caches {
		if !isWord(c) || !strings.HasPrefix(c, "https://") && !strings.HasPrefix(c, "http://") && !strings.HasPrefix(c, "file:///") {
			return bridge.Errorf(bridge.CodeBadRequest, "caches: %q is no address of a binary cache; it begins with https://, http:// or file:///", child.Clip(c))
		}
	}
	for _, k := range req.Keys {
		if !isWord(k) || !strings.Contains(k, ":") {
			return bridge.Errorf(bridge.CodeBadRequest, "keys: %q is no public key of a binary cache, such as cache.example.com-1:AbC…=", child.Clip(k))
		}
	}
	return nil
}

// isWord reports whether s is one argument of Nix and no option.
func isWord(s string) bool {
	return s != "" && len(s) <= maxAddress && s[0] != '-' && !strings.ContainsFunc(s, func(c rune) bool {
		return unicode.IsSpace(c) || unicode.IsControl(c) || c == unicode.ReplacementChar
	})
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
