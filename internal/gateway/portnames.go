package gateway

import (
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// portNamesPerDay bounds the certificates that strangers can have made for one workspace,
// whose ports have 64,000 names. It is more than anybody uses, and few enough for the
// limits of public authorities. With a wildcard certificate nobody asks at all.
const portNamesPerDay = 20

// portNames counts the names of ports that got a certificate today. Safe for concurrent use.
type portNames struct {
	mu    sync.Mutex
	day   int64                       // since 1970
	given map[string]map[int]struct{} // ports by workspace
}

// allow reports whether a port of a workspace may have a certificate. Ports with a
// setting or a link always may.
func (n *portNames) allow(r *Route, inside int, now time.Time) bool {
	if r.setting(inside) != (workspace.PortSetting{Port: inside, Visibility: workspace.VisibleOwner}) || r.hasLink(inside, now) {
		return true
	}
	const secondsPerDay = 24 * 60 * 60
	n.mu.Lock()
	defer n.mu.Unlock()
	if day := now.Unix() / secondsPerDay; day != n.day || n.given == nil {
		n.day, n.given = day, make(map[string]map[int]struct{})
	}
	ports := n.given[r.ID]
	if ports == nil {
		ports = make(map[int]struct{})
		n.given[r.ID] = ports
	}
	if _, again := ports[inside]; again {
		return true
	}
	if len(ports) >= portNamesPerDay {
		return false
	}
	ports[inside] = struct{}{}
	return true
}
