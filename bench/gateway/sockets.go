package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// echo answers every message of a WebSocket with itself.
func echo(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled}) // loopback
	if err != nil {
		return
	}
	defer c.CloseNow()
	for {
		kind, message, err := c.Read(r.Context())
		if err != nil || c.Write(r.Context(), kind, message) != nil {
			return
		}
	}
}

// dialSockets opens count WebSockets to base (http or https, whose host's name counts) at address.
func dialSockets(ctx context.Context, address, base, cookie string, count int) ([]*websocket.Conn, error) {
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // this machine's own server, by address
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}}
	var all []*websocket.Conn
	for range count {
		c, _, err := websocket.Dial(ctx, base+"/echo", &websocket.DialOptions{
			HTTPClient: client, HTTPHeader: http.Header{"Cookie": {cookie}, "Origin": {base}}, CompressionMode: websocket.CompressionDisabled,
		})
		if err != nil {
			return all, fmt.Errorf("WebSocket %d to %s at %s: %w", len(all), base, address, err)
		}
		all = append(all, c)
	}
	return all, nil
}

// echoes prints how many messages of 64 bytes came back in a second over count WebSockets
// that send one at a time.
func echoes(address, base, cookie string, count int, lasts time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), lasts+time.Minute)
	defer cancel()
	all, err := dialSockets(ctx, address, base, cookie, count)
	if err != nil {
		return err
	}
	var n atomic.Int64
	var over atomic.Bool
	var wg sync.WaitGroup
	began := time.Now()
	for _, c := range all {
		wg.Go(func() {
			message := make([]byte, 64)
			for !over.Load() {
				if c.Write(ctx, websocket.MessageBinary, message) != nil {
					return
				}
				if _, _, err := c.Read(ctx); err != nil {
					return
				}
				n.Add(1)
			}
		})
	}
	time.Sleep(lasts)
	over.Store(true)
	wg.Wait()
	fmt.Printf("%d %.0f\n", n.Load(), float64(n.Load())/time.Since(began).Seconds())
	for _, c := range all {
		c.CloseNow()
	}
	return nil
}

// hold opens count WebSockets, says so, and keeps them until it is killed.
func hold(address, base, cookie string, count int) error {
	ctx := context.Background()
	all, err := dialSockets(ctx, address, base, cookie, count)
	if err != nil {
		return err
	}
	for _, c := range all {
		if err := c.Write(ctx, websocket.MessageBinary, []byte("hello")); err != nil {
			return err
		}
		if _, _, err := c.Read(ctx); err != nil {
			return err
		}
	}
	fmt.Println("open")
	select {}
}
