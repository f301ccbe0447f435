package api

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/inspect"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

var lookTarget = inspect.Target{Workspace: lookID, Port: 3000}

// pass lets one request to the port pass.
func (st *lookStand) pass(path string) {
	st.t.Helper()
	r := st.requests.Begin(lookTarget, func() inspect.Request {
		return inspect.Request{Method: "POST", Path: path, Length: 4, Headers: []inspect.Header{{"Authorization", "Bearer of-a-visitor"}, {"Cookie", "sid=of-a-visitor"}, {"X-Own", "1"}}}
	})
	if r == nil {
		st.t.Fatal("it is not recorded")
	}
	r.Sent([]byte("body"))
	r.Answered(200, []inspect.Header{{"Set-Cookie", "sid=of-a-visitor; Path=/"}}, false)
	r.Received([]byte{0xff})
	r.End(200)
}

func TestWhoMayInspectAPort(t *testing.T) {
	st := newLookStand(t)
	for _, path := range []string{"/ports/3000/requests", "/ports/3000/requests/x", "/ports/3000/requests/x/replay"} {
		method, found := "GET", 404
		switch {
		case strings.HasSuffix(path, "replay"):
			method = "POST"
		case strings.HasSuffix(path, "requests"):
			found = 200
		}
		for right, want := range map[string]int{"none": 404, "view": 403, "use": 403, "edit": found, "owner": found} {
			status, p := st.do(right, method, lookID+path, nil)
			if status != want || status == 403 && (p.Code != "right_required" || p.Right != "edit") {
				t.Errorf("%s %s, %s: %d %+v, want %d", method, path, right, status, p, want)
			}
			if right == "none" && !strings.Contains(p.Detail, "no such workspace") {
				t.Errorf("%s: a stranger is told %q", path, p.Detail)
			}
		}
		if status, p := st.do("owner", method, lookID+strings.Replace(path, "3000", "3001", 1), nil); status != 422 || len(p.Errors) != 1 || p.Errors[0].Field != "path.port" {
			t.Errorf("%s of the bridge's own port: %d %+v", path, status, p)
		}
	}
	for right, want := range map[string]int{"none": 404, "view": 403} {
		resp := st.send(right, "GET", lookID+"/ports/3000/requests", "text/event-stream")
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s follows: %d", right, resp.StatusCode)
		}
	}
	resp := st.send("edit", "GET", lookID+"/ports/80/requests", "text/event-stream")
	resp.Body.Close()
	if resp.StatusCode != 422 {
		t.Errorf("port 80 is followed: %d", resp.StatusCode)
	}
}

func TestRequestsAreListedShownAndSentAgain(t *testing.T) {
	st := newLookStand(t)
	const base = lookID + "/ports/3000/requests"
	var all struct{ Items []Inspected }
	if st.do("edit", "GET", base, &all); len(all.Items) != 0 || !st.requests.Active() {
		t.Fatalf("%+v", all)
	}
	st.pass("/one")
	st.pass("/two?x=1")
	st.do("owner", "GET", base, &all)
	if len(all.Items) != 2 || all.Items[0].Path != "/two?x=1" || all.Items[0].Status != 200 || all.Items[0].RequestBytes != 4 || all.Items[0].MS < 0 || all.Items[0].Time <= all.Items[1].Time {
		t.Fatalf("%+v", all.Items)
	}
	var one InspectedRequest
	if status, _ := st.do("edit", "GET", base+"/"+all.Items[0].ID, &one); status != 200 {
		t.Fatal(status)
	}
	if got := fmt.Sprint(one.RequestHeaders, one.ResponseHeaders); got != "[[Authorization Bearer [redacted]] [Cookie sid=[redacted]] [X-Own 1]] [[Set-Cookie sid=[redacted]; Path=/]]" {
		t.Errorf("%s", got)
	}
	if one.RequestBody.Text == nil || *one.RequestBody.Text != "body" || one.RequestBody.Base64 != nil || one.ResponseBody.Text != nil || one.ResponseBody.Base64 == nil || *one.ResponseBody.Base64 != "/w==" {
		t.Errorf("%+v", one)
	}
	// What is sent again is what came, not what was shown.
	var by Visitor
	var sent inspect.Exchange
	st.replay = func(v Visitor, target inspect.Target, x inspect.Exchange) (inspect.Exchange, error) {
		by, sent = v, x
		x.ID, x.ReplayOf = "new", x.ID
		return x, nil
	}
	var again InspectedRequest
	if status, _ := st.do("edit", "POST", base+"/"+one.ID+"/replay", &again); status != 200 || again.ID != "new" || again.ReplayOf != one.ID {
		t.Errorf("%d %+v", status, again)
	}
	if by.UserID != st.ids["edit"] || by.TokenID == "" || by.SessionID != "" || sent.RequestHeaders[0][1] != "Bearer of-a-visitor" || again.RequestHeaders[0][1] != "Bearer [redacted]" {
		t.Errorf("%+v\n%+v\n%+v", by, sent, again)
	}
	for want, c := range map[string]struct {
		err    error
		status int
	}{
		"body_not_kept":    {fmt.Errorf("x: %w", inspect.ErrNotKept), 422},
		"not_running":      {inspect.ErrNotRunning, 409},
		"rate_limited":     {inspect.ErrBusy, 429},
		"port_unreachable": {errors.New("nothing listens on 127.0.0.1:4711"), 502},
	} {
		st.replay = func(Visitor, inspect.Target, inspect.Exchange) (inspect.Exchange, error) {
			return inspect.Exchange{}, c.err
		}
		if status, p := st.do("edit", "POST", base+"/"+one.ID+"/replay", nil); status != c.status || p.Code != want || strings.Contains(p.Detail, "4711") {
			t.Errorf("%v: %d %+v", c.err, status, p)
		}
	}
	// Another port, or another workspace, does not have it.
	for _, other := range []string{lookID + "/ports/3005/requests/", restID + "/ports/3000/requests/"} {
		if status, _ := st.do("owner", "GET", other+one.ID, nil); status != 404 {
			t.Errorf("%s: %d", other, status)
		}
	}
}

func TestRequestsAreFollowedUntilTheRightEnds(t *testing.T) {
	st := newLookStand(t)
	const base = lookID + "/ports/3000/requests"
	resp := st.send("edit", "GET", base, "text/event-stream")
	defer resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatal(resp.Status, resp.Header)
	}
	scanner := bufio.NewScanner(resp.Body)
	lines := func() (string, bool) { ok := scanner.Scan(); return scanner.Text(), ok }
	if line, _ := lines(); line != ": connected" {
		t.Fatalf("%q", line)
	}
	for _, path := range []string{"/one", "/two"} {
		st.pass(path)
		var x Inspected
		name, data := told(lines)
		if err := json.Unmarshal([]byte(data), &x); err != nil || name != "request" || x.Path != path || x.Status != 200 {
			t.Errorf("%q %q %v", name, data, err)
		}
	}
	began := time.Now()
	// A right that is less than needed ends it as well as none at all.
	if _, err := st.server.Workspaces.Share(t.Context(), lookID, st.ids["edit"], workspace.RightUse, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if name, data := told(lines); name != "" || time.Since(began) > 15*time.Second { // a busy machine is slow
		t.Errorf("after %s: %q %q", time.Since(began), name, data)
	}
}
