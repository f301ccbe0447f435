package tools

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/kalpana-dev/kalpana/bridge"
)

type runArgs struct {
	Command        string `json:"command" jsonschema:"a line for bash"`
	Path           string `json:"path,omitempty" jsonschema:"folder it runs in; default the workspace itself"`
	TimeoutSeconds int    `json:"timeoutSeconds,omitempty" jsonschema:"after this long the command goes on in the background, 1 to 3600; default 60"`
	Background     bool   `json:"background,omitempty" jsonschema:"answer as soon as it has started, for servers"`
	Description    string `json:"description,omitempty" jsonschema:"what it is for, in a few words"`
}

type attachArgs struct {
	ProcessID   string `json:"processId" jsonschema:"as runCommand or listProcesses told"`
	FromByte    int64  `json:"fromByte,omitempty" jsonschema:"where to begin; the end of the answer says where to go on"`
	WaitSeconds int    `json:"waitSeconds,omitempty" jsonschema:"how long to wait for more output, up to 30; default: what is there"`
}

type inputArgs struct {
	ProcessID string `json:"processId" jsonschema:"a process with input"`
	Data      string `json:"data" jsonschema:"what it reads"`
	Close     bool   `json:"close,omitempty" jsonschema:"end its input then"`
}

type signalArgs struct {
	ProcessID string `json:"processId" jsonschema:"as runCommand or listProcesses told"`
	Signal    string `json:"signal,omitempty" jsonschema:"INT, TERM, KILL, HUP, QUIT, USR1, USR2, STOP or CONT; default: end it, by force if need be"`
}

type noArgs struct{}

func (s *Server) addCommandTools(m *mcp.Server) {
	addContent(m, bridge.TypeRunCommand, "Run command", "Runs a command with bash, without a terminal or input, and returns its output and exit code.", runs, s.runCommand)
	add(m, bridge.TypeListProcesses, "List processes", "Lists commands and terminals: those that run and those that ended lately.", reads, func(context.Context, noArgs) (bridge.ProcessList, error) {
		return s.Processes.List(), nil
	}, func(l bridge.ProcessList) string {
		lines := make([]string, 0, len(l.Processes))
		for _, p := range l.Processes {
			lines = append(lines, showProcess(p))
		}
		if len(lines) == 0 {
			return "none"
		}
		return strings.Join(lines, "\n")
	})
	addContent(m, bridge.TypeAttachProcess, "Read output", "Reads the output of a process, also of one that has ended.", reads, s.attach)
	add(m, bridge.TypeWriteProcess, "Write to process", "Writes to the input of a terminal or of a command that has one.", runs, func(ctx context.Context, a inputArgs) (string, error) {
		return "written", s.Processes.Write(ctx, bridge.WriteProcess{ProcessID: a.ProcessID, Data: a.Data, Close: a.Close})
	}, itself)
	add(m, bridge.TypeSignalProcess, "Stop process", "Ends a process with all that came of it, or sends it another signal.", runs, func(ctx context.Context, a signalArgs) (string, error) {
		return "sent", s.Processes.Signal(ctx, bridge.SignalProcess(a))
	}, itself)
	add(m, bridge.TypePorts, "Open ports", "Lists the TCP ports that programs in the workspace listen on.", reads, func(ctx context.Context, _ noArgs) (bridge.PortList, error) {
		return s.Ports.List(ctx)
	}, showPorts)
}

func itself(s string) string { return s }

// runCommand tells clients that asked for progress what the command writes.
func (s *Server) runCommand(ctx context.Context, req *mcp.CallToolRequest, a runArgs) ([]mcp.Content, error) {
	token := req.Params.GetProgressToken()
	result, err := s.Processes.RunCommand(ctx, bridge.RunCommand{
		Command: a.Command, Path: a.Path, TimeoutSeconds: a.TimeoutSeconds, Background: a.Background, Description: a.Description, Quiet: token == nil,
	}, func(event string, payload any) error {
		out, ok := payload.(bridge.Output)
		if event != bridge.EventOutput || !ok || token == nil {
			return nil
		}
		return req.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{
			ProgressToken: token, Progress: float64(out.FromByte + int64(len(out.Data))), Message: out.Data,
		})
	})
	if err != nil {
		return nil, err
	}
	return text(showResult(result)), nil
}

// errFull ends an attachment whose answer is as long as it may be.
var errFull = errors.New("the answer is full")

// mostWait is shorter than the minute after which common clients give up on a tool.
const mostWait = 30

func (s *Server) attach(ctx context.Context, _ *mcp.CallToolRequest, a attachArgs) ([]mcp.Content, error) {
	wait := min(a.WaitSeconds, mostWait)
	if wait <= 0 {
		wait = -1
	}
	var b strings.Builder
	dropped := int64(0)
	left, next := int64(bridge.MaxOutputBytes), int64(-1)
	result, err := s.Processes.Attach(ctx, bridge.AttachProcess{ProcessID: a.ProcessID, FromByte: a.FromByte, WaitSeconds: wait}, func(_ string, payload any) error {
		out, ok := payload.(bridge.Output)
		if !ok {
			return nil
		}
		dropped += out.Dropped
		if out.Encoding != bridge.EncodingUTF8 {
			out.Data = fmt.Sprintf("[bytes that are no text, base64: %s]", out.Data)
		} else if int64(len(out.Data)) > max(left, 0) {
			piece := strings.ToValidUTF8(out.Data[:max(left, 0)], "") // no half character
			b.WriteString(piece)
			next = out.FromByte + int64(len(piece))
			return errFull
		}
		left -= int64(len(out.Data))
		b.WriteString(out.Data)
		return nil
	})
	if errors.Is(err, errFull) {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	shown := b.String()
	if next >= 0 {
		return text(fmt.Sprintf("%s\n[there is more; go on with fromByte %d]", shown, next)), nil
	}
	if dropped > 0 {
		shown = fmt.Sprintf("[%d bytes before this are lost]\n%s", dropped, shown)
	}
	return text(fmt.Sprintf("%s\n[%s; go on with fromByte %d]", shown, showProcess(result.Process), result.NextByte)), nil
}
