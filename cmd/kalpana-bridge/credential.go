package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/credential"
)

// maxQuestion is more than the bridge reads of one, so that it is the bridge who refuses.
const maxQuestion = 64 << 10

// credentialHelper speaks git's protocol for credential helpers (git help gitcredentials):
// it passes git's question to the bridge and prints the answer. It keeps nothing: store does
// nothing, and erase only tells that a host refused a credential. Without an answer git
// goes on to its next helper and then asks the user, who learns the reason from stderr.
func credentialHelper(args []string, in io.Reader, out, complain io.Writer) int {
	flags := flag.NewFlagSet("credential", flag.ContinueOnError)
	flags.SetOutput(complain)
	socket := flags.String("inside-socket", insideSocket, "`socket` of the running bridge; @ begins an abstract name")
	if flags.Parse(args) != nil {
		return 2
	}
	if flags.NArg() != 1 {
		fmt.Fprintf(complain, "kalpana-bridge: credential needs one of get, store and erase\n%s", usage)
		return 2
	}
	question, err := io.ReadAll(io.LimitReader(in, maxQuestion))
	if err != nil {
		fmt.Fprintln(complain, "kalpana-bridge: read git's question:", err)
		return 1
	}
	switch operation := flags.Arg(0); operation {
	case "get", "erase":
		return askBridge(*socket, operation, question, out, complain)
	}
	return 0 // store, and what later versions of git may say
}

func askBridge(socket, operation string, question []byte, out, complain io.Writer) int {
	// The bridge has its own limit and says so; this one is for a bridge that hangs.
	client := insideClient(socket, bridge.CredentialTimeout+5*time.Second)
	resp, err := client.Post("http://bridge/credential/"+operation, "text/plain", bytes.NewReader(question))
	if err != nil {
		fmt.Fprintln(complain, "kalpana-bridge: ask the bridge for a credential:", err)
		return 1
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxQuestion))
	switch {
	case err != nil:
		fmt.Fprintln(complain, "kalpana-bridge: read the bridge's answer:", err)
		return 1
	case resp.StatusCode == http.StatusNoContent:
		return 0
	case resp.StatusCode != http.StatusOK:
		fmt.Fprintf(complain, "kalpana-bridge: no credential%s: %s\n", place(question), reason(resp.Status, answer))
		return 1
	}
	if _, err := out.Write(answer); err != nil {
		fmt.Fprintln(complain, "kalpana-bridge: answer git:", err)
		return 1
	}
	return 0
}

// place names what the credential would have been for.
func place(question []byte) string {
	d, err := credential.Parse(bytes.NewReader(question))
	if err != nil {
		return ""
	}
	return " for " + d.Place()
}

// reason is the sentence of a refusal.
func reason(status string, body []byte) string {
	var p struct {
		Detail string `json:"detail"`
	}
	if json.Unmarshal(body, &p) != nil || p.Detail == "" {
		return "the bridge answers " + status
	}
	return p.Detail
}
