package caddymodule

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/kalpana-dev/kalpana/internal/cli"
	"github.com/kalpana-dev/kalpana/internal/config"
	"github.com/kalpana-dev/kalpana/internal/platform"
)

// registerCommands adds ours to Caddy's. They parse their own flags, so that wrong usage
// ends with exit code 2 as documented.
func registerCommands() {
	for _, c := range cli.Commands {
		caddycmd.RegisterCommand(caddycmd.Command{
			Name: c.Name, Usage: c.Usage, Short: c.Short, Long: c.Long,
			CobraFunc: func(cmd *cobra.Command) {
				cmd.DisableFlagParsing = true
				cmd.RunE = caddycmd.WrapCommandFuncForCobra(func(caddycmd.Flags) (int, error) {
					os.Exit(cli.Run(cmd.Context(), c.Name, argsAfter(c.Name), adminSocket(), os.Stdin, os.Stdout, os.Stderr))
					return 0, nil
				})
			},
		})
	}
	caddycmd.RegisterCommand(caddycmd.Command{
		Name: "doctor", Usage: "[--config Caddyfile] [--json]", Short: "Checks that everything Kalpana needs is there",
		Long: "Checks Docker, the image, the database, the port range, names, certificates, the clock, disk space and what keeps\nworkspaces apart. One line each, with a fix; exits 1 if anything is wrong.",
		CobraFunc: func(cmd *cobra.Command) {
			cmd.Flags().StringP("config", "c", "", "configuration file")
			cmd.Flags().Bool("json", false, "print JSON")
			cmd.RunE = caddycmd.WrapCommandFuncForCobra(runDoctor)
		},
	})
}

// runDoctor reads the settings as the server would.
func runDoctor(fl caddycmd.Flags) (int, error) {
	data, _, _, err := caddycmd.LoadConfig(fl.String("config"), "")
	if err != nil {
		return caddy.ExitCodeFailedStartup, err
	}
	var whole struct {
		Apps struct {
			Kalpana config.Config `json:"kalpana"`
		} `json:"apps"`
	}
	if err := json.Unmarshal(data, &whole); err != nil {
		return caddy.ExitCodeFailedStartup, err
	}
	app := App{Config: whole.Apps.Kalpana}
	if err := app.complete(); err != nil {
		return caddy.ExitCodeFailedStartup, err
	}
	return cli.PrintFindings(os.Stdout, platform.Diagnose(context.Background(), app.Config), fl.Bool("json")), nil
}

// argsAfter are the words after the command's name.
func argsAfter(name string) []string {
	for i, a := range os.Args {
		if i > 0 && a == name {
			return os.Args[i+1:]
		}
	}
	return nil
}

// adminSocket is where the shipped Caddyfile puts Caddy's admin endpoint.
func adminSocket() string {
	dir := os.Getenv("KALPANA_DATA_DIR")
	if dir == "" {
		dir = DefaultDataDir()
	}
	return filepath.Join(dir, "admin.sock")
}
