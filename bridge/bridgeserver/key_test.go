package bridgeserver_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
	"github.com/kalpana-dev/kalpana/bridge/bridgeserver"
)

func TestBothPortsRefuseWhatLacksTheKey(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.fakeEditor(t, func(http.ResponseWriter, *http.Request) { t.Error("the editor was reached without the key") })
	for name, keys := range map[string][]string{
		"no key":           {},
		"empty":            {""},
		"another's":        {strings.Repeat("f", 64)},
		"the hash":         {hashOf(key)},
		"upper case":       {strings.ToUpper(key)},
		"right then wrong": {key, "x"},
		"right twice":      {key, key},
		"two in one":       {key + ", " + key},
	} {
		for _, url := range []string{s.api.URL + "/", s.api.URL + "/healthz", s.api.URL + "/readyz", s.api.URL + "/nothing", s.editor.URL + "/", s.editor.URL + "/proxy/3001/"} {
			resp := get(t, url, http.Header{bridge.KeyHeader: keys, "Upgrade": {"websocket"}})
			var p struct {
				Code   string
				Status int
			}
			if err := json.NewDecoder(resp.Body).Decode(&p); err != nil {
				t.Errorf("%s, %s: %v", name, url, err)
			}
			if resp.StatusCode != 401 || p.Code != bridge.CodeUnauthorized || p.Status != 401 || resp.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s, %s: %d %+v", name, url, resp.StatusCode, p)
			}
		}
	}
}

func TestClientIsToldThatItsKeyIsWrong(t *testing.T) {
	t.Parallel()
	s := start(t)
	if _, err := bridgeclient.Dial(t.Context(), address(s.api), "wrong"); !errors.Is(err, bridgeclient.ErrUnauthorized) {
		t.Errorf("dial: %v", err)
	}
	if err := bridgeclient.Ready(t.Context(), address(s.api), "wrong"); !errors.Is(err, bridgeclient.ErrUnauthorized) {
		t.Errorf("ready: %v", err)
	}
}

func TestABridgeWithoutAKeyDoesNotStart(t *testing.T) {
	t.Parallel()
	for _, hash := range []string{"", "abc", strings.Repeat("z", 64), hashOf(key) + "00"} {
		if _, err := bridgeserver.New(bridgeserver.Config{KeySHA256: hash, Root: t.TempDir()}); err == nil {
			t.Errorf("hash %q was accepted", hash)
		}
	}
	if _, err := bridgeserver.New(bridgeserver.Config{KeySHA256: hashOf(key), Root: t.TempDir() + "/none"}); err == nil {
		t.Error("a folder that is not there was accepted")
	}
}

func TestPagesOfTheAPIPort(t *testing.T) {
	t.Parallel()
	s := start(t)
	for path, want := range map[string]struct {
		status int
		body   string
	}{
		"/healthz": {200, `{"status":"ok"}`},
		"/readyz":  {503, `"code":"editor_starting"`},
		"/":        {426, `"code":"upgrade_required"`},
		"/mcpx":    {404, `"code":"not_found"`},
	} {
		resp := get(t, s.api.URL+path, nil)
		body, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != want.status || !strings.Contains(string(body), want.body) {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		}
	}
}
