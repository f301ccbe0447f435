package bridgeserver_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
)

// obey asks for orders as the extension in a page does, and tells what came.
func (in *inside) obey(ctx context.Context, socket string) <-chan string {
	got := make(chan string, 1)
	go func() {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://bridge/editor/order?socket="+url.QueryEscape(socket), nil)
		if err != nil {
			in.t.Error(err)
			return
		}
		resp, err := in.client.Do(req)
		if err != nil {
			got <- "gone"
			return
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != http.StatusOK {
			text = []byte(resp.Status)
		}
		got <- string(text)
	}()
	return got
}

func TestTheTerminalIsShownInThePageThatIsThere(t *testing.T) {
	t.Parallel()
	in := startInside(t)
	c, err := bridgeclient.Dial(t.Context(), in.api, key)
	must(t, err)
	defer c.Close()
	show := func() error {
		return c.Call(t.Context(), bridge.TypeOpenEditor, bridge.OpenEditor{Terminal: true}, nil)
	}
	if refused, ok := errors.AsType[*bridge.Error](show()); !ok || refused.Code != bridge.CodeNoEditor {
		t.Errorf("there was no page: %v", refused)
	}
	left, leave := in.page("left")
	here, _ := in.page("here")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ofLeft, ofHere := in.obey(ctx, left), in.obey(ctx, here)
	in.report(`{"socket":"` + left + `","files":[]}`) // used last, but its browser is gone
	leave()
	must(t, show())
	if got := <-ofHere; got != "terminal" {
		t.Errorf("got %q", got)
	}
	// It asks again, as it does at once, and is told again.
	ofHere = in.obey(ctx, here)
	must(t, show())
	if got := <-ofHere; got != "terminal" {
		t.Errorf("got %q", got)
	}
	cancel()
	if got := <-ofLeft; got != "gone" {
		t.Errorf("who was gone got %q", got)
	}
}

func TestOrdersAreForPagesOnly(t *testing.T) {
	t.Parallel()
	in := startInside(t)
	for _, socket := range []string{"", "/etc/passwd", in.pages + "/../vscode-ipc-x.sock", in.pages + "/other.sock"} {
		if got := <-in.obey(t.Context(), socket); got != "400 Bad Request" {
			t.Errorf("%q: %s", socket, got)
		}
	}
}
