package bridgeclient

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/kalpana-dev/kalpana/bridge"
)

// asking keeps no connections: a workspace is asked a few times while it starts, and the
// port may be another one's afterwards.
var asking = &http.Client{
	Transport: &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // the bridge sends none, and nobody else gets the key
	},
}

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
	resp, err := asking.Do(req)
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
