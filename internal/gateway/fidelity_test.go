package gateway

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// wireLines are the header lines of a request that are its sender's own: without those that
// the gateway sets, in the order in which each name came.
func wireLines(q strictRequest) map[string][]string {
	own := map[string][]string{}
	for _, line := range q.lines {
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case "Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", keyHeader:
		default:
			own[name] = append(own[name], value)
		}
	}
	return own
}

func TestHeadersOfARequestArriveByteForByte(t *testing.T) {
	withBothClients(t, testHeadersOfARequestArriveByteForByte)
}

func testHeadersOfARequestArriveByteForByte(t *testing.T, client func(*Options)) {
	r := newRig(t, client, nil)
	s := newStrictServer(t)
	r.announceAt(s.port)
	login := r.cookie(testID, owner)
	sent := [][2]string{
		{"X-Many", "b"}, {"X-Many", "a"}, {"X-Many", "b"}, {"X-Empty", ""}, {"X-Inner", "a\t b  c"}, {"X-Quotes", `"a, b";c='d'`}, {"X-Utf8", "grüße ✓"}, {"X-Latin1", "gr\xfc\xdfe"},
		{"X-Long", strings.Repeat("long ", 5000) + "end"}, {"Accept", "*/*"}, {"Accept-Language", "de, en;q=0.5"}, {"Range", "bytes=0-0,-1"}, {"If-None-Match", `W/"a", "b"`}, {"Dnt", "1"},
		{"Authorization", "Basic YXBwOnNlY3JldA=="}, {"Via", "1.1 own"}, {"Cache-Control", "no-cache"}, {"Pragma", "x"}, {"X", "1"}, {"Kalpana", "mine"}, {"X-Kalpan", "mine"}, {"Forward", "mine"},
		{"X-Under_score", "1"}, {"X.dot", "1"}, {"Sec-Fetch-Site", "same-origin"}, {"Origin", r.origin(testID)},
	}
	want := map[string][]string{"Cookie": {"app=1; last=\"2\""}}
	var raw strings.Builder
	fields := []field{{":method", "GET"}, {":scheme", "https"}, {":authority", r.host(testID)}, {":path", "/"}, {"cookie", "app=1; " + login + "; last=\"2\""}}
	for _, h := range sent {
		want[http.CanonicalHeaderKey(h[0])] = append(want[http.CanonicalHeaderKey(h[0])], h[1])
		fmt.Fprintf(&raw, "%s: %s\r\n", strings.ToLower(h[0]), h[1])
		fields = append(fields, field{strings.ToLower(h[0]), h[1]})
	}
	check := func(how string) {
		t.Helper()
		requests, wrong := s.take()
		if len(requests) != 1 || len(wrong) > 0 {
			t.Fatalf("%s: %q, %q", how, requests, wrong)
		}
		got := wireLines(requests[0])
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if !slices.Equal(got[name], want[name]) {
				t.Errorf("%s: %s arrived as %.200q, want %.200q", how, name, got[name], want[name])
			}
			delete(got, name)
		}
		if len(got) > 0 {
			t.Errorf("%s: the gateway added %q", how, got)
		}
	}

	conn, err := tls.Dial("tcp", r.server.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(waitAtMost))
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\ncookie: app=1; %s; last=\"2\"\r\n%s\r\n", r.host(testID), login, raw.String())
	if resp, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || resp.StatusCode != 200 {
		t.Fatal(resp, err)
	}
	check("h1")
	f := r.frames(t)
	f.framer.SetMaxReadFrameSize(1 << 20)
	b := block(fields) // longer than one frame may be
	f.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: b[:16<<10], EndStream: true})
	f.framer.WriteContinuation(1, true, b[16<<10:])
	if outcome, _ := f.answer(1); outcome != "200" {
		t.Fatal(outcome)
	}
	check("h2")
}

func TestTargetsArriveByteForByteOverHTTP2(t *testing.T) {
	withBothClients(t, testTargetsArriveByteForByteOverHTTP2)
}

func testTargetsArriveByteForByteOverHTTP2(t *testing.T, client func(*Options)) {
	r := newRig(t, client, nil)
	s := newStrictServer(t)
	r.announceAt(s.port)
	f := r.frames(t)
	for _, target := range []string{"/", "//", "///a", "/a//b", "/a%2Fb%2f", "/a/./b/../c", "/..", "/%2e%2e/x", "/;a=b/c;d", "/a+b%20c", "/?", "/??", "/?a?b", "/?b=2&a=1&b=1&&=", "/?a;b&%zz&%", "/?+%2B", "/%ff%fe", "/?%ff", "/%00", "/%0d%0a", "/~a*b'(c)!$&,=:@", "/a|b\"c^d`e{f}<g>", "/\\a\\b", "/ü/✓?ü", "/\xff", "/a?b#c", "/.kalpan/x", "/kalpana/status"} {
		outcome, body := f.answer(f.open([]field{{":method", "GET"}, {":scheme", "https"}, {":authority", r.host(testID)}, {":path", target}, {"cookie", r.cookie(testID, owner)}}, true))
		if outcome != "200" || body != "GET "+target {
			t.Errorf("%q: %s %q", target, outcome, body)
		}
	}
	if _, wrong := s.take(); len(wrong) > 0 {
		t.Errorf("not by the book: %q", wrong)
	}
}

// What an ordinary server answers, through the gateway and without it, is the same.
func TestAnswersAreTheSameAsWithoutAGateway(t *testing.T) {
	withBothClients(t, testAnswersAreTheSameAsWithoutAGateway)
}

func testAnswersAreTheSameAsWithoutAGateway(t *testing.T, client func(*Options)) {
	content := []byte(strings.Repeat("0123456789", 2000))
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write(content)
	z.Close()
	r := newRig(t, client, func(w http.ResponseWriter, req *http.Request) {
		h := w.Header()
		h["Date"] = []string{"Thu, 01 Jan 2026 00:00:00 GMT"}
		switch req.URL.Path {
		case "/file":
			h.Set("Etag", `"one"`)
			http.ServeContent(w, req, "a.txt", time.Unix(1_700_000_000, 0), bytes.NewReader(content))
		case "/gzip":
			h.Set("Content-Encoding", "gzip")
			h.Set("Content-Type", "text/plain")
			w.Write(zipped.Bytes())
		case "/headers":
			h["X-Many"] = []string{"b", "a", "b"}
			h["Set-Cookie"] = []string{"a=1; Path=/", "b=\"2\"; HttpOnly;secure ; SameSite=None; Partitioned", "c="}
			h["X-Latin1"] = []string{"gr\xfc\xdfe"}
			h["X-Utf8"] = []string{"grüße ✓"}
			h["Link"] = []string{"</a>; rel=preload, </b>; rel=x"}
			h["X-Empty"] = []string{""}
			h["Server"] = []string{"own"}
			h["Vary"] = []string{"Accept-Encoding, X"}
			h["X-Frame-Options"] = []string{"DENY"}
			h["Location"] = []string{"//elsewhere"}
			w.WriteHeader(http.StatusCreated)
			io.WriteString(w, "{}")
		case "/typeless":
			h["Content-Type"] = nil
			io.WriteString(w, "<html><script>guess</script>")
		case "/empty":
			w.WriteHeader(http.StatusOK)
		case "/chunks":
			for range 3 {
				w.Write(content)
				w.(http.Flusher).Flush()
			}
		case "/204":
			w.WriteHeader(http.StatusNoContent)
		case "/205":
			w.WriteHeader(http.StatusResetContent)
		case "/418":
			http.Error(w, "teapot", http.StatusTeapot)
		case "/503":
			h.Set("Retry-After", "7")
			h.Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusServiceUnavailable)
			io.WriteString(w, `{"code":"of_the_program"}`)
		case "/599":
			w.WriteHeader(599)
			io.WriteString(w, "own status")
		}
	})
	login := "Cookie: " + r.cookie(testID, owner)
	direct := &http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}, CheckRedirect: r.h1.CheckRedirect}
	describe := func(c *http.Client, req *http.Request) string {
		resp, err := c.Do(req)
		if err != nil {
			return err.Error()
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		h := resp.Header
		for _, ours := range []string{"Content-Security-Policy", "Cross-Origin-Resource-Policy"} {
			h.Del(ours)
		}
		h.Del("Connection") // of the direct one
		if boundary := strings.TrimPrefix(h.Get("Content-Type"), "multipart/byteranges; boundary="); len(boundary) == 60 {
			body = bytes.ReplaceAll(body, []byte(boundary), []byte("boundary")) // made up anew each time
			h.Set("Content-Type", "multipart/byteranges")
		}
		return fmt.Sprintf("%d, length %d, %q, body of %d: %x, %v", resp.StatusCode, resp.ContentLength, h, len(body), sha256.Sum256(body), err)
	}
	for _, c := range []struct {
		method, path string
		headers      []string
	}{
		{"GET", "/file", nil}, {"HEAD", "/file", nil}, {"GET", "/file", []string{"Accept-Encoding: gzip, br"}},
		{"GET", "/file", []string{"Range: bytes=10-19"}}, {"GET", "/file", []string{"Range: bytes=-5"}}, {"HEAD", "/file", []string{"Range: bytes=10-19"}},
		{"GET", "/file", []string{"Range: bytes=0-1,5-6,19990-"}}, {"GET", "/file", []string{"Range: bytes=30000-"}}, {"GET", "/file", []string{"Range: lines=1-2"}},
		{"GET", "/file", []string{"Range: bytes=0-9", `If-Range: "one"`}}, {"GET", "/file", []string{"Range: bytes=0-9", `If-Range: "two"`}},
		{"GET", "/file", []string{`If-None-Match: "one"`}}, {"GET", "/file", []string{`If-Match: "two"`}}, {"GET", "/file", []string{"If-Modified-Since: Wed, 15 Nov 2023 00:00:00 GMT"}},
		{"GET", "/gzip", nil}, {"GET", "/gzip", []string{"Accept-Encoding: identity"}}, {"HEAD", "/gzip", nil}, {"GET", "/headers", nil}, {"HEAD", "/headers", nil}, {"GET", "/typeless", nil}, {"HEAD", "/typeless", nil},
		{"GET", "/empty", nil}, {"HEAD", "/empty", nil}, {"GET", "/chunks", nil}, {"HEAD", "/chunks", nil}, {"GET", "/204", nil}, {"HEAD", "/204", nil}, {"GET", "/205", nil},
		{"GET", "/418", nil}, {"GET", "/503", nil}, {"GET", "/599", nil},
	} {
		want := describe(direct, r.request(c.method, r.up.URL+c.path, nil, c.headers...))
		for name, visitor := range map[string]*http.Client{"h1": r.h1, "h2": r.h2} {
			got := describe(visitor, r.request(c.method, r.origin(testID)+c.path, nil, append(c.headers, login)...))
			if got != want {
				t.Errorf("%s %s %v, %s:\n got %s\nwant %s", c.method, c.path, c.headers, name, got, want)
			}
		}
	}
}

// A program may answer before it has read what is sent to it, and read on.
func TestAnswersMayComeBeforeTheUploadIsOver(t *testing.T) {
	withBothClients(t, testAnswersMayComeBeforeTheUploadIsOver)
}

func testAnswersMayComeBeforeTheUploadIsOver(t *testing.T, client func(*Options)) {
	r := newRig(t, client, func(w http.ResponseWriter, req *http.Request) {
		c := http.NewResponseController(w)
		if err := c.EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "text/plain")
		c.Flush()
		in := bufio.NewReader(req.Body)
		for {
			line, err := in.ReadString('\n')
			io.WriteString(w, line)
			c.Flush()
			if err != nil {
				return
			}
		}
	})
	for name, visitor := range map[string]*http.Client{"h1": r.h1, "h2": r.h2} {
		ctx, cancel := context.WithTimeout(t.Context(), waitAtMost)
		defer cancel()
		out, in := io.Pipe()
		defer context.AfterFunc(ctx, func() { out.CloseWithError(ctx.Err()) })()
		resp, err := visitor.Do(r.request("POST", r.origin(testID)+"/", out, "Cookie: "+r.cookie(testID, owner), "Origin: "+r.origin(testID)).WithContext(ctx))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		lines := bufio.NewReader(resp.Body)
		for i := range 20 { // together more than a server would drop quietly
			want := fmt.Sprint(i, strings.Repeat("x", 32<<10), "\n")
			io.WriteString(in, want)
			if got, err := lines.ReadString('\n'); got != want {
				t.Errorf("%s: line %d came back with %d bytes: %v", name, i, len(got), err)
				break
			}
		}
		in.Close()
		if rest, err := io.ReadAll(lines); len(rest) > 0 || err != nil {
			t.Errorf("%s: at the end %q %v", name, rest, err)
		}
		resp.Body.Close()
	}
}

// An upload that breaks off never looks whole to the workspace.
func TestUploadsThatBreakOffArriveBroken(t *testing.T) {
	withBothClients(t, testUploadsThatBreakOffArriveBroken)
}

func testUploadsThatBreakOffArriveBroken(t *testing.T, client func(*Options)) {
	r := newRig(t, client, nil)
	s := newStrictServer(t)
	r.announceAt(s.port)
	cookie, own := r.cookie(testID, owner), r.origin(testID)
	raw := func(framing, body string) func() func() {
		return func() func() {
			conn, err := tls.Dial("tcp", r.server.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(conn, "POST /a HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nOrigin: %s\r\n%s\r\n\r\n%s", r.host(testID), cookie, own, framing, body)
			return func() { conn.Close() }
		}
	}
	stream := func(end func(f *frames, stream uint32)) func() func() {
		return func() func() {
			f := r.frames(t)
			id := f.open([]field{{":method", "POST"}, {":scheme", "https"}, {":authority", r.host(testID)}, {":path", "/a"}, {"cookie", cookie}, {"origin", own}}, false)
			f.framer.WriteData(id, false, []byte("hello"))
			return func() { end(f, id) }
		}
	}
	for name, send := range map[string]func() func(){
		"length":           raw("Content-Length: 9", "hello"),
		"chunk":            raw("Transfer-Encoding: chunked", "9\r\nhello"),
		"chunks":           raw("Transfer-Encoding: chunked", "5\r\nhello\r\n"),
		"last chunk":       raw("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n"),
		"stream reset":     stream(func(f *frames, id uint32) { f.framer.WriteRSTStream(id, http2.ErrCodeCancel) }),
		"connection ended": stream(func(f *frames, _ uint32) { f.conn.Close() }),
	} {
		before := s.begun.Load()
		leave := send()
		eventually(t, name+": the upload begins", func() bool { return s.begun.Load() > before })
		leave()
		eventually(t, name+": the workspace knows that it broke off", func() bool {
			requests, wrong := s.take()
			if len(requests) > 0 {
				t.Fatalf("%s: it took %q for whole", name, requests)
			}
			return slices.Contains(wrong, errCut.Error())
		})
	}
}

// Whoever leaves, at whatever point and by whatever protocol, ends the request inside.
func TestLeavingEndsTheRequestInsideHoweverOneLeaves(t *testing.T) {
	withBothClients(t, testLeavingEndsTheRequestInsideHoweverOneLeaves)
}

func testLeavingEndsTheRequestInsideHoweverOneLeaves(t *testing.T, client func(*Options)) {
	began, ended := make(chan struct{}, 1), make(chan struct{}, 1)
	r := newRig(t, client, func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/stream" {
			w.(http.Flusher).Flush()
		}
		began <- struct{}{}
		<-req.Context().Done()
		ended <- struct{}{}
	})
	cookie := r.cookie(testID, owner)
	for _, path := range []string{"/silent", "/stream"} {
		for name, visit := range map[string]func() (leave func()){
			"h1": func() func() {
				conn, err := tls.Dial("tcp", r.server.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n\r\n", path, r.host(testID), cookie)
				return func() { conn.Close() }
			},
			"h2, stream reset": func() func() {
				f := r.frames(t)
				id := f.open([]field{{":method", "GET"}, {":scheme", "https"}, {":authority", r.host(testID)}, {":path", path}, {"cookie", cookie}}, true)
				return func() { f.framer.WriteRSTStream(id, http2.ErrCodeCancel) }
			},
			"h2, connection ended": func() func() {
				f := r.frames(t)
				f.open([]field{{":method", "GET"}, {":scheme", "https"}, {":authority", r.host(testID)}, {":path", path}, {"cookie", cookie}}, true)
				return func() { f.conn.Close() }
			},
		} {
			leave := visit()
			for _, step := range []struct {
				what string
				c    chan struct{}
			}{{"began", began}, {"ended", ended}} {
				if step.what == "ended" {
					leave()
				}
				select {
				case <-step.c:
				case <-time.After(waitAtMost):
					t.Fatalf("%s %s: not %s", name, path, step.what)
				}
			}
		}
	}
	eventually(t, "nothing is registered", func() bool { return r.gw.Live() == 0 })
}

// What a workspace says of its connection concerns that connection, and cannot take away
// what the gateway adds.
func TestTheConnectionOfAWorkspaceIsNotTheVisitors(t *testing.T) {
	withBothClients(t, testTheConnectionOfAWorkspaceIsNotTheVisitors)
}

func testTheConnectionOfAWorkspaceIsNotTheVisitors(t *testing.T, client func(*Options)) {
	r := newRig(t, client, nil)
	r.announceAt(rawWorkspace(t, func(_ int, in *bufio.Reader, c *net.TCPConn) {
		if _, err := http.ReadRequest(in); err == nil {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: X-Private, content-security-policy\r\nKeep-Alive: timeout=1\r\nX-Private: 1\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nok")
		}
	}))
	conn, err := tls.Dial("tcp", r.server.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(waitAtMost))
	in := bufio.NewReader(conn)
	for range 3 {
		fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n\r\n", r.host(testID), r.cookie(testID, owner))
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if string(body) != "ok" || err != nil || resp.Close {
			t.Fatalf("%q %v, closes: %v", body, err, resp.Close)
		}
		for _, name := range []string{"X-Private", "Keep-Alive", "Proxy-Authenticate", "Upgrade", "Connection"} {
			if v := resp.Header[name]; v != nil {
				t.Errorf("%s came through: %q", name, v)
			}
		}
		if !strings.Contains(resp.Header.Get("Content-Security-Policy"), "frame-ancestors") {
			t.Errorf("the policy was taken away: %v", resp.Header)
		}
	}
}
