package toolbox

import (
	"context"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

// Bridge is what the tools need of a workspace's bridge; *bridgeclient.Client has it. A
// refusal of the bridge comes back as a *bridge.Error, the end of ctx as its error, and
// everything else counts as a lost connection. Safe for concurrent use.
type Bridge interface {
	Call(ctx context.Context, kind string, payload, out any) error
	Stream(ctx context.Context, kind string, payload, out any, handle func(bridge.Event) error) error
}

// Options are what New needs.
type Options struct {
	// Bridge is required. The caller closes it, after the last call has returned.
	Bridge Bridge
	// Place is how the workspace is laid out. Default: permission.DefaultPlace().
	Place permission.Place
	// PortURL says where a port of the workspace is reached from outside, at a path that begins
	// with "/". Default: nowhere; then addresses are left out.
	PortURL func(port int, path string) string
	// Redact is applied to every text that leaves: for the model, the interface and the live
	// output, there in pieces that end with a line where possible. It should keep the number of
	// lines, or readFile numbers them wrongly. Applied twice it must change nothing more.
	// Default: nothing is redacted.
	Redact func(string) string
	// RedactKnown is Redact for titles and previews of calls, on which a person decides: it
	// should mask values that are known to be secrets, and nothing that only looks like one.
	// Default: Redact.
	RedactKnown func(string) string
	// Hidden says that rules keep the model from reading the file at a path, relative to the
	// workspace. What lists, searches or compares many files leaves it out; safe for concurrent
	// use. Default: nothing is hidden.
	Hidden func(path string) bool
	// Images: the model can see; readFile of a picture gives it one.
	Images bool
}

// Session is the tools in one workspace during one turn. It remembers what was read and
// which processes it started. Safe for concurrent use.
type Session struct {
	bridge  Bridge
	place   permission.Place
	portURL func(port int, path string) string
	redact  func(string) string
	images  bool
	pace    pace

	redactKnown func(string) string
	hidden      func(path string) bool

	mu sync.Mutex
	// seen are the files whose contents the model knows, by path.
	seen map[string]sight
	// started are the processes this session started, by id.
	started map[string]*startedProcess
}

// sight is a file as it was seen. hash is empty for one larger than bridge.MaxEditBytes;
// then size and time stand for it.
type sight struct {
	hash string
	size int64
	at   time.Time
}

// startedProcess is a process of this session.
type startedProcess struct {
	command string
	input   bool
	// typed is what was written to it since the last line end.
	typed string
}

// New returns a Session.
func New(o Options) *Session {
	s := &Session{
		bridge: o.Bridge, place: o.Place, portURL: o.PortURL, redact: o.Redact, images: o.Images, pace: normalPace,
		redactKnown: o.RedactKnown, hidden: o.Hidden,
		seen: map[string]sight{}, started: map[string]*startedProcess{},
	}
	if s.place.Root == "" {
		s.place = permission.DefaultPlace()
	}
	if s.redact == nil {
		s.redact = func(text string) string { return text }
	}
	if s.redactKnown == nil {
		s.redactKnown = s.redact
	}
	return s
}

// saw notes a file's contents.
func (s *Session) saw(path string, now sight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[path] = now
}

// sight returns what is known of a file's contents.
func (s *Session) sight(path string) (sight, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, ok := s.seen[path]
	return known, ok
}

// call is Bridge.Call with its error made one for the model.
func (s *Session) call(ctx context.Context, what, kind string, payload, out any) *Error {
	return fromBridge(what, s.bridge.Call(ctx, kind, payload, out))
}
