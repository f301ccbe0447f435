package gateway

import (
	"net/http"
	"strings"
	"time"
)

// tokenPrefix marks Kalpana's own tokens among all that apps may use in Authorization.
const tokenPrefix = "kal_"

// authenticate finds out who asks: a token of ours if one is sent, else the host's
// cookie, which agent hosts do not know. It sets ex.visitor. route may be nil.
func (g *Gateway) authenticate(ex *exchange, r *http.Request, route *Route, a Address) bool {
	if bearer(r.Header) {
		values := r.Header["Authorization"]
		if len(values) != 1 {
			return false // which of them counts is anybody's guess
		}
		token, _ := ourToken(values[0])
		userID, tokenID, live := g.options.Visitors.TokenUser(token)
		if !live {
			return false
		}
		ex.visitor = visitor{userID: userID, tokenID: tokenID}
		return true
	}
	if a.Kind == Agent {
		return false
	}
	l, ok := g.loginOf(r, route, a)
	if !ok {
		return false
	}
	ex.visitor = visitor{userID: l.userID, sessionID: l.sessionID, expires: l.expires.Unix()}
	return true
}

// identify finds out who asks on behalf of whoever may visit the host: a login that may,
// else a link that does, else a login that may not. False if there is neither. route may
// be nil.
func (g *Gateway) identify(ex *exchange, r *http.Request, route *Route) bool {
	known := g.authenticate(ex, r, route, ex.address)
	if ex.address.Kind != Port || bearer(r.Header) || known && mayVisit(route, ex.address, ex.visitor, g.now()) {
		return known
	}
	if id, ok := g.linkOf(r, ex.address); ok && route.link(id, ex.address.Inside, g.now()) {
		ex.visitor = visitor{linkID: id}
		return true
	}
	return known
}

// loginOf reads the cookie of a workspace host and asks whether its session still lives.
func (g *Gateway) loginOf(r *http.Request, route *Route, a Address) (login, bool) {
	value, ok := findCookie(r.Header["Cookie"], loginCookie)
	if !ok {
		return login{}, false
	}
	now := g.now()
	var l login
	var known *verifiedLogins
	if route != nil {
		if known = &route.usage.verified; a.Kind == Port {
			known = &route.usage.verifiedPorts
		}
		l, ok = known.get(a.Inside, value, now)
	}
	if route == nil || !ok {
		if l, ok = g.logins.verify(a, value, now); !ok {
			return login{}, false
		}
		if route != nil {
			known.put(a.Inside, value, l, now)
		}
		g.loops.kept(l.sessionID, a)
	}
	userID, live := g.options.Visitors.SessionLive(l.sessionID)
	return l, live && userID == l.userID
}

// renewLogin gives a browser that is being used a fresh cookie in time, so that an
// editor left open does not lose its login after hours. The session bounds it anyway.
func (g *Gateway) renewLogin(ex *exchange, a Address) {
	v := &ex.visitor
	now := g.now()
	if v.expires == 0 || time.Unix(v.expires, 0).Sub(now) > loginLife-renewAfter {
		return
	}
	ex.rec.Header().Add("Set-Cookie", g.loginCookie(a, login{userID: v.userID, sessionID: v.sessionID, expires: now.Add(loginLife)}))
}

func (g *Gateway) loginCookie(a Address, l login) string {
	return g.cookie(a, loginCookie, g.logins.issue(a, l), loginLife)
}

// bearer reports whether any Authorization header carries a token of ours.
func bearer(h http.Header) bool {
	for _, v := range h["Authorization"] {
		if _, ok := ourToken(v); ok {
			return true
		}
	}
	return false
}

// ourToken reads "Bearer kal_…", in any case of the scheme.
func ourToken(value string) (token string, ok bool) {
	value = strings.Trim(value, " \t")
	i := strings.IndexAny(value, " \t")
	if i < 0 || !equalFold(value[:i], "bearer") {
		return "", false
	}
	rest := strings.TrimLeft(value[i:], " \t")
	return rest, strings.HasPrefix(rest, tokenPrefix)
}
