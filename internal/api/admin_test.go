package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/audit"
	"github.com/kalpana-dev/kalpana/internal/config"
	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/metrics"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
	"github.com/kalpana-dev/kalpana/internal/spend"
	"github.com/kalpana-dev/kalpana/internal/variable"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// adminStand is an API on a real database, behind real HTTPS, where people sign in. Its
// workspaces never start.
type adminStand struct {
	t      *testing.T
	web    *httptest.Server
	server *Server
	ledger *spend.Ledger
	trail  *audit.Trail
	checks []Check
}

// noContainers is an engine without any.
type noContainers struct{ workspace.Engine }

func (noContainers) Find(context.Context, string) ([]workspace.Container, error) { return nil, nil }

func newAdminStand(t *testing.T) *adminStand {
	t.Helper()
	dir, err := os.MkdirTemp("", "k") // short: a Unix socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	db, err := embeddeddb.Open(dir, log)
	if err != nil {
		t.Fatal(err)
	}
	store, err := mongostore.Open(t.Context(), db.URI(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		store.Close(context.WithoutCancel(t.Context()))
		db.Close()
		os.RemoveAll(dir)
	})
	box, err := secretbox.New(bytes.Repeat([]byte("s"), secretbox.MinSecretBytes))
	if err != nil {
		t.Fatal(err)
	}
	st := &adminStand{t: t, checks: []Check{{Name: CheckDocker, OK: true}, {Name: CheckDisk, OK: true}, {Name: CheckDatabase}, {Name: CheckAddress}, {Name: CheckCertificate}}}
	st.web = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { st.server.ServeHTTP(w, r) }))
	t.Cleanup(st.web.Close)
	st.trail = audit.New(audit.Options{Store: store})
	people, err := identity.New(identity.Options{Store: store, Box: box, BaseURL: st.web.URL, Signup: identity.SignupOpen, Tell: func(e identity.Event) { RecordEvent(st.trail, e) }})
	if err != nil {
		t.Fatal(err)
	}
	m := metrics.New()
	watch, err := metrics.NewWatch(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	idle := config.Duration(time.Hour)
	yes := true
	workspaces := workspace.New(workspace.Options{Store: store.Workspaces(), Engine: noContainers{}, Log: log})
	t.Cleanup(func() { workspaces.Close(context.WithoutCancel(t.Context())) })
	st.ledger = spend.New(store, spend.Limits{}, time.Now, nil)
	st.server = New(Options{
		Config:     config.Config{WorkspaceDomain: "ws.localhost", MaxWorkspacesPerUser: 2, Signup: identity.SignupOpen, IdleTimeout: &idle, NixCustomConfigs: &yes, PrivateRepos: &yes},
		Identity:   people,
		Workspaces: workspaces, Ledger: st.ledger, Events: NewEvents(), Version: "1.2.3", Log: log,
		Activity:  func(string) []string { return nil },
		Variables: variable.New(variable.Options{Store: store, Box: box}),
		Sharing:   Sharing{LinkURL: func(id string, port int, code string) string { return fmt.Sprintf("https://%d-%s/%s", port, id, code) }, LinkVisits: store.LinkVisits},
		Admin: AdminOptions{
			Audit: st.trail, Address: func(*http.Request) string { return "192.0.2.7" }, Figures: watch.Figures, StartedAt: time.Now(),
			Health: func(context.Context) []Check { return st.checks },
			Fix: func(_ context.Context, name string) (Check, error) {
				if name != CheckFirewall {
					return Check{}, ErrNoFix
				}
				return Check{Name: name, OK: true}, nil
			},
		},
	})
	return st
}

// browserUser is somebody with a browser.
type browserUser struct {
	st     *adminStand
	client *http.Client
	id     string
	token  string
}

func (st *adminStand) visitor() *browserUser {
	jar, _ := cookiejar.New(nil)
	client := *st.web.Client()
	client.Jar = jar
	return &browserUser{st: st, client: &client}
}

const testPassword = "correct horse battery staple"

// join makes an account and signs in.
func (st *adminStand) join(name string) *browserUser {
	st.t.Helper()
	v := st.visitor()
	if got := v.do("POST", "/auth/signup", map[string]any{"email": strings.ToLower(name) + "@example.com", "name": name, "password": testPassword}); got.status != 201 {
		st.t.Fatalf("sign up: %d %s", got.status, got.text)
	}
	me := v.do("GET", "/me", nil)
	v.id, _ = me.json["user"].(map[string]any)["id"].(string)
	return v
}

// admin is an administrator.
func (st *adminStand) admin() *browserUser {
	st.t.Helper()
	v := st.join("Admin")
	if err := st.server.Identity.SetAdmin(st.t.Context(), v.id, true); err != nil {
		st.t.Fatal(err)
	}
	return v
}

func (v *browserUser) do(method, path string, body any) (a answer) {
	v.st.t.Helper()
	var content bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&content).Encode(body); err != nil {
			v.st.t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(v.st.t.Context(), method, v.st.web.URL+"/api/v1"+path, &content)
	if err != nil {
		v.st.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if v.token != "" {
		req.Header.Set("Authorization", "Bearer "+v.token)
	} else {
		req.Header.Set("Origin", v.st.web.URL)
	}
	resp, err := v.client.Do(req)
	if err != nil {
		v.st.t.Fatal(err)
	}
	defer resp.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(resp.Body); err != nil {
		v.st.t.Fatal(err)
	}
	a.status, a.text = resp.StatusCode, text.String()
	json.Unmarshal(text.Bytes(), &a.json)
	return a
}

func items(a answer) (out []map[string]any) {
	list, _ := a.json["items"].([]any)
	for _, x := range list {
		out = append(out, x.(map[string]any))
	}
	return out
}

func TestAdministrationIsForAdministrators(t *testing.T) {
	st := newAdminStand(t)
	grace, nobody := st.join("Grace"), st.visitor()
	admin := st.admin()
	for _, c := range []struct{ method, path string }{
		{"GET", "/admin/users"}, {"PATCH", "/admin/users/" + grace.id}, {"GET", "/admin/audit"}, {"GET", "/admin/health"},
		{"POST", "/admin/health/firewall/fix"}, {"GET", "/admin/metrics"}, {"GET", "/admin/workspaces"}, {"GET", "/setup"},
	} {
		var body any
		if c.method == "PATCH" {
			body = map[string]any{}
		}
		if got := grace.do(c.method, c.path, body); got.status != 403 || got.code() != "admin_required" {
			t.Errorf("a user: %s %s is %d %s", c.method, c.path, got.status, got.text)
		}
		if got := nobody.do(c.method, c.path, body); got.status != 401 {
			t.Errorf("nobody: %s %s is %d", c.method, c.path, got.status)
		}
		if got := admin.do(c.method, c.path, body); got.status != 200 {
			t.Errorf("an administrator: %s %s is %d %s", c.method, c.path, got.status, got.text)
		}
	}
}

func TestUsersAreListedAndLimited(t *testing.T) {
	st := newAdminStand(t)
	admin, grace, ada := st.admin(), st.join("Grace"), st.join("Ada")
	r, err := st.ledger.Reserve(t.Context(), spend.Who{UserID: grace.id}, agent.NanoUSD(5e9))
	if err == nil {
		err = r.Settle(t.Context(), 1_250_000_000)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := grace.do("POST", "/workspaces", map[string]any{"name": "one", "start": false}); got.status != 201 {
		t.Fatalf("create: %d %s", got.status, got.text)
	}
	got := admin.do("GET", "/admin/users?sort=name&order=desc&limit=2", nil)
	list := items(got)
	if got.status != 200 || len(list) != 2 || list[0]["name"] != "Grace" || got.json["total"] != 3.0 || got.json["nextCursor"] == "" {
		t.Fatalf("list: %d %s", got.status, got.text)
	}
	if u := list[0]; u["workspaces"] != 1.0 || u["spentToday"] != 1.25 || u["maxWorkspaces"] != nil || u["budget"] != nil || u["lastSeenAt"] == nil || u["email"] != "grace@example.com" ||
		fmt.Sprint(u["providers"]) != "[password]" || u["admin"] != false || u["hasPassword"] != true {
		t.Errorf("Grace is %v", u)
	}
	if got := items(admin.do("GET", "/admin/users?sort=name&order=desc&limit=2&cursor="+got.json["nextCursor"].(string), nil)); len(got) != 1 || got[0]["name"] != "Ada" {
		t.Errorf("the rest is %v", got)
	}
	if got := items(admin.do("GET", "/admin/users?query=GRACE@", nil)); len(got) != 1 {
		t.Errorf("search found %v", got)
	}

	change := func(id string, body map[string]any) answer {
		t.Helper()
		return admin.do("PATCH", "/admin/users/"+id, body)
	}
	for _, c := range []struct {
		body   map[string]any
		status int
		field  string
		want   any
	}{
		{map[string]any{"maxWorkspaces": 1}, 200, "maxWorkspaces", 1.0},
		{map[string]any{"budget": 2.5}, 200, "budget", 2.5},
		{map[string]any{}, 200, "maxWorkspaces", 1.0},
		{map[string]any{"budget": 0}, 200, "budget", 0.0},
		{map[string]any{"budget": nil}, 200, "budget", nil},
		{map[string]any{"maxWorkspaces": -1}, 422, "", nil},
		{map[string]any{"maxWorkspaces": 1.5}, 422, "", nil},
		{map[string]any{"maxWorkspaces": "3"}, 422, "", nil},
		{map[string]any{"budget": -0.01}, 422, "", nil},
		{map[string]any{"budget": 1e7}, 422, "", nil},
		{map[string]any{"name": "x"}, 422, "", nil},
	} {
		got := change(grace.id, c.body)
		if got.status != c.status || c.field != "" && got.json[c.field] != c.want {
			t.Errorf("%v: %d %s", c.body, got.status, got.text)
		}
	}
	if got := change("nobody", map[string]any{"budget": 1}); got.status != 404 {
		t.Errorf("nobody: %d", got.status)
	}

	// Limits count at once.
	create := func(v *browserUser) answer {
		return v.do("POST", "/workspaces", map[string]any{"name": "more", "start": false})
	}
	if got := create(grace); got.code() != "quota_exceeded" {
		t.Errorf("beyond her own limit: %d %s", got.status, got.text)
	}
	change(grace.id, map[string]any{"maxWorkspaces": 3})
	if a, b, c := create(grace).status, create(grace).status, create(grace).status; a != 201 || b != 201 || c != 403 {
		t.Errorf("with a limit of 3, of which 1 is used: %d %d %d", a, b, c)
	}
	if got := grace.do("GET", "/me", nil).json["limits"].(map[string]any); got["maxWorkspaces"] != 3.0 || got["workspaces"] != 3.0 {
		t.Errorf("her limits are %v", got)
	}
	change(ada.id, map[string]any{"maxWorkspaces": 0})
	if got := create(ada); got.code() != "quota_exceeded" {
		t.Errorf("with a limit of none: %d", got.status)
	}
	if got := ada.do("GET", "/me", nil).json["limits"].(map[string]any); got["maxWorkspaces"] != 0.0 {
		t.Errorf("her limits are %v", got)
	}
	change(ada.id, map[string]any{"maxWorkspaces": nil})
	if a, b, c := create(ada).status, create(ada).status, create(ada).status; a != 201 || b != 201 || c != 403 {
		t.Errorf("with the installation's limit of 2: %d %d %d", a, b, c)
	}
}

func TestATokenMakesNoAdministrators(t *testing.T) {
	st := newAdminStand(t)
	admin, grace := st.admin(), st.join("Grace")
	secret, _ := admin.do("POST", "/tokens", map[string]any{"name": "leaked"}).json["token"].(string)
	program := &browserUser{st: st, client: st.web.Client(), token: secret}
	if got := program.do("PATCH", "/admin/users/"+grace.id, map[string]any{"admin": true}); got.status != 403 || got.code() != "session_required" {
		t.Errorf("%d %s", got.status, got.text)
	}
	if got := program.do("PATCH", "/admin/users/"+grace.id, map[string]any{"maxWorkspaces": 3}); got.status != 200 || got.json["admin"] != false {
		t.Errorf("limits are for tokens, too: %d %s", got.status, got.text)
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	st := newAdminStand(t)
	admin, grace := st.admin(), st.join("Grace")
	for _, body := range []map[string]any{{"admin": false}, {"suspended": true}, {"admin": false, "suspended": true}} {
		if got := admin.do("PATCH", "/admin/users/"+admin.id, body); got.status != 409 || got.code() != "last_admin" {
			t.Errorf("%v: %d %s", body, got.status, got.text)
		}
	}
	if got := admin.do("PATCH", "/admin/users/"+grace.id, map[string]any{"admin": true}); got.status != 200 || got.json["admin"] != true {
		t.Fatalf("another one: %d %s", got.status, got.text)
	}
	if got := admin.do("PATCH", "/admin/users/"+admin.id, map[string]any{"suspended": true}); got.code() != "own_account" {
		t.Errorf("oneself: %d %s", got.status, got.text)
	}
	if got := admin.do("PATCH", "/admin/users/"+admin.id, map[string]any{"admin": false}); got.status != 200 {
		t.Errorf("of two one may leave: %d %s", got.status, got.text)
	}
	if got := admin.do("GET", "/admin/users", nil); got.status != 403 {
		t.Errorf("who left may still: %d", got.status)
	}
	if got := grace.do("PATCH", "/admin/users/"+admin.id, map[string]any{"suspended": true}); got.status != 200 || got.json["suspended"] != true {
		t.Errorf("suspend: %d %s", got.status, got.text)
	}
	if got := admin.do("GET", "/me", nil); got.status != 401 {
		t.Errorf("a suspended user is still signed in: %d", got.status)
	}
}

func TestEveryChangingOperationIsDecidedAbout(t *testing.T) {
	st := newAdminStand(t)
	changing := map[string]bool{}
	for path, item := range st.server.api.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{"POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete} {
			if op == nil {
				continue
			}
			changing[op.OperationID] = true
			a, known := acts[op.OperationID]
			if !known {
				t.Errorf("%s %s (%s) is not in acts: say what its audit record is called, or why there is none", method, path, op.OperationID)
			}
			if (a.action == "") == (a.why == "") && known {
				t.Errorf("%s has an action and a reason for none, or neither", op.OperationID)
			}
			for _, param := range []string{a.target, a.also} {
				if param != "" && !slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.Name == param }) {
					t.Errorf("%s has no parameter %s", path, param)
				}
			}
		}
	}
	for id := range acts {
		if !changing[id] {
			t.Errorf("acts has %s, which is no operation that changes anything", id)
		}
	}
}

var times = regexp.MustCompile(`20\d\d-\d\d-\d\dT[0-9:]+Z`)

func TestActsAreRecordedOnceEach(t *testing.T) {
	st := newAdminStand(t)
	admin, grace := st.admin(), st.join("Grace")
	workspaceOf := func(v *browserUser) string {
		got := v.do("POST", "/workspaces", map[string]any{"name": "mine", "start": false})
		id, _ := got.json["id"].(string)
		if id == "" {
			t.Fatalf("create: %d %s", got.status, got.text)
		}
		return id
	}
	id := workspaceOf(grace)
	grace.do("GET", "/workspaces/"+id, nil) // reading is no act
	grace.do("PATCH", "/workspaces/"+id, map[string]any{"name": "renamed", "memory": 1 << 30})
	made := grace.do("POST", "/tokens", map[string]any{"name": "for tests"})
	secret, _ := made.json["token"].(string)
	program := &browserUser{st: st, client: st.web.Client(), token: secret}
	program.do("PUT", "/variables/API_KEY", map[string]any{"value": "canary-value", "secret": true})
	program.do("POST", "/tokens", map[string]any{"name": "another"})
	grace.do("PUT", "/workspaces/"+id+"/ports/3000", map[string]any{"visibility": "public"})
	grace.do("PUT", "/workspaces/"+id+"/shares/admin@example.com", map[string]any{"right": "view"})
	grace.do("PUT", "/workspaces/"+id+"/shares/nobody@example.com", map[string]any{"right": "edit"})
	grace.do("POST", "/workspaces/"+id+"/links", map[string]any{"port": 3000, "ttl": 3600, "password": "canary of a link"})
	grace.do("DELETE", "/workspaces/"+id+"/shares/"+admin.id, nil)
	grace.do("DELETE", "/workspaces/"+id+"?grace=60", nil)
	grace.do("POST", "/workspaces/"+id+"/keep", nil)
	admin.do("PATCH", "/workspaces/"+id, map[string]any{"name": "stolen"})
	admin.do("PATCH", "/admin/users/"+grace.id, map[string]any{"budget": 2.5, "maxWorkspaces": nil})
	grace.do("PATCH", "/me", map[string]any{"name": "Grace H", "password": "canary password 1", "currentPassword": testPassword})
	grace.do("GET", "/admin/users", nil)
	grace.do("PATCH", "/admin/users/"+grace.id, map[string]any{"admin": true})
	st.visitor().do("POST", "/auth/login", map[string]any{"email": "grace@example.com", "password": "canary wrong password"})
	st.visitor().do("POST", "/auth/login", map[string]any{"email": "canary-typed-into-the-wrong-field", "password": "x"})
	st.visitor().do("POST", "/auth/login", map[string]any{"email": "unknown@example.com", "password": "x"})
	grace.do("POST", "/auth/logout", nil)
	if again := st.visitor(); again.do("POST", "/auth/login", map[string]any{"email": "grace@example.com", "password": "canary password 1"}).status != 204 {
		t.Error("she cannot sign in again")
	}
	link := httptest.NewRecorder()
	st.server.Socket().ServeHTTP(link, httptest.NewRequestWithContext(t.Context(), "POST", "/login-link", nil))
	if link.Code != 200 {
		t.Errorf("login link: %d", link.Code)
	}

	all := admin.do("GET", "/admin/audit?limit=100", nil)
	if all.status != 200 || strings.Contains(all.text, "canary") || strings.Contains(all.text, secret) {
		t.Fatalf("%d %s", all.status, all.text)
	}
	var got []string
	for _, r := range items(all) {
		address := r["address"]
		if r["userName"] == "operator" || strings.HasPrefix(r["action"].(string), "session.login") || r["action"] == "account.signup" {
			address = "-" // identity's: the connection's
		} else if address != "192.0.2.7" {
			t.Errorf("%v came from %v", r["action"], address)
		}
		name := func(of any) string {
			switch of {
			case id:
				return "the workspace"
			case grace.id:
				return "Grace's account"
			case made.json["id"]:
				return "the token"
			}
			return fmt.Sprint(of)
		}
		r["detail"] = times.ReplaceAllString(r["detail"].(string), "TIME")
		got = append(got, fmt.Sprintf("%v %v by %q to %q %q: %v", r["outcome"], r["action"], r["userName"], name(r["target"]), r["targetName"], r["detail"]))
	}
	slices.Reverse(got)
	want := []string{
		`ok account.signup by "Admin" to "" "": password`,
		`ok account.signup by "Grace" to "" "": password`,
		`ok workspace.create by "Grace" to "the workspace" "mine": `,
		`ok workspace.update by "Grace" to "the workspace" "mine": memory, name`,
		`ok token.create by "Grace" to "the token" "for tests": `,
		`ok variable.set by "Grace" to "API_KEY" "": with an API token`,
		`refused token.create by "Grace" to "" "": session_required, with an API token`,
		`ok port.update by "Grace" to "the workspace" "renamed": port 3000 for public`,
		`ok workspace.share by "Grace" to "the workspace" "renamed": view for admin@example.com`,
		`refused workspace.share by "Grace" to "the workspace" "renamed": user_not_found, email nobody@example.com`,
		`ok link.create by "Grace" to "the workspace" "renamed": port 3000 until TIME, with a password`,
		`ok workspace.unshare by "Grace" to "the workspace" "renamed": userId Admin`,
		`ok workspace.delete by "Grace" to "the workspace" "renamed": grace 60`,
		`ok workspace.keep by "Grace" to "the workspace" "renamed": `,
		`refused workspace.update by "Admin" to "the workspace" "renamed": not_found, of Grace`,
		`ok user.update by "Admin" to "Grace's account" "Grace": maxWorkspaces=default, budget=$2.5 a day`,
		`ok account.update by "Grace" to "" "": currentPassword, name, password`,
		`refused user.update by "Grace H" to "Grace's account" "Grace H": admin_required`,
		`refused session.login by "" to "Grace's account" "": password: invalid`,
		`refused session.login by "" to "ca…" "": password: invalid`,
		`refused session.login by "" to "un…@example.com" "": password: invalid`,
		`ok session.logout by "Grace H" to "" "": `,
		`ok session.login by "Grace H" to "" "": password`,
		`ok session.link by "operator" to "" "": a link that signs in as administrator, at the server's socket`,
	}
	for i := range max(len(got), len(want)) {
		a, b := "", ""
		if i < len(got) {
			a = got[i]
		}
		if i < len(want) {
			b = want[i]
		}
		if a != b {
			t.Errorf("record %d\n is   %s\n want %s", i, a, b)
		}
	}
	if got := items(admin.do("GET", "/admin/audit?action=workspace.&user="+admin.id, nil)); len(got) != 1 || got[0]["outcome"] != "refused" {
		t.Errorf("filtered: %v", got)
	}
	if got := items(admin.do("GET", "/admin/audit?until="+time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), nil)); len(got) != 0 {
		t.Errorf("before an hour ago: %v", got)
	}
	if got := admin.do("GET", "/admin/audit?cursor=nonsense", nil); got.status != 422 {
		t.Errorf("a cursor of nobody's: %d", got.status)
	}
}

func TestHealthSetupAndFiguresHaveTheirShape(t *testing.T) {
	st := newAdminStand(t)
	admin := st.admin()
	got := admin.do("GET", "/admin/health", nil)
	checks, _ := got.json["checks"].([]any)
	if len(checks) != 5 || got.json["version"] != "1.2.3" || got.json["startedAt"] == nil {
		t.Errorf("health: %s", got.text)
	}
	setup := admin.do("GET", "/setup", nil)
	if checks, _ := setup.json["checks"].([]any); len(checks) != 4 || setup.json["done"] != false {
		t.Errorf("setup: %s", setup.text)
	}
	if got := admin.do("POST", "/admin/health/firewall/fix", nil); got.status != 200 || got.json["check"].(map[string]any)["ok"] != true {
		t.Errorf("fix: %d %s", got.status, got.text)
	}
	if got := admin.do("POST", "/admin/health/disk/fix", nil); got.status != 409 || got.code() != "no_fix" {
		t.Errorf("nothing to fix: %d %s", got.status, got.text)
	}
	admin.do("POST", "/workspaces", map[string]any{"name": "one", "start": false})
	if setup := admin.do("GET", "/setup", nil); setup.json["done"] != true {
		t.Errorf("setup with a workspace: %s", setup.text)
	}
	figures := admin.do("GET", "/admin/metrics", nil)
	for _, name := range []string{
		"workspaces", "leasesInUse", "leases", "startSeconds", "requests", "sockets", "turnsRunning", "tokensToday", "spentToday", "memoryBytes", "goroutines", "uptimeSeconds", "history",
	} {
		if _, there := figures.json[name]; !there {
			t.Errorf("no %s in %s", name, figures.text)
		}
	}
	if h := figures.json["history"].(map[string]any); h["interval"] != 10.0 || h["running"] == nil {
		t.Errorf("history %v", h)
	}
}
