package identity

import (
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
)

// page is a sentence or two for a person whose login cannot go on.
type page struct{ Title, Text string }

const pageStyle = `:root{color-scheme:light dark}body{margin:0;min-height:100vh;display:grid;place-items:center;` +
	`font:16px/1.5 system-ui,sans-serif;background:Canvas;color:CanvasText}main{max-width:32rem;padding:2rem;overflow-wrap:anywhere}` +
	`h1{font-size:1.25rem;margin:0 0 .5rem}p{margin:0 0 1rem}a{color:LinkText}`

var pageTemplate = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>{{.Title}} · Kalpana</title>
<style>` + pageStyle + `</style></head>
<body><main><h1>{{.Title}}</h1><p>{{.Text}}</p><p><a href="/login">Go to the login page</a></p></main></body></html>
`))

// pagePolicy allows the one style sheet above, by its hash, and nothing else.
var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; object-src 'none'; frame-ancestors 'none'"
}()

// guarded sets the headers that every answer below /auth has, and refuses HEAD, which a
// mux takes for GET: link previews send it, and it must not spend a code. It refuses what
// pages load by themselves, too, before it counts for the limits of their visitor's address.
func guarded(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if r.Method != http.MethodGet {
			h.Set("Allow", http.MethodGet)
			writePage(w, http.StatusMethodNotAllowed, page{Title: "Open this address in a browser", Text: "It answers to GET only."})
			return
		}
		if !opened(r.Header) {
			writePage(w, http.StatusForbidden, page{Title: "Open this address in a browser", Text: "It is no part of another page, and answers to no script."})
			return
		}
		next(w, r)
	}
}

// opened reports whether a window of a browser goes there, as far as it tells. Programs and
// old browsers tell nothing.
func opened(h http.Header) bool {
	mode, dest := h["Sec-Fetch-Mode"], h["Sec-Fetch-Dest"]
	return (len(mode) == 0 || len(mode) == 1 && mode[0] == "navigate") && (len(dest) == 0 || len(dest) == 1 && dest[0] == "document")
}

func writePage(w http.ResponseWriter, status int, p page) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	pageTemplate.Execute(w, p)
}

func tooMany(w http.ResponseWriter, err error) {
	if limited, ok := err.(*RateLimitedError); ok {
		w.Header().Set("Retry-After", strconv.Itoa(int(limited.RetryAfter.Seconds())+1))
	}
	writePage(w, http.StatusTooManyRequests, page{Title: "Too many attempts", Text: "Wait a minute and try again."})
}
