package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/kalpana-dev/kalpana/bridge"
)

const forwardHelp = `
Makes ports of a running workspace ports of this machine, until Ctrl-C: what connects to
127.0.0.1:LOCAL is connected to PORT inside. LOCAL is PORT if it is left out.

  kalpana port-forward my-app 3000          http://127.0.0.1:3000 is port 3000 inside
  kalpana port-forward my-app 8081:5173     http://127.0.0.1:8081 is port 5173 inside

--address IP listens on another address of this machine; others can then use the ports.
--json prints one object a line for each port.
`

// forward is one port of the workspace as one of this machine.
type forward struct {
	local, port int
	same        bool // local was left out
	listener    *net.TCPListener
}

func runForward(ctx context.Context, k *call) error {
	address := k.flags.String("address", "127.0.0.1", "address to listen on")
	args, err := k.parseFlags()
	if err != nil {
		return err
	}
	if len(args) < 2 {
		return usageError{"say which workspace and which ports"}
	}
	forwards, err := parseForwards(args[1:])
	if err != nil {
		return err
	}
	ip, err := netip.ParseAddr(strings.Replace(*address, "localhost", "127.0.0.1", 1))
	if err != nil {
		return usageError{fmt.Sprintf("--address is %q, which is no IP address", *address)}
	}
	a, err := k.reach(ctx, args[0])
	if err != nil {
		return err
	}
	defer a.close()
	defer func() {
		for _, f := range forwards {
			if f.listener != nil {
				_ = f.listener.Close()
			}
		}
	}()
	for _, f := range forwards {
		if err := f.listen(ip); err != nil {
			return err
		}
	}
	if !ip.IsLoopback() {
		fmt.Fprintf(k.err, "Warning: whoever reaches %s can use these ports, without a login.\n", ip)
	}
	for _, f := range forwards {
		if k.json {
			_ = json.NewEncoder(k.out).Encode(map[string]any{"address": f.listener.Addr().String(), "port": f.port, "workspace": a.workspace.ID, "name": a.workspace.Name})
		} else {
			fmt.Fprintf(k.out, "Forwarding %s → port %d of %s\n", f.listener.Addr(), f.port, a.workspace.Name)
		}
	}
	return k.serve(ctx, a, forwards)
}

// parseForwards reads [LOCAL:]PORT words.
func parseForwards(words []string) ([]*forward, error) {
	var all []*forward
	taken := map[int]bool{}
	for _, w := range words {
		local, port, two := strings.Cut(w, ":")
		if !two {
			port = local
		}
		l, err1 := strconv.ParseUint(local, 10, 16)
		p, err2 := strconv.ParseUint(port, 10, 16)
		f := &forward{local: int(l), port: int(p), same: !two}
		switch {
		case err1 != nil || err2 != nil || l == 0 || p == 0:
			return nil, usageError{fmt.Sprintf("%q is not [LOCAL:]PORT; both are numbers from 1 to 65535", w)}
		case !bridge.Forwardable(f.port):
			return nil, usageError{fmt.Sprintf("port %d of a workspace is not forwarded: only those from %d on are, without %d and %d, which are Kalpana's own", f.port, bridge.MinPort, bridge.APIPort, bridge.EditorPort)}
		case taken[f.local]:
			return nil, usageError{fmt.Sprintf("local port %d is wanted twice", f.local)}
		}
		taken[f.local] = true
		all = append(all, f)
	}
	return all, nil
}

func (f *forward) listen(ip netip.Addr) error {
	at := netip.AddrPortFrom(ip, uint16(f.local))
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
	switch {
	case errors.Is(err, syscall.EADDRINUSE) && f.same:
		return fmt.Errorf("port %d of this machine is taken; give another one as LOCAL:PORT, for example 1%04d:%d", f.local, f.port%10000, f.port)
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("port %d of this machine is taken; give another one", f.local)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("no right to listen on %s; give a local port from 1024 on: LOCAL:PORT", at)
	case err != nil:
		return fmt.Errorf("listen on %s: %w", at, err)
	}
	f.listener = l
	return nil
}

// serve carries connections until ctx ends, and then ends them. It fails when one of the
// listeners does.
func (k *call) serve(ctx context.Context, a *agent, forwards []*forward) error {
	serving, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	var mu sync.Mutex // one line at a time
	for _, f := range forwards {
		wg.Go(func() {
			defer context.AfterFunc(serving, func() { _ = f.listener.Close() })()
			for {
				conn, err := f.listener.AcceptTCP()
				if err != nil {
					cancel(fmt.Errorf("listen on %s: %w", f.listener.Addr(), err))
					return
				}
				wg.Go(func() {
					defer conn.Close()
					if err := a.carry(serving, conn, f.port); err != nil && serving.Err() == nil {
						mu.Lock()
						defer mu.Unlock()
						fmt.Fprintf(k.err, "Connection to port %d of %s: %v\n", f.port, a.workspace.Name, err)
					}
				})
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return nil // that is how it is meant to end
	}
	return context.Cause(serving)
}
