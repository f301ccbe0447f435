package caddymodule

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/joho/godotenv"
)

// PrepareEnvironment makes the environment what the shipped Caddyfile expects: it loads
// the file .env beside the configuration (values in the environment win), drops empty
// variables, because empty means default, and works out the defaults that depend on
// others, which a Caddyfile cannot. args are the command line without the program's name.
func PrepareEnvironment(args []string) error {
	file := filepath.Join(configDir(args), ".env")
	if err := load(file, args); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read %s: %w", file, err)
	}
	for _, pair := range os.Environ() {
		if name, value, _ := strings.Cut(pair, "="); value == "" && ours(name) {
			os.Unsetenv(name)
		}
	}
	def("KALPANA_DOMAIN", "localhost")
	domain := os.Getenv("KALPANA_DOMAIN")
	def("KALPANA_WORKSPACE_DOMAIN", domain)
	def("KALPANA_DATA_DIR", DefaultDataDir())
	if strings.EqualFold(strings.TrimSuffix(domain, "."), "localhost") {
		def("KALPANA_HTTPS_PORT", "8443")
		def("KALPANA_TLS", "internal")
		def("KALPANA_AUTO_HTTPS", "disable_redirects") // port 80 may need rights, and nobody types http://
		if os.Geteuid() == 0 {
			def("KALPANA_CADDY_OPTIONS", "") // let Caddy install its root certificate: it may
		}
	} else {
		def("KALPANA_HTTPS_PORT", "443")
		def("KALPANA_TLS", "on_demand")
		def("KALPANA_AUTO_HTTPS", "ignore_loaded_certs") // changes nothing: redirects stay on
	}
	if len(args) > 0 && args[0] == "run" {
		// Caddy opens the admin socket in it before any module is asked.
		if err := os.MkdirAll(os.Getenv("KALPANA_DATA_DIR"), 0o700); err != nil {
			return fmt.Errorf("make the data directory: %w; set KALPANA_DATA_DIR to a place that can be written", err)
		}
	}
	return nil
}

// ours are the variables of the configuration table.
func ours(name string) bool {
	for _, prefix := range []string{"KALPANA_", "CONTAINER_PORT_", "DEFAULT_CONTAINER_", "GITHUB_", "OIDC_", "OPENROUTER_", "AGENT_", "ENABLE_"} {
		if strings.HasPrefix(name, prefix) {
			return name != "KALPANA_CADDY_OPTIONS"
		}
	}
	switch name {
	case "DATABASE_URL", "DOCKER_HOST", "MAX_WORKSPACES_PER_USER":
		return true
	}
	return false
}

func def(name, value string) {
	if _, set := os.LookupEnv(name); !set {
		os.Setenv(name, value)
	}
}

// load reads the file as far as the command may believe it. Commands that talk to a server
// are typed anywhere, also in a repository that somebody else wrote: of a file there they
// take only where the server of this machine is, and nothing if a token is given.
func load(file string, args []string) error {
	client := len(args) > 0 && slices.Contains([]string{"workspace", "port-forward", "token", "login-link", "dev"}, args[0])
	if !client {
		return godotenv.Load(file)
	}
	if tokenGiven(args) {
		return nil
	}
	set, err := godotenv.Read(file)
	if err != nil {
		return err
	}
	for _, name := range []string{"KALPANA_DATA_DIR", "KALPANA_DOMAIN", "KALPANA_WORKSPACE_DOMAIN", "KALPANA_HTTPS_PORT"} {
		if value := set[name]; value != "" {
			def(name, value)
		}
	}
	return nil
}

// tokenGiven reports whether a command talks to a server with a token of its own.
func tokenGiven(args []string) bool {
	if os.Getenv("KALPANA_TOKEN") != "" {
		return true
	}
	for _, a := range args {
		if a == "--" {
			return false
		}
		if a == "--token" || strings.HasPrefix(a, "--token=") {
			return true
		}
	}
	return false
}

// configDir is where the configuration file lies: beside --config, else here.
func configDir(args []string) string {
	for i, a := range args {
		for _, flag := range []string{"--config", "-c"} {
			if a == flag && i+1 < len(args) {
				return filepath.Dir(args[i+1])
			}
			if v, ok := strings.CutPrefix(a, flag+"="); ok {
				return filepath.Dir(v)
			}
		}
	}
	return "."
}
