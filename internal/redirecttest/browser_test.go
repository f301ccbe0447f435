package redirecttest

import "testing"

func TestOriginIsWhereABrowserGoes(t *testing.T) {
	const base = "https://ws.localhost:8443"
	for location, want := range map[string]string{
		"/": base, "": base, "x": base, "?//evil.test": base, "#//evil.test": base, "/.//evil.test": base, "https:evil.test": base, "https:/evil.test": base, "/%2fevil.test": base,
		"//evil.test": "https://evil.test", `/\evil.test`: "https://evil.test", `\\evil.test`: "https://evil.test", "/\t/evil.test": "https://evil.test", " \x00//evil.test": "https://evil.test",
		"////evil.test/x": "https://evil.test", "//EVIL%2etest": "https://evil.test", "//evil。test": "https://evil.test", "//ws.localhost:8443@evil.test": "https://evil.test", `//evil.test\@ws.localhost`: "https://evil.test",
		"http:evil.test": "http://evil.test", "http:/evil.test": "http://evil.test", "hT\ntp://evil.test:080": "http://evil.test", "https:////evil.test": "https://evil.test", "//evil.test:443": "https://evil.test",
		"//ws.localhost:8443/x": base, "https://WS.localhost:8443": base, "javascript:alert(1)": "", "data:x": "", "x:y": "", "//": "", "//a b": "", "//a:x": "", "//[::1]:1": "https://[::1]:1",
	} {
		if got := Origin(base, location); got != want {
			t.Errorf("%q leads to %q, want %q", location, got, want)
		}
	}
}

func TestMostAddressesLeadElsewhere(t *testing.T) {
	const base = "https://ws.localhost:8443"
	all, away := Addresses(), 0
	for _, a := range all {
		if Origin(base, a) != base {
			away++
		}
	}
	if len(all) < 10000 || away < len(all)/4 {
		t.Errorf("%d addresses, of which %d lead away", len(all), away)
	}
	t.Logf("%d addresses, of which %d lead away", len(all), away)
}
