package ports

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
)

// hexAddress writes an address as the kernel does.
func hexAddress(a netip.Addr) string {
	var b strings.Builder
	for word := range slices.Chunk(a.AsSlice(), 4) {
		fmt.Fprintf(&b, "%08X", binary.NativeEndian.Uint32(word))
	}
	return b.String()
}

func tableLine(a netip.Addr, port int, state string, inode uint64) string {
	return fmt.Sprintf("   0: %s:%04X %s:0000 %s 00000000:00000000 00:00000000 00000000  1000        0 %d 1 0000000000000000 100 0 0 10 0\n",
		hexAddress(a), port, strings.Repeat("0", 2*len(a.AsSlice())), state, inode)
}

func TestParseTable(t *testing.T) {
	const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	local4, any4 := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("0.0.0.0")
	local6, any6 := netip.MustParseAddr("::1"), netip.MustParseAddr("::")
	for name, c := range map[string]struct {
		table string
		want  []listener
	}{
		"empty":     {"", nil},
		"head only": {head, nil},
		"all kinds": {
			head + tableLine(local4, 5173, "0A", 11) + tableLine(any4, 3000, "0A", 12) + tableLine(local6, 4000, "0A", 13) + tableLine(any6, 65535, "0A", 14),
			[]listener{{local4, 5173, 11}, {any4, 3000, 12}, {local6, 4000, 13}, {any6, 65535, 14}},
		},
		"an IPv4 address in the table of IPv6": {tableLine(netip.MustParseAddr("::ffff:127.0.0.1"), 9000, "0A", 1), []listener{{local4, 9000, 1}}},
		"connections":                          {tableLine(local4, 5173, "01", 1) + tableLine(local4, 5173, "06", 1), nil},
		"not forwarded":                        {tableLine(local4, 1023, "0A", 1) + tableLine(local4, 3001, "0A", 1) + tableLine(any4, 8080, "0A", 1) + tableLine(local4, 0, "0A", 1), nil},
		"the lowest":                           {tableLine(local4, 1024, "0A", 1), []listener{{local4, 1024, 1}}},
		"addresses tunnels do not get to":      {tableLine(netip.MustParseAddr("127.0.0.11"), 5000, "0A", 1) + tableLine(netip.MustParseAddr("172.17.0.2"), 5000, "0A", 1) + tableLine(netip.MustParseAddr("fe80::1"), 5000, "0A", 1), nil},
		"nonsense":                             {"x\n\n   \n0: 0100007F:1F91 0 0A\n0: 0100007F:XXXX 0:0 0A 0 0 0 0 0 1\n0: 01007F:1F91 0:0 0A 0 0 0 0 0 1\n0: 0100007F:1F91 0:0 0A 0 0 0 0 0 -1\n", nil},
		"without an end of line":               {strings.TrimSpace(tableLine(local4, 5173, "0A", 7)), []listener{{local4, 5173, 7}}},
	} {
		got, err := parseTable(nil, strings.NewReader(c.table))
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v %v, want %v", name, got, err, c.want)
		}
	}
	if _, err := parseTable(nil, strings.NewReader(strings.Repeat("x", 1<<20))); err == nil {
		t.Error("a line of a megabyte is read")
	}
}

func FuzzParseTable(f *testing.F) {
	f.Add([]byte{127, 0, 0, 1}, uint16(5173), uint64(12345), "x\n0: 0100007F:1F90 00000000:0000 0A 0 0 0 0 0 1")
	f.Add(make([]byte, 16), uint16(3001), uint64(0), "\n\n  \n")
	f.Fuzz(func(t *testing.T, address []byte, port uint16, inode uint64, noise string) {
		got, err := parseTable(nil, strings.NewReader(noise))
		if err == nil && len(got) > strings.Count(noise, "\n")+1 {
			t.Fatalf("%d sockets in %q", len(got), noise)
		}
		for _, l := range got {
			if !bridge.Forwardable(l.port) || reached(l.address) < 0 {
				t.Fatalf("%+v from %q", l, noise)
			}
		}
		a, ok := netip.AddrFromSlice(address)
		if !ok {
			return
		}
		want := listener{a.Unmap(), int(port), inode}
		one, ok := parseLine([]byte(strings.TrimSuffix(tableLine(a, int(port), stateListen, inode), "\n")))
		if port == 0 {
			if ok {
				t.Fatalf("port 0 is %+v", one)
			}
			return
		}
		if !ok || one != want {
			t.Fatalf("%+v %v, want %+v", one, ok, want)
		}
	})
}

func FuzzTunnelPort(f *testing.F) {
	for _, s := range []string{"/tcp/5173", "/tcp/05173", "/tcp/+5173", "/tcp/", "", "/tcp/65536", "/tcp/5173/", "/tcp/99999999999999999999", "/tcp/५१७३"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		port, ok := tunnelPort(path)
		if ok && (!bridge.Forwardable(port) || !strings.HasSuffix("/"+path, fmt.Sprintf("/%d", port))) {
			t.Fatalf("%q is port %d", path, port)
		}
	})
}
