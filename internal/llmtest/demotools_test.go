package llmtest_test

import (
	"testing"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/toolbox"
)

// The product's own tools take what the demo model calls them with.
func TestDemoCallsRealTools(t *testing.T) {
	c := newChat(t)
	c.tools = toolbox.Definitions()
	session := toolbox.New(toolbox.Options{})
	called := map[string]bool{}
	c.answer = func(call agent.ToolCall) string {
		called[call.Name] = true
		if _, problem := session.Prepare(call); problem != nil {
			t.Errorf("%s %s: %v", call.Name, call.Arguments, problem)
		}
		return "ok"
	}
	for _, text := range []string{
		"create a new React component called Button; write 'x' to y; replace 'x' with 'z' in y; read y; move y to x; delete x; delete folder src",
		"list; search for x; status; diff; commit: it works", "run `ls`; run in background: sleep 1; start a server on port 3000", "plan x; ask me why",
	} {
		if err := c.turn(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range demoTools {
		if !called[name] {
			t.Errorf("no sentence leads to %s", name)
		}
	}
}
