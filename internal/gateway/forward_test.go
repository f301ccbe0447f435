package gateway

import (
	"io"
	"net/http"
	"testing"
)

func TestTrailersSayNothingThatOnlyHeadersMay(t *testing.T) {
	r := newRig(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Trailer"] = []string{"X-Sum, Set-Cookie"}
		io.WriteString(w, "all")
		h := w.Header()
		h.Set("X-Sum", "3")
		h.Set("Set-Cookie", "a=b; Domain=localhost")
		h.Set(http.TrailerPrefix+"Clear-Site-Data", `"*"`)
		h.Set(http.TrailerPrefix+"X-Late", "yes")
	})
	r.announce(testID, owner, "RUNNING", 1)
	resp, err := r.h1.Do(r.request(http.MethodGet, r.origin(testID)+"/", nil, "Cookie: "+r.cookie(testID, owner)))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || string(body) != "all" {
		t.Fatalf("%q, %v", body, err)
	}
	if got := resp.Trailer; got.Get("X-Sum") != "3" || got.Get("X-Late") != "yes" || len(got) != 2 {
		t.Errorf("trailers %v", got)
	}
}
