package gateway

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestFindCookieTakesOneExactNameOnly(t *testing.T) {
	for _, c := range []struct {
		lines []string
		value string
		found bool
	}{
		{[]string{"__Host-kalpana-ws=v"}, "v", true},
		{[]string{"a=1; __Host-kalpana-ws=v; b=2"}, "v", true},
		{[]string{"a=1", "__Host-kalpana-ws=v"}, "v", true},
		{[]string{"__Host-kalpana-ws=v; __Host-kalpana-ws=x"}, "", false},
		{[]string{"__Host-kalpana-ws=x", "__Host-kalpana-ws=v"}, "", false},
		{[]string{"__host-kalpana-ws=v"}, "", false},
		{[]string{"\u2000__Host-kalpana-ws=v"}, "", false},
		{[]string{"\u00a0__Host-kalpana-ws=v"}, "", false},
		{[]string{"\v__Host-kalpana-ws=v"}, "", false},
		{[]string{"=__Host-kalpana-ws=v"}, "", false},
		{[]string{"$Version=1,__Host-kalpana-ws=v"}, "", false},
		{[]string{"__Host-kalpana-ws"}, "", false},
		{[]string{`__Host-kalpana-ws="v"`}, `"v"`, true}, // matches nothing we sign
		{nil, "", false},
	} {
		if v, ok := findCookie(c.lines, loginCookie); v != c.value || ok != c.found {
			t.Errorf("%q: %q %v, want %q %v", c.lines, v, ok, c.value, c.found)
		}
	}
}

func TestStripCookiesLeavesOthersByteForByte(t *testing.T) {
	for _, c := range []struct{ in, want []string }{
		{[]string{"a=1; b=2"}, []string{"a=1; b=2"}},
		{[]string{"__Host-kalpana-ws=v"}, nil},
		{[]string{"__Host-kalpana-ws=v; a=1"}, []string{"a=1"}},
		{[]string{"a=1; __Host-kalpana-ws=v"}, []string{"a=1"}},
		{[]string{"a=1; __Host-kalpana=m;__Host-kalpana-nonce=n; b= 2 ;c"}, []string{"a=1; b= 2 ;c"}},
		{[]string{"a=\"1; 2\";;b", "__HOST-KALPANA-x=1", "c=__Host-kalpana"}, []string{"a=\"1; 2\";;b", "c=__Host-kalpana"}},
		{[]string{"=__Host-kalpana-ws=v; a=1"}, []string{"a=1"}},
	} {
		if got := stripCookies(c.in); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

// FuzzCookies compares with net/http: what it finds of ours we find, what we leave it
// reads as before, and nothing of ours is left.
func FuzzCookies(f *testing.F) {
	for _, s := range []string{"a=1; __Host-kalpana-ws=abc; b=2", "__Host-kalpana-ws=a\n__Host-kalpana-ws=b", "__Host-kalpana-ws=\n__Host-kalpana-ws", " __Host-kalpana-ws =x;", ";;=;", "__host-KALPANA=1;x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		before := (&http.Request{Header: http.Header{"Cookie": lines}}).Cookies()
		var named, others []*http.Cookie
		for _, c := range before {
			switch {
			case c.Name == loginCookie:
				named = append(named, c)
			}
			if !strings.HasPrefix(strings.ToLower(c.Name), strings.ToLower(ourPrefix)) {
				others = append(others, c)
			}
		}
		value, found := findCookie(lines, loginCookie)
		if len(named) > 1 && found {
			t.Errorf("%q: one of several was taken", text)
		}
		if found && len(named) == 1 && !named[0].Quoted && strings.Trim(named[0].Value, cookieBlanks) != value {
			t.Errorf("%q: %q, net/http reads %q", text, value, named[0].Value)
		}
		after := (&http.Request{Header: http.Header{"Cookie": stripCookies(lines)}}).Cookies()
		if len(after) != len(others) {
			t.Fatalf("%q: %d cookies left, want %d", text, len(after), len(others))
		}
		for i := range after {
			if after[i].Name != others[i].Name || after[i].Value != others[i].Value {
				t.Errorf("%q: %q became %q", text, others[i], after[i])
			}
		}
	})
}
