package identity

import (
	"net/http"
	"strings"
)

// CookieName is the session cookie of the main origin. The __Host- prefix makes browsers
// refuse it from any other host, for any path but / and without Secure.
const CookieName = "__Host-kalpana"

// flowCookie binds a login at a provider to the browser that began it.
const flowCookie = "__Host-kalpana-login"

// secretCookie returns the value of the cookie called exactly name if there is one and
// only one and it looks like a secret of ours. net/http's parser trims and unquotes, so
// it would take for ours what a browser never stored under the protected name; and two
// cookies of one name mean that somebody planted the other. It does not allocate.
func secretCookie(h http.Header, name string) string {
	value, seen := "", 0
	for _, line := range h["Cookie"] {
		for more := true; more; {
			var part string
			part, line, more = strings.Cut(line, ";")
			// With blanks around the name, or without a value, it is nobody's either: there is
			// another reader that takes it for a second one.
			k, v, _ := strings.Cut(strings.Trim(part, " \t"), "=")
			if strings.Trim(k, " \t") == name {
				seen++
			}
			if k == name {
				value = v
			}
		}
	}
	if seen != 1 || !wellFormed(value) {
		return ""
	}
	return value
}

// setFlowCookie plants value for the length of a login at a provider; "" removes it.
// Lax, not Strict: the provider's redirect back is a cross-site navigation.
func setFlowCookie(w http.ResponseWriter, value string) {
	c := &http.Cookie{Name: flowCookie, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: int(flowLife.Seconds())}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}
