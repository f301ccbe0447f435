package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// stepLine is what a script in a browser prints when it has come somewhere.
type stepLine struct {
	Step, ID, Failed, File, Note string
	MS, After                    int
	// Wait: the script goes on when the test has done its part.
	Wait     bool
	Problems []string
}

// browse runs a script of this folder in a browser of its own, from the one-time link to its
// last step, "done". at is called at each step, and the script goes on after it if it waits.
func (k *kalpana) browse(name string, within time.Duration, at func(stepLine)) {
	t := k.t
	t.Helper()
	script := exec.Command("node", filepath.Join(root(t), "internal", "e2e", name), k.browser(), k.link, shots(t))
	script.Stderr = os.Stderr
	script.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+k.rootCA())
	in, err := script.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := script.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := script.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(within, func() { script.Process.Kill() })
	defer kill.Stop()
	var steps []string
	failed := ""
	for s := bufio.NewScanner(out); s.Scan(); {
		var line stepLine
		if json.Unmarshal(s.Bytes(), &line) != nil {
			continue
		}
		t.Logf("%6d ms  %s %s", line.MS, line.Step, line.Failed)
		steps = append(steps, line.Step)
		failed += line.Failed
		if len(line.Problems) > 0 {
			t.Errorf("the page reported: %s", strings.Join(line.Problems, "; "))
		}
		at(line)
		if line.Wait {
			io.WriteString(in, "go on\n")
		}
	}
	if err := script.Wait(); err != nil || failed != "" || len(steps) == 0 || steps[len(steps)-1] != "done" {
		t.Fatalf("%s ended after %q: %v %s", name, steps, err, failed)
	}
}

// container is the one that runs a workspace.
func container(t testing.TB, id string) string {
	t.Helper()
	return docker(t, "ps", "-q", "--filter", "label=kalpana.workspace="+id)
}
