package process_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/process"
)

// What the workspace has is asked for at each start, and counts less than what a request
// wants.
func TestProcessesHaveWhatTheWorkspaceHasThen(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	s := start(t, func(o *process.Options) {
		o.Extend = func(env []string) []string {
			return append(append([]string(nil), env...), fmt.Sprint("NUMBER=", asked.Add(1)), "HOME=/tools", "KALPANA_MARK=1", "WANTED=no")
		}
	})
	for want := 1; want <= 2; want++ {
		r, _ := s.run(t, bridge.RunCommand{Command: `echo "$NUMBER $HOME $KALPANA_MARK $WANTED $LANG"`, Env: map[string]string{"WANTED": "yes"}})
		if r.Output != fmt.Sprintf("%d /tools 1 yes C.UTF-8\n", want) {
			t.Errorf("command %d: %q", want, r.Output)
		}
	}
	p := s.open(t, bridge.OpenTerminal{Columns: 80, Rows: 25, Command: `echo "$NUMBER $HOME"`})
	s.shows(t, p.ProcessID, "3 /tools")
}
