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

// TestAPersonWorksWithTheAgent is what the issue calls done: a task in a real browser,
// watched, asked about, refused, undone, with the tab closed in between.
func TestAPersonWorksWithTheAgent(t *testing.T) {
	p := newProvider(t)
	k := install(t, p.settings()...)
	k.start()
	open := make(chan struct{})
	p.tell("tell me a story", halves("Once upon a time, ", "they lived happily ever after.", open))
	script := exec.Command("node", filepath.Join(root(t), "internal", "e2e", "agent.mjs"), k.browser(), k.link, shots(t))
	script.Stderr = os.Stderr
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
	kill := time.AfterFunc(6*time.Minute, func() { script.Process.Kill() })
	defer kill.Stop()
	container := ""
	inside := func(command string) string {
		found, _ := exec.Command("docker", "exec", container, "sh", "-c", "cd /workspace && "+command).CombinedOutput()
		return strings.TrimSpace(string(found))
	}
	var steps []string
	failed := ""
	for s := bufio.NewScanner(out); s.Scan(); {
		var line struct {
			Step, ID, Failed, File, Note string
			MS, After                    int
			Wait                         bool
			Problems                     []string
		}
		if json.Unmarshal(s.Bytes(), &line) != nil {
			continue
		}
		t.Logf("%6d ms  %s %s", line.MS, line.Step, line.Failed)
		steps = append(steps, line.Step)
		failed += line.Failed
		if len(line.Problems) > 0 {
			t.Errorf("the page reported: %s", strings.Join(line.Problems, "; "))
		}
		if line.ID != "" {
			container = docker(t, "ps", "-q", "--filter", "label=kalpana.workspace="+line.ID)
		}
		if line.After > 0 {
			t.Logf("           %d ms after the message was sent", line.After)
		}
		if got := inside("cat " + line.File); line.File != "" && !strings.Contains(got, "export function Button") {
			t.Errorf("%s reads %q", line.File, got)
		}
		if line.Note != "" && (!p.saw(line.Note) || inside("ls -d src") != "src") {
			t.Errorf("the model was told %q: %v; src: %q", line.Note, p.saw(line.Note), inside("ls -d src"))
		}
		switch line.Step {
		case "a running command shows its output":
			inside("touch go.txt")
		case "came back while it runs":
			close(open)
		case "undone":
			if got := inside("ls undone.txt"); !strings.Contains(got, "No such file") {
				t.Errorf("after the undo: %q", got)
			}
		case "the undoing was undone":
			if got := inside("cat undone.txt"); got != "to be undone" {
				t.Errorf("after undoing the undo: %q", got)
			}
		}
		if line.Wait {
			io.WriteString(in, "go on\n")
		}
	}
	if err := script.Wait(); err != nil || failed != "" || len(steps) == 0 || steps[len(steps)-1] != "done" {
		t.Fatalf("it ended after %q: %v %s", steps, err, failed)
	}
}
