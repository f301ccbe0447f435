package ports

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"strconv"

	"github.com/kalpana-dev/kalpana/bridge"
)

const (
	// maxTable is how much of one table of sockets is read: 50,000 of them. Listening
	// ones come first, so what is cut off are connections.
	maxTable = 8 << 20
	// maxListed is how many ports are listed, the lowest ones: nobody opens as many on
	// purpose, and one message has to hold them all.
	maxListed = 1000
)

// listener is one socket that waits for connections.
type listener struct {
	address netip.Addr
	port    int
	inode   uint64
}

// listeners reads the kernel's tables. It returns what can be forwarded, sorted, each
// port once.
func listeners() ([]listener, error) {
	var all []listener
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // a kernel without IPv6
		}
		if err != nil {
			return nil, fmt.Errorf("read the table of sockets: %w", err)
		}
		all, err = parseTable(all, io.LimitReader(f, maxTable))
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("read the table of sockets %s: %w", name, err)
		}
	}
	slices.SortFunc(all, func(a, b listener) int {
		if a.port != b.port {
			return a.port - b.port
		}
		return reached(a.address) - reached(b.address)
	})
	all = slices.CompactFunc(all, func(a, b listener) bool { return a.port == b.port })
	return all[:min(len(all), maxListed)], nil
}

// reached orders addresses by which of them a tunnel gets to first; -1 for those that
// it does not get to at all: an address of the container's network, or Docker's own name
// server on 127.0.0.11.
func reached(a netip.Addr) int {
	return slices.Index([]netip.Addr{loopback4, netip.IPv4Unspecified(), loopback6, netip.IPv6Unspecified()}, a)
}

var (
	loopback4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	loopback6 = netip.IPv6Loopback()
)

// parseTable appends what a table in the form of /proc/net/tcp or tcp6 says about
// sockets that can be forwarded to. Lines of any other form are passed over.
func parseTable(all []listener, r io.Reader) ([]listener, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 4<<10), 4<<10) // a line has some 150 bytes
	for lines.Scan() {
		l, ok := parseLine(lines.Bytes())
		if ok && bridge.Forwardable(l.port) && reached(l.address) >= 0 {
			all = append(all, l)
		}
	}
	return all, lines.Err()
}

// stateListen is TCP_LISTEN, as the table writes it.
const stateListen = "0A"

// parseLine reads one line: number, own address, other address, state, four columns that
// do not matter here, a time-out and the inode.
//
//	0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 1 …
func parseLine(line []byte) (listener, bool) {
	var column [10][]byte
	for i := range column {
		if column[i], line = nextField(line); len(column[i]) == 0 {
			return listener{}, false
		}
	}
	if string(column[3]) != stateListen {
		return listener{}, false
	}
	address, port, ok := parseEndpoint(column[1])
	inode, err := strconv.ParseUint(string(column[9]), 10, 64)
	if !ok || err != nil {
		return listener{}, false
	}
	return listener{address: address, port: port, inode: inode}, true
}

// nextField cuts the next word off.
func nextField(line []byte) (field, rest []byte) {
	for len(line) > 0 && line[0] == ' ' {
		line = line[1:]
	}
	end := 0
	for end < len(line) && line[end] != ' ' {
		end++
	}
	return line[:end], line[end:]
}

// parseEndpoint reads an address and a port in hexadecimal. The kernel prints addresses
// as numbers of 32 bits in the machine's own order of bytes.
func parseEndpoint(s []byte) (netip.Addr, int, bool) {
	const port = len(":1F90")
	if len(s) != 8+port && len(s) != 32+port || s[len(s)-port] != ':' {
		return netip.Addr{}, 0, false
	}
	number, err := strconv.ParseUint(string(s[len(s)-port+1:]), 16, 16)
	if err != nil || number == 0 {
		return netip.Addr{}, 0, false
	}
	var words, bytes [16]byte
	n, err := hex.Decode(words[:], s[:len(s)-port])
	if err != nil {
		return netip.Addr{}, 0, false
	}
	for i := 0; i < n; i += 4 {
		binary.NativeEndian.PutUint32(bytes[i:], binary.BigEndian.Uint32(words[i:]))
	}
	address, ok := netip.AddrFromSlice(bytes[:n])
	return address.Unmap(), int(number), ok
}
