// Command gateway has what measuring the gateway alone needs, on an upstream that is no
// workspace: it writes workspaces that "run" on given ports into the database of a data
// directory, prints the cookie that a browser would hold for one of them, stands for the
// editors, and makes the load that no common tool makes.
//
//	gateway seed DATA_DIR FIRST_PORT COUNT      workspaces bench0000000, bench0000001, …
//	gateway cookie DATA_DIR HTTPS_PORT LINK ID  logs in by the one-time link (- = none)
//	gateway upstream DATA_DIR FIRST_PORT COUNT  answers with 1 KiB on every second port, echoes
//	                                            at /echo, and proves to be the bridge of its workspace
//	gateway peers DIR CERTIFICATE KEY TARGET    writes configurations of what it is compared with
//	gateway helper                              says who a visitor is, for those who have to ask
//	gateway helper-cookie                       prints the cookie that the helper takes
//	gateway echoes ADDRESS BASE COOKIE COUNT SECONDS   prints echoes, and echoes in a second
//	gateway hold ADDRESS BASE COOKIE COUNT      opens WebSockets and keeps them
//
// The server must run with DOCKER_HOST naming no engine: an engine that does not answer
// is no reason to believe that a workspace is gone, so the records stand.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/kalpana-dev/kalpana/bridge/proof"
	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 4 && args[0] == "seed":
		first, err1 := strconv.Atoi(args[2])
		count, err2 := strconv.Atoi(args[3])
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		return seed(args[1], first, count)
	case len(args) == 4 && args[0] == "upstream":
		first, err1 := strconv.Atoi(args[2])
		count, err2 := strconv.Atoi(args[3])
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		return upstream(args[1], first, count)
	case len(args) == 5 && args[0] == "cookie":
		return cookie(args[2], args[3], args[4])
	case len(args) == 5 && args[0] == "peers":
		return peers(args[1], args[2], args[3], args[4])
	case len(args) == 1 && args[0] == "helper":
		return helper()
	case len(args) == 1 && args[0] == "helper-cookie":
		fmt.Printf("%s=%s\n", helperCookie, helperValue())
		return nil
	case len(args) == 6 && args[0] == "echoes":
		count, err1 := strconv.Atoi(args[4])
		seconds, err2 := strconv.Atoi(args[5])
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		return echoes(args[1], args[2], args[3], count, time.Duration(seconds)*time.Second)
	case len(args) == 5 && args[0] == "hold":
		count, err := strconv.Atoi(args[4])
		if err != nil {
			return err
		}
		return hold(args[1], args[2], args[3], count)
	}
	return errors.New("usage: see the comment at the top of bench/gateway/main.go")
}

// upstream stands for the editors: 1 KiB for every request.
func upstream(dir string, first, count int) error {
	secret, err := secretbox.LoadOrCreate(filepath.Join(dir, "secret"))
	if err != nil {
		return err
	}
	box, err := secretbox.New(secret)
	if err != nil {
		return err
	}
	body := bytes.Repeat([]byte("k"), 1024)
	failed := make(chan error)
	for i := range count {
		hash := sha256.Sum256([]byte(box.WorkspaceKey(idOf(i), 1)))
		s := &http.Server{Addr: fmt.Sprintf("127.0.0.1:%d", first+2*i), ReadHeaderTimeout: time.Minute, Handler: proof.Handler(hash, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/echo" {
				echo(w, r)
				return
			}
			w.Header().Set("Content-Type", "text/plain")
			w.Write(body)
		}))}
		go func() { failed <- s.ListenAndServe() }()
	}
	return <-failed
}

func idOf(i int) string { return fmt.Sprintf("bench%07d", i) }

func seed(dir string, first, count int) error {
	ctx := context.Background()
	db, err := embeddeddb.Open(filepath.Join(dir, "db"), slog.Default())
	if err != nil {
		return err
	}
	defer db.Close()
	store, err := mongostore.Open(ctx, db.URI(), nil)
	if err != nil {
		return err
	}
	defer store.Close(ctx)
	people, err := store.UsersSince(ctx, time.Time{})
	if err != nil || len(people) == 0 {
		return fmt.Errorf("start the server once and use its link, so that there is an administrator: %w", err)
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	for i := range count {
		id := idOf(i)
		err := store.Workspaces().Insert(ctx, workspace.Workspace{
			ID: id, OwnerID: people[0].ID, Name: id, Status: workspace.StatusRunning, Desired: workspace.DesiredRunning, Epoch: 1,
			VSCodePort: first + 2*i, AgentPort: first + 2*i + 1, ContainerID: "none", Memory: 1 << 30, CPU: 1e9,
			LastActiveAt: now, CreatedAt: now, UpdatedAt: now, Version: 1, Request: id, Slot: i,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// cookie goes the way of a browser: link, session, workspace host, ticket, cookie.
func cookie(port, link, id string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	c := &http.Client{Jar: jar, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // this machine's own server, by address
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+port)
		},
	}}
	if link != "-" {
		if err := visit(c, link); err != nil {
			return err
		}
	}
	address := "https://" + id + ".ws.localhost:" + port + "/small"
	if err := visit(c, address); err != nil {
		return err
	}
	u, _ := url.Parse(address)
	for _, k := range jar.Cookies(u) {
		if k.Name == "__Host-kalpana-ws" {
			fmt.Printf("%s=%s\n", k.Name, k.Value)
			return nil
		}
	}
	return fmt.Errorf("no cookie for %s", id)
}

func visit(c *http.Client, address string) error {
	req, err := http.NewRequest("GET", address, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "text/html")
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
