package gateway

import "net/http"

// What every answer of the main origin says to browsers, whoever writes it: nothing may be
// loaded, framed or sent from it, and it shares neither a process nor a window with pages
// of workspaces, which may be of the same site. The pages replace the policy by their own,
// which allows their own files.
const (
	mainPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; object-src 'none'; frame-ancestors 'none'"
	// mainPermissions names what Chromium knows in 2026; it warns about other names.
	mainPermissions = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), gamepad=(), geolocation=(), " +
		"gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), otp-credentials=(), payment=(), " +
		"picture-in-picture=(), publickey-credentials-create=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), " +
		"usb=(), window-management=(), xr-spatial-tracking=()"
	// transportPolicy is for this host alone: other names of the domain are not ours.
	transportPolicy = "max-age=31536000"
)

// guardMain sets the headers of an answer of the main origin.
func (g *Gateway) guardMain(h http.Header, r *http.Request) {
	h.Set("Content-Security-Policy", mainPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Origin-Agent-Cluster", "?1")
	h.Set("Permissions-Policy", mainPermissions)
	g.promiseHTTPS(h, r)
}

// promiseHTTPS makes browsers use HTTPS for this host from now on. Not on localhost, where
// other programs answer on the same name, nor over a connection where the promise does not
// count and could not be kept.
func (g *Gateway) promiseHTTPS(h http.Header, r *http.Request) {
	if !g.hosts.local() && g.options.Client(r).HTTPS {
		h.Set("Strict-Transport-Security", transportPolicy)
	}
}
