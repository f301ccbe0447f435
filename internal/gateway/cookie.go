package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kalpana-dev/kalpana/internal/secretbox"
)

const (
	// loginLife bounds how long a workspace host's cookie is good; it is renewed by use
	// after renewAfter, and dies with the main session in any case.
	loginLife  = 12 * time.Hour
	renewAfter = 6 * time.Hour
	// nonceLife is how long a visitor may take to log in on the way to a workspace.
	nonceLife = time.Hour
	// trustFor is how long a checked signature is believed without checking it again.
	// The session's life is looked up at every request all the same.
	trustFor = time.Minute
	// macLength is 32 bytes in base64url.
	macLength = 43
	// maxLoginCookie is far above what is ever made; longer values are not looked at.
	maxLoginCookie = 512
)

// login is what a workspace host's cookie says.
type login struct {
	userID    string
	sessionID string
	expires   time.Time
}

// loginCodec signs and checks the cookies of workspace hosts:
//
//	v1.<user>.<session>.<expiry, Unix seconds>.<HMAC-SHA256 over these and the host>
//
// user, session and HMAC are base64url. A cookie is good on the one host it was made
// for, whatever host it is sent to.
type loginCodec struct{ macs sync.Pool }

func newLoginCodec(box *secretbox.Box) *loginCodec {
	key := box.Key("workspace-cookie")
	return &loginCodec{macs: sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

// issue returns the cookie's value for one host of a workspace.
func (c *loginCodec) issue(host Address, l login) string {
	b := make([]byte, 0, 256)
	b = append(b, "v1."...)
	b = base64.RawURLEncoding.AppendEncode(b, []byte(l.userID))
	b = append(b, '.')
	b = base64.RawURLEncoding.AppendEncode(b, []byte(l.sessionID))
	b = append(b, '.')
	b = strconv.AppendInt(b, l.expires.Unix(), 10)
	var sum [sha256.Size]byte
	c.mac(host, string(b), &sum)
	b = append(b, '.')
	return string(base64.RawURLEncoding.AppendEncode(b, sum[:]))
}

// verify checks value against the host that it was sent to.
func (c *loginCodec) verify(host Address, value string, now time.Time) (login, bool) {
	body, mac, ok := cutLast(value, '.')
	if !ok || len(value) > maxLoginCookie || len(mac) != macLength || !strings.HasPrefix(body, "v1.") {
		return login{}, false
	}
	var want, got [sha256.Size]byte
	c.mac(host, body, &want)
	if n, err := base64.RawURLEncoding.Strict().Decode(got[:], []byte(mac)); err != nil || n != len(got) {
		return login{}, false
	}
	if !hmac.Equal(want[:], got[:]) {
		return login{}, false
	}
	user, rest, _ := strings.Cut(body[len("v1."):], ".")
	session, expiry, _ := strings.Cut(rest, ".")
	u, err1 := base64.RawURLEncoding.DecodeString(user)
	s, err2 := base64.RawURLEncoding.DecodeString(session)
	unix, err3 := strconv.ParseInt(expiry, 10, 64)
	if err1 != nil || err2 != nil || err3 != nil {
		return login{}, false
	}
	l := login{userID: string(u), sessionID: string(s), expires: time.Unix(unix, 0)}
	return l, now.Before(l.expires)
}

func (c *loginCodec) mac(host Address, body string, sum *[sha256.Size]byte) {
	m := c.macs.Get().(hash.Hash)
	m.Reset()
	var buf [maxLoginCookie + 64]byte
	b := append(buf[:0], "editor/"...)
	if host.Kind == Port {
		b = strconv.AppendInt(append(buf[:0], "port/"...), int64(host.Inside), 10)
		b = append(b, '/')
	} else if host.Kind == OtherSite {
		b = append(buf[:0], "site/"...)
	}
	b = append(b, host.ID...)
	b = append(b, '\n')
	b = append(b, body...)
	m.Write(b)
	m.Sum(sum[:0])
	c.macs.Put(m)
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// verifiedLogins remembers the last cookies that were found good for one workspace's
// editor, or for its ports, so that most requests need no HMAC. It is bounded by its
// size: an owner seldom has more browsers, and one who does pays 2 µs. No locks.
type verifiedLogins [4]atomic.Pointer[verifiedLogin]

type verifiedLogin struct {
	value string
	// inside is the port whose host the cookie is for; 0 means the editor's.
	inside int
	login  login
	until  time.Time
}

func (v *verifiedLogins) slot(value string) *atomic.Pointer[verifiedLogin] {
	return &v[value[len(value)-2]&3] // the last character of a MAC holds fewer bits
}

// get returns what a cookie says without checking it, if it was found good lately on the
// same host.
func (v *verifiedLogins) get(inside int, value string, now time.Time) (login, bool) {
	if len(value) < 2 {
		return login{}, false
	}
	e := v.slot(value).Load()
	if e == nil || e.inside != inside || len(e.value) != len(value) || !now.Before(e.until) || !now.Before(e.login.expires) {
		return login{}, false
	}
	if !constantTimeEqual(e.value, value) {
		return login{}, false
	}
	return e.login, true
}

func (v *verifiedLogins) put(inside int, value string, l login, now time.Time) {
	v.slot(value).Store(&verifiedLogin{value: strings.Clone(value), inside: inside, login: l, until: now.Add(trustFor)})
}

// constantTimeEqual compares strings of one length; crypto/subtle takes bytes, and the
// conversion would allocate on every request.
func constantTimeEqual(a, b string) bool {
	var differ byte
	for i := range len(a) {
		differ |= a[i] ^ b[i]
	}
	return differ == 0
}

// cookie makes one of Kalpana's cookies for a workspace host or a site; life 0 removes it.
// Where workspaces live on another site than the dashboard that frames them, only a
// partitioned SameSite=None cookie is sent in the frame. SameSite is no protection here
// in any case: that is done by Origin.
func (g *Gateway) cookie(host Address, name, value string, life time.Duration) string {
	c := http.Cookie{Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: int(life / time.Second)}
	if life == 0 {
		c.MaxAge = -1
	}
	if g.hosts.crossSite() && host.Kind != OtherSite {
		c.SameSite, c.Partitioned = http.SameSiteNoneMode, true
	}
	return c.String()
}
