package cli

import "time"

// CommandLine is how the words of exec reach bash.
var CommandLine = commandLine

// AskEvery makes a command notice a silent connection sooner; undo it with what it returns.
func AskEvery(d time.Duration) (undo func()) {
	was := pingInterval
	pingInterval = d
	return func() { pingInterval = was }
}
