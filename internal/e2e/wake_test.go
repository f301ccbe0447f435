package e2e

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// visitsWake pauses and stops a workspace that runs, and each time opens address, a page of
// it, as its owner.
func visitsWake(t *testing.T, k *kalpana, owner *person, id, address string) {
	t.Helper()
	look := func() map[string]any { _, w := owner.call("GET", "/workspaces/"+id, nil); return w }
	container := look()["containerId"].(string)
	docker(t, "pause", container)
	eventually(t, 20*time.Second, "an operator's pause shows", func() bool { w := look(); return w["paused"] == true && w["status"] == "RUNNING" })
	if code, body := owner.fetch(address); code != 503 || !strings.Contains(body, "workspace_paused") {
		t.Errorf("a script's request to a paused workspace: %d %.200s", code, body)
	}
	began := time.Now()
	if code, page := owner.visit(address); code != 200 || owner.last.String() != address || !strings.Contains(page, "vscode") {
		t.Errorf("the visit to a paused workspace led to %v: %d", owner.last, code)
	}
	t.Logf("a paused workspace answered after %v", time.Since(began).Round(time.Millisecond))
	if w := look(); w["paused"] != false || w["containerId"] != container {
		t.Errorf("it goes on as %v", w)
	}
	if state := docker(t, "inspect", "-f", "{{.State.Status}}", container); state != "running" {
		t.Errorf("its container is %s", state)
	}

	docker(t, "pause", container)
	owner.call("POST", "/workspaces/"+id+"/stop", nil)
	eventually(t, 60*time.Second, "a paused workspace stops", func() bool { return look()["status"] == "STOPPED" })
	began = time.Now()
	if code, page := owner.visit(address); code != 503 || owner.last.String() != address || !strings.Contains(page, "The workspace is starting") {
		t.Errorf("the visit to a stopped workspace led to %v: %d %.300s", owner.last, code, page)
	}
	eventually(t, 90*time.Second, "the visit ends where it wanted to", func() bool {
		code, page := owner.visit(address)
		return code == 200 && owner.last.String() == address && strings.Contains(page, "vscode")
	})
	t.Logf("a stopped workspace answered after %v", time.Since(began).Round(time.Millisecond))
	_, trail := owner.call("GET", "/admin/audit?"+url.Values{"action": {"workspace.start"}}.Encode(), nil)
	records, _ := trail["items"].([]any)
	if len(records) != 1 {
		t.Fatalf("recorded starts: %v", trail)
	}
	if r := records[0].(map[string]any); r["target"] != id || r["outcome"] != "ok" || r["detail"] != "by opening its address" {
		t.Errorf("recorded: %v", r)
	}
	eventually(t, 10*time.Second, "both are counted", func() bool {
		text := k.scrape(t)
		return strings.Contains(text, `kalpana_wakes_total{result="started"} 1`) && strings.Contains(text, `kalpana_wakes_total{result="resumed"} 1`)
	})
}

// fetch is what a script of an open page does.
func (p *person) fetch(address string) (int, string) {
	resp, err := p.http.Get(address)
	if err != nil {
		p.k.t.Fatal(err)
	}
	defer resp.Body.Close()
	body := make([]byte, 4<<10)
	n, _ := resp.Body.Read(body)
	return resp.StatusCode, string(body[:n])
}
