package bridgeclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/proof"
)

// proving is a transport to the bridge at addr, which proves itself first. It keeps no
// connections: a workspace is asked a few times while it starts, and the port may be
// another one's afterwards.
func proving(addr, key string) *http.Transport {
	return &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return proof.Dial(ctx, addr, key)
	}}
}

// stay follows no redirect: the bridge sends none, and nobody else gets the key.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Ready asks the bridge at addr ("127.0.0.1:40001") once whether the editor shows its
// page, and returns nil if so. ErrUnauthorized means that the wrong one listens there;
// any other error, that it is too early. Give ctx a deadline.
func Ready(ctx context.Context, addr, key string) error {
	var ready struct{}
	return ask(ctx, addr, key, "/readyz", &ready)
}

// Activity asks the bridge at addr what keeps its workspace in use. Errors as those of Ready.
func Activity(ctx context.Context, addr, key string) (bridge.Activity, error) {
	var a bridge.Activity
	err := ask(ctx, addr, key, "/activity", &a)
	return a, err
}

// maxAnswer is more than any answer to these questions has.
const maxAnswer = 4 << 10

func ask(ctx context.Context, addr, key, path string, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		return fmt.Errorf("ask bridge %s: %w", addr, err)
	}
	req.Header.Set(bridge.KeyHeader, key)
	resp, err := (&http.Client{Transport: proving(addr, key), CheckRedirect: stay}).Do(req)
	if errors.Is(err, proof.ErrNot) {
		return fmt.Errorf("ask bridge %s: %w", addr, ErrUnauthorized)
	}
	if err != nil {
		return fmt.Errorf("ask bridge %s: %w", addr, err)
	}
	defer resp.Body.Close()
	body := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer))
	switch resp.StatusCode {
	case http.StatusOK:
		if err := body.Decode(out); err != nil {
			return fmt.Errorf("ask bridge %s for %s: read its answer: %w", addr, path, err)
		}
		return nil
	case http.StatusUnauthorized:
		return fmt.Errorf("ask bridge %s: %w", addr, ErrUnauthorized)
	}
	var p struct {
		Detail string `json:"detail"`
	}
	_ = body.Decode(&p) // without a detail the status has to do
	return fmt.Errorf("bridge %s answers %d: %s", addr, resp.StatusCode, p.Detail)
}
