package ui

import (
	"net/http"
	"strings"
)

// The policy of every page. Scripts come from files of ours only. Styles need
// 'unsafe-inline': the component libraries set positions in style attributes. Pictures
// of people come from GitHub. frame-src stands at the end; see contentSecurityPolicy.
const basePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data: https://avatars.githubusercontent.com; font-src 'self'; connect-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'; frame-src "

// Powers that neither the pages nor a framed editor need, by the names that Chromium knows
// in 2026: it warns about others. Clipboard and full screen are not named: the frame gets
// those from its allow attribute.
const permissions = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), gamepad=(), geolocation=(), " +
	"gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), otp-credentials=(), payment=(), " +
	"picture-in-picture=(), publickey-credentials-create=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), " +
	"usb=(), window-management=(), xr-spatial-tracking=()"

// contentSecurityPolicy lets pages frame sources. 'self' goes with them because a
// workspace host sends a frame without its cookie over the main origin and back, and
// browsers check every step of a redirect. Pages themselves still cannot be framed.
func contentSecurityPolicy(sources []string) string {
	if len(sources) == 0 {
		return basePolicy + "'none'"
	}
	for _, s := range sources {
		if s == "" || strings.ContainsAny(s, ";, \t\r\n") {
			panic("ui: frame source " + s + " is not one origin") // it would end the directive
		}
	}
	return basePolicy + "'self' " + strings.Join(sources, " ")
}

func setPolicy(h http.Header, csp string) {
	h.Set("Content-Security-Policy", csp)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")          // for browsers without frame-ancestors
	h.Set("Referrer-Policy", "strict-origin") // a path may hold an invitation, and logs keep what is sent
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Origin-Agent-Cluster", "?1") // no process shared with workspace hosts, which are same-site
	h.Set("Permissions-Policy", permissions)
}

// setShared lets pages of other sites show a file, such as a README with the badge in it.
// They ask again after an hour.
func setShared(h http.Header) {
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", "public, max-age=3600")
}
