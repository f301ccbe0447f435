package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

var (
	// errWrongWorkspace: what listens on the port does not take the workspace's key.
	errWrongWorkspace = errors.New("the workspace's port refuses its key")
	// errEditorStarting: the bridge answers, the editor behind it does not yet.
	errEditorStarting = errors.New("the editor is starting")
)

// staticPath is below which code-server serves its own service worker; nothing else may
// claim a scope wider than its folder.
const staticPath = "/_static/"

// sameOrigin is shared by all responses and never changed.
var sameOrigin = []string{"same-origin"}

// checkResponse turns what the bridge says about itself into errors, and takes away from
// any other response what a workspace may not say to browsers.
func checkResponse(resp *http.Response, ex *exchange) error {
	if err := wellFormedAnswer(resp); err != nil {
		return err
	}
	fromBridge := ex.port == nil // a program on a port speaks for itself
	if fromBridge && (resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusServiceUnavailable) {
		switch bridgeCode(resp) {
		case "unauthorized":
			return errWrongWorkspace
		case "editor_starting":
			if ex.page {
				return errEditorStarting
			}
		}
	}
	undressHeaders(resp.Header, resp.Request.URL.Path, ex)
	if _, ok := resp.Header["Content-Type"]; !ok {
		ex.rec.Header()["Content-Type"] = nil // else the server would guess one
	}
	return nil
}

// bridgeCode is the code of a small problem+json body, which stays readable; "" for all else.
func bridgeCode(resp *http.Response) string {
	mediaType, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/problem+json" {
		return ""
	}
	const enough = 4 << 10 // the bridge's own problems are some hundred bytes
	head, err := io.ReadAll(io.LimitReader(resp.Body, enough))
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), resp.Body), resp.Body}
	var problem struct {
		Code string `json:"code"`
	}
	if err != nil || json.Unmarshal(head, &problem) != nil {
		return ""
	}
	return problem.Code
}

// undressHeaders takes away what a workspace must not say: Kalpana's cookies, cookies
// and promises for hosts beyond its own, and what would outlive the workspace.
func undressHeaders(h http.Header, path string, ex *exchange) {
	if lines := h["Set-Cookie"]; len(lines) > 0 {
		kept := lines[:0]
		for _, line := range lines {
			if !ours(line) {
				kept = append(kept, withoutDomain(line))
			}
		}
		if h["Set-Cookie"] = kept; len(kept) == 0 {
			delete(h, "Set-Cookie")
		}
	}
	for _, name := range []string{"Strict-Transport-Security", "Alt-Svc", "Clear-Site-Data", "Public-Key-Pins"} {
		delete(h, name)
	}
	if ex.port != nil || !strings.HasPrefix(path, staticPath) {
		delete(h, "Service-Worker-Allowed")
	}
	for name := range h {
		if strings.HasPrefix(name, "X-Kalpana-") {
			delete(h, name)
		}
	}
	if ex.port != nil {
		ex.port.dressResponse(h, ex.framePolicy)
	}
	if ex.address.Kind == Editor {
		h["Cross-Origin-Resource-Policy"] = sameOrigin // for browsers that do not say who asks
		h["Content-Security-Policy"] = append(h["Content-Security-Policy"], ex.framePolicy)
	}
}

// withoutDomain makes a Set-Cookie line good for its own host only; all else stays byte for byte.
func withoutDomain(line string) string {
	pair, attributes, _ := strings.Cut(line, ";")
	if attributes == "" {
		return line
	}
	var b strings.Builder
	b.WriteString(pair)
	for attribute := range strings.SplitSeq(attributes, ";") {
		name, _, _ := strings.Cut(attribute, "=")
		if !equalFold(strings.TrimSpace(name), "domain") {
			b.WriteByte(';')
			b.WriteString(attribute)
		}
	}
	return b.String()
}
