package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func TestSharesOverHTTP(t *testing.T) {
	st := newRightsStand(t)
	id, chatID := st.known()
	base := "/api/v1/workspaces/" + id
	for body, want := range map[string]int{
		`{"right":"view"}`:  200,
		`{"right":"owner"}`: 422,
		`{"right":"use","until":"2020-01-01T00:00:00Z"}`: 422,
		`{"right":"edit","until":null}`:                  200,
	} {
		if got := st.ask("owner", "PUT", base+"/shares/STRANGER@example.com", body); got.status != want {
			t.Errorf("%s: %d %s", body, got.status, got.text)
		}
	}
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	set := st.ask("owner", "PUT", base+"/shares/stranger@example.com", fmt.Sprintf(`{"right":"use","until":%q}`, until.Format(time.RFC3339)))
	for field, want := range map[string]any{"userId": st.people["stranger"].id, "email": "stranger@example.com", "right": "use", "until": until.Format(time.RFC3339)} {
		if set.json[field] != want {
			t.Errorf("%s is %v, want %v", field, set.json[field], want)
		}
	}
	for email, want := range map[string]int{"nobody@example.com": 404, "not-an-email": 404, "owner@example.com": 422} {
		if got := st.ask("owner", "PUT", base+"/shares/"+email, `{"right":"view"}`); got.status != want || want == 404 && got.code() != "user_not_found" {
			t.Errorf("%s: %d %s", email, got.status, got.text)
		}
	}
	if all := items(st.ask("owner", "GET", base+"/shares", "")); len(all) != 4 {
		t.Errorf("shares: %v", all)
	}
	// What a right does not show is not there.
	for who, want := range map[string]string{"owner": "secret of the owner", "edit": "secret of the owner", "use": "", "view": ""} {
		got := st.ask(who, "GET", base, "")
		owner, _ := got.json["owner"].(map[string]any)
		people := 0.0
		if who == "owner" {
			people = 4
		}
		if got.json["right"] != who || got.json["nixConfig"] != want || got.json["sharedWith"] != people || owner["email"] != "owner@example.com" {
			t.Errorf("%s sees %s", who, got.text)
		}
	}
	for who, want := range map[string]map[string]int{"owner": {"": 1, "own": 1, "shared": 0, "all": 1}, "view": {"": 0, "own": 0, "shared": 1, "all": 1}, "admin": {"": 0, "shared": 0, "all": 0}} {
		for scope, n := range want {
			if got := items(st.ask(who, "GET", "/api/v1/workspaces?scope="+scope, "")); scope != "" && len(got) != n {
				t.Errorf("%s, scope %q: %v", who, scope, got)
			}
		}
		if got := items(st.ask(who, "GET", "/api/v1/workspaces", "")); len(got) != want[""] {
			t.Errorf("%s: %v", who, got)
		}
	}
	// A rule that outlives the share is the owner's to make.
	if got := st.ask("edit", "POST", "/api/v1/chats/"+chatID+"/approvals/x", `{"approved":true,"scope":"workspace"}`); got.status != 403 || got.json["right"] != "owner" {
		t.Errorf("a rule made by an editor: %d %s", got.status, got.text)
	}
	// Leaving, and being removed.
	if got := st.ask("edit", "DELETE", base+"/shares/"+st.people["view"].id, ""); got.status != 403 {
		t.Errorf("an editor removes somebody: %d", got.status)
	}
	if got := st.ask("view", "DELETE", base+"/shares/"+st.people["view"].id, ""); got.status != 204 {
		t.Errorf("leaving: %d %s", got.status, got.text)
	}
	if got := st.ask("view", "GET", base, ""); got.status != 404 {
		t.Errorf("after leaving: %d", got.status)
	}
	if got := st.ask("owner", "DELETE", base+"/shares/"+st.people["edit"].id, ""); got.status != 204 {
		t.Errorf("removing: %d %s", got.status, got.text)
	}
	for _, path := range []string{base, "/api/v1/chats/" + chatID, "/api/v1/chats/" + chatID + "/messages"} {
		if got := st.ask("edit", "GET", path, ""); got.status != 404 {
			t.Errorf("%s after being removed: %d", path, got.status)
		}
	}
	if got := st.ask("owner", "DELETE", base+"/shares/"+st.people["edit"].id, ""); got.status != 404 {
		t.Errorf("removing again: %d", got.status)
	}
}

func TestLinksOverHTTP(t *testing.T) {
	st := newRightsStand(t)
	id, _ := st.known()
	base := "/api/v1/workspaces/" + id + "/links"
	for body, want := range map[string]int{
		`{"port":3000,"ttl":299}`: 422, `{"port":3000,"ttl":2592001}`: 422, `{"port":80,"ttl":600}`: 422, `{"port":3001,"ttl":600}`: 422,
		`{"port":3000,"ttl":600,"password":"short"}`: 422, `{"port":3000}`: 422,
	} {
		if got := st.ask("owner", "POST", base, body); got.status != want {
			t.Errorf("%s: %d %s", body, got.status, got.text)
		}
	}
	made := st.ask("owner", "POST", base, `{"port":3000,"ttl":600,"password":"correct horse"}`)
	address, _ := made.json["url"].(string)
	if made.status != 201 || made.json["password"] != true || !strings.HasPrefix(address, "https://3000-"+id) {
		t.Fatalf("%d %s", made.status, made.text)
	}
	_, code, _ := strings.Cut(address, "?")
	w, err := st.server.Workspaces.Get(t.Context(), id)
	if err != nil || len(w.Links) != 1 || w.Links[0].Hash != workspace.LinkHash(code) {
		t.Fatalf("%+v %v", w.Links, err)
	}
	if right, err := st.server.Identity.CheckPassword(t.Context(), w.Links[0].Password, "correct horse"); !right || err != nil {
		t.Errorf("the password: %v %v", right, err)
	}
	if right, err := st.server.Identity.CheckPassword(t.Context(), w.Links[0].Password, "correct house"); right || err != nil {
		t.Errorf("another password: %v %v", right, err)
	}
	if err := st.store.CountLink(t.Context(), w.Links[0].ID, time.Now().UTC()); err != nil {
		t.Fatal(err)
	}
	answered := st.ask("owner", "GET", base, "")
	if all := items(answered); len(all) != 1 || all[0]["opened"] != 1.0 || all[0]["lastOpenedAt"] == nil {
		t.Errorf("%s", answered.text)
	}
	for _, secret := range []string{code, "argon2", w.Links[0].Hash, "correct horse"} {
		if strings.Contains(answered.text, secret) {
			t.Errorf("the list tells %q", secret)
		}
	}
	if got := st.ask("owner", "DELETE", base+"/"+w.Links[0].ID, ""); got.status != 204 {
		t.Errorf("%d %s", got.status, got.text)
	}
	if got := st.ask("owner", "DELETE", base+"/"+w.Links[0].ID, ""); got.status != 404 {
		t.Errorf("again: %d", got.status)
	}
}

// heard is one event of the stream.
type heard struct {
	id, name string
	data     map[string]any
}

// listen follows the events as somebody, from lastID if that is not empty. It returns
// once the stream has begun.
func (st *rightsStand) listen(who, lastID string) (events <-chan heard, leave func()) {
	st.t.Helper()
	ctx, cancel := context.WithCancel(st.t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", st.web.URL+"/api/v1/events", nil)
	if err != nil {
		st.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+st.people[who].token)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil || resp.StatusCode != 200 {
		st.t.Fatal(resp, err)
	}
	st.t.Cleanup(func() { cancel(); resp.Body.Close() })
	ch := make(chan heard, 100)
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() && lines.Text() != ": connected" {
	}
	go func() {
		defer close(ch)
		var e heard
		for lines.Scan() {
			key, value, _ := strings.Cut(lines.Text(), ": ")
			switch key {
			case "id":
				e.id = value
			case "event":
				e.name = value
			case "data":
				json.Unmarshal([]byte(value), &e.data)
			case "":
				if e.name != "" {
					ch <- e
				}
				e = heard{}
			}
		}
	}()
	return ch, func() { cancel(); resp.Body.Close() }
}

// next is the next event, which has to come.
func next(t *testing.T, events <-chan heard) heard {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(30 * time.Second):
		t.Fatal("no event came")
		return heard{}
	}
}

func TestEventsReachThoseTheyConcern(t *testing.T) {
	st := newRightsStand(t)
	id, chatID := st.known()
	stranger, leave := st.listen("stranger", "")
	viewer, _ := st.listen("view", "")
	owner, _ := st.listen("owner", "")
	base := "/api/v1/workspaces/" + id
	title := "x"
	if _, err := st.server.Chats.Update(t.Context(), chatID, chat.UpdateInput{Title: &title}); err != nil { // before the share: not the stranger's business
		t.Fatal(err)
	}
	share := func() { st.ask("owner", "PUT", base+"/shares/stranger@example.com", `{"right":"view"}`) }
	share()
	first := next(t, stranger)
	if first.name != "workspace" || first.data["id"] != id || first.data["right"] != "view" || first.data["nixConfig"] != "" {
		t.Errorf("shared: %+v", first)
	}
	for name, events := range map[string]<-chan heard{"view": viewer, "owner": owner} {
		if e := next(t, events); e.name != "chat" || e.data["id"] != chatID {
			t.Errorf("%s: %+v", name, e)
		}
		if e := next(t, events); e.name != "workspace" || e.data["right"] != name {
			t.Errorf("%s: %+v", name, e)
		}
	}
	leave()
	// While the stranger is away it is renamed, and shared with them no more.
	st.ask("owner", "PATCH", base, `{"name":"renamed"}`)
	st.ask("owner", "DELETE", base+"/shares/"+st.people["stranger"].id, "")
	again, _ := st.listen("stranger", first.id)
	if e := next(t, again); e.name != "workspace.deleted" || e.data["id"] != id || len(e.data) != 1 {
		t.Errorf("no longer shared: %+v", e)
	}
	st.ask("owner", "PATCH", base, `{"name":"renamed again"}`)
	share()
	if e := next(t, again); e.name != "workspace" || e.data["name"] != "renamed again" {
		t.Errorf("shared again: %+v", e)
	}
	for _, want := range []string{"workspace", "workspace", "workspace", "workspace"} { // two renames, two shares: nothing is gone
		for name, events := range map[string]<-chan heard{"view": viewer, "owner": owner} {
			if e := next(t, events); e.name != want {
				t.Errorf("%s: %+v", name, e)
			}
		}
	}
	st.events.AnnounceDeleted(id)
	for name, events := range map[string]<-chan heard{"view": viewer, "owner": owner, "stranger": again} {
		if e := next(t, events); e.name != "workspace.deleted" {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// Whoever follows a log, or a turn, is cut off with the share.
func TestStreamsEndWithTheShare(t *testing.T) {
	st := newRightsStand(t)
	id, _ := st.known()
	r, err := http.NewRequestWithContext(t.Context(), "GET", st.web.URL+"/api/v1/workspaces/"+id+"/logs", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+st.people["use"].token)
	r.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(r)
	if err != nil || resp.StatusCode != 200 {
		t.Fatal(resp, err)
	}
	defer resp.Body.Close()
	began := time.Now()
	st.ask("owner", "PUT", "/api/v1/workspaces/"+id+"/shares/use@example.com", `{"right":"view"}`)
	io.Copy(io.Discard, resp.Body) // or the test hangs
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %s", took)
	}

	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), principalKey{}, principalOf(st, "view")))
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		st.server.endWithRight(ctx, id, workspace.RightView, cancel)
	}()
	st.ask("owner", "DELETE", "/api/v1/workspaces/"+id+"/shares/"+st.people["view"].id, "")
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Error("a turn's stream goes on")
	}
	if ctx.Err() == nil {
		t.Error("it did not end the stream")
	}
}

func principalOf(st *rightsStand, who string) principal {
	var p principal
	p.UserID = st.people[who].id
	_, p.TokenID, _ = st.server.Identity.TokenUser(st.people[who].token)
	return p
}

func TestSomebodyWithoutARightIsNotInTheListsOfOthers(t *testing.T) {
	st := newRightsStand(t)
	id, _ := st.known()
	var who []string
	for name := range st.people {
		for _, w := range items(st.ask(name, "GET", "/api/v1/workspaces?scope=all", "")) {
			if w["id"] == id {
				who = append(who, name+" "+w["right"].(string))
			}
		}
	}
	slices.Sort(who)
	if got := strings.Join(who, ", "); got != "edit edit, owner owner, use use, view view" {
		t.Errorf("seen by %s", got)
	}
}
