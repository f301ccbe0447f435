package api

import (
	"context"
	"errors"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/spend"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// Agent is what a user has set for the agent, and what is in force.
type Agent struct {
	Configured     bool    `json:"configured" doc:"There is a provider key, so the agent can work."`
	KeySource      string  `json:"keySource" enum:"own,server,none"`
	KeyHint        string  `json:"keyHint,omitempty" doc:"The last characters of your own key."`
	OwnKeysAllowed bool    `json:"ownKeysAllowed"`
	Model          string  `json:"model"`
	Mode           string  `json:"mode" enum:"plan,ask,autoEdit,auto"`
	ModeCap        string  `json:"modeCap" enum:"plan,ask,autoEdit,auto" doc:"The most an administrator allows."`
	Rules          string  `json:"rules" doc:"One rule a line, such as: allow run npm test"`
	Budgets        Budgets `json:"budgets"`
	Spent          struct {
		Day float64 `json:"day" doc:"By you today (UTC)."`
	} `json:"spent"`
}

// Budgets are limits in US dollars; 0 is no limit.
type Budgets struct {
	Turn float64 `json:"turn"`
	Chat float64 `json:"chat"`
	Day  float64 `json:"day" doc:"For each user."`
}

// AgentModel is a language model to choose.
type AgentModel struct {
	ID              string   `json:"id"`
	Name            string   `json:"name"`
	ContextTokens   int      `json:"contextTokens" doc:"0 if unknown."`
	MaxOutputTokens int      `json:"maxOutputTokens" doc:"0 if unknown."`
	PromptPrice     *float64 `json:"promptPrice" doc:"US dollars for a million tokens; null if unknown."`
	CompletionPrice *float64 `json:"completionPrice"`
	Tools           bool     `json:"tools" doc:"It can do the agent's work, or nobody knows that it cannot."`
	Images          bool     `json:"images"`
	Reasoning       bool     `json:"reasoning"`
	Default         bool     `json:"default"`
}

func wireModel(m agent.ModelInfo, standard string) AgentModel {
	out := AgentModel{ID: m.ID, Name: m.Name, ContextTokens: m.ContextTokens, MaxOutputTokens: m.MaxOutputTokens,
		Tools: m.Tools || !m.AbilitiesKnown, Images: m.Images, Reasoning: m.Reasoning, Default: m.ID == standard}
	if m.PriceKnown {
		prompt, completion := dollars(m.Price.Prompt), dollars(m.Price.Completion)
		out.PromptPrice, out.CompletionPrice = &prompt, &completion
	}
	return out
}

func dollars(n agent.NanoUSD) float64 { return float64(n) / 1e9 }

// askModels bounds asking the provider for its models.
const askModels = 15 * time.Second

type agentOutput struct{ Body Agent }

func (s *Server) agentOf(ctx context.Context) (*agentOutput, error) {
	me := caller(ctx).UserID
	own, err := s.Chats.Settings(ctx, me)
	if err != nil {
		return nil, s.fail(err)
	}
	spent, err := s.Ledger.Spent(ctx, spend.Who{UserID: me})
	if err != nil {
		return nil, s.fail(err)
	}
	out := Agent{Configured: own.Configured, KeySource: own.KeySource, KeyHint: own.KeyHint, OwnKeysAllowed: *s.Config.AgentOwnKeys,
		Model: own.Model, Mode: string(own.Mode), ModeCap: s.Config.AgentModeCap, Rules: own.Rules}
	l := s.Ledger.Limits()
	out.Budgets = Budgets{Turn: dollars(l.Turn), Chat: dollars(l.Chat), Day: dollars(l.UserDay)}
	if day, own := s.Ledger.DayOf(me); own {
		out.Budgets.Day = dollars(max(day, 1)) // 0 would be no limit; this is shown as nothing
	}
	out.Spent.Day = dollars(spent.UserDay)
	return &agentOutput{out}, nil
}

func (s *Server) registerAgent() {
	huma.Register(s.api, operation("GET", "/api/v1/agent", "get-agent", "Your settings of the agent, and what you have spent", 200), func(ctx context.Context, _ *struct{}) (*agentOutput, error) {
		return s.agentOf(ctx)
	})
	type updateAgentInput struct {
		Body struct {
			Model *string `json:"model,omitempty" maxLength:"256"`
			Mode  *string `json:"mode,omitempty" enum:"plan,ask,autoEdit,auto"`
			Rules *string `json:"rules,omitempty" maxLength:"32768"`
		}
	}
	huma.Register(s.api, operation("PATCH", "/api/v1/agent", "update-agent", "Change your defaults and rules", 200), func(ctx context.Context, in *updateAgentInput) (*agentOutput, error) {
		if err := s.Chats.UpdateSettings(ctx, caller(ctx).UserID, in.Body.Model, (*permission.Mode)(in.Body.Mode), in.Body.Rules); err != nil {
			return nil, s.fail(err)
		}
		return s.agentOf(ctx)
	})
	type agentKeyInput struct {
		Body struct {
			Key string `json:"key" minLength:"1" maxLength:"600"`
		}
	}
	huma.Register(s.api, operation("PUT", "/api/v1/agent/key", "set-agent-key", "Store a provider key of your own; it is never shown again", 204), func(ctx context.Context, in *agentKeyInput) (*struct{}, error) {
		if err := humansOnly(ctx); err != nil {
			return nil, err
		}
		return nil, s.fail(s.Chats.SetKey(ctx, caller(ctx).UserID, in.Body.Key))
	})
	huma.Register(s.api, operation("DELETE", "/api/v1/agent/key", "delete-agent-key", "Forget it", 204), func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		if err := humansOnly(ctx); err != nil {
			return nil, err
		}
		return nil, s.fail(s.Chats.RemoveKey(ctx, caller(ctx).UserID))
	})
	huma.Register(s.api, operation("GET", "/api/v1/models", "list-models", "Language models to choose from", 200), func(ctx context.Context, _ *struct{}) (*list[AgentModel], error) {
		me := caller(ctx).UserID
		own, err := s.Chats.Settings(ctx, me)
		if err != nil {
			return nil, s.fail(err)
		}
		client, err := s.Chats.ModelList(ctx, me)
		if err != nil {
			return nil, s.fail(err)
		}
		ctx, cancel := context.WithTimeout(ctx, askModels)
		defer cancel()
		found, err := client.Models(ctx)
		if err != nil {
			s.log.Warn("listing models", "err", err)
			detail := "The provider of models does not answer."
			if failure, ok := errors.AsType[*agent.Error](err); ok {
				detail = failure.Message
			}
			return nil, problem(502, "provider_unavailable", detail)
		}
		items := make([]AgentModel, 0, len(found))
		for _, m := range found {
			items = append(items, wireModel(m, own.Model))
		}
		return listOf(items, ""), nil
	})
	type agentRules struct {
		Rules string `json:"rules" maxLength:"32768" doc:"One rule a line, such as: allow run npm test"`
	}
	type agentRulesOutput struct{ Body agentRules }
	huma.Register(s.api, operation("GET", workspaceBase+"/agent-rules", "get-agent-rules", "What the agent may do in a workspace without asking", 200), func(ctx context.Context, in *workspaceInput) (*agentRulesOutput, error) {
		if _, err := s.with(ctx, in.ID, workspace.RightEdit); err != nil {
			return nil, err
		}
		text, err := s.Chats.Rules(ctx, in.ID)
		if err != nil {
			return nil, s.fail(err)
		}
		return &agentRulesOutput{agentRules{text}}, nil
	})
	type agentRulesInput struct {
		ID   string `path:"id" maxLength:"64"`
		Body agentRules
	}
	huma.Register(s.api, operation("PUT", workspaceBase+"/agent-rules", "set-agent-rules", "Replace these rules", 200), func(ctx context.Context, in *agentRulesInput) (*agentRulesOutput, error) {
		if _, err := s.own(ctx, in.ID); err != nil {
			return nil, err
		}
		if err := s.Chats.SetRules(ctx, in.ID, in.Body.Rules); err != nil {
			return nil, s.fail(err)
		}
		return &agentRulesOutput{in.Body}, nil
	})
	type openEditorInput struct {
		ID   string `path:"id" maxLength:"64"`
		Body struct {
			Path     string `json:"path,omitempty" maxLength:"4096" doc:"Needed unless terminal is set."`
			Line     int    `json:"line,omitempty" minimum:"0" maximum:"10000000"`
			Column   int    `json:"column,omitempty" minimum:"0" maximum:"1000000"`
			Terminal bool   `json:"terminal,omitempty" doc:"Show the editor's terminal, a new one if there is none, instead of a file."`
		}
	}
	huma.Register(s.api, operation("POST", workspaceBase+"/editor", "open-in-editor", "Show a file or the terminal in the VS Code that is open", 204), func(ctx context.Context, in *openEditorInput) (*struct{}, error) {
		w, err := s.with(ctx, in.ID, workspace.RightEdit)
		if err != nil {
			return nil, err
		}
		if w.Status != workspace.StatusRunning {
			return nil, problem(409, "no_editor", "The workspace does not run, so no editor is open.")
		}
		what := bridge.OpenEditor{Path: in.Body.Path, Line: in.Body.Line, Column: in.Body.Column, Terminal: in.Body.Terminal}
		if what.Path == "" && !what.Terminal {
			return nil, problem(422, "invalid", "Say which file to show, or that it is the terminal.")
		}
		return nil, s.fail(s.OpenEditor(ctx, w, what))
	})
}
