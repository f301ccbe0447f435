package caddymodule

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/kalpana-dev/kalpana/internal/config"
	"github.com/kalpana-dev/kalpana/internal/platform"
)

func init() {
	caddy.RegisterModule(App{})
	caddy.RegisterModule(Handler{})
	caddy.RegisterModule(Permission{})
	caddy.RegisterModule(AdminAPI{})
	caddy.RegisterModule(&ConnectionLimit{})
	caddy.RegisterModule(SiteAuth{})
	caddy.RegisterModule(SiteProvider{})
	registerCaddyfile()
	registerCommands()
}

// App is one installation of Kalpana. Its fields are the configuration.
type App struct {
	config.Config

	platform *platform.Platform
	logs     *logSwitch // the platform's
	log      *slog.Handler
	drain    *drain
}

// platforms keeps the platform, its database and its loops across reloads: Caddy starts
// the new configuration before it stops the old one, and a database has one owner. There
// is one platform, under thePlatform: with another data directory it would be another
// installation, beside the one that still runs on the same ports.
var platforms = caddy.NewUsagePool()

const thePlatform = "kalpana"

// CaddyModule names the module.
func (App) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "kalpana", New: func() caddy.Module { return new(App) }}
}

// Provision fills in secrets and defaults and refuses what cannot work. It opens
// nothing: `validate` provisions too.
func (a *App) Provision(ctx caddy.Context) error {
	log := ctx.Slogger().Handler()
	a.log = &log
	if err := a.complete(); err != nil {
		return err
	}
	_, version := caddy.Version()
	pooled, loaded, err := platforms.LoadOrNew(thePlatform, func() (caddy.Destructor, error) {
		logs := newLogSwitch(a.log)
		return pooledPlatform{platform.New(a.Config, version, platform.Front{Client: clientOf, WrittenAtOnce: writtenAtOnce}, logs.logger()), logs}, nil
	})
	if err != nil {
		return err
	}
	a.platform, a.logs = pooled.(pooledPlatform).Platform, pooled.(pooledPlatform).logs
	if loaded {
		if changed := changedSettings(a.platform.Config(), a.Config); len(changed) > 0 {
			return fmt.Errorf("settings of the kalpana block have changed (%s): they take effect after a restart (stop and run again; workspaces go on), not by a reload", strings.Join(changed, ", "))
		}
	}
	a.drain = new(drain)
	if err := a.drain.subscribe(ctx); err != nil {
		return err
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
	a.logs.begin(a.log)
	if first {
		go a.platform.Greet(os.Stdout)
	}
	return nil
}

// Stop takes back where the platform logs to. Cleanup gives back the platform itself.
func (a *App) Stop() error {
	a.logs.end(a.log)
	return nil
}

// Cleanup gives the platform back; the last one to do so closes it.
func (a *App) Cleanup() error {
	if a.platform == nil {
		return nil
	}
	_, err := platforms.Delete(thePlatform)
	return err
}

// changedSettings are the names of the settings in which two configurations differ.
func changedSettings(a, b config.Config) []string {
	var names []string
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range va.NumField() {
		if !reflect.DeepEqual(va.Field(i).Interface(), vb.Field(i).Interface()) {
			name, _, _ := strings.Cut(va.Type().Field(i).Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
}

type pooledPlatform struct {
	*platform.Platform
	logs *logSwitch
}

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
