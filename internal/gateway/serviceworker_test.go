package gateway

import (
	"net/http"
	"testing"
)

func TestOnlyTheEditorsFilesBecomeServiceWorkersOfTheEditor(t *testing.T) {
	r := newRig(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Service-Worker-Allowed", "/")
		w.Header().Set("Content-Type", "text/javascript")
	})
	good := "Cookie: " + r.cookie(testID, owner)
	asked := []string{good, "Service-Worker: script", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: same-origin", "Sec-Fetch-Dest: serviceworker"}
	for path, want := range map[string]struct {
		status int
		wide   bool // its scope may be all of the host
	}{
		"/_static/out/browser/serviceWorker.js": {200, true},
		"/stable-0958d16afb8f6c4f2df9a4a3f5b2f6ee0c5ad0c1/static/out/vs/workbench/contrib/webview/browser/pre/service-worker.js?v=4": {200, false},
		"/sw.js":                          {403, false},
		"/":                               {403, false},
		"/proxy/3000/sw.js":               {403, false},
		"/absproxy/3000/static/sw.js":     {403, false},
		"/proxy-3000/static.js":           {403, false},
		"/static/sw.js":                   {403, false},
		"/_static":                        {403, false},
		"/_static/../sw.js":               {403, false},
		"/_static/%2e%2e/sw.js":           {403, false},
		"/_static//sw.js":                 {403, false},
		"/_static/%5c..%5csw.js":          {403, false},
		"/stable-0958/static/../../sw.js": {403, false},
		"/vscode-remote-resource?path=/workspace/sw.js":             {403, false},
		"/stable-0958/vscode-remote-resource?path=/workspace/sw.js": {403, false},
		"/.kalpana/page.js": {403, false},
	} {
		before := r.up.seen()
		got := rawRequest(t, r.server, "GET", r.host(testID), path, asked)
		if got.StatusCode != want.status || got.Header.Get("Service-Worker-Allowed") != map[bool]string{true: "/"}[want.wide] {
			t.Errorf("%s: %d, Service-Worker-Allowed %q", path, got.StatusCode, got.Header.Get("Service-Worker-Allowed"))
		}
		if arrived := r.up.seen() != before; arrived != (want.status == 200) {
			t.Errorf("%s: reached the workspace: %v", path, arrived)
		}
	}
	if got := r.get(r.origin(testID)+"/sw.js", good); got.status != 200 || got.header.Get("Service-Worker-Allowed") != "" {
		t.Errorf("read as a file: %d %v", got.status, got.header)
	}
}

// Of a workspace that is gone nothing stays in a browser that comes back; that is said to
// pages alone, and never on the main origin, whose own storage it would be.
func TestWhatAGoneWorkspaceLeftInABrowserIsCleared(t *testing.T) {
	r := newRig(t, nil, nil)
	const gone = "nobodyhasit1"
	cookie := "Cookie: " + r.cookie(gone, owner)
	if got := r.get(r.origin(gone)+"/", page, cookie); got.status != 404 || got.header.Get("Clear-Site-Data") != `"storage"` {
		t.Errorf("page: %d %v", got.status, got.header)
	}
	if got := r.get(r.origin(gone)+"/x.json", cookie); got.status != 404 || got.header.Get("Clear-Site-Data") != "" {
		t.Errorf("no page: %d %v", got.status, got.header)
	}
	got := r.get(r.gw.hosts.UIOrigin()+TicketPath+"?host="+r.gw.hosts.EditorName(gone)+"&nonce="+newCode()+"&path=Lw", page, "Cookie: "+mainCookie+"=session-"+owner)
	if got.status != http.StatusNotFound || got.header.Get("Clear-Site-Data") != "" {
		t.Errorf("main origin: %d %v", got.status, got.header)
	}
	if got := r.get(r.origin(testID)+"/", page, "Cookie: "+r.cookie(testID, owner)); got.status != 200 || got.header.Get("Clear-Site-Data") != "" {
		t.Errorf("one that is there: %d %v", got.status, got.header)
	}
}
