package hostnet

import (
	"os"
	"path/filepath"
)

// Quiet takes IPv6, which workspaces do not use, off the interfaces of their bridges. It is
// not about what may pass, rules6 sees to that: the kernel gives every new interface a
// link-local address about 1.5 s after the start of its container, and browsers on this
// machine then drop whatever they are loading (ERR_NETWORK_CHANGED), which is just when the
// editor opens. Call it after each start. Without the right to do it nothing happens.
func (h Host) Quiet() {
	class := h.Class
	if class == "" {
		class = "/sys/class/net"
	}
	bridges, _ := filepath.Glob(filepath.Join(class, "kal[0-9]*"))
	for _, bridge := range bridges {
		h.withoutIPv6(filepath.Base(bridge))
		ports, _ := os.ReadDir(filepath.Join(bridge, "brif"))
		for _, port := range ports {
			h.withoutIPv6(port.Name())
		}
	}
}

// withoutIPv6 ignores errors: the interface may be gone again.
func (h Host) withoutIPv6(name string) {
	file := filepath.Join(h.sysctl(), "net/ipv6/conf", name, "disable_ipv6")
	if now, err := os.ReadFile(file); err == nil && len(now) > 0 && now[0] == '0' {
		_ = os.WriteFile(file, []byte("1"), 0o644)
	}
}
