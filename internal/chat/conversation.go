package chat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/toolbox"
)

// conversation is what the model is told.
type conversation struct {
	instructions agent.PromptInput
	summary      string          // of everything before earlier; "" if there is nothing
	earlier      []agent.Message // of the turns before
	own          []agent.Message // of this turn
	through      string          // see agent.FitOptions
	notes        string          // hash of the project's notes
	prompt       int             // tokens of the last prompt, 0 if unknown
}

// maxInstructions is the most of a project's notes that every request carries.
const maxInstructions = 32 << 10

// instructionFiles are the project's notes for agents, the first that is there.
var instructionFiles = []string{"AGENTS.md", "CLAUDE.md"}

// remember brings together what the model is told before the turn begins.
func (t *turn) remember() *outcome {
	in := agent.PromptInput{
		Root: permission.DefaultPlace().Root, Shell: "bash", Tools: toolbox.Definitions(), Boundary: boundary(t.chat.ID),
		PortURL: strings.Replace(t.s.Workspaces.PortURL(t.chat.WorkspaceID, examplePort, "/"), fmt.Sprint(examplePort), "{port}", 1),
	}
	in.Instructions, in.InstructionsPath, in.InstructionsTruncated = t.projectNotes()
	if in.Instructions != "" {
		sum := sha256.Sum256([]byte(in.InstructionsPath + "\n" + in.Instructions))
		t.context.notes = hex.EncodeToString(sum[:8])
	}
	if in.Instructions != "" && t.context.notes != t.chat.Notes { // told when they are new
		text := "Follows the project's notes in " + in.InstructionsPath
		if in.InstructionsTruncated {
			text += fmt.Sprintf(", of which it reads the first %d KiB", maxInstructions>>10)
		}
		t.notice("instructions", text+".", in.Instructions)
	}
	t.context.instructions = in
	if err := t.load(); err != nil {
		if t.ctx.Err() != nil {
			return t.cut()
		}
		t.s.log.Error("loading a chat", "chat", t.chat.ID, "err", err)
		return failed(CodeStore, "What was said before could not be read.", true)
	}
	t.context.own = []agent.Message{t.user}
	return nil
}

const examplePort = 12345

// boundary marks data in what the model reads. It is the same for a whole chat, so that the
// provider's cache of the beginning holds, and unknown inside the workspace.
func boundary(chatID string) string {
	sum := sha256.Sum256([]byte("boundary/" + chatID))
	return hex.EncodeToString(sum[:8])
}

// projectNotes reads them from the workspace folder, or from the one project in it.
func (t *turn) projectNotes() (text, path string, truncated bool) {
	ctx, cancel := context.WithTimeout(t.ctx, 10*time.Second)
	defer cancel()
	folders := []string{""}
	var list bridge.FileList
	if t.bridge.Call(ctx, bridge.TypeListFiles, bridge.ListFiles{}, &list) == nil {
		var project []string
		for _, e := range list.Entries {
			if e.Type == bridge.EntryDirectory && !strings.HasPrefix(e.Name, ".") {
				project = append(project, e.Path+"/")
			}
		}
		if len(project) == 1 {
			folders = append(folders, project[0])
		}
	}
	for _, folder := range folders {
		for _, name := range instructionFiles {
			var f bridge.FileContent
			err := t.bridge.Call(ctx, bridge.TypeReadFile, bridge.ReadFile{Path: folder + name, Length: maxInstructions}, &f)
			if err == nil && f.Encoding == bridge.EncodingUTF8 && strings.TrimSpace(f.Content) != "" {
				return t.redactor.String(f.Content), folder + name, f.Truncated
			}
		}
	}
	return "", "", false
}

// load reads the turns before this one, as far back as the latest summary.
func (t *turn) load() error {
	refs := t.chat.Turns[:len(t.chat.Turns)-1]
	var parts [][]agent.Message
	for i := len(refs) - 1; i >= 0; i-- {
		tr, err := t.s.Store.GetTranscript(t.ctx, refs[i].ID)
		if err != nil {
			return err
		}
		var msgs []agent.Message
		if len(tr.Messages) > 0 {
			if err := json.Unmarshal(tr.Messages, &msgs); err != nil {
				return fmt.Errorf("read transcript %s: %w", refs[i].ID, err)
			}
		}
		parts = append(parts, msgs)
		t.tainted = t.tainted || tr.Tainted // nobody else is here yet
		if i == len(refs)-1 {
			t.context.through = tr.Through
		}
		if tr.Summary != "" {
			t.context.summary = tr.Summary
			break
		}
	}
	var all []agent.Message
	for i := len(parts) - 1; i >= 0; i-- {
		all = append(all, parts[i]...)
	}
	t.context.earlier = agent.Repair(all)
	return nil
}

// messages is the whole conversation, with the system prompt for the mode of now.
func (t *turn) messages() []agent.Message {
	c := &t.context
	in := c.instructions
	in.Mode = string(t.currentMode())
	all := []agent.Message{{Role: agent.RoleSystem, Text: agent.SystemPrompt(in)}}
	if c.summary != "" {
		all = agent.WithSummary(c.summary, all)
	}
	all = append(all, c.earlier...)
	all = append(all, c.own...)
	if t.info.AbilitiesKnown && !t.info.Images {
		return withoutPictures(all, 0)
	}
	return withoutPictures(all, maxPromptPictures)
}

// fit makes the conversation fit the model's window: old results go first, then old turns
// are summarised. out is not nil if the turn cannot go on.
func (t *turn) fit(force bool) (msgs []agent.Message, out *outcome) {
	c := &t.context
	budget := agent.Budget(t.info)
	msgs, pruned := agent.Fit(t.messages(), agent.FitOptions{Budget: budget, Used: c.prompt, Through: c.through})
	if pruned > 0 {
		if left := agent.LeftOut(msgs); left != c.through {
			c.through, c.prompt = left, 0
			t.notice("pruned", fmt.Sprintf("Left %d older tool results out of what the model sees, to make room.", pruned), "")
		}
		head := len(msgs) - len(c.earlier) - len(c.own)
		c.earlier = msgs[head : head+len(c.earlier) : head+len(c.earlier)]
		c.own = append([]agent.Message(nil), msgs[head+len(c.earlier):]...)
	}
	if force || agent.Size(msgs, c.prompt)*100 > budget*agent.SummaryShare {
		if out := t.summarise(msgs); out != nil {
			return nil, out
		}
		msgs = t.messages()
	}
	if !force && agent.Estimate(msgs, nil) > budget*5/4 {
		return nil, failed(CodeWindowTooFull, "This message and what belongs to it are longer than the model can read. Start a new chat, say it shorter, or choose a model with a larger window.", false)
	}
	return agent.Repair(msgs), nil
}

// summarise replaces the older part of the conversation by a summary the model writes.
// Without one the turn goes on as it is: the provider has the last word on what is too long.
func (t *turn) summarise(msgs []agent.Message) *outcome {
	old, recent, ok := agent.SplitForSummary(msgs, 2)
	if !ok {
		return nil
	}
	t.status("summary", "Summarising the conversation so far…", time.Time{})
	text, out := t.complete(agent.SummaryRequest(old))
	if out != nil {
		return out
	}
	if text == "" {
		return nil
	}
	c := &t.context
	text = t.redactor.String(text)
	c.summary, c.earlier, c.prompt = text, nil, 0
	c.own = append([]agent.Message(nil), recent[1:]...) // without the system prompt
	t.notice("summary", "Summarised the conversation so far, to make room.", text)
	return nil
}

// saveTranscript writes down what the model has been told in this turn.
func (t *turn) saveTranscript(ctx context.Context) error {
	c := &t.context
	tr := Transcript{TurnID: t.id, Summary: c.summary, Through: c.through, Messages: mustJSON(c.own), Tainted: t.isTainted()}
	if len(c.earlier) > 0 {
		tr.Summary = "" // it stands in an earlier turn, and what follows it too
	}
	return t.s.Store.PutTranscript(ctx, tr)
}

func (t *turn) save() error {
	return persist(context.WithoutCancel(t.ctx), t.saveTranscript)
}
