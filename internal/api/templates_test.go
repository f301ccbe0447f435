package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/template"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// templateCalls is the API of templates over a real database, without logging in.
type templateCalls struct {
	t       *testing.T
	server  *httptest.Server
	service *template.Service
	tried   []string
}

func newTemplateCalls(t *testing.T) *templateCalls {
	t.Helper()
	dir, err := os.MkdirTemp("", "k") // short: a Unix socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	db, err := embeddeddb.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	store, err := mongostore.Open(t.Context(), db.URI(), nil)
	if err != nil {
		t.Fatal(err)
	}
	service, err := template.New(template.Options{Store: store.Templates(), CheckNix: func(_ context.Context, text string) ([]template.Problem, error) {
		if strings.Contains(text, "}}") {
			return []template.Problem{{Line: 2, Column: 5, Message: "unexpected }"}}, nil
		}
		return nil, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	humaErrors()
	mux := http.NewServeMux()
	s := &Server{log: slog.New(slog.DiscardHandler), mux: mux}
	c := huma.DefaultConfig("test", "1")
	c.CreateHooks = nil
	s.api = humago.New(mux, c)
	calls := &templateCalls{t: t, service: service}
	s.registerTemplates(Templates{Service: service, Try: func(_ context.Context, userID string, tpl template.Template) (string, error) {
		if userID == "full" {
			return "", workspace.ErrQuota
		}
		calls.tried = append(calls.tried, fmt.Sprint(userID, " ", tpl.Version))
		return "w" + tpl.ID, nil
	}})
	calls.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var p principal
		p.UserID = r.Header.Get("User")
		p.Admin = p.UserID == "root"
		mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), principalKey{}, p)))
	}))
	t.Cleanup(func() {
		calls.server.Close()
		store.Close(context.Background())
		db.Close()
		os.RemoveAll(dir)
	})
	return calls
}

// call wants a status and returns the answer; body is sent unless it is empty.
func (c *templateCalls) call(user, method, path, body string, status int) map[string]any {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.server.URL+"/api/v1/templates"+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("User", user)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := c.server.Client().Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil && res.StatusCode != 204 {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	if res.StatusCode != status {
		c.t.Fatalf("%s %s by %s: %d %v, want %d", method, path, user, res.StatusCode, answer, status)
	}
	return answer
}

func (c *templateCalls) want(what string, got, want any) {
	c.t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		c.t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func (c *templateCalls) ids(answer map[string]any) string {
	var ids []string
	for _, item := range answer["items"].([]any) {
		ids = append(ids, item.(map[string]any)["id"].(string))
	}
	return strings.Join(ids, " ")
}

func TestTemplatesOverHTTP(t *testing.T) {
	c := newTemplateCalls(t)
	const builtins = "blank node python go rust java cpp php ruby static"
	c.want("the built-in ones", c.ids(c.call("ann", "GET", "", "", 200)), builtins)

	made := c.call("ann", "POST", "", `{"name":"Mine","definition":{"packages":["jq"],"ports":[{"port":3000}]}}`, 201)
	id := made["id"].(string)
	c.want("its definition", made["definition"], "map[extensions:[] files:map[] flake: match:[] packages:[jq] ports:[map[label: open:false port:3000 visibility:owner]] setup: start: tasks:[] variables:[]]")
	for field, want := range map[string]any{"mine": true, "builtin": false, "ownerId": "ann", "shared": false, "version": 1, "publishedVersion": 0, "tried": false, "description": ""} {
		c.want(field, made[field], want)
	}
	c.want("pages", c.ids(c.call("ann", "GET", "?limit=2&cursor=static", "", 200)), id)
	page := c.call("ann", "GET", "?limit=10", "", 200)
	c.want("the first page", c.ids(page), builtins)
	c.want("where the next begins", page["nextCursor"], "static")
	c.call("ann", "GET", "?cursor=unknown", "", 422)

	c.want("publish untried", c.call("ann", "POST", "/"+id+"/publish", "", 409)["code"], "template_not_tried")
	c.want("try", c.call("ann", "POST", "/"+id+"/try", "{}", 201)["workspaceId"], "w"+id)
	c.want("what was tried", c.tried, "[ann 1]")
	if err := c.service.Ran(t.Context(), id, 1, true); err != nil {
		t.Fatal(err)
	}
	c.want("published", c.call("ann", "POST", "/"+id+"/publish", "", 200)["publishedVersion"], 1)
	c.want("another reads it", c.call("bob", "GET", "/"+id, "", 404)["code"], "not_found")
	c.call("bob", "POST", "/"+id+"/try", "{}", 404)
	c.want("the owner shares", c.call("ann", "PUT", "/"+id, `{"shared":true}`, 403)["code"], "template_not_yours")
	c.want("an administrator shares", c.call("root", "PUT", "/"+id, `{"shared":true}`, 200)["sharedVersion"], 1)
	seen := c.call("bob", "GET", "/"+id, "", 200)
	c.want("another sees", []any{seen["mine"], seen["shared"], seen["version"]}, "[false true 1]")
	c.want("another changes", c.call("bob", "PUT", "/"+id, `{"name":"x"}`, 403)["code"], "template_not_yours")
	c.want("no room for a workspace", c.call("full", "POST", "/"+id+"/try", "", 403)["code"], "quota_exceeded")

	c.want("a new version", c.call("ann", "PUT", "/"+id, `{"definition":{"setup":"make"},"base":1}`, 200)["version"], 2)
	c.want("from an old one", c.call("ann", "PUT", "/"+id, `{"definition":{"setup":"x"},"base":1}`, 409)["code"], "conflict")
	versions := c.call("ann", "GET", "/"+id+"/versions", "", 200)["items"].([]any)
	newest := versions[0].(map[string]any)
	c.want("the history", []any{len(versions), newest["version"], newest["tried"], newest["publishedAt"], newest["definition"].(map[string]any)["setup"]}, "[2 2 false <nil> make]")

	c.want("change a built-in one", c.call("root", "PUT", "/go", `{"name":"x"}`, 409)["code"], "template_builtin")
	c.want("delete a built-in one", c.call("root", "DELETE", "/go", "", 409)["code"], "template_builtin")
	c.call("bob", "DELETE", "/"+id, "", 403)
	c.call("ann", "DELETE", "/"+id, "", 204)
	c.call("ann", "GET", "/"+id, "", 404)
	c.call("ann", "DELETE", "/"+id, "", 404)
}

func TestWhatIsWrongWithATemplateIsTold(t *testing.T) {
	c := newTemplateCalls(t)
	refused := c.call("ann", "POST", "", `{"name":"x","definition":{"ports":[{"port":80}],"flake":"{\n    }}"}}`, 422)
	c.want("code", refused["code"], "invalid_template")
	c.want("errors", refused["errors"], "[map[field:body.definition.ports[0].port message:80 is no port from 1024 to 65535.] map[field:body.definition.flake message:Line 2, column 5: unexpected }]]")
	c.call("ann", "POST", "", `{"name":"x","definition":{"unknown":1}}`, 422)
	c.call("ann", "POST", "", `{"definition":{}}`, 422)
	c.want("what is stored", strings.Count(c.ids(c.call("ann", "GET", "", "", 200)), " "), 9)

	checked := c.call("ann", "POST", "/validate", `{"definition":{"ports":[{"port":80}],"flake":"}}"}}`, 200)
	c.want("valid", checked["valid"], false)
	c.want("problems", checked["problems"], "[map[column:0 field:ports[0].port line:0 message:80 is no port from 1024 to 65535. severity:error] map[column:5 field:flake line:2 message:unexpected } severity:error]]")
	checked = c.call("ann", "POST", "/validate", `{"nix":"}}"}`, 200)
	c.want("Nix alone", checked["problems"], "[map[column:5 field:nix line:2 message:unexpected } severity:error]]")
	checked = c.call("ann", "POST", "/validate", `{"definition":{"ports":[{"port":3000,"visibility":"public"}]}}`, 200)
	c.want("a warning is valid", []any{checked["valid"], len(checked["problems"].([]any))}, "[true 1]")
	c.want("nothing wrong", c.call("ann", "POST", "/validate", `{"definition":{}}`, 200)["problems"], "[]")
	c.call("ann", "POST", "/validate", `{}`, 422)
	c.call("ann", "POST", "/validate", `{"definition":{},"nix":""}`, 422)
}

func TestEveryErrorOfTemplatesHasAnAnswer(t *testing.T) {
	s := &Server{log: slog.New(slog.DiscardHandler)}
	for _, err := range []error{template.ErrNotFound, template.ErrNotOwner, template.ErrBuiltin, template.ErrConflict, template.ErrQuota, template.ErrNotTried, template.ErrNotPublished, &template.InvalidError{}} {
		p, ok := errors.AsType[*Problem](s.failTemplate(fmt.Errorf("somewhere: %w", err)))
		if !ok || p.Status < 400 || p.Status >= 500 || p.Detail == "" {
			t.Errorf("%v is answered with %+v", err, p)
		}
	}
}
