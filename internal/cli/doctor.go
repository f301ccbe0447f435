package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/kalpana-dev/kalpana/internal/hostnet"
)

// PrintFindings prints one line each, with what to do about those that are wrong, and
// returns the exit code.
func PrintFindings(w io.Writer, found []hostnet.Finding, asJSON bool) int {
	code := exitOK
	for _, f := range found {
		if !f.OK {
			code = exitFailed
		}
	}
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		e.Encode(found)
		return code
	}
	for _, f := range found {
		if f.OK {
			fmt.Fprintf(w, "ok     %s: %s\n", f.Name, f.Detail)
		} else {
			fmt.Fprintf(w, "WRONG  %s: %s → %s\n", f.Name, f.Detail, f.Fix)
		}
	}
	return code
}
