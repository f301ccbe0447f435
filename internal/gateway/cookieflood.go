package gateway

import "net/http"

// A page of a workspace can set cookies for the domain above it, and so fill what a browser
// sends to all hosts there until no server takes it. Servers answer such a request before
// any handler sees it, and its user is locked out until they find their browser's settings.
// So the server has to allow headers larger than a browser's whole jar for one site, about
// 740 KB, and the line is drawn here.

// maxCookieBytes is below what editor and programs take for all headers, 16 KiB.
const maxCookieBytes = 12 << 10

var refuseCookies = refusal{http.StatusRequestHeaderFieldsTooLarge, "too_many_cookies", "Too many cookies", "Your browser sent more cookies than fit into a request. Remove the cookies of this site.", 0}

func cookieFlood(lines []string) bool {
	n := 0
	for _, line := range lines {
		n += len(line)
	}
	return n > maxCookieBytes
}

// clearCookies answers a request with too many cookies. For whoever opens a page it removes
// them, those of all hosts of the site: nobody can say which one is too many, and what they
// lose is a login.
func (g *Gateway) clearCookies(w http.ResponseWriter, r *http.Request) {
	if !pageVisit(r) {
		writeProblem(w, refuseCookies)
		return
	}
	w.Header().Set("Clear-Site-Data", `"cookies"`)
	g.writePage(w, r, refuseCookies, pageData{
		Title: refuseCookies.title,
		Text:  "Your browser sent more cookies of this site than fit into a request. A page on one of its hosts may have set them. They have been removed now, so you have to sign in again.",
		Link:  g.clearedLink(r), LinkLabel: "Go on",
	})
}

// clearedLink is the very same address, if a page can name it.
func (g *Gateway) clearedLink(r *http.Request) string {
	uri := requestURI(r)
	if len(uri) > maxCarriedURI {
		uri = "/"
	}
	return ownOrigin(r.Host, g.client(r).HTTPS) + uri
}
