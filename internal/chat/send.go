package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/spend"
	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// modelsFor bounds asking the provider for its models before a turn. Without an answer the
// turn goes on with what is assumed of unknown models.
const modelsFor = 2 * time.Second

// Send begins a turn: an answer to the request's message, or for a regeneration to the
// message that was answered before. The turn goes on without the caller; its stream is
// returned, and later by Stream. Errors: ErrNotFound, ErrRunning, ErrBusy, ErrOff, ErrFull,
// ErrKnown, ErrClosed, *InvalidError, *spend.ExhaustedError.
func (s *Service) Send(ctx context.Context, userID string, req uistream.Request) (*uistream.Log, error) {
	log, err := s.send(ctx, userID, req)
	if err != nil {
		s.Observer.AgentTurnEnded("refused")
	}
	return log, err
}

func (s *Service) send(ctx context.Context, userID string, req uistream.Request) (*uistream.Log, error) {
	c, err := s.Store.GetChat(ctx, req.ChatID)
	if err != nil {
		return nil, err
	}
	settings, err := s.Store.GetSettings(ctx, userID)
	if err != nil {
		return nil, err
	}
	client, key, err := s.client(settings)
	if err != nil {
		return nil, err
	}
	at, err := place(c, req)
	if err != nil {
		return nil, err
	}
	user := req.Message
	if req.Trigger == uistream.TriggerRegenerate {
		if user, err = s.userMessage(ctx, c.Turns[at].ID); err != nil {
			return nil, err
		}
	}
	t := &turn{
		s: s, id: newID(), userID: userID, client: client, ownKey: key != "", model: req.Model,
		started: time.Now().UTC().Truncate(time.Millisecond), over: make(chan struct{}), answers: map[string]*question{}, called: map[string]bool{},
	}
	if t.model == "" {
		t.model = s.modelOf(c, settings)
	}
	t.secrets = append(slices.Clone(s.Secrets), key)
	if s.SecretsOf != nil {
		more, err := s.SecretsOf(ctx, userID)
		if err != nil {
			return nil, fmt.Errorf("read the secrets of user %s, which no result may show: %w", userID, err)
		}
		t.secrets = append(t.secrets, more...)
	}
	if t.mode = permission.Mode(req.Mode); t.mode == "" {
		t.mode = c.Mode
	}
	if !t.mode.Valid() {
		return nil, &InvalidError{"mode", "is plan, ask, autoEdit or auto"}
	}
	if t.user, err = modelMessage(user); err != nil {
		return nil, err
	}
	if t.info, err = s.lookUp(ctx, client, t.model, len(t.user.Images) > 0); err != nil {
		return nil, err
	}
	if _, err := s.Ledger.Check(ctx, spend.Who{UserID: userID, ChatID: c.ID, OwnKey: t.ownKey}, 0); err != nil {
		return nil, err
	}
	return s.begin(ctx, t, req, at, user)
}

// place is the index in c.Turns that the new turn gets.
func place(c Chat, req uistream.Request) (int, error) {
	at := len(c.Turns)
	switch {
	case req.Trigger == uistream.TriggerRegenerate:
		if at == 0 {
			return 0, &InvalidError{"trigger", "cannot be regenerate-message: there is no answer yet"}
		}
		at--
		if req.MessageID != "" {
			at = slices.IndexFunc(c.Turns, func(r TurnRef) bool { return r.ID == req.MessageID || r.User == req.MessageID })
		}
	case req.MessageID != "":
		at = slices.IndexFunc(c.Turns, func(r TurnRef) bool { return r.User == req.MessageID })
	default:
		if slices.ContainsFunc(c.Turns, func(r TurnRef) bool { return r.User == req.Message.ID }) {
			return 0, ErrKnown
		}
	}
	switch {
	case at < 0:
		return 0, &InvalidError{"messageId", "is no message of this chat"}
	case at >= MaxTurns:
		return 0, ErrFull
	}
	return at, nil
}

func (s *Service) userMessage(ctx context.Context, turnID string) (m uistream.Message, err error) {
	old, err := s.Store.GetTurn(ctx, turnID)
	if err == nil {
		err = json.Unmarshal(old.User, &m)
	}
	return m, err
}

// lookUp finds what is known of a model, and refuses one that cannot do the work.
func (s *Service) lookUp(ctx context.Context, client Model, model string, images bool) (agent.ModelInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, modelsFor)
	defer cancel()
	all, err := client.Models(ctx)
	if err != nil {
		s.log.Warn("listing models", "err", err)
	}
	info := known(all, model)
	if info.AbilitiesKnown && !info.Tools {
		return info, &InvalidError{"model", model + " cannot use tools. Choose another one."}
	}
	if images && info.AbilitiesKnown && !info.Images {
		var can []string
		for _, m := range all {
			if m.Images && m.Tools && len(can) < 3 {
				can = append(can, m.ID)
			}
		}
		return info, &InvalidError{"model", fmt.Sprintf("%s cannot see pictures. These can: %s.", model, strings.Join(can, ", "))}
	}
	return info, nil
}

// known is what a provider's list says of a model. One that the list has no price for is
// taken to be as dear as the dearest: budgets must hold for it, too.
func known(all []agent.ModelInfo, model string) agent.ModelInfo {
	base, _, _ := strings.Cut(model, ":") // variants such as ":nitro" are of the same model
	info := agent.ModelInfo{ID: model}
	var dearest agent.Price
	priced := false
	for _, m := range all {
		if m.ID == model || m.ID == base && info.Name == "" {
			info, info.ID = m, model
		}
		if m.PriceKnown {
			priced = true
			dearest.Prompt = max(dearest.Prompt, m.Price.Prompt)
			dearest.Completion = max(dearest.Completion, m.Price.Completion)
			dearest.CacheRead = max(dearest.CacheRead, m.Price.CacheRead)
			dearest.CacheWrite = max(dearest.CacheWrite, m.Price.CacheWrite)
			dearest.Request = max(dearest.Request, m.Price.Request)
		}
	}
	if !info.PriceKnown && priced {
		info.Price, info.PriceKnown = dearest, true
	}
	return info
}

// begin records the turn and lets it run.
func (s *Service) begin(ctx context.Context, t *turn, req uistream.Request, at int, user uistream.Message) (*uistream.Log, error) {
	if err := s.enter(t.userID); err != nil {
		return nil, err
	}
	entered := true
	defer func() {
		if entered {
			s.leave(t.userID)
		}
	}()
	user.Metadata = mustJSON(map[string]any{"createdAt": t.started})
	t.record = Turn{ID: t.id, ChatID: req.ChatID, UserID: t.userID, State: StateRunning, Model: t.model, Mode: t.mode, User: mustJSON(user), StartedAt: t.started}
	var dropped []TurnRef
	now := time.Now().UTC()
	// A client that leaves now must not leave half a turn behind.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeFor)
	defer cancel()
	// The turn's record comes first: a chat never names one that is not there.
	if err := s.Store.PutTurn(ctx, t.record); err != nil {
		return nil, err
	}
	c, err := s.change(ctx, req.ChatID, func(c *Chat) error {
		if c.Run.TurnID != "" {
			return &RunningError{c.Run.TurnID}
		}
		if again, err := place(*c, req); err != nil || again != at {
			return errors.Join(ErrConflict, err) // somebody undid or added a turn just now
		}
		dropped = c.drop(at)
		c.Turns = append(c.Turns, TurnRef{ID: t.id, User: user.ID})
		c.Run = Run{TurnID: t.id, Process: s.Process, Until: now.Add(3 * s.Heartbeat)}
		c.Interrupted = false
		if c.Title == "" {
			c.Title = titleOf(t.user.Text)
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, s.Store.RemoveTurn(ctx, t.id))
	}
	for _, d := range dropped {
		if err := s.Store.RemoveTurn(ctx, d.ID); err != nil {
			s.log.Warn("removing a dropped turn", "turn", d.ID, "err", err)
		}
	}
	t.chat = c
	t.record.WorkspaceID = c.WorkspaceID
	t.log = uistream.NewLog(t.id)
	t.ctx, t.cancel = context.WithCancelCause(s.lifetime)
	entered = false // run leaves
	s.mu.Lock()
	s.running[c.ID] = t
	s.mu.Unlock()
	s.Observer.AgentTurnStarted()
	go t.run()
	return t.log, nil
}

// maxUndone is how many checkpoints a chat remembers beside those of its turns.
const maxUndone = 100

// drop takes the turns from at on out of the chat. Their checkpoints stay known, so that
// their changes to files can still be undone.
func (c *Chat) drop(at int) []TurnRef {
	dropped := slices.Clone(c.Turns[at:])
	c.Turns = c.Turns[:at]
	for _, d := range dropped {
		if d.Checkpoint != "" {
			c.remember(d.Checkpoint)
		}
	}
	return dropped
}

func (c *Chat) remember(checkpoint string) {
	c.Undone = append(slices.Clone(c.Undone), checkpoint)
	c.Undone = c.Undone[max(0, len(c.Undone)-maxUndone):]
}

// enter counts a turn of a user; leave undoes it.
func (s *Service) enter(userID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if s.perUser[userID] >= s.TurnsPerUser {
		return ErrBusy
	}
	s.perUser[userID]++
	s.working.Add(1)
	return nil
}

func (s *Service) leave(userID string) {
	s.mu.Lock()
	if s.perUser[userID]--; s.perUser[userID] == 0 {
		delete(s.perUser, userID)
	}
	s.mu.Unlock()
	s.working.Done()
}

// titleLength is how many characters of a message make a title.
const titleLength = 60

// titleOf makes a title of the first line that says something.
func titleOf(text string) string {
	for line := range strings.Lines(text) {
		line = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
			if isControl(r) {
				return ' '
			}
			return r
		}, line)), " ")
		if line == "" {
			continue
		}
		if utf8.RuneCountInString(line) > titleLength {
			line = strings.TrimRight(string([]rune(line)[:titleLength-1]), " ") + "…"
		}
		return line
	}
	return "Chat"
}

func mustJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own structs
	}
	return raw
}
