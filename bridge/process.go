package bridge

import "time"

// Types of requests about processes.
const (
	TypeRunCommand     = "runCommand"
	TypeOpenTerminal   = "openTerminal"
	TypeListProcesses  = "listProcesses"
	TypeAttachProcess  = "attachProcess"
	TypeWriteProcess   = "writeProcess"
	TypeResizeTerminal = "resizeTerminal"
	TypeSignalProcess  = "signalProcess"
)

// Events about processes.
const (
	// EventStarted is the first event of runCommand; its payload is a Process.
	EventStarted = "started"
	// EventOutput carries output; its payload is an Output.
	EventOutput = "output"
)

// RunCommand is the payload of a runCommand request. The command gets pipes and no
// terminal; its input is empty unless Input is set. Cancelling the request ends the
// command; the end of the connection does not if Background is set or it was moved there.
type RunCommand struct {
	// Command is a line for bash.
	Command string `json:"command"`
	// Path is the directory it runs in. Default: the workspace itself.
	Path string `json:"path,omitempty"`
	// Env is added to its environment.
	Env map[string]string `json:"env,omitempty"`
	// TimeoutSeconds, 1 to 3600, is when a command that still runs is moved to the
	// background: the request is answered, the command goes on. Default: 60.
	TimeoutSeconds int `json:"timeoutSeconds,omitempty"`
	// Background answers as soon as the command has started.
	Background bool `json:"background,omitempty"`
	// Input keeps the command's input open for writeProcess.
	Input bool `json:"input,omitempty"`
	// Quiet sends no output events; the answer has the first and the last of the output.
	Quiet bool `json:"quiet,omitempty"`
	// Description says in a few words what the command is for; it is shown to people.
	Description string `json:"description,omitempty"`
}

// CommandResult answers runCommand.
type CommandResult struct {
	ProcessID string `json:"processId"`
	// Running: it goes on in the background; see attachProcess and signalProcess.
	Running bool `json:"running"`
	// ExitCode of a command that ended; 128 and the signal's number if a signal ended it.
	ExitCode *int   `json:"exitCode,omitempty"`
	Signal   string `json:"signal,omitempty"`
	// Output is what it wrote to standard output and standard error, as they came, up to
	// MaxOutputBytes; what is not UTF-8 is replaced.
	Output string `json:"output"`
	// OmittedBytes is how many bytes were left out of the middle of Output.
	OmittedBytes   int64 `json:"omittedBytes,omitempty"`
	DurationMillis int64 `json:"durationMillis"`
	// Left are processes that the command left running outside its group; they were ended
	// if the command was.
	Left []int `json:"left,omitempty"`
}

// Output is a piece of a process's output.
type Output struct {
	// Stream is "stdout" or "stderr"; "terminal" for a terminal's.
	Stream string `json:"stream"`
	// Data is text if Encoding is EncodingUTF8, never cut inside a character.
	Data     string `json:"data"`
	Encoding string `json:"encoding"`
	// FromByte is how many bytes of output the process had written before these.
	FromByte int64 `json:"fromByte"`
	// Dropped is how many bytes before these are lost, because they had left the buffer
	// before somebody attached.
	Dropped int64 `json:"dropped,omitempty"`
}

// OpenTerminal is the payload of an openTerminal request. The terminal goes on when the
// connection ends; attachProcess shows it.
type OpenTerminal struct {
	Columns int `json:"columns"`
	Rows    int `json:"rows"`
	// Command is a line for bash. Default: a login shell.
	Command string `json:"command,omitempty"`
	// Path is the directory it starts in. Default: the workspace itself.
	Path string            `json:"path,omitempty"`
	Env  map[string]string `json:"env,omitempty"`
}

// Process answers openTerminal; listProcesses answers with all of them.
type Process struct {
	ProcessID   string     `json:"processId"`
	PID         int        `json:"pid"`
	Command     string     `json:"command"`
	Description string     `json:"description,omitempty"`
	Terminal    bool       `json:"terminal"`
	Background  bool       `json:"background"`
	Running     bool       `json:"running"`
	ExitCode    *int       `json:"exitCode,omitempty"`
	Signal      string     `json:"signal,omitempty"`
	StartedAt   time.Time  `json:"startedAt"`
	EndedAt     *time.Time `json:"endedAt,omitempty"`
	// OutputBytes is how many bytes it has written in all.
	OutputBytes int64 `json:"outputBytes"`
}

// ProcessList answers listProcesses: those that run and the latest 32 that ended, oldest
// first; never nil.
type ProcessList struct {
	Processes []Process `json:"processes"`
}

// AttachProcess is the payload of an attachProcess request: output from FromByte on as
// EventOutput, until the process ends, WaitSeconds are over or the request is cancelled.
type AttachProcess struct {
	ProcessID string `json:"processId"`
	// FromByte is where to begin; what has left the buffer is reported as dropped.
	FromByte int64 `json:"fromByte,omitempty"`
	// WaitSeconds bounds the time; 0 means until the process ends, -1 not at all: what is there.
	WaitSeconds int `json:"waitSeconds,omitempty"`
	// Binary sends the output in binary frames of a stream instead of events.
	Binary bool `json:"binary,omitempty"`
}

// Attached answers attachProcess.
type Attached struct {
	Process
	// NextByte is where another attachProcess goes on.
	NextByte int64 `json:"nextByte"`
}

// WriteProcess is the payload of a writeProcess request. It waits while the process does
// not read.
type WriteProcess struct {
	ProcessID string `json:"processId"`
	Data      string `json:"data"`
	// Encoding is that of Data. Default: EncodingUTF8.
	Encoding string `json:"encoding,omitempty"`
	// Close ends the input after Data.
	Close bool `json:"close,omitempty"`
}

// ResizeTerminal is the payload of a resizeTerminal request.
type ResizeTerminal struct {
	ProcessID string `json:"processId"`
	Columns   int    `json:"columns"`
	Rows      int    `json:"rows"`
}

// SignalProcess is the payload of a signalProcess request: a signal to the process and all
// that came of it.
type SignalProcess struct {
	ProcessID string `json:"processId"`
	// Signal is "INT", "TERM", "KILL", "HUP", "QUIT", "USR1", "USR2", "STOP" or "CONT".
	// Default: TERM, and KILL three seconds later to what is left then.
	Signal string `json:"signal,omitempty"`
}
