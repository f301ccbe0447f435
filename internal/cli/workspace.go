package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"
)

const workspaceHelp = `
Lists and changes workspaces. WORKSPACE is an id or a name that only one workspace has.

  ls                                       all workspaces (--user EMAIL: of one user); with a token: yours
  create NAME --user EMAIL [--no-start]    create one; --memory BYTES, --cpu NANOCPUS, --idle DURATION;
                                           with a token it is yours, without --user
  start|stop|restart WORKSPACE             and wait until it is done (--no-wait: do not)
  rm WORKSPACE                             delete it with all its files
  logs WORKSPACE                           the log of its latest start
  exec WORKSPACE -- COMMAND…               run a command in it; ends with the command's exit code. The
                                           words reach the command exactly as they are: for a line with
                                           pipes or variables use  -- bash -c 'LINE'. Standard input is
                                           passed on unless it is a terminal. Ctrl-C ends the command,
                                           too. -t before WORKSPACE gives the command a terminal
  shell WORKSPACE                          an interactive shell in it; --attach ID shows a terminal that
                                           is open in it already
`

// workspace is what we read of a workspace on the wire.
type workspaceRecord struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Status       string `json:"status"`
	StatusReason string `json:"statusReason"`
	VSCodeURL    string `json:"vscodeUrl"`
	AgentURL     string `json:"agentUrl"`
	OwnerID      string `json:"ownerId"`
	CreatedAt    string `json:"createdAt"`
}

func runWorkspace(ctx context.Context, k *call) error {
	if len(k.args) == 0 {
		return usageError{"say what to do"}
	}
	action := k.args[0]
	k.args = k.args[1:]
	email := k.flags.String("user", "", "email of the owner")
	switch action {
	case "ls":
		return k.list(ctx, email)
	case "create":
		return k.create(ctx, email)
	case "start", "stop", "restart":
		return k.order(ctx, action)
	case "rm":
		return k.remove(ctx)
	case "logs":
		return k.logs(ctx)
	case "exec":
		return k.exec(ctx)
	case "shell":
		return k.shell(ctx)
	case "-h", "--help", "help":
		k.args = []string{"--help"}
		_, err := k.parse()
		return err
	}
	return usageError{fmt.Sprintf("%q is no subcommand of workspace", action)}
}

// actFor makes requests those of the user with this email; empty changes nothing.
func (k *call) actFor(email string) error {
	if email != "" && k.conn.remote() {
		return usageError{"--user is for the admin socket: a token acts for its own user"}
	}
	k.conn.user = email
	return nil
}

// all reads every page of the list.
func (k *call) all(ctx context.Context) ([]workspaceRecord, []json.RawMessage, error) {
	var records []workspaceRecord
	var raws []json.RawMessage
	cursor := ""
	for {
		var page struct {
			Items      []json.RawMessage `json:"items"`
			NextCursor string            `json:"nextCursor"`
		}
		if err := k.conn.do(ctx, "GET", "/api/v1/workspaces?limit=200&cursor="+url.QueryEscape(cursor), nil, &page); err != nil {
			return nil, nil, err
		}
		for _, raw := range page.Items {
			var w workspaceRecord
			if err := json.Unmarshal(raw, &w); err != nil {
				return nil, nil, err
			}
			records, raws = append(records, w), append(raws, raw)
		}
		if cursor = page.NextCursor; cursor == "" {
			return records, raws, nil
		}
	}
}

func (k *call) list(ctx context.Context, email *string) error {
	if _, err := k.parse(); err != nil {
		return err
	}
	if err := k.actFor(*email); err != nil {
		return err
	}
	found, raws, err := k.all(ctx)
	if err != nil {
		return err
	}
	if raws == nil {
		raws = []json.RawMessage{}
	}
	return k.print(raws, func() {
		t := tabwriter.NewWriter(k.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(t, "ID\tSTATUS\tNAME\tADDRESS")
		for _, w := range found {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", w.ID, w.Status, w.Name, w.VSCodeURL)
		}
		t.Flush()
	})
}

func (k *call) create(ctx context.Context, email *string) error {
	memory := k.flags.Int64("memory", 0, "bytes")
	cpu := k.flags.Int64("cpu", 0, "billionths of a core")
	idle := k.flags.Duration("idle", -1, "stop when unused for this long; 0 = never")
	noStart := k.flags.Bool("no-start", false, "only create it")
	noWait := k.flags.Bool("no-wait", false, "do not wait until it runs")
	args, err := k.parse("NAME")
	if err != nil {
		return err
	}
	if *email == "" && !k.conn.remote() {
		return usageError{"--user is missing: whose workspace is it?"}
	}
	if err := k.actFor(*email); err != nil {
		return err
	}
	body := map[string]any{"name": args[0], "memory": *memory, "cpu": *cpu, "start": !*noStart}
	if *idle >= 0 {
		body["idleTimeout"] = int64(*idle / time.Second)
	}
	var made json.RawMessage
	if err := k.conn.do(ctx, "POST", "/api/v1/workspaces", body, &made); err != nil {
		return err
	}
	k.conn.user = ""
	if *noStart || *noWait {
		return k.show(made)
	}
	return k.await(ctx, made, "RUNNING")
}

// find is the workspace with this id or name.
func (k *call) find(ctx context.Context, word string) (workspaceRecord, error) {
	found, _, err := k.all(ctx)
	if err != nil {
		return workspaceRecord{}, err
	}
	var named []workspaceRecord
	var ids []string
	for _, w := range found {
		if w.ID == word {
			return w, nil
		}
		if w.Name == word {
			named, ids = append(named, w), append(ids, w.ID)
		}
	}
	switch len(named) {
	case 0:
		return workspaceRecord{}, fmt.Errorf("there is no workspace %q; `kalpana workspace ls` lists them", word)
	case 1:
		return named[0], nil
	}
	return workspaceRecord{}, fmt.Errorf("%d workspaces are called %q; say which by id: %s", len(named), word, strings.Join(ids, ", "))
}

func (k *call) order(ctx context.Context, action string) error {
	noWait := k.flags.Bool("no-wait", false, "do not wait until it is done")
	args, err := k.parse("WORKSPACE")
	if err != nil {
		return err
	}
	found, err := k.find(ctx, args[0])
	if err != nil {
		return err
	}
	var w json.RawMessage
	if err := k.conn.do(ctx, "POST", "/api/v1/workspaces/"+found.ID+"/"+action, nil, &w); err != nil {
		return err
	}
	if *noWait {
		return k.show(w)
	}
	want := "RUNNING"
	if action == "stop" {
		want = "STOPPED"
	}
	return k.await(ctx, w, want)
}

// await polls until the workspace has the wanted status, or ERROR.
func (k *call) await(ctx context.Context, raw json.RawMessage, want string) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		var w workspaceRecord
		if err := json.Unmarshal(raw, &w); err != nil {
			return err
		}
		switch w.Status {
		case want:
			return k.show(raw)
		case "ERROR":
			return fmt.Errorf("workspace %s: %s", w.ID, w.StatusReason)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if err := k.conn.do(ctx, "GET", "/api/v1/workspaces/"+w.ID, nil, &raw); err != nil {
			return err
		}
	}
}

func (k *call) show(raw json.RawMessage) error {
	return k.print(raw, func() {
		var w workspaceRecord
		json.Unmarshal(raw, &w)
		fmt.Fprintf(k.out, "%s  %s  %s  %s\n", w.ID, w.Status, w.Name, w.VSCodeURL)
	})
}

func (k *call) remove(ctx context.Context) error {
	args, err := k.parse("WORKSPACE")
	if err != nil {
		return err
	}
	found, err := k.find(ctx, args[0])
	if err != nil {
		return err
	}
	if err := k.conn.do(ctx, "DELETE", "/api/v1/workspaces/"+found.ID, nil, nil); err != nil {
		return err
	}
	return k.print(map[string]string{"id": found.ID, "deleted": "true"}, func() { fmt.Fprintln(k.out, found.ID, "is being deleted") })
}

func (k *call) logs(ctx context.Context) error {
	args, err := k.parse("WORKSPACE")
	if err != nil {
		return err
	}
	found, err := k.find(ctx, args[0])
	if err != nil {
		return err
	}
	resp, err := k.conn.open(ctx, "GET", "/api/v1/workspaces/"+found.ID+"/logs", nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if !k.json {
		_, err = io.Copy(k.out, resp.Body)
		return err
	}
	lines := []string{}
	for s := bufio.NewScanner(resp.Body); s.Scan(); {
		lines = append(lines, s.Text())
	}
	return k.print(map[string]any{"id": found.ID, "lines": lines}, nil)
}
