package gateway

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
)

// Kind is what a host name stands for.
type Kind uint8

// The kinds of hosts. Only Editor, Agent, Port and OtherSite have an ID.
const (
	// Main is the base domain: API, login and, unless UI is another host, the pages.
	Main Kind = iota + 1
	// UI is the host that serves the pages (the base domain itself in most installations).
	UI
	// Editor is <id>.ws.W.
	Editor
	// Agent is <id>.agent.W.
	Agent
	// Port is <port>-<id>.ws.W.
	Port
	// Unknown is any other name below ws.W or agent.W: always 404, never the UI.
	Unknown
	// Malformed is one of our names with a port that is none.
	Malformed
	// OtherSite is a [Site]. No host name is parsed as one: it is configured.
	OtherSite
)

// Domain says under which names an installation is reached. Names are lower case and
// without a trailing dot.
type Domain struct {
	// Base is the base domain, for example "localhost".
	Base string
	// Workspace is the domain of the workspace hosts. Default: Base.
	Workspace string
	// UIHost serves the pages. Default: Base.
	UIHost string
	// Port is the HTTPS port that users see; 443 is left out of addresses. Default: 443.
	Port int
}

// Address is what a Host header means.
type Address struct {
	Kind Kind
	// ID is the workspace's id, in lower case, for Editor, Agent and Port; for OtherSite it
	// is the site's origin.
	ID string
	// Inside is the port in the workspace, for Port only.
	Inside int
	// Port is the port written in the header, 0 if none is.
	Port int
}

// Main reports whether the host belongs to the main origin.
func (a Address) Main() bool { return a.Kind == Main || a.Kind == UI }

// Hosts knows the names of one installation. Safe for concurrent use.
type Hosts struct {
	domain      Domain
	editorBelow string // ".ws.W"
	agentBelow  string // ".agent.W"
	portSuffix  string // ":8443", or "" for 443
}

// idLength is the length of a workspace's id.
const idLength = 12

// NewHosts returns the names of domain, or an error that says which one cannot be.
func NewHosts(d Domain) (*Hosts, error) {
	if d.Workspace == "" {
		d.Workspace = d.Base
	}
	if d.UIHost == "" {
		d.UIHost = d.Base
	}
	if d.Port == 0 {
		d.Port = 443
	}
	for _, name := range []string{d.Base, d.Workspace, d.UIHost} {
		if !hostName(name) {
			return nil, fmt.Errorf("host name %q: lower-case labels of letters, digits and hyphens are allowed", name)
		}
	}
	if d.Port < 1 || d.Port > 65535 {
		return nil, fmt.Errorf("port %d: 1 to 65535 are allowed", d.Port)
	}
	h := &Hosts{domain: d, editorBelow: ".ws." + d.Workspace, agentBelow: ".agent." + d.Workspace}
	if d.Port != 443 {
		h.portSuffix = ":" + strconv.Itoa(d.Port)
	}
	return h, nil
}

// UIOrigin is the origin of the pages, for example "https://ws.localhost:8443".
func (h *Hosts) UIOrigin() string { return "https://" + h.domain.UIHost + h.portSuffix }

// EditorURL is where people open the workspace's editor.
func (h *Hosts) EditorURL(id string) string {
	return "https://" + h.EditorName(id) + h.portSuffix + "/"
}

// AgentURL is where programs reach the workspace's bridge.
func (h *Hosts) AgentURL(id string) string { return "https://" + h.AgentName(id) + h.portSuffix + "/" }

// PortURL is where people and programs reach what listens on a port in the workspace.
func (h *Hosts) PortURL(id string, port int) string {
	return "https://" + h.PortName(id, port) + h.portSuffix + "/"
}

// EditorName is the host of the workspace's editor, without a port.
func (h *Hosts) EditorName(id string) string { return id + h.editorBelow }

// AgentName is the host of the workspace's bridge, without a port.
func (h *Hosts) AgentName(id string) string { return id + h.agentBelow }

// PortName is the host of a port in the workspace, without a port of its own.
func (h *Hosts) PortName(id string, port int) string {
	return strconv.Itoa(port) + "-" + id + h.editorBelow
}

// name is the host of a workspace's address, without a port, or a site's origin.
func (h *Hosts) name(a Address) string {
	switch a.Kind {
	case Agent:
		return h.AgentName(a.ID)
	case Port:
		return h.PortName(a.ID, a.Inside)
	case OtherSite:
		return a.ID
	default:
		return h.EditorName(a.ID)
	}
}

// crossSite reports whether workspace pages live on another site than the UI, so that a
// cookie in the dashboard's frame is a third party's.
func (h *Hosts) crossSite() bool { return h.domain.Workspace != h.domain.Base }

// local reports whether browsers take these names for the visitor's own machine.
func (h *Hosts) local() bool {
	return h.domain.Base == "localhost" || strings.HasSuffix(h.domain.Base, ".localhost")
}

// ParseHost says what the Host header of a request means; false for a host that is none of
// ours. Upper case, one trailing dot and a port make no difference. A canonical name is
// parsed without allocating.
func (h *Hosts) ParseHost(host string) (Address, bool) {
	name, port, portOK := splitPort(host)
	a, ours := h.parseName(strings.TrimSuffix(name, "."))
	if !ours {
		return Address{}, false
	}
	if !portOK {
		return Address{Kind: Malformed}, true
	}
	a.Port = port
	return a, true
}

func (h *Hosts) parseName(name string) (Address, bool) {
	switch {
	case equalFold(name, h.domain.UIHost): // before the rest: the UI may live on ws.W itself
		return Address{Kind: UI}, true
	case equalFold(name, h.domain.Base):
		return Address{Kind: Main}, true
	case hasSuffixFold(name, h.editorBelow):
		label := name[:len(name)-len(h.editorBelow)]
		if len(label) > idLength {
			return portAddress(label), true
		}
		return workspaceAddress(Editor, label), true
	case hasSuffixFold(name, h.agentBelow):
		return workspaceAddress(Agent, name[:len(name)-len(h.agentBelow)]), true
	case equalFold(name, h.editorBelow[1:]), equalFold(name, h.agentBelow[1:]):
		return Address{Kind: Unknown}, true
	default:
		return Address{}, false
	}
}

func workspaceAddress(k Kind, label string) Address {
	id := strings.ToLower(label)
	if !validID(id) {
		return Address{Kind: Unknown}
	}
	return Address{Kind: k, ID: id}
}

// portAddress reads <port>-<id>, the port in decimal as people write it: a second
// spelling would be a second origin for the same program.
func portAddress(label string) Address {
	digits := label[:len(label)-idLength]
	if n := len(digits); n < 5 || n > 6 || digits[0] == '0' || digits[n-1] != '-' {
		return Address{Kind: Unknown}
	}
	port := 0
	for _, c := range digits[:len(digits)-1] {
		if c < '0' || c > '9' {
			return Address{Kind: Unknown}
		}
		port = port*10 + int(c-'0')
	}
	a := workspaceAddress(Port, label[len(digits):])
	if a.Kind != Port || !bridge.Forwardable(port) {
		return Address{Kind: Unknown}
	}
	a.Inside = port
	return a
}

// validID reports whether id can be a workspace's: 12 of [a-z0-9].
func validID(id string) bool {
	if len(id) != idLength {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// splitPort cuts a port off; ok is false if what follows the last colon is no port.
func splitPort(host string) (name string, port int, ok bool) {
	i := strings.LastIndexByte(host, ':')
	if i < 0 || host[len(host)-1] == ']' { // "[::1]" has colons, but no port
		return host, 0, true
	}
	digits := host[i+1:]
	if len(digits) == 0 || len(digits) > 5 || digits[0] == '0' {
		return host[:i], 0, false
	}
	for j := range len(digits) {
		if digits[j] < '0' || digits[j] > '9' {
			return host[:i], 0, false
		}
		port = port*10 + int(digits[j]-'0')
	}
	return host[:i], port, port <= 65535
}

// hostName reports whether name is lower-case labels that DNS allows.
func hostName(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	return true
}

// equalFold compares with a lower-case name, folding ASCII only: strings.EqualFold
// would take the Kelvin sign for a k.
func equalFold(s, lower string) bool {
	return len(s) == len(lower) && hasSuffixFold(s, lower)
}

func hasSuffixFold(s, lower string) bool {
	if len(s) < len(lower) {
		return false
	}
	s = s[len(s)-len(lower):]
	for i := range len(lower) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
