package toolbox

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

var idAliases = []string{"id", "pid", "process", "bashid", "shellid", "taskid", "sessionid", "terminalid"}

// command is what process id runs, if this session started it; else its id.
func (s *Session) command(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.started[id]; ok {
		return p.command
	}
	return "process " + id
}

// process finds a command by its id. Terminals are the user's and are not found.
func (s *Session) process(ctx context.Context, id string) (bridge.Process, *Error) {
	var list bridge.ProcessList
	if problem := s.call(ctx, "list processes", bridge.TypeListProcesses, nil, &list); problem != nil {
		return bridge.Process{}, problem
	}
	var running []string
	for _, p := range list.Processes {
		switch {
		case p.Terminal && p.ProcessID == id:
			return p, errorf(CodeNotYours, "%s is a terminal of the user. Only commands can be read or stopped.", id)
		case p.ProcessID == id:
			return p, nil
		case p.Running && !p.Terminal:
			running = append(running, fmt.Sprintf("%s (%s)", p.ProcessID, clip(oneLine(p.Command, 60), 60)))
		}
	}
	known := "Nothing runs."
	if len(running) > 0 {
		known = "Running are " + strings.Join(running, ", ") + "."
	}
	return bridge.Process{}, errorf("NO_PROCESS", "there is no process %s; it may have been forgotten since it ended. %s", clip(id, 40), known)
}

type processOutput struct {
	ProcessID string `json:"processId"`
	Command   string `json:"command"`
	Running   bool   `json:"running"`
	ExitCode  *int   `json:"exitCode,omitempty"`
	Signal    string `json:"signal,omitempty"`
	Output    string `json:"output"`
	NextByte  int64  `json:"nextByte"`
}

// looked is the result of a look at a process.
func (s *Session) looked(w *waiting, state bridge.Attached, lines int) Result {
	out := processOutput{
		ProcessID: w.id, Command: state.Command, Running: state.Running, ExitCode: state.ExitCode, Signal: state.Signal,
		Output: w.out.lastLines(lines, func(text string) string { return text }), NextByte: state.NextByte,
	}
	said := w.out.lastLines(lines, readable)
	if strings.TrimSpace(said) == "" {
		said = "(no new output)"
	}
	if !strings.HasSuffix(said, "\n") {
		said += "\n"
	}
	if state.Running {
		said += fmt.Sprintf("[process %s runs; its output goes on at byte %d]\n", w.id, state.NextByte)
	} else {
		took := time.Duration(0)
		if state.EndedAt != nil {
			took = state.EndedAt.Sub(state.StartedAt)
		}
		said += exitLine(state.Process, took)
	}
	return Result{Text: said, Foreign: talks(state.Command), output: out}
}

const (
	maxWait         = 30 // seconds
	maxTailLines    = 500
	maxInput        = 4 << 10 // bytes
	writtenSeconds  = 3
	stoppedSeconds  = 2 // until what was ended is seen to have ended
	interruptSignal = "INT"
)

func readProcess() tool {
	return tool{
		name: "readProcess", class: permission.ClassRead, readOnly: true,
		description: "Shows the latest output of a process and whether it still runs. With waitSeconds it waits for the process to end that long.",
		aliases:     []string{"bashoutput", "joboutput", "getprocessoutput", "readoutput", "processoutput", "readterminal", "getoutput", "commandstatus", "taskoutput"},
		fields: []field{
			{name: "processId", kind: text, required: true, most: 64, about: "as runCommand said", aliases: idAliases},
			{name: "sinceByte", kind: number, min: 0, bounds: true, fallback: 0, about: "only output from this byte on", aliases: []string{"frombyte", "offset", "since"}},
			{name: "waitSeconds", kind: number, min: 0, max: maxWait, bounds: true, fallback: 0, about: "how long to wait for its end", aliases: []string{"wait", "timeout", "waittime", "timeoutseconds"}},
			{name: "tailLines", kind: number, min: 1, max: maxTailLines, bounds: true, fallback: 100, about: "how many lines at most, the last ones", aliases: []string{"lines", "tail", "limit", "maxlines"}},
		},
		fresh: func() arguments { return &readProcessArgs{} },
	}
}

type readProcessArgs struct {
	ProcessID   string `json:"processId"`
	SinceByte   int64  `json:"sinceByte"`
	WaitSeconds int    `json:"waitSeconds"`
	TailLines   int    `json:"tailLines"`
}

func (a *readProcessArgs) describe(s *Session, _ *permission.Call) string {
	return "Output of " + s.command(a.ProcessID)
}

func (a *readProcessArgs) run(ctx context.Context, c *Call, live func(string)) Result {
	s := c.session
	p, problem := s.process(ctx, a.ProcessID)
	if problem != nil {
		return failed(problem)
	}
	w := &waiting{id: a.ProcessID, pos: min(a.SinceByte, p.OutputBytes), seconds: a.WaitSeconds, out: newTranscript(s.redact, live)}
	state, err := s.follow(ctx, w)
	w.out.flush()
	if err != nil {
		return failed(fromBridge("read the output of process "+a.ProcessID, err))
	}
	return s.looked(w, state, a.TailLines)
}

func writeProcess() tool {
	return tool{
		name: "writeProcess", class: permission.ClassExecute,
		description: "Writes to the input of a process that was started with background, and shows what it answers within three seconds. The input is passed on as it is: end a line with a line feed. ctrl-c interrupts the process, ctrl-d ends its input.",
		aliases:     []string{"writetoprocess", "sendinput", "writeinput", "writestdin", "sendkeys", "processinput"},
		fields: []field{
			{name: "processId", kind: text, required: true, most: 64, about: "as runCommand said", aliases: idAliases},
			{name: "input", kind: text, required: true, about: "at most 4 KiB; or ctrl-c, ctrl-d", aliases: []string{"data", "text", "stdin", "keys", "chars"}},
		},
		fresh: func() arguments { return &writeProcessArgs{} },
	}
}

type writeProcessArgs struct {
	ProcessID string `json:"processId"`
	Input     string `json:"input"`
	judged    string // the unfinished line that the input was judged with
}

func (a *writeProcessArgs) check() *Error {
	switch plain(a.Input) {
	case "ctrlc", "sigint":
		a.Input = "ctrl-c"
	case "ctrld", "eof":
		a.Input = "ctrl-d"
	}
	switch a.Input {
	case "\x03":
		a.Input = "ctrl-c"
	case "\x04":
		a.Input = "ctrl-d"
	}
	if a.Input == "" || len(a.Input) > maxInput {
		return errorf(CodeBadArguments, "input: expected 1 to %d bytes, got %d.", maxInput, len(a.Input))
	}
	return nil
}

func (a *writeProcessArgs) isKey() bool { return a.Input == "ctrl-c" || a.Input == "ctrl-d" }

// describe has the input judged as a command: a shell may read it. It is judged with what
// was written before it in the same line, so that nothing is smuggled in by halves.
func (a *writeProcessArgs) describe(s *Session, p *permission.Call) string {
	a.judged, p.Command = s.pending(a.ProcessID), ""
	if !a.isKey() && strings.TrimSpace(a.judged+a.Input) != "" { // an empty line runs nothing
		p.Command = a.judged + a.Input
	}
	return fmt.Sprintf("Write %s to %s", strings.TrimSpace(a.Input), s.command(a.ProcessID))
}

// assess looks at the unfinished line again: an earlier call of the same answer may have
// written some of it since this one was prepared.
func (a *writeProcessArgs) assess(_ context.Context, c *Call) *Error {
	a.describe(c.session, &c.Permission)
	return nil
}

// pending is what was written to a process since the last line end.
func (s *Session) pending(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.started[id]; ok {
		return p.typed
	}
	return ""
}

func (a *writeProcessArgs) run(ctx context.Context, c *Call, live func(string)) Result {
	s := c.session
	s.mu.Lock()
	started, ours := s.started[a.ProcessID]
	s.mu.Unlock()
	switch {
	case !ours:
		return failed(errorf(CodeNotYours, "process %s was not started in this turn. Start the program anew to write to it.", clip(a.ProcessID, 40)))
	case !a.isKey() && a.judged != s.pending(a.ProcessID):
		return failed(errorf(CodeChangedOnDisk, "something else was written to process %s since this was decided, so nothing was written. Try again.", a.ProcessID))
	case !started.input && a.Input != "ctrl-c":
		return failed(errorf("NO_INPUT", "process %s has no input. Start the command with background:true to write to it.", a.ProcessID))
	}
	p, problem := s.process(ctx, a.ProcessID)
	if problem != nil {
		return failed(problem)
	}
	what := "write to process " + a.ProcessID
	switch a.Input {
	case "ctrl-c":
		problem = s.call(ctx, what, bridge.TypeSignalProcess, bridge.SignalProcess{ProcessID: a.ProcessID, Signal: interruptSignal}, nil)
	case "ctrl-d":
		problem = s.call(ctx, what, bridge.TypeWriteProcess, bridge.WriteProcess{ProcessID: a.ProcessID, Close: true}, nil)
	default:
		s.typing(started, a.Input)
		problem = s.call(ctx, what, bridge.TypeWriteProcess, bridge.WriteProcess{ProcessID: a.ProcessID, Data: a.Input}, nil)
	}
	if problem != nil {
		return Result{Error: problem, Changed: problem.Code == CodeBridgeLost || problem.Code == CodeCancelled}
	}
	w := &waiting{id: a.ProcessID, pos: p.OutputBytes, seconds: writtenSeconds, answered: true, out: newTranscript(s.redact, live)}
	state, err := s.follow(ctx, w)
	w.out.flush()
	if err != nil {
		return Result{Error: fromBridge("read what process "+a.ProcessID+" answers", err), Changed: true}
	}
	r := s.looked(w, state, maxTailLines)
	r.Changed = true
	return r
}

// maxTyped is how much of an unfinished line is remembered: as much as a command may have.
const maxTyped = 2 * maxCommand

// typing remembers what was written since the last line end.
func (s *Session) typing(p *startedProcess, input string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.typed += input
	if !strings.HasSuffix(strings.TrimRight(p.typed, " \t"), `\`+"\n") {
		p.typed = p.typed[strings.LastIndexByte(p.typed, '\n')+1:]
	}
	if len(p.typed) > maxTyped {
		p.typed = p.typed[len(p.typed)-maxTyped:]
	}
}

func stopProcess() tool {
	return tool{
		name: "stopProcess", class: permission.ClassExecute,
		description: "Ends a process with all that came of it: it is asked to end, and killed three seconds later.",
		aliases:     []string{"killprocess", "kill", "killshell", "killbash", "jobkill", "stop", "terminateprocess", "killterminal", "stopcommand"},
		fields: []field{
			{name: "processId", kind: text, required: true, most: 64, about: "as runCommand said", aliases: idAliases},
		},
		fresh: func() arguments { return &stopProcessArgs{} },
	}
}

type stopProcessArgs struct {
	ProcessID string `json:"processId"`
}

func (a *stopProcessArgs) describe(s *Session, _ *permission.Call) string {
	return "Stop " + s.command(a.ProcessID)
}

func (a *stopProcessArgs) run(ctx context.Context, c *Call, _ func(string)) Result {
	s := c.session
	p, problem := s.process(ctx, a.ProcessID)
	if problem != nil {
		return failed(problem)
	}
	problem = s.call(ctx, "stop process "+a.ProcessID, bridge.TypeSignalProcess, bridge.SignalProcess{ProcessID: a.ProcessID}, nil)
	if problem != nil && problem.Code != "PROCESS_ENDED" {
		return Result{Error: problem, Changed: true}
	}
	w := &waiting{id: a.ProcessID, pos: p.OutputBytes, seconds: stoppedSeconds, out: newTranscript(s.redact, nil)}
	state, err := s.follow(ctx, w)
	if err != nil {
		return Result{Error: fromBridge("see whether process "+a.ProcessID+" ended", err), Changed: true}
	}
	r := s.looked(w, state, maxTailLines)
	r.Changed = true
	r.output = map[string]any{"processId": a.ProcessID, "command": state.Command, "running": state.Running, "exitCode": state.ExitCode, "signal": state.Signal}
	return r
}
