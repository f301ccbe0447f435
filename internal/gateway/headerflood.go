package gateway

import "net/http"

// The server takes large headers for the sake of cookies (see cookieflood.go); for all else
// the line is drawn here.
const (
	// maxHeaderNames is several times what any browser with any proxies before it sends.
	maxHeaderNames = 256
	// maxMainHeader is for all headers of a request to the main origin but its cookies, in bytes.
	maxMainHeader = 32 << 10
)

var refuseHeaders = refusal{http.StatusRequestHeaderFieldsTooLarge, "headers_too_large", "Too many headers", "The request's headers are more than fit into a request.", 0}

// headerFlood reports whether a request has more in its headers than anybody sends. Hosts
// of workspaces are spared the counting: what is behind them has a limit of its own.
func headerFlood(h http.Header, main bool) bool {
	if len(h) > maxHeaderNames {
		return true
	}
	if !main {
		return false
	}
	n := 0
	for name, lines := range h {
		if name == "Cookie" {
			continue
		}
		for _, line := range lines {
			n += len(name) + len(line)
		}
	}
	return n > maxMainHeader
}
