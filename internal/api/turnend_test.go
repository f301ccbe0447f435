package api

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// A turn goes on; whoever may not see it any more does not.
func TestWhoeverWatchesATurnIsCutOffWithTheRight(t *testing.T) {
	st := newRightsStand(t)
	for name, end := range map[string]func(id string){
		"un-sharing": func(id string) {
			st.ask("owner", "DELETE", "/api/v1/workspaces/"+id+"/shares/"+st.people["view"].id, "")
		},
		"token revoked": func(string) {
			if err := st.server.Identity.RevokeToken(t.Context(), st.people["view"].id, principalOf(st, "view").TokenID); err != nil {
				t.Error(err)
			}
		},
	} {
		id, _ := st.known()
		log := uistream.NewLog("run of a turn that has no end")
		var viewers = map[string]*http.Response{}
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p := principalOf(st, r.URL.Query().Get("who"))
			st.server.streamTurn(w, r.WithContext(context.WithValue(r.Context(), principalKey{}, p)), id, log)
		}))
		ctx, leave := context.WithCancel(t.Context())
		for _, who := range []string{"view", "use"} {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, web.URL+"/?who="+who, nil)
			if err != nil {
				t.Fatal(err)
			}
			if viewers[who], err = http.DefaultClient.Do(r); err != nil || viewers[who].StatusCode != http.StatusOK {
				t.Fatal(viewers[who], err)
			}
			defer viewers[who].Body.Close()
		}
		went := make(chan struct{})
		go func() {
			defer close(went)
			io.Copy(io.Discard, viewers["use"].Body)
		}()
		end(id)
		over := make(chan struct{})
		go func() {
			defer close(over)
			io.Copy(io.Discard, viewers["view"].Body)
		}()
		select {
		case <-over:
		case <-time.After(30 * time.Second):
			t.Errorf("%s: still watching", name)
		}
		select {
		case <-went:
			t.Errorf("%s: somebody else is cut off too", name)
		default:
		}
		if log.Ended() {
			t.Errorf("%s: the turn itself ended", name)
		}
		leave()
		<-went
		<-over
		web.Close()
	}
}
