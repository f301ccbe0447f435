package toolbox

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

const (
	maxCommand     = 8000 // characters
	maxTimeout     = 600  // seconds
	defaultTimeout = 60
	// startTime bounds the request that starts a command in the background, endTime the one that
	// ends one: TERM, three seconds, KILL, and some for the way.
	startTime = 15 * time.Second
	endTime   = 6 * time.Second
)

func runCommand() tool {
	return tool{
		name: "runCommand", class: permission.ClassExecute,
		description: "Runs a command with bash, without a terminal and without input, and returns its output. A command that still runs after timeoutSeconds, or that has opened a port and gone quiet, goes on as a process: see readProcess and stopProcess. Start servers and what needs input with background. Each call is a new shell: cd and variables do not last.",
		aliases:     []string{"bash", "shell", "sh", "execute", "executecommand", "run", "exec", "terminal", "runterminalcmd", "runterminalcommand", "runshellcommand", "executebash", "localshell", "runcommands", "runinterminal", "command", "shellcommand", "execcommand"},
		fields: []field{
			{name: "command", kind: text, required: true, most: maxCommand, argv: true, about: "a line, or several, for bash", aliases: []string{"cmd", "commandline", "script", "bash", "code", "commands", "input"}},
			{name: "cwd", kind: file, fallback: ".", about: "folder it runs in", aliases: []string{"workdir", "workingdirectory", "directory", "dir", "path", "folder"}},
			{name: "timeoutSeconds", kind: number, min: 1, max: maxTimeout, bounds: true, fallback: defaultTimeout, about: "how long to wait for its end", aliases: []string{"timeout", "timeoutsecs", "timeoutsec", "seconds", "waitseconds"}},
			{name: "background", kind: truth, fallback: false, about: "return soon after the start; its input is open for writeProcess", aliases: []string{"isbackground", "runinbackground", "detached", "async"}},
			{name: "description", kind: text, fallback: "", most: 80, label: true, about: "what it is for, in a few words", aliases: []string{"explanation", "reason", "purpose", "justification"}},
		},
		adapt: func(in raw) {
			for _, name := range []string{"timeoutms", "timeoutmilliseconds"} {
				if ms, ok := in.number(name); ok && !in.has("timeoutseconds", "timeout") {
					in["timeoutseconds"] = member{name, encode((ms + 999) / 1000)}
				}
				in.drop(name)
			}
		},
		fresh: func() arguments { return &runCommandArgs{} },
	}
}

type runCommandArgs struct {
	Command        string `json:"command"`
	Cwd            string `json:"cwd"`
	TimeoutSeconds int    `json:"timeoutSeconds"`
	Background     bool   `json:"background"`
	Description    string `json:"description"`
}

func (a *runCommandArgs) check() *Error {
	if strings.TrimSpace(a.Command) == "" || strings.ContainsRune(a.Command, 0) {
		return expected("command", "a command", encode(a.Command))
	}
	return nil
}

func (a *runCommandArgs) describe(_ *Session, p *permission.Call) string {
	p.Command, p.Cwd = a.Command, a.Cwd
	return a.Command
}

// assess finds out whether the settings of the repository would make git's reading commands
// run programs, and what keeps them from it. If that cannot be told, they would.
func (a *runCommandArgs) assess(ctx context.Context, c *Call) *Error {
	c.Permission.GitQuiet, c.env = false, nil
	some, only := c.Permission.GitReads(c.session.place)
	if !some {
		return nil
	}
	var own bridge.GitProgramSettings
	switch problem := c.session.call(ctx, "see what git runs", bridge.TypeGitPrograms, bridge.GitPrograms{}, &own); {
	case problem != nil && problem.Code == CodeCancelled:
		return problem
	case problem != nil || len(own.Loud) > 0:
	case only:
		c.Permission.GitQuiet, c.env = true, own.Env
	case len(own.Silenced) == 0:
		// Other commands of the text may need what Env turns off. Without the index being
		// noted no hook runs.
		c.Permission.GitQuiet, c.env = true, map[string]string{"GIT_OPTIONAL_LOCKS": "0"}
	}
	return nil
}

type openPort struct {
	Port int    `json:"port"`
	URL  string `json:"url"`
}

type runCommandOutput struct {
	Command      string     `json:"command"`
	Cwd          string     `json:"cwd"`
	ProcessID    string     `json:"processId"`
	Running      bool       `json:"running"`
	ExitCode     *int       `json:"exitCode,omitempty"`
	Signal       string     `json:"signal,omitempty"`
	Output       string     `json:"output"`
	OmittedBytes int64      `json:"omittedBytes"`
	DurationMs   int64      `json:"durationMs"`
	Ports        []openPort `json:"ports,omitempty"`
}

func (a *runCommandArgs) run(ctx context.Context, c *Call, live func(string)) Result {
	s := c.session
	if err := ctx.Err(); err != nil {
		return failed(fromBridge("run "+c.Title, err))
	}
	ports := s.watchPorts(ctx)
	defer ports.stop()
	begun := time.Now()
	w := &waiting{ports: ports, out: newTranscript(s.redact, live)}
	state, err := s.begin(ctx, c, a, w)
	if rest := a.TimeoutSeconds - s.pace.firstSeconds; err == nil && state.Running && !a.Background && rest > 0 {
		w.seconds = rest
		state, err = s.follow(ctx, w)
	}
	w.out.flush()
	if err != nil && w.id == "" {
		problem := fromBridge("start the command", err)
		return Result{Error: problem, Changed: problem.Code == CodeBridgeLost || problem.Code == CodeCancelled}
	}
	took := time.Since(begun)
	out := runCommandOutput{Command: a.Command, Cwd: a.Cwd, ProcessID: w.id, DurationMs: took.Milliseconds()}
	out.Output, out.OmittedBytes = w.out.shown()
	r := Result{Changed: true, Foreign: talks(a.Command) || ofDependency(a.Cwd)}
	said := w.out.text()
	switch {
	case err != nil && ctx.Err() != nil && !a.Background: // the first seconds of others are not cut short
		s.end(ctx, w.id)
		out.Signal = "TERM"
		r.Text = said + "[stopped]\n"
		r.Error = errorf(CodeCancelled, "the command was stopped after %s.", seconds(took))
	case err != nil:
		r.Text, r.Error = said, fromBridge(fmt.Sprintf("follow the command, which may go on as process %s", w.id), err)
	default:
		if state.EndedAt != nil {
			took = state.EndedAt.Sub(state.StartedAt)
			out.DurationMs = took.Milliseconds()
		}
		out.Running, out.ExitCode, out.Signal = state.Running, state.ExitCode, state.Signal
		if state.Running {
			out.Ports = s.addresses(ports.opened())
		}
		r.Text = said + a.ending(out, w, took, state)
	}
	r.output = out
	return r
}

// ending says how the command ended, or that it did not.
func (a *runCommandArgs) ending(out runCommandOutput, w *waiting, took time.Duration, state bridge.Attached) string {
	if !state.Running {
		return exitLine(state.Process, took)
	}
	var b strings.Builder
	for _, p := range out.Ports {
		fmt.Fprintf(&b, "[port %d is open", p.Port)
		if p.URL != "" {
			b.WriteString(": " + p.URL)
		}
		b.WriteString("]\n")
	}
	switch {
	case a.Background:
		fmt.Fprintf(&b, "[runs in the background as process %s; use readProcess, writeProcess or stopProcess; its output goes on at byte %d]\n", w.id, state.NextByte)
	case w.early:
		fmt.Fprintf(&b, "[it has opened a port and goes on as process %s; use readProcess or stopProcess; its output goes on at byte %d]\n", w.id, state.NextByte)
	default:
		fmt.Fprintf(&b, "[%s: still running after %s; kept as process %s; use readProcess or stopProcess; its output goes on at byte %d]\n", CodeTimeout, seconds(took), w.id, state.NextByte)
	}
	return b.String()
}

// exitLine says how a process ended.
func exitLine(p bridge.Process, took time.Duration) string {
	switch {
	case strings.HasPrefix(p.Signal, "KILL (the workspace is out of memory"):
		return fmt.Sprintf("[%s: the workspace ran out of memory and the system killed it after %s]\n", CodeOOMKilled, seconds(took))
	case p.Signal != "":
		return fmt.Sprintf("[ended by signal %s after %s]\n", p.Signal, seconds(took))
	case p.ExitCode != nil:
		return fmt.Sprintf("[exit code %d after %s]\n", *p.ExitCode, seconds(took))
	}
	return "[ended]\n"
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// begin starts the command and follows it for the first seconds in the foreground, where
// no output is lost however fast it comes. Then the bridge moves it to the background.
// w.id is set if it was started.
func (s *Session) begin(ctx context.Context, c *Call, a *runCommandArgs, w *waiting) (bridge.Attached, error) {
	req := bridge.RunCommand{Command: a.Command, Path: a.Cwd, Env: c.env, TimeoutSeconds: s.pace.firstSeconds, Input: a.Background, Description: a.Description}
	if a.Background {
		// It shall live on when the call is cancelled. These seconds are waited for.
		timed, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTime)
		defer cancel()
		ctx = timed
	} else {
		req.TimeoutSeconds = min(req.TimeoutSeconds, a.TimeoutSeconds)
	}
	var process bridge.Process
	var result bridge.CommandResult
	err := s.bridge.Stream(ctx, bridge.TypeRunCommand, req, &result, func(e bridge.Event) error {
		if e.Event != bridge.EventStarted {
			return w.take(e)
		}
		if err := json.Unmarshal(e.Payload, &process); err != nil {
			return fmt.Errorf("read the start of a command: %w", err)
		}
		w.id = process.ProcessID
		s.mu.Lock()
		defer s.mu.Unlock()
		s.started[w.id] = &startedProcess{command: a.Command, input: a.Background}
		return nil
	})
	process.Running, process.ExitCode, process.Signal = result.Running, result.ExitCode, result.Signal
	if ended := process.StartedAt.Add(time.Duration(result.DurationMillis) * time.Millisecond); !result.Running {
		process.EndedAt = &ended
	}
	return bridge.Attached{Process: process, NextByte: w.pos}, err
}

// end ends a process with all that came of it, although ctx is over.
func (s *Session) end(ctx context.Context, id string) {
	timed, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	_ = s.bridge.Call(timed, bridge.TypeSignalProcess, bridge.SignalProcess{ProcessID: id}, nil)
}

// addresses says where ports are reached from outside.
func (s *Session) addresses(ports []int) []openPort {
	var all []openPort
	for _, p := range ports {
		open := openPort{Port: p}
		if s.portURL != nil {
			open.URL = s.portURL(p, "/")
		}
		all = append(all, open)
	}
	return all
}
