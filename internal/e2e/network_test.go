package e2e

import (
	"os"
	"testing"
)

// newInterfacesGetNoAddress keeps the kernel from giving an IPv6 address to every interface
// that comes, as those of containers do: with each such address Chromium ends its HTTP/2
// connections and what is loading over them (net::ERR_NETWORK_CHANGED). The function that is
// returned sets it back. Who is not root tests without it.
func newInterfacesGetNoAddress() func() {
	const setting = "/proc/sys/net/ipv6/conf/default/addr_gen_mode"
	before, err := os.ReadFile(setting)
	if err != nil || os.WriteFile(setting, []byte("1"), 0) != nil {
		return func() {}
	}
	return func() { os.WriteFile(setting, before, 0) }
}

func TestMain(m *testing.M) {
	setBack := newInterfacesGetNoAddress()
	code := m.Run()
	setBack()
	os.Exit(code)
}
