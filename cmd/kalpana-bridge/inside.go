package main

import (
	"context"
	"net"
	"net/http"
	"time"
)

// insideClient sends every request to the bridge of this container, over a Unix socket.
func insideClient(socket string, timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		}},
	}
}
