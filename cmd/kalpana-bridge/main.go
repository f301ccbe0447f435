// Command kalpana-bridge is the first process of every workspace container: it keeps the
// editor running, stands in front of it, and serves the bridge protocol.
//
//	kalpana-bridge serve [flags] -- command…   run command as the editor and serve
//	kalpana-bridge healthcheck [flags]         exit 0 if the bridge of this container is up
//	kalpana-bridge credential [flags] get      answer git, which runs this as its credential helper
//	kalpana-bridge version                     print what this is
package main

import (
	"fmt"
	"os"
	"runtime"
)

// protocol is the version of the bridge protocol; it grows when its meaning changes.
const protocol = 1

// insideSocket has no place in the file system ("@"), so it needs no writable folder and
// is visible inside this container only.
const insideSocket = "@kalpana-bridge"

func version() string { return fmt.Sprintf("protocol %d, %s", protocol, runtime.Version()) }

const usage = `usage: kalpana-bridge serve [flags] -- command…
       kalpana-bridge healthcheck [flags]
       kalpana-bridge credential [flags] get|store|erase
       kalpana-bridge version
`

// Exit codes: 1 when something went wrong, 2 when the command line or a setting is.
func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	switch os.Args[1] {
	case "serve":
		os.Exit(serve(os.Args[2:]))
	case "healthcheck":
		os.Exit(healthcheck(os.Args[2:]))
	case "credential":
		os.Exit(credentialHelper(os.Args[2:], os.Stdin, os.Stdout, os.Stderr))
	case "version":
		fmt.Println("kalpana-bridge, " + version())
	default:
		fmt.Fprintf(os.Stderr, "kalpana-bridge: unknown command %q\n%s", os.Args[1], usage)
		os.Exit(2)
	}
}
