// Package gateway stands between browsers and workspaces. It owns the hosts
// <id>.ws.W (the editor), <port>-<id>.ws.W (a port inside) and <id>.agent.W (the bridge):
// it decides from the host name which workspace is meant, from a cookie or token who
// asks, and from an in-memory table where the workspace listens; then it proxies, or
// answers with a small page.
//
// Nothing here asks the database or the container engine during a request: routes
// arrive through [Gateway.Announce], logins are checked in memory. The one exception
// is the ticket that carries a login from the main origin to a workspace host, once per
// browser and workspace (ticket.go tells the flow).
//
// Workspaces run other people's code. So what goes in is stripped of everything that is
// Kalpana's (headers.go, cookiescan.go), and what comes out cannot set Kalpana's
// cookies or speak for other hosts (response.go). Every request carries the key of the
// one workspace it is meant for, because a port number is no identity; on the way to a
// port inside only the bridge sees it (portdial.go).
//
// Editor and bridge are for those who may edit a workspace, its ports for those who may
// use it, each as the owner shares it; a port can be open to everybody who is signed in, or
// public, and links let guests in to one port (link.go). Route.right and mayVisit decide
// that anew for every request. Ports of one owner may call each other, and nobody else may
// (sibling.go).
//
// A browser may use one connection for all workspace hosts, as far as its certificate
// goes; the main origin shares none with them (misdirected.go). Cookies that a workspace's
// page set for the domain above it lock nobody out (cookieflood.go), and on the editor's
// host nothing but the editor's own files becomes a service worker (serviceworker.go).
//
// Called by the Caddy module; it does not know Caddy, and net/http is all it needs.
package gateway
