package ports

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/kalpana-dev/kalpana/bridge"
)

// What one look for owners may cost: some 100 ms at worst. A port whose program is not
// found by then is listed without one.
const (
	maxProcesses   = 8 << 10
	maxDescriptors = 64 << 10
)

// describe says which programs hold the sockets.
func describe(ctx context.Context, found []listener) bridge.PortList {
	list := bridge.PortList{Ports: make([]bridge.Port, len(found))}
	wanted := make(map[uint64]*bridge.Port, len(found))
	for i, l := range found {
		list.Ports[i] = bridge.Port{Port: l.port, Address: l.address.String()}
		wanted[l.inode] = &list.Ports[i]
	}
	findOwners(ctx, wanted)
	return list
}

// findOwners fills in the programs that hold sockets, by inode, as far as this process
// may see: those of its own user. Of several that share a socket it names the one with
// the lowest number, which started the others.
func findOwners(ctx context.Context, wanted map[uint64]*bridge.Port) {
	proc, err := os.Open("/proc")
	if err != nil {
		return
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(maxProcesses) // in the order of numbers
	budget := maxDescriptors
	for _, name := range names {
		if len(wanted) == 0 || budget <= 0 || ctx.Err() != nil {
			return
		}
		if pid, err := strconv.Atoi(name); err == nil {
			budget -= findSockets(pid, budget, wanted)
		}
	}
}

// findSockets looks at up to budget files that a process has open, and removes from
// wanted what it found among them. It returns how many it looked at.
func findSockets(pid, budget int, wanted map[uint64]*bridge.Port) (looked int) {
	dir := "/proc/" + strconv.Itoa(pid) + "/fd"
	open, err := os.Open(dir)
	if err != nil {
		return 1 // another user's, or gone
	}
	defer open.Close()
	for looked < budget && len(wanted) > 0 {
		names, _ := open.Readdirnames(min(256, budget-looked))
		if len(names) == 0 {
			break
		}
		looked += len(names)
		for _, name := range names {
			target, err := os.Readlink(dir + "/" + name)
			if err != nil {
				continue
			}
			digits, isSocket := strings.CutPrefix(target, "socket:[")
			if !isSocket {
				continue
			}
			inode, err := strconv.ParseUint(strings.TrimSuffix(digits, "]"), 10, 64)
			if port := wanted[inode]; err == nil && port != nil {
				port.PID, port.Process = pid, programName(pid)
				delete(wanted, inode)
			}
		}
	}
	return looked + 1
}

// programName is the name of a process's program file, or what it calls itself. Either is
// the workspace's own choice, so it is cut to something that can be shown.
func programName(pid int) string {
	dir := "/proc/" + strconv.Itoa(pid)
	name, err := os.Readlink(dir + "/exe")
	if err == nil {
		name = filepath.Base(strings.TrimSuffix(name, " (deleted)"))
	} else {
		comm, _ := os.ReadFile(dir + "/comm")
		name = strings.TrimSuffix(string(comm), "\n")
	}
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, name)
	const longest = 64 // bytes; enough to recognise it
	return strings.ToValidUTF8(name[:min(len(name), longest)], "")
}
