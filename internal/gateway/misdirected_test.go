package gateway

import (
	"crypto/tls"
	"net/http"
	"testing"
)

// connectionTo is a client whose connections are opened for the host named, whatever it asks.
func (r *rig) connectionTo(name string, h2 bool) *http.Client {
	c := r.client(h2)
	c.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true, ServerName: name}
	r.t.Cleanup(c.CloseIdleConnections)
	return c
}

func TestTheMainOriginSharesNoConnectionWithWorkspaces(t *testing.T) {
	proxied := false
	r := newRig(t, func(o *Options) {
		o.Client = func(r *http.Request) Client {
			c := directClient(r)
			c.Proxied = proxied
			return c
		}
	}, nil)
	good := "Cookie: " + r.cookie(testID, owner)
	editor, port, agent := r.gw.hosts.EditorName(testID), r.gw.hosts.PortName(testID, 3000), r.gw.hosts.AgentName(testID)
	ui := r.gw.hosts.UIOrigin() + "/"
	for _, c := range []struct {
		opened, address string
		want            int
	}{
		{"ws.localhost", r.origin(testID) + "/", 421},
		{"localhost", r.origin(testID) + "/", 421},
		{"WS.localhost", r.origin(testID) + "/", 421},
		{"ws.localhost", "https://" + r.agentHost(testID) + "/", 421},
		{"ws.localhost", "https://x." + r.host(testID) + "/", 421},
		{editor, ui, 421},
		{port, ui, 421},
		{agent, ui, 421},
		{"nobody.ws.localhost", ui, 421},
		{editor, ui + ".kalpana/page.css", 421},
		{editor, r.origin(testID) + "/", 200},
		{"EDITOR.ws.localhost", r.origin(testID) + "/", 200},
		{r.gw.hosts.EditorName(otherID), r.origin(testID) + "/", 200},
		{port, r.origin(testID) + "/", 200},
		{agent, r.origin(testID) + "/", 200},
		{"evil.test", r.origin(testID) + "/", 200}, // a proxy's own name for us
		{"localhost", ui, 200},
		{"evil.test", ui, 200},
	} {
		for _, h2 := range []bool{false, true} {
			got := r.do(r.connectionTo(c.opened, h2), r.request("GET", c.address, nil, good))
			if got.status != c.want {
				t.Errorf("opened for %s, asked for %s: %d %s, want %d", c.opened, c.address, got.status, got.body, c.want)
			}
		}
	}
	proxied = true
	if got := r.do(r.connectionTo("ws.localhost", true), r.request("GET", r.origin(testID)+"/", nil, good)); got.status != 200 {
		t.Errorf("over a trusted proxy: %d", got.status)
	}
}

func TestUserInfoInTheTargetIsRefused(t *testing.T) {
	r := newRig(t, nil, nil)
	for _, host := range []string{r.host(testID), "localhost"} {
		got := rawTarget(t, r.server, "GET https://x:y@"+host+"/ HTTP/1.1\r\nHost: "+host+"\r\nCookie: "+r.cookie(testID, owner)+"\r\nConnection: close\r\n\r\n")
		if got != http.StatusBadRequest {
			t.Errorf("%s: %d", host, got)
		}
	}
	if n := r.up.bytes.Load(); n != 0 {
		t.Errorf("the workspace got %d bytes", n)
	}
}
