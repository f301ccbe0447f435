package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeserver"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
)

// keyVariable holds the SHA-256 of the workspace's key.
const keyVariable = "KALPANA_KEY_SHA256"

// othersGrace is what processes other than the editor get to end themselves, within the
// ten seconds after which Docker ends the container by force.
const othersGrace = 2 * time.Second

// Where the image has what belongs to the editor, see bridge/image.
const (
	editorCLI  = "/usr/local/bin/editor-cli"
	editorNode = "/opt/code-server/bin/node"
)

type settings struct {
	api, editor, inside, root, state, editorSocket string
	command                                        []string
}

func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.StringVar(&s.api, "api", ":3001", "`address` of the bridge protocol")
	flags.StringVar(&s.editor, "editor", ":8080", "`address` of the editor")
	flags.StringVar(&s.inside, "inside-socket", insideSocket, "`socket` for the healthcheck and credential commands; @ begins an abstract name")
	flags.StringVar(&s.root, "root", "/workspace", "`folder` that file requests are confined to")
	flags.StringVar(&s.state, "state", defaultState(), "`folder` for what the bridge keeps: checkpoints, the environment")
	flags.StringVar(&s.editorSocket, "editor-socket", "", "`socket` that the command is told to listen on, as EDITOR_SOCKET (default: in /run/kalpana, or in a new folder if that cannot be written)")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if s.command = flags.Args(); len(s.command) == 0 {
		fmt.Fprintf(flags.Output(), "kalpana-bridge: the command of the editor is missing\n%s", usage)
		return s, errors.New("no command")
	}
	return s, nil
}

func serve(args []string) int {
	s, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	if err := run(s, log); err != nil {
		log.Error("bridge ended", "err", err)
		return 1
	}
	log.Info("bridge ended")
	return 0
}

// run serves until a signal ends it or a listener fails; then it ends the container.
func run(s settings, log *slog.Logger) error {
	if err := supervisor.Shield(); err != nil {
		return err
	}
	if s.editorSocket == "" {
		dir, err := socketFolder()
		if err != nil {
			return err
		}
		s.editorSocket = filepath.Join(dir, "editor.sock")
	}
	children := supervisor.NewChildren()
	cfg := bridgeserver.Config{
		KeySHA256: os.Getenv(keyVariable), Root: s.root, StateDir: s.state, EditorSocket: s.editorSocket,
		HoldEditor: os.Getenv(bridge.HoldEditor) == "1", EditorCLI: []string{editorCLI},
		Probes:   [][]string{{"/bin/bash", "-c", ":"}, {editorNode, "--version"}},
		Children: children, Env: supervisor.ChildEnv(os.Environ()), Version: version(), Log: log,
	}
	// The same places as in start-editor and env-hook.sh of the image.
	if home := os.Getenv("HOME"); filepath.IsAbs(home) {
		cfg.EditorData = filepath.Join(home, ".local", "share", "code-server")
		cfg.EnvironmentScript = filepath.Join(home, ".cache", "kalpana", "env.sh")
	}
	server, err := bridgeserver.New(cfg)
	if err != nil {
		return fmt.Errorf("set up the bridge (key hash from %s): %w", keyVariable, err)
	}
	listeners, err := listen(s)
	if err != nil {
		return errors.Join(err, server.Close())
	}

	ctx, stop := supervisor.Signals(context.Background(), children)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	reaping, stopReaping := context.WithCancel(context.Background())
	var reaper, editor sync.WaitGroup
	reaper.Go(func() { children.Reap(reaping) })
	editor.Go(func() {
		select {
		case <-server.MayStart():
		case <-ctx.Done():
			return
		}
		(&supervisor.Supervisor{
			Command: s.command,
			Env: func() []string {
				return server.EditorEnv(supervisor.ChildEnv(os.Environ(), "EDITOR_SOCKET="+s.editorSocket))
			},
			Children: children,
			Log:      log,
		}).Run(ctx)
	})
	log.Info("bridge serves", "api", listeners[0].Addr().String(), "editor", listeners[1].Addr().String())
	err = server.Serve(ctx, listeners[0], listeners[1], listeners[2])

	cancel()
	editor.Wait()
	stopReaping()
	reaper.Wait()
	grace, cancelGrace := context.WithTimeout(context.Background(), othersGrace)
	defer cancelGrace()
	supervisor.EndOthers(grace, children)
	return err
}

// listen opens the three listeners, or none.
func listen(s settings) ([3]net.Listener, error) {
	var opened [3]net.Listener
	for i, at := range []struct{ network, address string }{{"tcp", s.api}, {"tcp", s.editor}, {"unix", s.inside}} {
		l, err := net.Listen(at.network, at.address)
		if err != nil {
			for _, l := range opened[:i] {
				_ = l.Close()
			}
			return opened, fmt.Errorf("listen on %s: %w", at.address, err)
		}
		opened[i] = l
	}
	return opened, nil
}

// defaultState is beside what other programs of the user keep (XDG Base Directory), on
// the volume of the home folder.
func defaultState() string {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "kalpana")
	}
	return filepath.Join(os.Getenv("HOME"), ".local", "state", "kalpana")
}

// socketFolder returns a folder of our own for the editor's socket. Which mounts a
// container has is its creator's choice, so /run may not be ours to write in.
func socketFolder() (string, error) {
	const usual = "/run/kalpana"
	if os.MkdirAll(usual, 0o700) == nil {
		if probe, err := os.CreateTemp(usual, "probe-"); err == nil {
			_ = probe.Close()
			return usual, os.Remove(probe.Name())
		}
	}
	dir, err := os.MkdirTemp("", "kalpana-")
	if err != nil {
		return "", fmt.Errorf("make a folder for the editor's socket: %w", err)
	}
	return dir, nil
}
