package gateway

import (
	"bytes"
	"crypto/tls"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// frames is a client of HTTP/2 that sends whatever it is told to.
type frames struct {
	t      *testing.T
	conn   *tls.Conn
	framer *http2.Framer
	next   uint32 // the next stream
}

func (r *rig) frames(t *testing.T) *frames {
	t.Helper()
	conn, err := tls.Dial("tcp", r.server.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(waitAtMost))
	f := &frames{t: t, conn: conn, framer: http2.NewFramer(conn, conn), next: 1}
	f.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	io.WriteString(conn, http2.ClientPreface)
	if err := f.framer.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	return f
}

// field is a header field as it goes over the wire.
type field [2]string

// open begins a stream with these fields; end tells whether nothing follows them.
func (f *frames) open(fields []field, end bool) (stream uint32) {
	f.t.Helper()
	stream = f.next
	f.next += 2
	err := f.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block(fields), EndHeaders: true, EndStream: end})
	if err != nil {
		f.t.Logf("cut off while sending: %v", err)
	}
	return stream
}

func block(fields []field) []byte {
	var b bytes.Buffer
	e := hpack.NewEncoder(&b)
	for _, h := range fields {
		e.WriteField(hpack.HeaderField{Name: h[0], Value: h[1]})
	}
	return b.Bytes()
}

// What became of a stream, beside a status.
const (
	streamReset = "reset"
	connEnded   = "connection ended"
)

// answer reads until the stream has its answer: the status and the body, or how it ended.
func (f *frames) answer(stream uint32) (outcome, body string) {
	f.t.Helper()
	var all strings.Builder
	for {
		frame, err := f.framer.ReadFrame()
		if err != nil {
			if timeout, ok := err.(interface{ Timeout() bool }); ok && timeout.Timeout() {
				f.t.Fatal("the stream neither ends nor says anything")
			}
			return connEnded, ""
		}
		if _, ok := frame.(*http2.GoAwayFrame); ok {
			return connEnded, ""
		}
		if settings, ok := frame.(*http2.SettingsFrame); ok && !settings.IsAck() {
			f.framer.WriteSettingsAck()
		}
		if frame.Header().StreamID != stream {
			continue
		}
		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			if s := frame.PseudoValue("status"); s != "" && s[0] != '1' {
				outcome = s
			}
			if frame.StreamEnded() {
				return outcome, all.String()
			}
		case *http2.DataFrame:
			all.Write(frame.Data())
			if frame.StreamEnded() {
				return outcome, all.String()
			}
		case *http2.RSTStreamFrame:
			if frame.ErrCode == http2.ErrCodeNo && outcome != "" {
				return outcome, all.String() // no more of the body is wanted; the answer stands
			}
			return streamReset, ""
		}
	}
}

func TestNoRequestIsSmuggledThroughHTTP2(t *testing.T) {
	withBothClients(t, testNoRequestIsSmuggledThroughHTTP2)
}

func testNoRequestIsSmuggledThroughHTTP2(t *testing.T, client func(*Options)) {
	r := newRig(t, client, nil)
	s := newStrictServer(t)
	r.announceAt(s.port)
	host, key := r.host(testID), r.gw.options.Box.WorkspaceKey(testID, 1)
	base := func(method, path string, more ...field) []field {
		return append([]field{{":method", method}, {":scheme", "https"}, {":authority", host}, {":path", path}, {"cookie", r.cookie(testID, owner)}, {"origin", r.origin(testID)}}, more...)
	}
	// with is base with one pseudo header changed, or left out if the value is empty.
	with := func(name, value string) []field {
		var all []field
		for _, h := range base("GET", "/a") {
			if h[0] == name {
				h[1] = value
			}
			if h[1] != "" {
				all = append(all, h)
			}
		}
		return all
	}
	refused := []string{"400", "501", streamReset, connEnded}
	good := []string{"200"}
	for _, c := range []struct {
		name     string
		fields   []field
		data     []string
		trailers []field
		reaches  []string
		outcomes []string
	}{
		{"good", base("POST", "/a", field{"content-length", "4"}), []string{"ab", "cd"}, nil, []string{"POST /a abcd"}, good},
		{"without a length", base("POST", "/a"), []string{"ab", "cd"}, nil, []string{"POST /a abcd"}, good},
		{"body of a GET that looks like a request", base("GET", "/a"), []string{"GET /smuggled HTTP/1.1\r\n\r\n"}, nil, []string{"GET /a GET /smuggled HTTP/1.1\r\n\r\n"}, good},
		{"connection", base("GET", "/a", field{"connection", "x-kalpana-key"}), nil, nil, nil, refused},
		{"keep-alive", base("GET", "/a", field{"keep-alive", "timeout=5"}), nil, nil, nil, refused},
		{"proxy-connection", base("GET", "/a", field{"proxy-connection", "close"}), nil, nil, nil, refused},
		{"upgrade", base("GET", "/a", field{"upgrade", "websocket"}), nil, nil, nil, refused},
		{"transfer-encoding", base("POST", "/a", field{"transfer-encoding", "chunked"}), []string{"0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n"}, nil, nil, refused},
		{"transfer-encoding in odd spelling", base("POST", "/a", field{"transfer_encoding", "chunked"}), []string{"0\r\n\r\n"}, nil, []string{"POST /a 0\r\n\r\n"}, good},
		{"te: trailers", base("GET", "/a", field{"te", "trailers"}), nil, nil, []string{"GET /a"}, good},
		{"te: gzip", base("GET", "/a", field{"te", "gzip"}), nil, nil, nil, refused},
		{"shorter than it says", base("POST", "/a", field{"content-length", "5"}), []string{"abcd"}, nil, nil, refused},
		{"longer than it says", base("POST", "/a", field{"content-length", "3"}), []string{"abcd"}, nil, nil, refused},
		{"longer than nothing", base("POST", "/nothing", field{"content-length", "0"}), []string{"GET /smuggled HTTP/1.1\r\n\r\n"}, nil, nil, append(refused, "200")},
		{"length with a sign", base("POST", "/a", field{"content-length", "+4"}), []string{"abcd"}, nil, nil, refused},
		{"negative length", base("POST", "/a", field{"content-length", "-4"}), []string{"abcd"}, nil, nil, refused},
		{"two lengths", base("POST", "/a", field{"content-length", "4"}, field{"content-length", "3"}), []string{"abcd"}, nil, nil, refused},
		{"length in words", base("POST", "/a", field{"content-length", "4\r\nx: y"}), []string{"abcd"}, nil, nil, refused},
		{"name in upper case", base("GET", "/a", field{"X-A", "b"}), nil, nil, nil, refused},
		{"name with a line end", base("GET", "/a", field{"x\r\ny", "b"}), nil, nil, nil, refused},
		{"name with a colon", base("GET", "/a", field{"x:y", "b"}), nil, nil, nil, refused},
		{"name with a blank", base("GET", "/a", field{"x y", "b"}), nil, nil, nil, refused},
		{"name with NUL", base("GET", "/a", field{"x\x00", "b"}), nil, nil, nil, refused},
		{"empty name", base("GET", "/a", field{"", "b"}), nil, nil, nil, refused},
		{"value with a line end", base("GET", "/a", field{"x-a", "b\r\nx-kalpana-key: smuggled"}), nil, nil, nil, refused},
		{"value with a bare CR", base("GET", "/a", field{"x-a", "b\rc"}), nil, nil, nil, refused},
		{"value with a bare LF", base("GET", "/a", field{"x-a", "b\nc"}), nil, nil, nil, refused},
		{"value with NUL", base("GET", "/a", field{"x-a", "b\x00c"}), nil, nil, nil, refused},
		{"method with a blank", with(":method", "GET /smuggled HTTP/1.1"), nil, nil, nil, refused},
		{"method with a line end", with(":method", "GET\r\n"), nil, nil, nil, refused},
		{"path with a request", with(":path", "/a HTTP/1.1\r\nHost: evil\r\n\r\nGET /smuggled"), nil, nil, nil, refused},
		{"path with a blank", with(":path", "/a b"), nil, nil, nil, refused},
		{"path with NUL", with(":path", "/a\x00b"), nil, nil, nil, refused},
		{"path without a slash", with(":path", "a"), nil, nil, nil, refused},
		{"path with a host", with(":path", "https://evil.test/a"), nil, nil, nil, refused},
		{"path of this host", with(":path", "https://"+host+"/a"), nil, nil, nil, refused},
		{"path star", with(":path", "*"), nil, nil, nil, refused},
		{"path with a number sign", with(":path", "/a#b"), nil, nil, []string{"GET /a#b"}, good},
		{"no path", with(":path", ""), nil, nil, nil, refused},
		{"no method", with(":method", ""), nil, nil, nil, refused},
		{"no scheme", with(":scheme", ""), nil, nil, nil, refused},
		{"another scheme", with(":scheme", "javascript"), nil, nil, nil, append(refused, "200")},
		{"host twice", append([]field{{":authority", host}}, base("GET", "/a")...), nil, nil, nil, refused},
		{"path twice", append([]field{{":path", "/b"}}, base("GET", "/a")...), nil, nil, nil, refused},
		{"method twice", append([]field{{":method", "POST"}}, base("GET", "/a")...), nil, nil, nil, refused},
		{"pseudo header at the end", append(with(":path", ""), field{":path", "/a"}), nil, nil, nil, refused},
		{"pseudo header of answers", append([]field{{":status", "200"}}, base("GET", "/a")...), nil, nil, nil, refused},
		{"pseudo header that does not exist", append([]field{{":smuggled", "1"}}, base("GET", "/a")...), nil, nil, nil, refused},
		{"another host header", base("GET", "/a", field{"host", "evil.test"}), nil, nil, []string{"GET /a"}, append(refused, "200")},
		{"host with a line end", with(":authority", host+"\r\nX-Kalpana-Key: smuggled"), nil, nil, nil, refused},
		{"WebSocket over HTTP/2", []field{{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "https"}, {":path", "/a"}, {":authority", host}, {"cookie", r.cookie(testID, owner)}, {"origin", r.origin(testID)}}, nil, nil, nil, append(refused, "405")},
		{"CONNECT", []field{{":method", "CONNECT"}, {":authority", host}, {"cookie", r.cookie(testID, owner)}}, nil, nil, nil, append(refused, "405")},
		{"trailers with trusted names", base("POST", "/a"), []string{"abcd"}, []field{{"x-kalpana-key", "smuggled"}, {"x-forwarded-for", "smuggled"}, {"content-length", "1"}}, []string{"POST /a abcd"}, append(refused, "200")},
		{"trailers with pseudo headers", base("POST", "/a"), []string{"abcd"}, []field{{":path", "/smuggled"}}, nil, refused},
		{"cookies in pieces", append(base("GET", "/a"), field{"cookie", "a=1"}, field{"cookie", "b=2"}), nil, nil, []string{"GET /a"}, good},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := r.frames(t)
			stream := f.open(c.fields, len(c.data) == 0 && c.trailers == nil)
			for i, d := range c.data {
				f.framer.WriteData(stream, c.trailers == nil && i == len(c.data)-1, []byte(d))
			}
			if c.trailers != nil {
				f.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block(c.trailers), EndHeaders: true, EndStream: true})
			}
			outcome, body := f.answer(stream)
			if !slices.Contains(c.outcomes, outcome) {
				t.Errorf("outcome %s, want one of %v; %s", outcome, c.outcomes, body)
			}
			var want []string
			if outcome != connEnded {
				if outcome, body := f.answer(f.open(base("GET", "/next"), true)); outcome != connEnded {
					if want = append(want, "GET /next"); outcome != "200" || body != "GET /next" {
						t.Errorf("the next request: %s %s", outcome, body)
					}
				}
			}
			eventually(t, "nothing is under way", func() bool { return r.gw.Live() == 0 })
			requests, wrong := s.take()
			for _, w := range wrong {
				if w != errCut.Error() {
					t.Errorf("what reached the workspace is no request: %s", w)
				}
			}
			var reached []string
			for _, q := range requests {
				if q.String() == "POST /nothing" {
					continue // whole before its stream was reset, if it was quick
				}
				reached = append(reached, q.String())
				if h, k := q.values("Host"), q.values(keyHeader); !slices.Equal(h, []string{host}) || !slices.Equal(k, []string{key}) {
					t.Errorf("%s came for %q with the keys %q", q, h, k)
				}
				if cookies := q.values("Cookie"); len(cookies) > 1 {
					t.Errorf("cookies in pieces: %q", cookies)
				}
			}
			if want = append(slices.Clone(c.reaches), want...); !slices.Equal(reached, want) {
				t.Errorf("the workspace got %q, want %q; the answer was %s", reached, want, outcome)
			}
		})
	}
}
