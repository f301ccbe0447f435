package gateway

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// refusal is an answer that is Kalpana's own: JSON for programs (RFC 9457), a page for people.
type refusal struct {
	status int
	code   string // stable, snake_case
	title  string
	detail string
	// retryAfter is in seconds, 0 = none.
	retryAfter int
}

var (
	refuseNotFound     = refusal{http.StatusNotFound, "not_found", "Not found", "There is no such workspace, or it is not yours.", 0}
	refuseRight        = refusal{http.StatusForbidden, "right_required", "Not shared for this", "The workspace is shared with you, but not for this. Ask its owner.", 0}
	refuseUnauthorized = refusal{http.StatusUnauthorized, "unauthorized", "Not signed in", "Open the workspace in a browser, or send an API token: Authorization: Bearer kal_….", 0}
	refuseOrigin       = refusal{http.StatusForbidden, "forbidden_origin", "Request from another site", "This request was made by a page of another origin.", 0}
	refuseGateway      = refusal{http.StatusBadGateway, "bad_gateway", "The workspace does not answer", "The workspace is running, but what listens in it does not answer. Try again.", 2}
	refuseNotReady     = refusal{http.StatusServiceUnavailable, "starting", "Kalpana is starting", "Try again in a moment.", 1}
	refuseHost         = refusal{http.StatusBadRequest, "bad_host", "Wrong host", "The host has a port that is not a number from 1 to 65535, or a user name.", 0}
	refuseMethod       = refusal{http.StatusMethodNotAllowed, "method_not_allowed", "Method not allowed", "This address does not take this method.", 0}
	refuseHandshake    = refusal{http.StatusBadRequest, "bad_handshake", "Not a WebSocket handshake", "A WebSocket handshake is an HTTP/1.1 GET with Connection: Upgrade.", 0}
	refuseBody         = refusal{http.StatusBadRequest, "bad_request_body", "The request body did not arrive", "The connection was closed, or was silent for too long, before the whole body was sent.", 0}
	refuseLong         = refusal{http.StatusRequestURITooLong, "uri_too_long", "Address too long", "The address is longer than a login can carry.", 0}
	refuseSockets      = refusal{http.StatusTooManyRequests, "too_many_sockets", "Too many WebSockets", "This workspace has as many open WebSockets as are allowed.", 5}
	refuseTickets      = refusal{http.StatusTooManyRequests, "too_many_logins", "Too many logins", "Too many workspace logins were asked for in one minute.", 0}
)

// writeProblem answers programs. The body depends on the refusal alone, so that two
// refusals that must not be told apart are the same bytes.
func writeProblem(w http.ResponseWriter, f refusal) {
	body, err := json.Marshal(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
		Code   string `json:"code"`
	}{"about:blank", f.title, f.status, f.detail, f.code})
	if err != nil {
		panic(err) // strings and a number always encode
	}
	h := w.Header()
	ownHeaders(h)
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if f.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(f.retryAfter))
	}
	if f.status == http.StatusUnauthorized {
		h.Set("Www-Authenticate", `Bearer realm="kalpana"`)
	}
	w.WriteHeader(f.status)
	w.Write(body)
}

// ownHeaders are on everything the gateway says itself.
func ownHeaders(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "strict-origin") // the address may hold a code; without any referrer forms would name no Origin
}
