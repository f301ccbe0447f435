// Package hostnet closes what a container engine's defaults leave open on the host, where
// there is the right to: firewall rules for the bridges of workspaces, and the lease range
// kept out of the kernel's outgoing ports. Without the right it only reports. It is used
// at start-up and by `kalpana doctor`.
//
// The bridges of workspaces are called kal0, kal1, …, so that one rule with kal+ covers all.
package hostnet

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bridges is the pattern that matches the network interfaces of workspaces.
const Bridges = "kal+"

// Finding is one thing that was looked at.
type Finding struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	// Fix is what to type, empty when there is nothing to fix.
	Fix string `json:"fix,omitempty"`
}

// Host is the machine. The zero value is this one.
type Host struct {
	// Sysctl is where kernel settings are files. Default: /proc/sys.
	Sysctl string
	// Class is where network interfaces are folders. Default: /sys/class/net.
	Class string
	// Run runs a command and returns its output. Default: os/exec.
	Run func(ctx context.Context, name string, args ...string) (string, error)
}

// rule is one firewall rule. Rules go to the head of their chain, because DOCKER-USER
// ends with a RETURN.
type rule struct {
	chain string
	match []string
	why   string
}

// rules closes the host to workspaces, workspaces to the network around the host, and
// that network to workspaces. Answers to connections that the host opened pass: NEW only.
var rules = []rule{
	{"INPUT", []string{"-i", Bridges, "-m", "conntrack", "--ctstate", "NEW", "-j", "DROP"}, "workspaces cannot reach services of the host"},
	{"DOCKER-USER", []string{"!", "-i", Bridges, "-o", Bridges, "-m", "conntrack", "--ctstate", "NEW", "-j", "DROP"}, "neighbours of the host cannot reach workspaces"},
	{"DOCKER-USER", []string{"-i", Bridges, "-d", "169.254.0.0/16", "-j", "DROP"}, "workspaces cannot reach the cloud's metadata"},
	{"DOCKER-USER", []string{"-i", Bridges, "-d", "10.0.0.0/8", "-m", "conntrack", "--ctstate", "NEW", "-j", "DROP"}, "workspaces cannot reach private networks"},
	{"DOCKER-USER", []string{"-i", Bridges, "-d", "172.16.0.0/12", "-m", "conntrack", "--ctstate", "NEW", "-j", "DROP"}, "workspaces cannot reach private networks"},
	{"DOCKER-USER", []string{"-i", Bridges, "-d", "192.168.0.0/16", "-m", "conntrack", "--ctstate", "NEW", "-j", "DROP"}, "workspaces cannot reach private networks"},
}

// rules6 is for IPv6, which the bridges do not use: nothing at all may pass.
var rules6 = []rule{
	{"INPUT", []string{"-i", Bridges, "-j", "DROP"}, "workspaces cannot reach the host by IPv6"},
	{"FORWARD", []string{"-i", Bridges, "-j", "DROP"}, "workspaces cannot reach anything by IPv6"},
}

// commandTimeout bounds one run of iptables, which waits for a lock others may hold.
const commandTimeout = 10 * time.Second

// Close puts the rules in place and reserves the ports from start to end (end not
// included). It may be repeated: what is there already stays.
func (h Host) Close(ctx context.Context, start, end int) []Finding {
	return append([]Finding{h.firewall(ctx, true), h.firewall6(ctx, true)}, h.reserve(start, end, true))
}

// Look reports what Close would do, and changes nothing.
func (h Host) Look(ctx context.Context, start, end int) []Finding {
	return append([]Finding{h.firewall(ctx, false), h.firewall6(ctx, false)}, h.reserve(start, end, false))
}

func (h Host) firewall(ctx context.Context, change bool) Finding {
	return h.apply(ctx, "firewall", "iptables", rules, change)
}

func (h Host) firewall6(ctx context.Context, change bool) Finding {
	return h.apply(ctx, "firewall, IPv6", "ip6tables", rules6, change)
}

func (h Host) apply(ctx context.Context, name, tool string, rules []rule, change bool) Finding {
	var open []string
	var fix string
	for _, r := range rules {
		if _, err := h.run(ctx, tool, append([]string{"-w", "5", "-C", r.chain}, r.match...)...); err == nil {
			continue
		}
		insert := append([]string{"-w", "5", "-I", r.chain}, r.match...)
		if change {
			if _, err := h.run(ctx, tool, insert...); err == nil {
				continue
			}
		}
		open = append(open, r.why)
		if fix == "" {
			fix = "sudo " + tool + " " + strings.Join(insert, " ")
		}
	}
	if len(open) == 0 {
		return Finding{Name: name, OK: true, Detail: "workspaces are kept apart from the host and the networks around it"}
	}
	if os.Geteuid() == 0 {
		fix = "start Kalpana after the container engine, with " + tool + " installed; it sets the rules itself"
	}
	slices.Sort(open)
	return Finding{Name: name, Detail: "not assured: " + strings.Join(slices.Compact(open), "; "), Fix: fix}
}

func (h Host) run(ctx context.Context, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	if h.Run != nil {
		return h.Run(ctx, name, args...)
	}
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	return string(out), err
}

// reserve keeps the kernel from giving leased ports to outgoing connections. The range
// lies within ip_local_port_range on most systems, and the gateway itself opens
// thousands of connections.
func (h Host) reserve(start, end int, change bool) Finding {
	file := filepath.Join(h.sysctl(), "net/ipv4/ip_local_reserved_ports")
	want := fmt.Sprintf("%d-%d", start, end-1)
	f := Finding{Name: "reserved ports", Fix: "sudo sysctl -w net.ipv4.ip_local_reserved_ports=" + want}
	data, err := os.ReadFile(file)
	if err != nil {
		f.Detail = "cannot tell whether the lease range is reserved: " + err.Error()
		return f
	}
	now := strings.TrimSpace(string(data))
	if covered(now, start, end) {
		return Finding{Name: f.Name, OK: true, Detail: "the kernel leaves " + want + " alone"}
	}
	merged := want
	if now != "" {
		merged = now + "," + want
	}
	f.Fix = "sudo sysctl -w net.ipv4.ip_local_reserved_ports=" + merged
	if change {
		if err := os.WriteFile(file, []byte(merged), 0o644); err == nil {
			return Finding{Name: f.Name, OK: true, Detail: "the kernel leaves " + want + " alone"}
		}
	}
	f.Detail = "outgoing connections may take ports from " + want + "; starts then try other ports"
	return f
}

func (h Host) sysctl() string {
	if h.Sysctl == "" {
		return "/proc/sys"
	}
	return h.Sysctl
}

// covered reports whether a list such as "8080,40000-40010" has every port from start to end.
func covered(list string, start, end int) bool {
	type span struct{ from, to int }
	var spans []span
	for part := range strings.SplitSeq(list, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			to = from
		}
		a, err1 := strconv.Atoi(from)
		b, err2 := strconv.Atoi(to)
		if err1 == nil && err2 == nil {
			spans = append(spans, span{a, b})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	next := start
	for _, s := range spans {
		if s.from <= next && s.to >= next {
			next = s.to + 1
		}
	}
	return next >= end
}
