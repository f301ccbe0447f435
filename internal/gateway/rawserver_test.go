package gateway

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge/proof"
)

// newRawServer listens on a port, reads one request per connection and answers with
// exactly these bytes.
func newRawServer(t testing.TB, response string) (port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	prove := proving(t, nil)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				in := bufio.NewReader(c)
				r, err := http.ReadRequest(in)
				if err == nil && r.URL.Path == proof.Path {
					w := httptest.NewRecorder()
					prove.ServeHTTP(w, r)
					proved := w.Result()
					proved.ContentLength = 0 // else it would say that the connection ends
					proved.Write(c)
					_, err = http.ReadRequest(in)
				}
				if err == nil {
					io.WriteString(c, response)
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		serving.Wait()
	})
	return l.Addr().(*net.TCPAddr).Port
}
