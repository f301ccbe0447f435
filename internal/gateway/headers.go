package gateway

import (
	"net/http"
	"net/textproto"
	"strings"
)

// keyHeader carries the workspace's key to the bridge, which answers nothing without it.
const keyHeader = "X-Kalpana-Key"

// trustedNames are headers that programs believe because a proxy is supposed to set
// them: what a visitor sends under these names is dropped. A name ending in "-" stands
// for all that begin with it.
var trustedNames = []string{
	"forwarded", "x-forwarded-", "x-original-", "x-kalpana-", "x-real-ip", "x-rewrite-url",
	"x-host", "x-client-ip", "x-cluster-client-ip", "x-forwarded", "x-forwarder-for",
}

// dressHeaders turns the headers a visitor sent into those the workspace gets: without
// anything of Kalpana's or that only a proxy may say, and with the workspace's key if the
// bridge reads them. A program behind a port never sees the key.
func dressHeaders(h http.Header, ex *exchange) {
	for name := range h {
		if trusted(name) {
			delete(h, name)
		}
	}
	if lines := h["Cookie"]; len(lines) > 0 {
		if kept := stripCookies(lines); len(kept) > 0 {
			h["Cookie"] = kept
		} else {
			delete(h, "Cookie")
		}
	}
	stripTokens(h)
	// One backing array for the values: a request brings four of them.
	v := [4]string{ex.client.IP, "http", ex.host}
	if ex.client.HTTPS {
		v[1] = "https"
	}
	h["X-Forwarded-For"], h["X-Forwarded-Proto"] = v[0:1:1], v[1:2:2]
	h["X-Forwarded-Host"] = v[2:3:3]
	if ex.port == nil {
		v[3] = ex.route.key
		h[keyHeader] = v[3:4:4]
	} else {
		ex.port.dressRequest(h)
	}
	if _, ok := h["User-Agent"]; !ok {
		h["User-Agent"] = []string{""} // else net/http would write its own
	}
}

// stripTokens removes Kalpana's own tokens and leaves what else stands in Authorization.
func stripTokens(h http.Header) {
	if !bearer(h) {
		return
	}
	kept := make([]string, 0, len(h["Authorization"]))
	for _, v := range h["Authorization"] {
		if _, ok := ourToken(v); !ok {
			kept = append(kept, v)
		}
	}
	if h["Authorization"] = kept; len(kept) == 0 {
		delete(h, "Authorization")
	}
}

// trusted reports whether name is one of trustedNames, also with "_" or "." for "-":
// CGI-like programs cannot tell these apart.
func trusted(name string) bool {
	if name == "" {
		return false
	}
	if c := name[0] | 0x20; c != 'x' && c != 'f' {
		return false
	}
	var buf [64]byte
	n := copy(buf[:], name)
	for i, c := range buf[:n] {
		switch {
		case 'A' <= c && c <= 'Z':
			buf[i] = c + 'a' - 'A'
		case c == '_' || c == '.':
			buf[i] = '-'
		}
	}
	for _, t := range trustedNames {
		if n >= len(t) && string(buf[:len(t)]) == t && (t[len(t)-1] == '-' || n == len(t)) {
			return true
		}
	}
	return false
}

// dropHopByHop removes what concerns one connection only (RFC 9110, 7.6.1).
func dropHopByHop(h http.Header) {
	for _, line := range h["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			if name = textproto.TrimString(name); name != "" {
				h.Del(name)
			}
		}
	}
	for _, name := range []string{"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade"} {
		delete(h, name)
	}
}
