package gateway

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge/proof"
)

// strictServer is a workspace that reads requests as narrowly as RFC 9112 allows, written
// without net/http so that what two lenient readers agree on is noticed too. It answers
// with what it read.
type strictServer struct {
	port  int
	begun atomic.Int64 // requests of which the head has come

	mu       sync.Mutex
	requests []strictRequest
	wrong    []string // what was no request
}

// strictRequest is a request as it came over the wire.
type strictRequest struct {
	method, target string
	lines          []string // "Name: value"
	body           string
}

// String is the method, the target and the body.
func (q strictRequest) String() string {
	return strings.TrimSuffix(q.method+" "+q.target+" "+q.body, " ")
}

// values are those of all lines with a name, in any case.
func (q strictRequest) values(name string) []string {
	var all []string
	for _, line := range q.lines {
		if n, v, _ := strings.Cut(line, ": "); strings.EqualFold(n, name) {
			all = append(all, v)
		}
	}
	return all
}

func newStrictServer(t testing.TB) *strictServer {
	s := &strictServer{}
	s.port = rawWorkspace(t, func(_ int, in *bufio.Reader, out *net.TCPConn) {
		for {
			if _, err := in.Peek(1); err != nil {
				return // closed between two requests
			}
			q, err := readStrict(in, out, func() { s.begun.Add(1) })
			s.mu.Lock()
			if err != nil {
				s.wrong = append(s.wrong, err.Error())
			} else {
				s.requests = append(s.requests, q)
			}
			s.mu.Unlock()
			if err != nil {
				return
			}
			body := q.String()
			fmt.Fprintf(out, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(body))
			if q.method != http.MethodHead {
				io.WriteString(out, body)
			}
		}
	})
	return s
}

// take returns what came since the last time: requests, and why something was none.
func (s *strictServer) take() (requests []strictRequest, wrong []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests, wrong = s.requests, s.wrong
	s.requests, s.wrong = nil, nil
	return requests, wrong
}

// errCut: the connection ended in the middle of a request, so there was none.
var errCut = errors.New("cut off")

// readStrict reads a request; begun is called once its head is read.
func readStrict(in *bufio.Reader, out io.Writer, begun func()) (q strictRequest, err error) {
	line, err := strictLine(in)
	if err != nil {
		return q, err
	}
	words := strings.Split(line, " ")
	if len(words) != 3 || words[2] != "HTTP/1.1" || !strictToken(words[0]) || words[1] == "" || strings.ContainsAny(words[1], "\t\x0b\x0c\x7f") {
		return q, fmt.Errorf("request line %q", line)
	}
	q.method, q.target = words[0], words[1]
	var length, coding, expect string
	seen := map[string]int{}
	for {
		if line, err = strictLine(in); err != nil {
			return q, err
		}
		if line == "" {
			break
		}
		name, value, found := strings.Cut(line, ":")
		if !found || !strictToken(name) || !strings.HasPrefix(value, " ") || strings.Trim(value[1:], " \t") != value[1:] {
			return q, fmt.Errorf("header line %q", line)
		}
		for _, c := range []byte(value) {
			if (c < ' ' && c != '\t') || c == 0x7f {
				return q, fmt.Errorf("header line %q", line)
			}
		}
		value = value[1:]
		name = strings.ToLower(name)
		seen[name]++
		switch name {
		case "content-length":
			length = value
		case "transfer-encoding":
			coding = value
		case "expect":
			expect = value
		}
		q.lines = append(q.lines, line)
	}
	if seen["host"] != 1 || seen["content-length"]+seen["transfer-encoding"] > 1 {
		return q, fmt.Errorf("headers %q", q.lines)
	}
	begun()
	if expect != "" {
		io.WriteString(out, "HTTP/1.1 100 Continue\r\n\r\n")
	}
	switch {
	case seen["transfer-encoding"] == 1:
		if coding != "chunked" {
			return q, fmt.Errorf("coding %q", coding)
		}
		q.body, err = strictChunks(in)
	case seen["content-length"] == 1:
		n, bad := strconv.ParseUint(length, 10, 31)
		if bad != nil || strconv.FormatUint(n, 10) != length {
			return q, fmt.Errorf("length %q", length)
		}
		q.body, err = strictBytes(in, int(n))
	}
	return q, err
}

// strictChunks reads a body in chunks without extensions and trailers.
func strictChunks(in *bufio.Reader) (string, error) {
	var body strings.Builder
	for {
		line, err := strictLine(in)
		if err != nil {
			return "", err
		}
		n, bad := strconv.ParseUint(line, 16, 31)
		if bad != nil || strconv.FormatUint(n, 16) != strings.ToLower(line) {
			return "", fmt.Errorf("chunk size %q", line)
		}
		if n > 0 {
			data, err := strictBytes(in, int(n))
			if err != nil {
				return "", err
			}
			body.WriteString(data)
		}
		if line, err = strictLine(in); err != nil || line != "" {
			return "", cmpErr(err, fmt.Errorf("after a chunk: %q", line))
		}
		if n == 0 {
			return body.String(), nil
		}
	}
}

func cmpErr(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

func strictBytes(in *bufio.Reader, n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(in, b); err != nil {
		return "", errCut
	}
	return string(b), nil
}

func strictLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return "", errCut
	}
	line, crlf := strings.CutSuffix(line, "\r\n")
	if !crlf || strings.ContainsAny(line, "\r\x00") {
		return "", fmt.Errorf("line %q", line)
	}
	return line, nil
}

func strictToken(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// rawWorkspace listens as a workspace that has proved itself on each connection and then
// leaves it to serve, which gets the number of the connection.
func rawWorkspace(t testing.TB, serve func(n int, in *bufio.Reader, c *net.TCPConn)) (port int) {
	prove := proving(t, nil)
	var mu sync.Mutex
	var open []*net.TCPConn
	port = rawProgram(t, "127.0.0.1:0", func(c *net.TCPConn) {
		mu.Lock()
		open = append(open, c)
		n := len(open)
		mu.Unlock()
		in := bufio.NewReader(c)
		r, err := http.ReadRequest(in)
		if err != nil || r.URL.Path != proof.Path {
			return
		}
		w := httptest.NewRecorder()
		prove.ServeHTTP(w, r)
		proved := w.Result()
		proved.ContentLength = 0 // else it would say that the connection ends
		proved.Write(c)
		serve(n, in, c)
	})
	t.Cleanup(func() { // the gateway keeps unused ones
		mu.Lock()
		defer mu.Unlock()
		for _, c := range open {
			c.Close()
		}
	})
	return port
}
