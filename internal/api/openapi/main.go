// Command openapi prints the API's OpenAPI document, from which the UI's types are made.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"

	"github.com/kalpana-dev/kalpana/internal/api"
	"github.com/kalpana-dev/kalpana/internal/config"
)

func main() {
	doc, err := api.New(api.Options{Config: config.Config{}.Defaults(), Events: api.NewEvents(), Version: "1", Log: slog.New(slog.DiscardHandler)}).OpenAPI()
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, doc, "", "  "); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
	fmt.Println(out.String())
}
