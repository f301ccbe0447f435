package e2e

import (
	"os/exec"
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
	running := ""
	inside := func(command string) string {
		found, _ := exec.Command("docker", "exec", running, "sh", "-c", "cd /workspace && "+command).CombinedOutput()
		return strings.TrimSpace(string(found))
	}
	k.browse("agent.mjs", 6*time.Minute, func(line stepLine) {
		if line.ID != "" {
			running = container(t, line.ID)
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
	})
}
