package http1

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// check refuses what could not be written as one request and nothing else.
func check(req *http.Request) error {
	if req.URL == nil || req.URL.Host == "" {
		return errors.New("http1: the request's URL names no host")
	}
	if req.URL.Scheme != "http" {
		return fmt.Errorf("http1: unsupported scheme %q", req.URL.Scheme)
	}
	if req.Method != "" && !httpguts.ValidHeaderFieldName(req.Method) { // the same characters
		return fmt.Errorf("http1: invalid method %q", req.Method)
	}
	// A zone (RFC 6874) means something on one machine only; net/http takes it out.
	if h := host(req); !plain(h) || !ascii(h) || strings.Contains(h, "%") || !httpguts.ValidHostHeader(h) {
		return errors.New("http1: invalid Host")
	}
	for name, values := range req.Header {
		if !httpguts.ValidHeaderFieldName(name) {
			return fmt.Errorf("http1: invalid header name %q", name)
		}
		for _, v := range values {
			if !httpguts.ValidHeaderFieldValue(v) {
				return fmt.Errorf("http1: invalid value of header %s", name) // which may be a secret
			}
		}
	}
	return nil
}

// plain: without characters that end a word or a line.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] > 0x7f {
			return false
		}
	}
	return true
}

func host(req *http.Request) string {
	if req.Host != "" {
		return req.Host
	}
	return req.URL.Host
}

// framing is how a request says where its body ends.
type framing struct {
	length  int64 // -1 = in chunks
	present bool
}

func framingOf(req *http.Request) framing {
	switch {
	case req.Body == nil || req.Body == http.NoBody:
		return framing{}
	case req.ContentLength > 0:
		return framing{req.ContentLength, true}
	default:
		return framing{-1, true}
	}
}

// appendHead writes the head of a request as it goes over the wire.
func appendHead(b []byte, req *http.Request, f framing) ([]byte, error) {
	method := req.Method
	if method == "" {
		method = http.MethodGet
	}
	target := req.URL.RequestURI()
	if !plain(target) {
		return nil, errors.New("http1: invalid target")
	}
	b = append(b, method...)
	b = append(b, ' ')
	b = append(b, target...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, host(req)...)
	b = append(b, '\r', '\n')
	for name, values := range req.Header {
		switch name {
		case "Host", "Content-Length", "Transfer-Encoding", "Trailer":
			continue
		case "Connection":
			if req.Close {
				continue
			}
		case "User-Agent":
			if len(values) > 0 && values[0] == "" {
				continue // net/http's way of saying that there is none
			}
		}
		for _, v := range values {
			b = append(b, name...)
			b = append(b, ':', ' ')
			b = append(b, strings.Trim(v, " \t")...)
			b = append(b, '\r', '\n')
		}
	}
	switch {
	case f.present && f.length < 0:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	case f.present:
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, f.length, 10)
		b = append(b, '\r', '\n')
	case method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch:
		b = append(b, "Content-Length: 0\r\n"...)
	}
	if req.Close {
		b = append(b, "Connection: close\r\n"...)
	}
	return append(b, '\r', '\n'), nil
}
