package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"
)

// healthcheck asks the bridge of this container whether it is up. It uses the socket that
// only this container sees, for it knows no key.
func healthcheck(args []string) int {
	flags := flag.NewFlagSet("healthcheck", flag.ContinueOnError)
	socket := flags.String("inside-socket", insideSocket, "`socket` of the running bridge; @ begins an abstract name")
	if flags.Parse(args) != nil {
		return 2
	}
	client := insideClient(*socket, 3*time.Second) // less than the image's own limit, so that the reason is told
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
