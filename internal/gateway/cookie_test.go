package gateway

import (
	"strings"
	"testing"
	"time"
)

func TestALoginCookieIsGoodForItsHostAndTimeOnly(t *testing.T) {
	c := newLoginCodec(testBox(t))
	now := time.Unix(1_700_000_000, 0)
	want := login{userID: "user.with=odd/characters", sessionID: "s1", expires: now.Add(loginLife)}
	value := c.issue(testEditor, want)
	if strings.ContainsAny(value, "; ,\"\\=") {
		t.Errorf("%q is no cookie value", value)
	}
	if got, ok := c.verify(testEditor, value, now); !ok || got.userID != want.userID || got.sessionID != want.sessionID || !got.expires.Equal(want.expires) {
		t.Errorf("%+v %v, want %+v", got, ok, want)
	}
	if _, ok := c.verify(Address{Kind: Editor, ID: "abcdefghijk2"}, value, now); ok {
		t.Error("good on another workspace's host")
	}
	if _, ok := c.verify(testEditor, value, now.Add(loginLife)); ok {
		t.Error("good after its time")
	}
	for i := range len(value) {
		changed := []byte(value)
		changed[i] ^= 1
		if _, ok := c.verify(testEditor, string(changed), now); ok {
			t.Errorf("good with a bit of character %d changed", i)
		}
	}
	for _, v := range []string{"", ".", "v1.", "v1....", strings.Repeat("a", 4096), value + "=", value + "x", value + "xx", value[:len(value)-1], `"` + value + `"`, " " + value} {
		if _, ok := c.verify(testEditor, v, now); ok {
			t.Errorf("%q is good", v)
		}
	}
}

func TestACheckedCookieIsBelievedForAMinuteWithoutAllocating(t *testing.T) {
	c := newLoginCodec(testBox(t))
	now := time.Unix(1_700_000_000, 0)
	value := c.issue(testEditor, login{userID: "u", sessionID: "s", expires: now.Add(time.Hour)})
	l, _ := c.verify(testEditor, value, now)
	var v verifiedLogins
	v.put(0, value, l, now)
	if n := testing.AllocsPerRun(100, func() { v.get(0, value, now) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if _, ok := v.get(0, value, now.Add(trustFor)); ok {
		t.Error("believed for longer than a minute")
	}
	other := c.issue(testEditor, login{userID: "x", sessionID: "s", expires: now.Add(time.Hour)})
	if _, ok := v.get(0, other, now); ok {
		t.Error("another cookie is believed")
	}
	if _, ok := v.get(0, "x", now); ok {
		t.Error("a short cookie is believed")
	}
}
