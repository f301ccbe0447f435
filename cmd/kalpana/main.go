// Command kalpana is Caddy with Kalpana's modules: `kalpana run` serves, and every other
// Caddy command works too.
package main

import (
	"fmt"
	"os"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	"github.com/kalpana-dev/kalpana/caddymodule"
)

func main() {
	if err := caddymodule.PrepareEnvironment(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
	caddycmd.Main()
}
