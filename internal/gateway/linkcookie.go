package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/kalpana-dev/kalpana/internal/secretbox"
)

// maxLinkCookie is above what is ever made; longer values are not looked at.
const maxLinkCookie = 128

// linkCodec signs and checks the cookies of those whom a link let in:
//
//	l1.<id of the link>.<HMAC-SHA256 over this and the port's host>
//
// It is good on one port's host only, and no longer than its link: that is looked up at
// every request.
type linkCodec struct{ key []byte }

func newLinkCodec(box *secretbox.Box) *linkCodec { return &linkCodec{box.Key("link-cookie")} }

func (c *linkCodec) issue(host Address, linkID string) string {
	body := "l1." + linkID
	return body + "." + base64.RawURLEncoding.EncodeToString(c.mac(host, body))
}

// verify returns the link that value is for, if it was made for this host.
func (c *linkCodec) verify(host Address, value string) (linkID string, ok bool) {
	body, mac, found := cutLast(value, '.')
	linkID, ours := strings.CutPrefix(body, "l1.")
	if !found || !ours || len(value) > maxLinkCookie || host.Kind != Port {
		return "", false
	}
	// Compared as it is written: a decoder would pass over line ends.
	if !hmac.Equal([]byte(base64.RawURLEncoding.EncodeToString(c.mac(host, body))), []byte(mac)) {
		return "", false
	}
	return linkID, true
}

func (c *linkCodec) mac(host Address, body string) []byte {
	m := hmac.New(sha256.New, c.key)
	m.Write([]byte("port/" + strconv.Itoa(host.Inside) + "/" + host.ID + "\n" + body))
	return m.Sum(nil)
}

// linkOf is the link whose cookie a request carries; whether it still counts is another
// question.
func (g *Gateway) linkOf(r *http.Request, a Address) (linkID string, ok bool) {
	value, found := findCookie(r.Header["Cookie"], linkCookie)
	if !found {
		return "", false
	}
	return g.links.verify(a, value)
}
