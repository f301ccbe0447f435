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

  ls                                       all workspaces (--user EMAIL: of one user)
  create NAME --user EMAIL [--no-start]    create one; --memory BYTES, --cpu NANOCPUS, --idle DURATION
  start|stop|restart WORKSPACE             and wait until it is done (--no-wait: do not)
  rm WORKSPACE                             delete it with all its files
  logs WORKSPACE                           the log of its latest start
  exec WORKSPACE -- COMMAND…               run a command in it; ends with the command's exit code`

// workspace is what we read of a workspace on the wire.
type workspaceRecord struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Status       string `json:"status"`
	StatusReason string `json:"statusReason"`
	VSCodeURL    string `json:"vscodeUrl"`
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
	case "-h", "--help", "help":
		k.args = []string{"--help"}
		_, err := k.parse()
		return err
	}
	return usageError{fmt.Sprintf("%q is no subcommand of workspace", action)}
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
		if err := k.server.do(ctx, "GET", "/api/v1/workspaces?limit=200&cursor="+url.QueryEscape(cursor), nil, &page); err != nil {
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
	k.server.user = *email
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
	if *email == "" {
		return usageError{"--user is missing: whose workspace is it?"}
	}
	k.server.user = *email
	body := map[string]any{"name": args[0], "memory": *memory, "cpu": *cpu, "start": !*noStart}
	if *idle >= 0 {
		body["idleTimeout"] = int64(*idle / time.Second)
	}
	var made json.RawMessage
	if err := k.server.do(ctx, "POST", "/api/v1/workspaces", body, &made); err != nil {
		return err
	}
	k.server.user = ""
	if *noStart || *noWait {
		return k.show(made)
	}
	return k.await(ctx, made, "RUNNING")
}

// find turns an id or a name into an id.
func (k *call) find(ctx context.Context, word string) (string, error) {
	found, _, err := k.all(ctx)
	if err != nil {
		return "", err
	}
	var named []string
	for _, w := range found {
		if w.ID == word {
			return w.ID, nil
		}
		if w.Name == word {
			named = append(named, w.ID)
		}
	}
	switch len(named) {
	case 0:
		return "", fmt.Errorf("there is no workspace %q; `kalpana workspace ls` lists them", word)
	case 1:
		return named[0], nil
	}
	return "", fmt.Errorf("%d workspaces are called %q; say which by id: %s", len(named), word, strings.Join(named, ", "))
}

func (k *call) order(ctx context.Context, action string) error {
	noWait := k.flags.Bool("no-wait", false, "do not wait until it is done")
	args, err := k.parse("WORKSPACE")
	if err != nil {
		return err
	}
	id, err := k.find(ctx, args[0])
	if err != nil {
		return err
	}
	var w json.RawMessage
	if err := k.server.do(ctx, "POST", "/api/v1/workspaces/"+id+"/"+action, nil, &w); err != nil {
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
		if err := k.server.do(ctx, "GET", "/api/v1/workspaces/"+w.ID, nil, &raw); err != nil {
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
	id, err := k.find(ctx, args[0])
	if err != nil {
		return err
	}
	if err := k.server.do(ctx, "DELETE", "/api/v1/workspaces/"+id, nil, nil); err != nil {
		return err
	}
	return k.print(map[string]string{"id": id, "deleted": "true"}, func() { fmt.Fprintln(k.out, id, "is being deleted") })
}

func (k *call) logs(ctx context.Context) error {
	args, err := k.parse("WORKSPACE")
	if err != nil {
		return err
	}
	id, err := k.find(ctx, args[0])
	if err != nil {
		return err
	}
	resp, err := k.server.open(ctx, "GET", "/api/v1/workspaces/"+id+"/logs", nil)
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
	return k.print(map[string]any{"id": id, "lines": lines}, nil)
}

// exec runs a command and copies its output as it comes.
func (k *call) exec(ctx context.Context) error {
	k.flags.SetInterspersed(false)
	var words []string
	if err := k.flags.Parse(k.args); err != nil {
		return usageError{err.Error()}
	}
	words = k.flags.Args()
	if len(words) > 1 && words[1] == "--" {
		words = append(words[:1], words[2:]...)
	}
	if len(words) < 2 {
		return usageError{"say which workspace and which command"}
	}
	id, err := k.find(ctx, words[0])
	if err != nil {
		return err
	}
	resp, err := k.server.open(ctx, "POST", "/workspaces/"+id+"/exec", map[string]any{"command": words[1:]})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	for d := json.NewDecoder(resp.Body); ; {
		var part struct {
			Stdout, Stderr []byte
			Error          string
			ExitCode       *int
		}
		if err := d.Decode(&part); err != nil {
			return fmt.Errorf("the connection ended before the command did: %w", err)
		}
		if part.Error != "" {
			return fmt.Errorf("run %s: %s", words[1], part.Error)
		}
		k.out.Write(part.Stdout)
		k.err.Write(part.Stderr)
		if part.ExitCode != nil {
			if *part.ExitCode != 0 {
				return exitError{*part.ExitCode}
			}
			return nil
		}
	}
}
