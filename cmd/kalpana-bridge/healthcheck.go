package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

// healthcheck asks the bridge of this container whether it is up. It uses a socket that
// only this container sees, for it knows no key.
func healthcheck(args []string) int {
	flags := flag.NewFlagSet("healthcheck", flag.ContinueOnError)
	socket := flags.String("health-socket", healthSocket, "`socket` of the running bridge; @ begins an abstract name")
	if flags.Parse(args) != nil {
		return 2
	}
	client := &http.Client{
		Timeout: 3 * time.Second, // less than the image's own limit, so that the reason is told
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", *socket)
		}},
	}
	resp, err := client.Get("http://bridge/healthz")
	if err != nil {
		fmt.Fprintln(os.Stderr, "kalpana-bridge: ask the bridge for its health:", err)
		return 1
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		fmt.Fprintln(os.Stderr, "kalpana-bridge: the bridge answers", resp.Status)
		return 1
	}
	return 0
}
