package gateway

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func TestRequestsArriveAsTheyWereSent(t *testing.T) {
	withBothClients(t, testRequestsArriveAsTheyWereSent)
}

func testRequestsArriveAsTheyWereSent(t *testing.T, client func(*Options)) {
	r := newRig(t, client, func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		fmt.Fprintf(w, "%s %s %d %s", req.Method, req.RequestURI, req.ContentLength, body)
	})
	good := "Cookie: " + r.cookie(testID, owner)
	own := "Origin: " + r.origin(testID)
	for _, uri := range []string{"/", "/a//b", "//a", "/a%2Fb%2f", "/?b=2&a=1&b=1", "/?a;b&%zz&=", "/a?", "/%7Euser/ü", "/a'b(c)|d\"e", "/a/../b/./c", "/%2e%2e/x", "/\\a"} {
		resp := rawExchange(t, r, "GET "+uri+" HTTP/1.1", good)
		if want := "GET " + uri + " 0 "; resp != want {
			t.Errorf("%q arrived as %q", want, resp)
		}
	}
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"} {
		req := r.request(method, r.origin(testID)+"/m", strings.NewReader("body"), good, own)
		if got := r.do(r.h2, req); got.body != method+" /m 4 body" {
			t.Errorf("%s arrived as %q", method, got.body)
		}
	}
}

// rawExchange sends a request line as it is and returns the body of the answer.
func rawExchange(t *testing.T, r *rig, line string, headers ...string) string {
	t.Helper()
	conn, err := tls.Dial("tcp", r.server.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(waitAtMost))
	fmt.Fprintf(conn, "%s\r\nHost: %s\r\n%s\r\nConnection: close\r\n\r\n", line, r.host(testID), strings.Join(headers, "\r\n"))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestResponsesArriveAsTheyWereSent(t *testing.T) {
	withBothClients(t, testResponsesArriveAsTheyWereSent)
}

func testResponsesArriveAsTheyWereSent(t *testing.T, client func(*Options)) {
	content := strings.Repeat("0123456789", 1000)
	r := newRig(t, client, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("X-Many", "a")
		w.Header().Add("X-Many", "b")
		if req.URL.Path == "/trailers" {
			w.Header().Set("Trailer", "X-Sum")
			io.WriteString(w, content)
			w.Header().Set("X-Sum", "42")
			w.Header().Set(http.TrailerPrefix+"X-Late", "43")
			return
		}
		http.ServeContent(w, req, "a.txt", time.Unix(1_700_000_000, 0), strings.NewReader(content))
	})
	good := "Cookie: " + r.cookie(testID, owner)
	for name, client := range map[string]*http.Client{"h1": r.h1, "h2": r.h2} {
		if got := r.do(client, r.request("HEAD", r.origin(testID)+"/", nil, good)); got.header.Get("Content-Length") != "10000" || got.body != "" {
			t.Errorf("%s HEAD: %v %d bytes", name, got.header, len(got.body))
		}
		got := r.do(client, r.request("GET", r.origin(testID)+"/", nil, good, "Range: bytes=10-19"))
		if got.status != 206 || got.body != "0123456789" || got.header.Get("Content-Range") != "bytes 10-19/10000" {
			t.Errorf("%s range: %d %v", name, got.status, got.header)
		}
		got = r.do(client, r.request("GET", r.origin(testID)+"/", nil, good, "If-Modified-Since: Wed, 15 Nov 2023 00:00:00 GMT"))
		if got.status != 304 || len(got.header["X-Many"]) != 2 {
			t.Errorf("%s 304: %d %v", name, got.status, got.header)
		}
		resp, err := client.Do(r.request("GET", r.origin(testID)+"/trailers", nil, good))
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp.Trailer.Get("X-Sum") != "42" || resp.Trailer.Get("X-Late") != "43" {
			t.Errorf("%s trailers: %v", name, resp.Trailer)
		}
	}
}

func TestTrailersOfARequestCannotSayWhatHeadersMayNot(t *testing.T) {
	withBothClients(t, testTrailersOfARequestCannotSayWhatHeadersMayNot)
} // H077

func testTrailersOfARequestCannotSayWhatHeadersMayNot(t *testing.T, client func(*Options)) {
	r := newRig(t, client, func(w http.ResponseWriter, req *http.Request) {
		io.Copy(io.Discard, req.Body)
		fmt.Fprint(w, req.Trailer)
	})
	req := r.request("POST", r.origin(testID)+"/", io.NopCloser(strings.NewReader("x")), "Cookie: "+r.cookie(testID, owner), "Origin: "+r.origin(testID))
	req.Trailer = http.Header{keyHeader: {"forged"}, "X-Forwarded-For": {"6.6.6.6"}}
	for name, client := range map[string]*http.Client{"h1": r.h1, "h2": r.h2} {
		if got := r.do(client, req.Clone(t.Context())); got.body != "map[]" {
			t.Errorf("%s: %s", name, got.body)
		}
	}
}

func TestExpectContinueReachesTheWorkspace(t *testing.T) {
	withBothClients(t, testExpectContinueReachesTheWorkspace)
}

func testExpectContinueReachesTheWorkspace(t *testing.T, client func(*Options)) {
	r := newRig(t, client, func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/no" {
			http.Error(w, "no", http.StatusRequestEntityTooLarge)
			return
		}
		n, _ := io.Copy(io.Discard, req.Body)
		fmt.Fprint(w, n)
	})
	good, own := "Cookie: "+r.cookie(testID, owner), "Origin: "+r.origin(testID)
	r.h1.Transport.(*http.Transport).ExpectContinueTimeout = waitAtMost
	send := func(path string) (answer, int64) {
		var sent atomic.Int64
		body := &countingBody{ReadCloser: io.NopCloser(strings.NewReader(strings.Repeat("x", 1000)))}
		req := r.request("POST", r.origin(testID)+path, body, good, own, "Expect: 100-continue")
		req.ContentLength = 1000
		got := r.do(r.h1, req)
		sent.Store(body.bytes.Load())
		return got, sent.Load()
	}
	if got, _ := send("/yes"); got.body != "1000" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got, sent := send("/no"); got.status != 413 || sent != 0 {
		t.Errorf("refused upload: %d after %d bytes", got.status, sent)
	}
}

// pattern is an endless stream that needs no memory.
type pattern struct{ at byte }

func (p *pattern) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = p.at
		p.at++
	}
	return len(b), nil
}

func TestBigBodiesAreStreamedInLittleMemory(t *testing.T) {
	withBothClients(t, testBigBodiesAreStreamedInLittleMemory)
}

func testBigBodiesAreStreamedInLittleMemory(t *testing.T, client func(*Options)) {
	const size = 64 << 20
	r := newRig(t, client, func(w http.ResponseWriter, req *http.Request) {
		if req.Method == "POST" {
			sum := sha256.New()
			io.Copy(sum, req.Body)
			fmt.Fprintf(w, "%x", sum.Sum(nil))
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(size))
		io.CopyN(w, &pattern{}, size)
	})
	reference := sha256.New()
	io.CopyN(reference, &pattern{}, size)
	want := hex.EncodeToString(reference.Sum(nil))
	good, own := "Cookie: "+r.cookie(testID, owner), "Origin: "+r.origin(testID)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for name, client := range map[string]*http.Client{"h1": r.h1, "h2": r.h2} {
		resp, err := client.Do(r.request("GET", r.origin(testID)+"/", nil, good))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.New()
		io.Copy(sum, resp.Body)
		resp.Body.Close()
		if got := hex.EncodeToString(sum.Sum(nil)); got != want {
			t.Errorf("%s: the download changed on its way", name)
		}
		req := r.request("POST", r.origin(testID)+"/", io.LimitReader(&pattern{}, size), good, own)
		if got := r.do(client, req); got.body != want {
			t.Errorf("%s: the upload changed on its way: %d %s", name, got.status, got.body)
		}
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 32<<20 {
		t.Errorf("the heap grew by %d MiB for 256 MiB of streams", grown>>20)
	}
	if r.observed.in.Load() < 2*size || r.observed.out.Load() < 2*size {
		t.Errorf("counted %d bytes in and %d out", r.observed.in.Load(), r.observed.out.Load())
	}
}

func TestEventsArriveOneByOne(t *testing.T) { withBothClients(t, testEventsArriveOneByOne) }

func testEventsArriveOneByOne(t *testing.T, client func(*Options)) {
	next := make(chan struct{})
	r := newRig(t, client, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			fmt.Fprintf(w, "data: %d\n\n", i)
			w.(http.Flusher).Flush()
			select {
			case <-next:
			case <-req.Context().Done():
				return
			}
		}
	})
	good := "Cookie: " + r.cookie(testID, owner)
	for name, client := range map[string]*http.Client{"h1": r.h1, "h2": r.h2} {
		resp, err := client.Do(r.request("GET", r.origin(testID)+"/", nil, good))
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(resp.Body)
		for i := range 3 { // the next event is only sent when this one was read
			if line, err := lines.ReadString('\n'); err != nil || line != fmt.Sprintf("data: %d\n", i) {
				t.Fatalf("%s: %q %v", name, line, err)
			}
			lines.ReadString('\n')
			next <- struct{}{}
		}
		resp.Body.Close()
	}
}

func TestAVisitorWhoLeavesEndsTheRequestInTheWorkspace(t *testing.T) {
	withBothClients(t, testAVisitorWhoLeavesEndsTheRequestInTheWorkspace)
}

func testAVisitorWhoLeavesEndsTheRequestInTheWorkspace(t *testing.T, client func(*Options)) {
	began, ended := make(chan struct{}), make(chan struct{})
	r := newRig(t, client, func(_ http.ResponseWriter, req *http.Request) {
		close(began)
		<-req.Context().Done()
		close(ended)
	})
	ctx, leave := context.WithCancel(t.Context())
	go func() { <-began; leave() }()
	if resp, err := r.h2.Do(r.request("GET", r.origin(testID)+"/", nil, "Cookie: "+r.cookie(testID, owner)).WithContext(ctx)); err == nil {
		resp.Body.Close()
		t.Error("answered")
	}
	select {
	case <-ended:
	case <-time.After(waitAtMost):
		t.Error("the workspace still works on it")
	}
	eventually(t, "nothing is registered", func() bool { return r.gw.Live() == 0 })
}

func TestStreamsEndWhenTheRightToThemDoes(t *testing.T) {
	withBothClients(t, testStreamsEndWhenTheRightToThemDoes)
}

func testStreamsEndWhenTheRightToThemDoes(t *testing.T, client func(*Options)) {
	r := newRig(t, client, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, ":\n\n")
		w.(http.Flusher).Flush()
		<-req.Context().Done()
	})
	for name, end := range map[string]func(){
		"log-out":       func() { r.visitors.revoke("session-" + owner) },
		"stop":          func() { r.announce(testID, owner, workspace.StatusStopping, 1) },
		"restart":       func() { r.announce(testID, owner, workspace.StatusRunning, 2) },
		"another owner": func() { r.announce(testID, stranger, workspace.StatusRunning, 1) },
	} {
		r.announce(testID, owner, workspace.StatusRunning, 1)
		resp, err := r.h2.Do(r.request("GET", r.origin(testID)+"/", nil, "Cookie: "+r.cookie(testID, owner)))
		if err != nil || resp.StatusCode != 200 {
			t.Fatal(name, resp, err)
		}
		began := time.Now()
		end()
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%s: ended after %s", name, took)
		}
	}
}

func TestUseIsReportedAtMostOnceASecond(t *testing.T) {
	r := newRig(t, nil, nil)
	good := "Cookie: " + r.cookie(testID, owner)
	began := time.Now()
	for range 200 {
		r.get(r.origin(testID)+"/", good)
	}
	limit := int64(time.Since(began)/time.Second) + 2
	n, ok := r.touches.Load(testID)
	if !ok || n.(*atomic.Int64).Load() < 1 || n.(*atomic.Int64).Load() > limit {
		t.Errorf("200 requests: reported %v times, at most %d wanted", n, limit)
	}
	r.touches.Clear()
	r.skew.Store(int64(time.Minute))
	r.get(r.origin(testID)+"/favicon.ico", good)
	if _, ok := r.touches.Load(testID); ok {
		t.Error("a favicon counts as use")
	}
	eventually(t, "all requests counted", func() bool { return r.observed.requests.Load() == 201 })
}

func TestPlainHTTPOnLocalhostWorksByItself(t *testing.T) {
	r := newRig(t, nil, nil)
	plain := strings.TrimPrefix(r.plain.URL, "http://127.0.0.1")
	host := r.gw.hosts.EditorName(testID) + plain
	client := r.plain.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	got := r.do(client, r.request("GET", r.plain.URL+"/x", nil, "Host: "+host, page))
	if want := "http://ws.localhost" + plain + TicketPath; !strings.HasPrefix(got.header.Get("Location"), want) {
		t.Errorf("sent to %q, want %q", got.header.Get("Location"), want)
	}
	good := "Cookie: " + r.cookie(testID, owner)
	for origin, want := range map[string]int{"http://" + host: 200, "https://" + host: 403} {
		if got := r.do(client, r.request("POST", r.plain.URL+"/", nil, "Host: "+host, good, "Origin: "+origin)); got.status != want {
			t.Errorf("POST from %s: %d", origin, got.status)
		}
	}
	if seen := r.up.seen(); seen.Header.Get("X-Forwarded-Proto") != "http" || seen.Host != host {
		t.Errorf("the workspace saw %s as %s", seen.Header.Get("X-Forwarded-Proto"), seen.Host)
	}
}
