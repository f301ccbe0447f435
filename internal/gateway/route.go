package gateway

import (
	"net/url"
	"strconv"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// Route is what the gateway knows of one workspace. It is never changed; a newer one
// takes its place.
type Route struct {
	ID           string
	OwnerID      string
	Name         string
	Status       workspace.Status
	StatusReason string
	// Epoch counts starts: a connection of an earlier start is not of this workspace any more.
	Epoch      int64
	VSCodePort int
	AgentPort  int
	// Deleting workspaces look as if they were gone.
	Deleting bool
	// Paused: it runs, and stands still; what is sent to it waits.
	Paused bool

	version int64
	key     string
	editor  upstream
	agent   upstream
	// ports are the settings that differ from the default, sorted by port; never changed.
	ports []workspace.PortSetting
	// shares are with whom it is shared, sorted by user; links lead to its ports. Never changed.
	shares []workspace.Share
	links  []workspace.PortLink
	// usage is shared by all routes of one workspace, whatever their version.
	usage *usage
}

// upstream is where one side of a workspace listens.
type upstream struct {
	port int
	// pool stands for the host in the URL. It names workspace, start and port, so that
	// no idle connection to an earlier holder of the port is ever taken for this one;
	// the dialler looks at the port alone.
	pool string
}

func newUpstream(id string, epoch int64, port int) upstream {
	p := strconv.Itoa(port)
	return upstream{port: port, pool: id + "." + strconv.FormatInt(epoch, 10) + ":" + p}
}

// upstreamOf is the side of the workspace that hosts of kind Editor or Agent show.
func (r *Route) upstreamOf(k Kind) upstream {
	if k == Agent {
		return r.agent
	}
	return r.editor
}

// portUpstream is a port inside. It is reached through the agent's; see dialPort.
func (r *Route) portUpstream(inside int) upstream {
	return upstream{port: r.AgentPort, pool: r.ID + "." + strconv.FormatInt(r.Epoch, 10) + "." + strconv.Itoa(inside) + ":" + strconv.Itoa(r.AgentPort)}
}

// answers reports whether there is something to proxy to.
func (r *Route) answers() bool { return r.Status == workspace.StatusRunning }

// mayVisit is the one place that decides who may open a host of a workspace: its editor
// and its bridge, who may edit; a port, who may use it, or whom the port's setting or a
// link lets in. A visitor without a name is nobody we know. r may be nil.
func mayVisit(r *Route, a Address, v visitor, now time.Time) bool {
	if a.Kind == OtherSite { // anybody may sign in there; the site decides about each request
		return v.userID != ""
	}
	if a.Kind != Port {
		return r.right(v, now).Allows(workspace.RightEdit)
	}
	if v.linkID != "" && r.link(v.linkID, a.Inside, now) {
		return true
	}
	switch r.setting(a.Inside).Visibility {
	case workspace.VisiblePublic:
		return true
	case workspace.VisibleUsers:
		return v.userID != "" && r != nil
	default:
		return mayUse(r, v, now)
	}
}

// mayStart decides who may start a workspace from the page that a host of it shows.
func mayStart(r *Route, a Address, v visitor, now time.Time) bool {
	return mayUse(r, v, now) && mayVisit(r, a, v, now)
}

// mayUse decides who is told of a workspace's state, and may change it.
func mayUse(r *Route, v visitor, now time.Time) bool {
	return r.right(v, now).Allows(workspace.RightUse)
}

// right is what a visitor may do with the workspace. It is found anew for each request,
// so none outlives a share. r may be nil.
func (r *Route) right(v visitor, now time.Time) workspace.Right {
	if r == nil || r.Deleting {
		return workspace.RightNone
	}
	return workspace.RightOf(r.OwnerID, r.shares, v.userID, now)
}

// editedByOthers reports whether somebody beside the owner decides what runs inside.
func (r *Route) editedByOthers(now time.Time) bool {
	for _, s := range r.shares {
		if s.Live(now) && s.Right.Allows(workspace.RightEdit) {
			return true
		}
	}
	return false
}

// setting says how a port inside is reached. r may be nil.
func (r *Route) setting(inside int) workspace.PortSetting {
	if r == nil || r.Deleting {
		return workspace.PortSetting{Port: inside, Visibility: workspace.VisibleOwner}
	}
	return workspace.PortSettingOf(r.ports, inside)
}

// outboundURL points at u and keeps the request's path and query byte for byte, also
// where net/url would write them in another way.
func outboundURL(u upstream, in *url.URL, requestURI string) url.URL {
	out := url.URL{Scheme: "http", Host: u.pool, Path: in.Path, RawPath: in.RawPath, RawQuery: in.RawQuery, ForceQuery: in.ForceQuery}
	raw := requestURI
	for i := range len(raw) {
		if raw[i] == '?' {
			raw = raw[:i]
			break
		}
	}
	// Opaque is written as it is, unless it starts with two slashes: net/http takes that for a host.
	if len(raw) > 0 && raw[0] == '/' && (len(raw) == 1 || raw[1] != '/') && raw != out.EscapedPath() {
		out.Opaque = raw
	}
	return out
}
