package process

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// member is a process. Its start, in the kernel's ticks since the system
// began, tells it from a later one with the same number.
type member struct {
	pid, parent, group, session int
	start                       uint64
	ended                       bool // and is not reaped
	loading                     bool // starts a program just now
}

// signal sends s unless the process is another one by now. That it has ended is no error.
func (m member) signal(s syscall.Signal) {
	p, err := os.FindProcess(m.pid) // holds on to the process, not to its number
	if err != nil {
		return
	}
	defer p.Release()
	if now, ok := stat(m.pid); ok && now.start == m.start {
		_ = p.Signal(s)
	}
}

// listings is how often a list of processes is made anew because it has grown meanwhile.
const listings = 5

// everything lists all processes. Those that are reaped meanwhile are left out.
func everything() []member {
	var all []member
	seen := make(map[int]bool)
	// Until there is nothing new: a process that forks and ends between list and look
	// would else be missed, and its child too.
	for range listings {
		before := len(seen)
		for _, pid := range pids() {
			if seen[pid] {
				continue
			}
			seen[pid] = true
			if m, ok := stat(pid); ok {
				all = append(all, m)
			}
		}
		if len(seen) == before {
			break
		}
	}
	return all
}

func pids() []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// stat describes a process; not ok if there is none.
func stat(pid int) (member, bool) {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return member{}, false
	}
	m, ok := parseStat(data)
	m.pid = pid
	return m, ok
}

// parseStat reads proc_pid_stat(5), except for the process's number.
func parseStat(data []byte) (m member, ok bool) {
	// The program's name comes first, in parentheses; it may hold anything, these included.
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	const state, parent, group, session, start, memory, envEnd = 0, 1, 2, 3, 19, 20, 48
	if len(fields) <= start {
		return m, false
	}
	m.ended = slices.Contains([]string{"Z", "X"}, string(fields[state]))
	var errs [4]error
	m.parent, errs[0] = strconv.Atoi(string(fields[parent]))
	m.group, errs[1] = strconv.Atoi(string(fields[group]))
	m.session, errs[2] = strconv.Atoi(string(fields[session]))
	m.start, errs[3] = strconv.ParseUint(string(fields[start]), 10, 64)
	// Memory, but no place for an environment yet; the kernel's own threads have none of both.
	m.loading = len(fields) > envEnd && string(fields[memory]) != "0" && string(fields[envEnd]) == "0"
	return m, errs == [4]error{}
}

// loadTime is how long a program may take to be loaded, from a slow disk.
const loadTime = 100 * time.Millisecond

// marked reports whether the environment of a process begins a variable with mark.
func marked(pid int, mark []byte) bool {
	for deadline := time.Now().Add(loadTime); ; time.Sleep(time.Millisecond) {
		found, empty := searchEnviron(pid, mark)
		if found || !empty || time.Now().After(deadline) {
			return found
		}
		// Just when a process starts another program, its environment is empty.
		if m, ok := stat(pid); !ok || m.ended || !m.loading {
			found, _ := searchEnviron(pid, mark) // loaded since
			return found
		}
	}
}

// searchEnviron looks for mark in the environment of a process, which may be empty.
func searchEnviron(pid int, mark []byte) (found, empty bool) {
	f, err := os.Open(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
	if err != nil {
		return false, false // another user's, or it has ended
	}
	defer f.Close()
	// A piece at a time: an environment may be as long as a quarter of the stack.
	buf := make([]byte, 16<<10)
	variable := append([]byte{0}, mark...)
	empty = true
	for kept := 1; ; { // a NUL before the first variable as before all others
		n, err := f.Read(buf[kept:])
		seen := buf[:kept+n]
		empty = empty && n == 0
		if bytes.Contains(seen, variable) {
			return true, false
		}
		if err != nil {
			return false, empty
		}
		kept = copy(buf, seen[max(0, len(seen)-len(mark)):])
	}
}
