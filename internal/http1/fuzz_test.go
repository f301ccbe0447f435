package http1_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/http1"
)

// piped dials servers that answer one request with the given bytes and close.
func piped(response []byte, seen *[]byte) func(context.Context, string) (net.Conn, error) {
	return func(context.Context, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			var got bytes.Buffer
			in := bufio.NewReader(io.TeeReader(theirs, &got))
			r, err := http.ReadRequest(in)
			if err == nil {
				_, err = io.Copy(io.Discard, r.Body)
			}
			if seen != nil {
				*seen = got.Bytes()
			}
			if err == nil {
				_, _ = theirs.Write(response)
			}
		}()
		return ours, nil
	}
}

// what a client makes of a response, in one string.
func outcome(tr http.RoundTripper, method string) string {
	r, err := http.NewRequest(method, "http://workspace/", nil)
	if err != nil {
		return err.Error()
	}
	resp, err := tr.RoundTrip(r)
	if err != nil {
		return "refused"
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols || resp.StatusCode < 100 {
		return "refused" // by httputil's proxy or the server behind it, if not here
	}
	body, err := io.ReadAll(resp.Body)
	var headers []string
	for name, values := range resp.Header {
		headers = append(headers, fmt.Sprintf("%q:%q", name, values))
	}
	slices.Sort(headers)
	return fmt.Sprintf("%d %s %v %v %d %q %v %q", resp.StatusCode, resp.Proto, headers, resp.Trailer, resp.ContentLength, resp.TransferEncoding, err != nil, body)
}

// Whatever a server says, this client and net/http's make the same of it.
func FuzzResponses(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.0 200 OK\r\n\r\nuntil the end", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n0\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "HTTP/1.1 200\r\n\r\n", "HTTP/1.1 200 OK\r\n folded\r\n\r\n", "HTTP/1.1 200 OK\nA: b\n\nx", "ICY 200 OK\r\n\r\n", "",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3 ;x=y\r\nabc\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\n",
	} {
		f.Add([]byte(seed), "GET")
		f.Add([]byte(seed), "HEAD")
	}
	f.Fuzz(func(t *testing.T, response []byte, method string) {
		if method != "HEAD" {
			method = "GET"
		}
		ours := &http1.Transport{Dial: piped(response, nil), MaxHeaderBytes: 1 << 20}
		theirs := &http.Transport{
			DialContext:        func(ctx context.Context, _, addr string) (net.Conn, error) { return piped(response, nil)(ctx, addr) },
			DisableCompression: true, MaxResponseHeaderBytes: 1 << 20,
		}
		defer theirs.CloseIdleConnections()
		if a, b := outcome(ours, method), outcome(theirs, method); a != b {
			t.Errorf("response %q:\nours  %s\ntheirs %s", response, a, b)
		}
	})
}

// Whatever is asked, a server reads one request, the same from both clients.
func FuzzRequests(f *testing.F) {
	f.Add("GET", "/a/../b?c=%zz", "host", "X-A", "value", "", int64(0))
	f.Add("POST", "//x", "h:80", "Connection", "close", "body", int64(4))
	f.Add("PUT", "/%2F", "[::1]:3", "Te", "trailers", "chunks", int64(-1))
	f.Add("DELETE", "*", "", "User-Agent", " tab\t", "b", int64(1))
	f.Add("GET", "/", "[fe80::1%25eth0]:80", "A", "b", "", int64(0)) // found by fuzzing
	f.Fuzz(func(t *testing.T, method, target, host, name, value, body string, length int64) {
		if http.CanonicalHeaderKey(name) == "X-Z" {
			return // two names for one header: whichever comes first
		}
		send := func(tr http.RoundTripper) error {
			r, err := http.NewRequest("GET", "http://workspace/", nil)
			if err != nil {
				return err
			}
			r.Method, r.Host = method, host
			r.URL.Opaque = target
			r.Header = http.Header{name: {value}, "User-Agent": {""}, "X-Z": {"1", "2"}}
			if body != "" {
				r.Body = io.NopCloser(bytes.NewReader([]byte(body)))
				r.ContentLength = -1
				if length > 0 {
					r.ContentLength = int64(len(body))
				}
			}
			resp, err := tr.RoundTrip(r)
			if err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			return err
		}
		const ok = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
		var ours, theirs []byte
		errOurs := send(&http1.Transport{Dial: piped([]byte(ok), &ours)})
		tr := &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			return piped([]byte(ok), &theirs)(ctx, addr)
		}}
		defer tr.CloseIdleConnections()
		errTheirs := send(tr)
		if errOurs != nil || errTheirs != nil {
			// Ours may refuse more (hosts and targets that net/http repairs), never less.
			if errOurs == nil {
				t.Errorf("net/http refuses what was sent: %v\n%q", errTheirs, ours)
			}
			return
		}
		if a, b := read(ours), read(theirs); a != b {
			t.Errorf("sent\n%q\n%q\nread\n%s\n%s", ours, theirs, a, b)
		}
	})
}

// read is what a server makes of the bytes of one request, and what is left of them.
func read(b []byte) string {
	in := bufio.NewReader(bytes.NewReader(b))
	r, err := http.ReadRequest(in)
	if err != nil {
		return "unreadable"
	}
	body, err := io.ReadAll(r.Body)
	rest, _ := io.ReadAll(in)
	var headers []string
	for name, values := range r.Header {
		headers = append(headers, fmt.Sprintf("%q:%q", name, values))
	}
	slices.Sort(headers)
	return fmt.Sprintf("%s %s %s %v %v %q %v rest %q", r.Method, r.RequestURI, r.Host, headers, r.Close, body, err != nil, rest)
}
