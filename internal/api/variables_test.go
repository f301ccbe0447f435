package api

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVariablesOverHTTP(t *testing.T) {
	st := newEventStand(t)
	base := st.gateway("") + "/api/v1/variables"
	put := func(user, name string, body map[string]any) answer { return st.do(user, "PUT", base+"/"+name, body) }

	a := put("ada", "REGION", map[string]any{"value": "eu", "secret": false})
	if a.status != 200 || a.json["value"] != "eu" || a.json["template"] != "" || a.json["name"] != "REGION" || a.json["updatedAt"] == nil {
		t.Errorf("put: %d %s", a.status, a.text)
	}
	a = put("ada", "TOKEN", map[string]any{"value": "canary-1", "secret": true, "template": "node"})
	if _, there := a.json["value"]; a.status != 200 || there || a.json["secret"] != true || a.json["template"] != "node" || strings.Contains(a.text, "canary") {
		t.Errorf("put a secret: %d %s", a.status, a.text)
	}
	put("ada", "EMPTY", map[string]any{"value": "", "secret": false})

	list := func(user, query string) []string {
		t.Helper()
		a := st.do(user, "GET", base+query, nil)
		if a.status != 200 || strings.Contains(a.text, "canary") {
			t.Errorf("list: %d %s", a.status, a.text)
		}
		got := []string{}
		for _, i := range a.json["items"].([]any) {
			v := i.(map[string]any)
			got = append(got, fmt.Sprintf("%v %v %v %v", v["name"], v["template"], v["secret"], v["value"]))
		}
		return got
	}
	for _, c := range []struct {
		user, query string
		want        []string
	}{
		{"ada", "", []string{"EMPTY  false ", "REGION  false eu", "TOKEN node true <nil>"}},
		{"ada", "?template=", []string{"EMPTY  false ", "REGION  false eu", "TOKEN node true <nil>"}},
		{"ada", "?template=node", []string{"TOKEN node true <nil>"}},
		{"ada", "?template=go", []string{}},
		{"eve", "", []string{}},
	} {
		if diff := cmp.Diff(c.want, list(c.user, c.query)); diff != "" {
			t.Errorf("%s%s:\n%s", c.user, c.query, diff)
		}
	}

	for what, c := range map[string]struct {
		name   string
		body   map[string]any
		status int
		field  string
	}{
		"a name that is taken":   {"PATH", map[string]any{"value": "x", "secret": false}, 422, "path.name"},
		"a strange name":         {"A%3DB", map[string]any{"value": "x", "secret": false}, 422, "path.name"},
		"a strange template":     {"A", map[string]any{"value": "x", "secret": false, "template": "a/b"}, 422, "body.template"},
		"NUL":                    {"A", map[string]any{"value": "x\x00", "secret": false}, 422, "body.value"},
		"a long value":           {"A", map[string]any{"value": strings.Repeat("v", 32769), "secret": false}, 422, "body.value"},
		"long in bytes":          {"A", map[string]any{"value": strings.Repeat("ü", 32768), "secret": false}, 422, "body.value"},
		"an operator":            {"A", map[string]any{"value": map[string]any{"$ne": nil}, "secret": false}, 422, "body.value"},
		"without a value":        {"A", map[string]any{"secret": true}, 422, "body"},
		"more than is asked for": {"A", map[string]any{"value": "x", "secret": true, "userId": "eve"}, 422, "body.userId"},
	} {
		a := put("ada", c.name, c.body)
		if a.status != c.status || a.code() != "validation_failed" {
			t.Errorf("%s: %d %s", what, a.status, a.text)
			continue
		}
		if field := a.json["errors"].([]any)[0].(map[string]any)["field"]; field != c.field {
			t.Errorf("%s: field %v, want %s", what, field, c.field)
		}
	}
	if a := st.do("", "GET", base, nil); a.status != 403 || a.code() != "user_required" {
		t.Errorf("as nobody: %d %s", a.status, a.text)
	}

	remove := func(user, rest string, want int) {
		t.Helper()
		if a := st.do(user, "DELETE", base+rest, nil); a.status != want {
			t.Errorf("delete %s as %s: %d %s, want %d", rest, user, a.status, a.text, want)
		}
	}
	remove("eve", "/REGION", 404)
	remove("ada", "/TOKEN", 404) // that one is for a template
	remove("ada", "/TOKEN?template=node", 204)
	remove("ada", "/TOKEN?template=node", 404)
	if diff := cmp.Diff([]string{"EMPTY  false ", "REGION  false eu"}, list("ada", "")); diff != "" {
		t.Errorf("left over:\n%s", diff)
	}
}

func TestTheLimitOfVariablesHoldsOverHTTP(t *testing.T) {
	st := newEventStand(t)
	base := st.gateway("") + "/api/v1/variables"
	value := strings.Repeat("v", 32000)
	var mu sync.Mutex
	got := map[string]int{}
	var all sync.WaitGroup
	for n := range 12 { // eight fit
		all.Go(func() {
			a := st.do("ada", "PUT", fmt.Sprintf("%s/V%d", base, n), map[string]any{"value": value, "secret": true})
			mu.Lock()
			defer mu.Unlock()
			got[fmt.Sprint(a.status, " ", a.code())]++
		})
	}
	all.Wait()
	if diff := cmp.Diff(map[string]int{"200 ": 8, "409 variable_limit": 4}, got); diff != "" {
		t.Error(diff)
	}
}
