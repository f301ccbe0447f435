package git

import (
	"net/url"
	"strings"
	"testing"
)

func FuzzAddress(f *testing.F) {
	for _, seed := range []string{
		"https://github.com/ada/engine.git", "http://127.0.0.1:8080/a/b/", "https://[::1]:8443/x", "https://u:p@h/x", "ext::sh -c x", "-u", "https://h/%0a",
		"https://h/a/../..", "https://h//", "HTTPS://H/x.git.git", "https://h/\x00", "https://h/x?y#z", "git@h:x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		name, err := checkURL(address)
		if err != nil {
			if strings.Contains(address, "@") && len(address) > 20 && strings.Contains(err.Error(), address) {
				t.Errorf("the message repeats %q", address)
			}
			return
		}
		u, err := url.Parse(address)
		if err != nil || u.User != nil || u.Hostname() == "" || strings.HasPrefix(address, "-") || strings.ContainsAny(address, "\r\n\x00") {
			t.Errorf("%q is taken", address)
		}
		if name == "" || strings.ContainsAny(name, "/\x00") {
			t.Errorf("%q has the name %q", address, name)
		}
	})
}
