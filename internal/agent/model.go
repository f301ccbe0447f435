package agent

import (
	"context"
	"encoding/json"
	"errors"
	"math/big"
	"time"
)

// Model answers with one message to a conversation. It is safe for concurrent use.
type Model interface {
	// Stream asks for one answer and calls on for every piece of it, in order, from the
	// calling goroutine; on may block. An error of on ends the stream and is returned as
	// it is. Every other error is an [*Error]. With an error the Result holds the text,
	// reasoning and usage that came before it, and no calls: none may be executed.
	// Cancelling ctx ends it with CodeCancelled, which wraps the cause.
	//
	// Attempts are repeated, with a [Retry] event each time, only as long as nothing of
	// the answer has been given to on.
	Stream(ctx context.Context, req Request, on func(Event) error) (Result, error)
}

// Request is what a model is asked.
type Request struct {
	Model string
	// Fallbacks are models that may answer instead, in this order.
	Fallbacks []string
	Messages  []Message
	// Tools are sent sorted by name, so that the provider's cache of the prompt holds.
	Tools []Tool
	// ParallelTools lets the model call several tools in one answer, if it can.
	ParallelTools bool
	// MaxTokens bounds the answer with its reasoning; 0 leaves it to the provider.
	MaxTokens int
	// ReasoningEffort is "low", "medium" or "high"; "" leaves it to the provider.
	ReasoningEffort string
	// AllowTraining permits providers that keep or learn from what they are sent.
	AllowTraining bool
	// User and Session are opaque ids, for the provider's abuse control and its cache.
	User, Session string
}

// Roles of messages.
const (
	RoleSystem    = "system"
	RoleUser      = "user"
	RoleAssistant = "assistant"
	RoleTool      = "tool"
)

// Message is one of a conversation. Which fields count depends on Role.
type Message struct {
	Role   string
	Text   string
	Images []Image // of a user

	Reasoning Reasoning  // of an assistant
	Calls     []ToolCall // of an assistant

	CallID string // of a tool: the call that Text is the result of
}

// Image is a picture for models that can see.
type Image struct {
	MediaType string // image/png and the like
	Data      []byte
}

// Reasoning is what a model thought. Providers verify parts of it: it goes back to them
// as it came.
type Reasoning struct {
	Text string
	// Details are the provider's own records in order, signed or encrypted; not for display.
	Details []json.RawMessage
	// Field is the name under which Text came. Servers want it back under the same one.
	Field string
	// Model is the model that was asked, or the fallback that answered. Another could not
	// verify the details, and gets none of this.
	Model string
}

// Tool is a function that the model may call.
type Tool struct {
	Name        string // letters, digits, "_" and "-", at most 64
	Description string
	Schema      json.RawMessage // a JSON schema of type object
}

// Reasons why a call cannot be executed.
const (
	InvalidNotJSON   = "not_json"
	InvalidNotObject = "not_object"
	// InvalidCutOff: the answer ended before the arguments did.
	InvalidCutOff = "cut_off"
	InvalidNoName = "no_name"
)

// ToolCall is a call that the model asks for.
type ToolCall struct {
	// ID is not empty, and unique in the conversation; made up if the provider's is not.
	ID string
	// Name is as the model wrote it: it may be of no known tool.
	Name string
	// Arguments is always a JSON object: {} if what came was none.
	Arguments json.RawMessage
	// Invalid is why the call must not be executed; "" if it may.
	Invalid string
	// Raw is what came in place of arguments if Invalid is not "", at most 4 KiB of it.
	Raw string
}

// Event is one of the types below.
type Event interface{ event() }

type (
	// Started comes first of an attempt that the provider has accepted.
	Started struct{ GenerationID string }
	// TextDelta is more of the visible answer.
	TextDelta struct{ Text string }
	// ReasoningDelta is more of the model's thoughts.
	ReasoningDelta struct{ Text string }
	// ToolStart announces a call. Index counts the calls of the answer from 0.
	ToolStart struct {
		Index    int
		ID, Name string
	}
	// ToolArguments is more of the arguments' text, for display; ToolEnd has the truth.
	ToolArguments struct {
		Index int
		ID    string
		Delta string
	}
	// ToolEnd is a complete call. They come in order, after the last delta.
	ToolEnd struct {
		Index int
		Call  ToolCall
	}
	// UsageUpdate replaces all usage reported before.
	UsageUpdate struct{ Usage Usage }
	// Retry says that an attempt failed and the next begins after a pause.
	Retry struct {
		Attempt int // of the one to come, from 2
		Of      int
		After   time.Duration
		Reason  *Error
	}
)

func (Started) event()        {}
func (TextDelta) event()      {}
func (ReasoningDelta) event() {}
func (ToolStart) event()      {}
func (ToolArguments) event()  {}
func (ToolEnd) event()        {}
func (UsageUpdate) event()    {}
func (Retry) event()          {}

// Reasons why an answer ended.
const (
	FinishStop          = "stop"
	FinishToolCalls     = "tool_calls"
	FinishLength        = "length"
	FinishContentFilter = "content_filter"
	// FinishOther is any that the provider made up. It ended the answer in good order.
	FinishOther = "other"
)

// Result is a whole answer.
type Result struct {
	Message Message
	// Finish is FinishToolCalls just if there are calls, whatever the provider says;
	// except that an answer cut off may have some.
	Finish string
	// NativeFinish is the provider's own word for Finish; "" if it has none.
	NativeFinish string
	Usage        Usage
	// GenerationID finds the answer in the provider's accounts; "" if it gives none.
	GenerationID string
	// Model and Provider are who answered, by their own account.
	Model, Provider string
}

// NanoUSD is money: a billionth of a US dollar.
type NanoUSD int64

// Usage is what one answer took. Reasoning is part of Completion, CacheRead and
// CacheWrite are parts of Prompt. The tokens are those of the last attempt, as they tell
// how full the context is; Cost is that of all.
type Usage struct {
	Prompt, Completion, Reasoning int64 // tokens
	CacheRead, CacheWrite         int64 // tokens
	Cost                          NanoUSD
	// CostKnown: Cost is the provider's bill, or reckoned from its list of prices. If
	// false Cost is 0 and means nothing.
	CostKnown bool
	// Estimated: the tokens are guessed from lengths, or Cost is reckoned from prices.
	Estimated bool
}

// Price is nano-USD for a million tokens, so exact to 1e-15 USD per token, and per
// request. Where prices differ by the length of the prompt it is the highest.
type Price struct {
	Prompt, Completion    NanoUSD
	CacheRead, CacheWrite NanoUSD
	Request               NanoUSD // nano-USD, for one request
}

// Cost is what a request with u costs, rounded up. It is at most math.MaxInt64.
func (p Price) Cost(u Usage) NanoUSD {
	total := new(big.Int)
	add := func(tokens int64, price NanoUSD) {
		if tokens > 0 && price > 0 {
			total.Add(total, new(big.Int).Mul(big.NewInt(tokens), big.NewInt(int64(price))))
		}
	}
	add(u.Prompt-u.CacheRead-u.CacheWrite, p.Prompt)
	add(u.CacheRead, p.CacheRead)
	add(u.CacheWrite, p.CacheWrite)
	add(u.Completion, p.Completion)
	million := big.NewInt(1e6)
	total.Add(total, big.NewInt(1e6-1)).Quo(total, million)
	total.Add(total, big.NewInt(int64(max(p.Request, 0))))
	if !total.IsInt64() {
		return 1<<63 - 1
	}
	return NanoUSD(total.Int64())
}

// ModelInfo is what a provider says of a model.
type ModelInfo struct {
	ID, Name string
	// ContextTokens and MaxOutputTokens are 0 if unknown.
	ContextTokens, MaxOutputTokens int
	Price                          Price
	PriceKnown                     bool
	// AbilitiesKnown: the four below are the provider's word. If false it says nothing
	// about any, and all are false.
	AbilitiesKnown                          bool
	Tools, ParallelTools, Reasoning, Images bool
	// ExpiresAt is when it will be withdrawn; zero if no date is set.
	ExpiresAt time.Time
}

// Codes of errors. They are stable: programs and the interface compare them.
const (
	CodeKeyInvalid    = "key_invalid"    // 401
	CodeCredits       = "credits"        // 402: the account is empty
	CodeForbidden     = "forbidden"      // 403
	CodeContentPolicy = "content_policy" // the provider refuses the prompt
	CodeModelNotFound = "model_not_found"
	CodeContextLength = "context_length_exceeded"
	CodeBadRequest    = "bad_request"          // our request is wrong, or too large
	CodeRateLimited   = "rate_limited"         // RetryAfter says until when, if known
	CodeOverloaded    = "provider_overloaded"  // 503, 529
	CodeUnavailable   = "provider_unavailable" // cannot be reached, or failed
	CodeTimeout       = "timeout"              // no answer, silence, or too slow
	CodeTruncated     = "truncated"            // the stream broke off
	CodeBadResponse   = "bad_response"         // not the protocol
	CodeTooLarge      = "answer_too_large"     // a limit on the answer, named in Message
	CodeEmptyAnswer   = "empty_answer"
	CodeCancelled     = "cancelled"
)

// Error is a failure of a model. Its text is fit for users: short, without keys.
type Error struct {
	Code    string
	Message string
	// Status is the HTTP status, or the like in the stream; 0 if there was none.
	Status int
	// Provider is who failed behind a router; "" if unknown.
	Provider string
	// Retryable: the same request may succeed later.
	Retryable bool
	// RetryAfter is how long the provider asks to be left alone; 0 if it does not say.
	RetryAfter time.Duration
	cause      error
}

// NewError makes one that wraps cause, which may be nil and is not part of its text.
func NewError(code, message string, cause error) *Error {
	return &Error{Code: code, Message: message, cause: cause}
}

func (e *Error) Error() string {
	if e.Provider != "" {
		return e.Code + ": " + e.Provider + ": " + e.Message
	}
	return e.Code + ": " + e.Message
}

func (e *Error) Unwrap() error { return e.cause }

// CodeOf returns the code of the [*Error] in err's chain, or "".
func CodeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}
