package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"

	"github.com/caddyserver/caddy/v2"

	"github.com/kalpana-dev/kalpana/internal/config"
	"github.com/kalpana-dev/kalpana/internal/platform"
)

func init() {
	caddy.RegisterModule(App{})
	caddy.RegisterModule(Handler{})
	caddy.RegisterModule(Permission{})
	caddy.RegisterModule(AdminAPI{})
	registerCaddyfile()
	registerCommands()
}

// App is one installation of Kalpana. Its fields are the configuration.
type App struct {
	config.Config

	platform *platform.Platform
	log      *slog.Logger
	key      string
}

// platforms keeps a platform, its database and its loops across reloads: Caddy starts
// the new configuration before it stops the old one, and a database has one owner.
var platforms = caddy.NewUsagePool()

// CaddyModule names the module.
func (App) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "kalpana", New: func() caddy.Module { return new(App) }}
}

// Provision fills in secrets and defaults and refuses what cannot work. It opens
// nothing: `validate` provisions too.
func (a *App) Provision(ctx caddy.Context) error {
	a.log = ctx.Slogger()
	if err := a.complete(); err != nil {
		return err
	}
	_, version := caddy.Version()
	a.key = a.DataDir
	pooled, loaded, err := platforms.LoadOrNew(a.key, func() (caddy.Destructor, error) {
		return pooledPlatform{platform.New(a.Config, version, clientOf, a.log)}, nil
	})
	if err != nil {
		return err
	}
	a.platform = pooled.(pooledPlatform).Platform
	if loaded && !reflect.DeepEqual(a.platform.Config(), a.Config) {
		return errors.New("settings of the kalpana block have changed: they take effect after a restart (stop and run again; workspaces go on), not by a reload")
	}
	return a.platform.Metrics().Register(ctx.GetMetricsRegistry())
}

// complete fills in secrets and defaults, and refuses what cannot work.
func (a *App) complete() error {
	repl := caddy.NewReplacer()
	for _, secret := range []*string{&a.Secret, &a.OldSecret, &a.DatabaseURL, &a.GitHubClientID, &a.GitHubClientSecret, &a.GitHubWebhookSecret, &a.OIDCIssuer, &a.OIDCClientID, &a.OIDCClientSecret, &a.OpenRouterAPIKey} {
		*secret = repl.ReplaceAll(*secret, "")
	}
	if a.DataDir == "" {
		a.DataDir = DefaultDataDir()
	}
	a.Config = a.Config.Defaults()
	return a.Config.Validate()
}

// Start opens the platform; after a reload it is open already.
func (a *App) Start() error {
	first, err := a.platform.Open(context.Background())
	if err != nil {
		return fmt.Errorf("start kalpana: %w", err)
	}
	if first {
		go a.platform.Greet(os.Stdout)
	}
	return nil
}

// Stop does nothing: Cleanup gives the platform back.
func (a *App) Stop() error { return nil }

// Cleanup gives the platform back; the last one to do so closes it.
func (a *App) Cleanup() error {
	if a.platform == nil {
		return nil
	}
	_, err := platforms.Delete(a.key)
	return err
}

type pooledPlatform struct{ *platform.Platform }

// Destruct closes the platform when no configuration uses it any more.
func (p pooledPlatform) Destruct() error { return p.Close() }

// DefaultDataDir is $XDG_DATA_HOME/kalpana, or the same below the home folder.
func DefaultDataDir() string {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "kalpana")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "/var/lib/kalpana"
	}
	return filepath.Join(home, ".local", "share", "kalpana")
}

var (
	_ caddy.App          = (*App)(nil)
	_ caddy.Provisioner  = (*App)(nil)
	_ caddy.CleanerUpper = (*App)(nil)
)
