package gateway

import (
	"errors"
	"net/http"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// wellFormed reports whether a request can be written as HTTP/1.1 without becoming another.
// The server sees to that for what comes over HTTP/1. Over HTTP/2 it takes any method, any
// length and any path that has no line end: a workspace would read "/a b" as a path and
// something more.
func wellFormed(r *http.Request) bool {
	if !httpguts.ValidHeaderFieldName(r.Method) { // the same characters
		return false
	}
	target := r.RequestURI
	for i := range len(target) {
		if target[i] <= ' ' || target[i] == 0x7f {
			return false
		}
	}
	switch {
	case target == "*":
		if r.Method != http.MethodOptions {
			return false
		}
	case target == "" || (target[0] != '/' && r.ProtoMajor != 1):
		return false
	}
	if r.ProtoMajor == 1 {
		return true
	}
	lengths := r.Header["Content-Length"]
	switch len(lengths) {
	case 0:
		return true
	case 1:
		return r.ContentLength > 0 || lengths[0] == "0" // the server takes what is no number for 0
	default:
		return false
	}
}

var refuseMalformed = refusal{http.StatusBadRequest, "malformed_request", "Malformed request", "The method, the path or the length of the request is none that HTTP allows.", 0}

var (
	errNoStatus   = errors.New("the status of the answer is none")
	errHeaderName = errors.New("the answer has a header with a blank in its name")
)

// wellFormedAnswer refuses what the readers of answers let pass and browsers must not get,
// and takes away a length that is none.
func wellFormedAnswer(resp *http.Response) error {
	if resp.StatusCode < http.StatusOK && resp.StatusCode != http.StatusSwitchingProtocols {
		return errNoStatus
	}
	for name := range resp.Header {
		// "Transfer-Encoding : chunked" is another header for us than for a lenient reader.
		if strings.IndexByte(name, ' ') >= 0 {
			return errHeaderName
		}
	}
	if resp.StatusCode == http.StatusNoContent {
		delete(resp.Header, "Content-Length") // RFC 9110, 8.6; over HTTP/2 it would be an error
	}
	return nil
}

// endsUnsure reports whether somebody on the way may have another idea of where the request
// ends than the server: HTTP/1.0 knows no chunks, and the server does not say whether one in
// chunks had a length too. No other request may follow on the connection (RFC 9112, 6.1 and
// 6.3); browsers send chunks over HTTP/2 only, where this does not arise.
func endsUnsure(r *http.Request) bool {
	return r.ProtoMajor == 1 && (r.ProtoMinor == 0 || len(r.TransferEncoding) > 0)
}
