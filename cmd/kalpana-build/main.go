// Command kalpana-build builds a Caddy of the operator's own with Kalpana's modules and
// whatever else xcaddy.json names. That file is the JSON of xcaddy's Builder.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/caddyserver/xcaddy"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "Usage: kalpana-build xcaddy.json OUTPUT")
		os.Exit(2)
	}
	if err := build(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func build(ctx context.Context, file, output string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var b xcaddy.Builder
	if err := json.Unmarshal(data, &b); err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	for i, r := range b.Replacements { // relative paths mean beside the file
		if path := string(r.New); strings.HasPrefix(path, ".") {
			abs, err := filepath.Abs(filepath.Join(filepath.Dir(file), path))
			if err != nil {
				return err
			}
			b.Replacements[i].New = xcaddy.ReplacementPath(abs)
		}
	}
	first := b.Build(ctx, output)
	if first == nil {
		return nil
	}
	// A module proxy that refuses paths it does not know, instead of saying that they do
	// not exist, fails the look-up of our own replaced module. What this module needs is
	// in the module cache by now: try once more with nothing but that.
	fmt.Fprintln(os.Stderr, "The build with the module proxy ended with:", first)
	fmt.Fprintln(os.Stderr, "Trying again with the modules that are on this machine already.")
	if out, err := exec.CommandContext(ctx, "go", "mod", "download").CombinedOutput(); err != nil {
		return errors.Join(first, fmt.Errorf("go mod download: %w: %s", err, out))
	}
	cache, err := exec.CommandContext(ctx, "go", "env", "GOMODCACHE").Output()
	if err != nil {
		return errors.Join(first, err)
	}
	os.Setenv("GOPROXY", "file://"+strings.TrimSpace(string(cache))+"/cache/download")
	os.Setenv("GOSUMDB", "off") // go.sum of this module has vouched for them
	if err := b.Build(ctx, output); err != nil {
		return errors.Join(first, err)
	}
	return nil
}
