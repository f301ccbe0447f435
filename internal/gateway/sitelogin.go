package gateway

import (
	"crypto/hmac"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/internal/secretbox"
)

// The main origin knows the hosts of workspaces by their names, but no list of sites: a
// site is wherever the operator's configuration puts one. So what asks the main origin for
// a login is signed by the gateway itself on the site's host, after it was found to be one
// of the names that the site is known to have. Whoever can set a Host header at will gets
// nothing signed for a host of their own.

// siteLoginLife is how long somebody may take to sign in on the way to a site. It is the
// life of the nonce that they come back with.
const siteLoginLife = nonceLife

// refuseSiteLogin is the answer to what was not signed here, or too long ago.
var refuseSiteLogin = refusal{http.StatusForbidden, "site_login_invalid", "This login cannot go on", "It was begun too long ago, or not by a site of this installation. Open the site again.", 0}

// siteLoginQuery asks the main origin for a login at site, an origin, for the browser with
// this nonce.
func siteLoginQuery(box *secretbox.Box, site, nonceHash, path string, now time.Time) string {
	at := strconv.FormatInt(now.Unix(), 10)
	return "?site=" + url.QueryEscape(site) + "&nonce=" + nonceHash + "&path=" + path + "&at=" + at +
		"&proof=" + base64.RawURLEncoding.EncodeToString(siteLoginMAC(box, site, nonceHash, path, at))
}

// signedSite returns the site that q asks a login for, if q was signed here and lately.
func signedSite(box *secretbox.Box, q url.Values, now time.Time) (site string, ok bool) {
	site, at := q.Get("site"), q.Get("at")
	proof, err := base64.RawURLEncoding.Strict().DecodeString(q.Get("proof"))
	if err != nil || !hmac.Equal(proof, siteLoginMAC(box, site, q.Get("nonce"), q.Get("path"), at)) {
		return "", false
	}
	unix, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return "", false
	}
	age := now.Sub(time.Unix(unix, 0))
	return site, age < siteLoginLife && age > -time.Minute // gateways' clocks differ a little
}

// siteLoginMAC is over its parts, none of which can hold a line's end: what is signed is
// made here, and what is checked does not match if it holds one.
func siteLoginMAC(box *secretbox.Box, parts ...string) []byte {
	return box.MAC("site-login", []byte(strings.Join(parts, "\n")))
}

// siteAddress is the site that a request is for, as its origin; false for a host that the
// site is not known to have, or a port on which it cannot be. A ticket must not be sent to
// another program's port of the same host: browsers send cookies to all of them.
func (g *Gateway) siteAddress(r *http.Request, s *Site) (Address, bool) {
	name, port, ok := splitPort(strings.ToLower(r.Host))
	name = strings.TrimSuffix(name, ".")
	if _, ours := g.hosts.ParseHost(name); !ok || ours || !s.protects(name) {
		return Address{}, false
	}
	switch {
	case port == 0, port == 443:
		return Address{Kind: OtherSite, ID: "https://" + name}, true
	case port == g.hosts.domain.Port, port == listenerPort(r):
		return Address{Kind: OtherSite, ID: "https://" + name + ":" + strconv.Itoa(port)}, true
	default:
		return Address{}, false
	}
}

// askedAddress is the host that a visitor of the main origin wants a login for.
func (g *Gateway) askedAddress(q url.Values) (Address, bool) {
	if !q.Has("site") {
		a, ours := g.hosts.ParseHost(q.Get("host"))
		return a, ours && (a.Kind == Editor || a.Kind == Port)
	}
	site, ok := signedSite(g.options.Box, q, g.now())
	return Address{Kind: OtherSite, ID: site}, ok
}
