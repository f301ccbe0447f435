package chat

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/spend"
	"github.com/kalpana-dev/kalpana/internal/toolbox"
	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// Workspaces is what turns need of workspaces.
type Workspaces interface {
	// Connect returns a connection to the bridge of a workspace; progress is told what it
	// waits for. One that does not run, and is not about to, is started if start is set; else
	// the error is ErrStopped. The caller closes the Bridge.
	Connect(ctx context.Context, workspaceID string, start bool, progress func(text string)) (Bridge, error)
	// Touch notes that a workspace is in use.
	Touch(workspaceID string)
	// PortURL is where a port of a workspace is reached from outside.
	PortURL(workspaceID string, port int, path string) string
}

// Bridge is a connection to the bridge of one workspace.
type Bridge interface {
	toolbox.Bridge
	// Done is closed when the connection has ended.
	Done() <-chan struct{}
	Close() error
}

// Model answers, and knows what it can and costs.
type Model interface {
	agent.Model
	Models(ctx context.Context) ([]agent.ModelInfo, error)
	// Generation is what an answer took, by its GenerationID; an error if that is not known.
	Generation(ctx context.Context, id string) (agent.Usage, error)
}

// Models gives the model client for a provider key; "" is the server's own. It returns
// ErrOff if there is no such key.
type Models func(key string) (Model, error)

// Box seals users' keys.
type Box interface {
	Seal(purpose, place string, plain []byte) []byte
	Open(purpose, place string, sealed []byte) ([]byte, error)
}

// Announcer is told of every change of a chat. Calls must not block and must not call the
// service.
type Announcer interface {
	AnnounceChat(c Chat)
	AnnounceChatDeleted(c Chat)
}

// Observer is told what turns do, for metrics. Calls must not block.
type Observer interface {
	AgentTurnStarted()
	// AgentTurnEnded gets the State, or "refused" for a turn that did not begin.
	AgentTurnEnded(result string)
	// AgentTurnLost is told of a turn that a dead process left.
	AgentTurnLost()
	// AgentTool gets "ok", "error" or "denied".
	AgentTool(tool, result string)
	AgentUsage(promptTokens, completionTokens, reasoningTokens, cacheReadTokens int64, nanoUSD int64)
	AgentFirstToken(d time.Duration)
	AgentStep(d time.Duration)
}

// Options are what a Service needs; all but those with a default are required.
type Options struct {
	Store      Store
	Workspaces Workspaces
	Models     Models
	Box        Box
	Ledger     *spend.Ledger
	Budgets    spend.Limits // for showing; Ledger keeps them
	Announcer  Announcer
	Observer   Observer
	Log        *slog.Logger
	// MayGoOn reports whether a user may still use the agent; asked before each step.
	MayGoOn func(userID string) bool

	// Model is that of chats and users that name none. Mode is likewise; default: ask. ModeCap
	// is the most that modes may allow; empty means no cap.
	Model         string
	Mode, ModeCap permission.Mode
	// OwnKeys: users may store a provider key. AllowTraining permits providers that learn
	// from what they are sent.
	OwnKeys, AllowTraining bool
	// Secrets are values that no tool result may contain, such as the server's provider key.
	Secrets []string
	// SecretsOf are more of them, those that a user has stored for their workspaces; asked once a
	// turn. nil = none.
	SecretsOf func(ctx context.Context, userID string) ([]string, error)

	// Process names this process in records; it must differ from all others. Default: random.
	Process string
	// Shared says that other processes use the same store.
	Shared bool
	// TurnsPerUser is how many turns a user may have running. Default: 5, one for each
	// workspace of the usual limit.
	TurnsPerUser int
	// MaxSteps is how often a turn asks the model. Default: 60.
	MaxSteps int
	// MaxDuration is how long a turn may take, waiting for the user not counted. Default: 1 h.
	MaxDuration time.Duration
	// ApprovalTTL is how long a question waits for its answer. Default: permission.ApprovalTTL.
	ApprovalTTL time.Duration
	// Heartbeat is how often a turn says that it lives. Default: 10 s. Three missed, and it
	// is taken for dead.
	Heartbeat time.Duration
}

// MaxTurns is how many turns a chat may have: more than anyone scrolls through.
const MaxTurns = 1000

// Service keeps chats and runs turns. Safe for concurrent use.
type Service struct {
	Options
	log *slog.Logger

	lifetime context.Context
	end      context.CancelCauseFunc
	working  sync.WaitGroup // running turns; added to under mu while not closed

	mu      sync.Mutex
	closed  bool
	running map[string]*turn // by chat
	perUser map[string]int
	mirrors map[string]*uistream.Log // of turns elsewhere, by turn
}

// New returns a Service. Call Run once; Close it.
func New(o Options) *Service {
	if o.Process == "" {
		o.Process = newID()
	}
	if o.Mode == "" {
		o.Mode = permission.ModeAsk
	}
	orDefault(&o.TurnsPerUser, 5)
	orDefault(&o.MaxSteps, 60)
	orDefault(&o.MaxDuration, time.Hour)
	orDefault(&o.ApprovalTTL, permission.ApprovalTTL)
	orDefault(&o.Heartbeat, 10*time.Second)
	if o.MayGoOn == nil {
		o.MayGoOn = func(string) bool { return true }
	}
	lifetime, end := context.WithCancelCause(context.Background())
	return &Service{Options: o, log: o.Log, lifetime: lifetime, end: end, running: map[string]*turn{}, perUser: map[string]int{}, mirrors: map[string]*uistream.Log{}}
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Run puts right what dead processes left, now and periodically, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(3 * s.Heartbeat)
	defer tick.Stop()
	for {
		if err := s.recover(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("recovering interrupted turns", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Close interrupts all turns, and waits until what they have said is written down, or ctx
// ends. They can be continued by another message.
func (s *Service) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end(errShutdown)
	done := make(chan struct{})
	go func() {
		s.working.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Running reports whether a turn runs in a workspace.
func (s *Service) Running(workspaceID string) bool { return s.runningIn(workspaceID) != "" }

// runningIn is a turn that runs in a workspace, in this process; "" if none does.
func (s *Service) runningIn(workspaceID string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.running {
		if t.chat.WorkspaceID == workspaceID {
			return t.id
		}
	}
	return ""
}

// newID returns 26 characters that nobody guesses.
func newID() string { return strings.ToLower(rand.Text()) }

// shortID returns 16 characters, enough within one turn.
func shortID() string {
	var b [10]byte
	rand.Read(b[:])
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}
