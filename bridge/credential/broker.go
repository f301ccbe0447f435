package credential

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/bridge"
)

const (
	// maxAsked bounds the questions under way: people push one repository at a time, and a
	// clone with submodules asks for a few.
	maxAsked = 32
	// maxWatchers is more than an installation has gateways.
	maxWatchers = 16
	// maxUnsent is how many events wait for a watcher that reads slowly.
	maxUnsent = 2 * maxAsked
	// maxRefusal is the longest reason that is shown to people.
	maxRefusal = 500
)

// Broker passes questions to watchers and answers back. Safe for concurrent use; it starts
// no goroutines.
type Broker struct {
	// Timeout replaces bridge.CredentialTimeout if positive. Set it before use.
	Timeout time.Duration

	// mu guards the rest: who watches, and where the answers to open questions go.
	mu       sync.Mutex
	watchers map[chan event]struct{}
	asked    map[string]chan bridge.AnswerCredential
}

type event struct {
	name    string
	payload any
}

// New returns a Broker that nobody watches.
func New() *Broker {
	return &Broker{watchers: make(map[chan event]struct{}), asked: make(map[string]chan bridge.AnswerCredential)}
}

// Watch answers watchCredentials: it sends git's questions until ctx ends or emit fails.
// Each question goes to all who watch.
func (b *Broker) Watch(ctx context.Context, _ struct{}, emit func(event string, payload any) error) error {
	events := make(chan event, maxUnsent)
	b.mu.Lock()
	full := len(b.watchers) >= maxWatchers
	if !full {
		b.watchers[events] = struct{}{}
	}
	b.mu.Unlock()
	if full {
		return bridge.Errorf(bridge.CodeBusy, "%d connections watch for credentials; close one", maxWatchers)
	}
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.watchers, events)
	}()
	if err := emit(bridge.EventWatching, struct{}{}); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e := <-events:
			if err := emit(e.name, e.payload); err != nil {
				return err
			}
		}
	}
}

// Answer answers answerCredential.
func (b *Broker) Answer(_ context.Context, a bridge.AnswerCredential) error {
	switch {
	case a.Refused != "" && a.Username+a.Password != "":
		return bridge.Errorf(bridge.CodeBadRequest, "refused excludes username and password")
	case a.Refused == "" && (a.Username == "" || a.Password == ""):
		return bridge.Errorf(bridge.CodeBadRequest, "username and password are needed, or refused")
	}
	// Git reads lines: a password with a line feed would say more than a password.
	for name, value := range map[string]string{"username": a.Username, "password": a.Password} {
		if err := checkValue(value, maxSecret); err != nil {
			return bridge.Errorf(bridge.CodeBadRequest, "%s %v", name, err)
		}
	}
	b.mu.Lock()
	answer, open := b.asked[a.Request]
	delete(b.asked, a.Request)
	b.mu.Unlock()
	if !open {
		return bridge.Errorf(bridge.CodeNotFound, "nobody waits for this credential any more")
	}
	answer <- a // it has room for one, and nobody else finds it now
	return nil
}

// Get asks the watchers and waits for the first answer. Errors are *bridge.Error with code
// no_credential or busy, and ctx's own.
func (b *Broker) Get(ctx context.Context, d Description) (username, password string, err error) {
	id := rand.Text()
	answer := make(chan bridge.AnswerCredential, 1)
	b.mu.Lock()
	full := len(b.asked) >= maxAsked
	if !full {
		b.asked[id] = answer
	}
	b.mu.Unlock()
	if full {
		return "", "", bridge.Errorf(bridge.CodeBusy, "%d programs wait for credentials; try again in a moment", maxAsked)
	}
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.asked, id)
	}()
	told := b.tell(event{bridge.EventCredential, bridge.CredentialRequest{
		Request: id, Protocol: d.Protocol, Host: d.Host, Path: d.Path, Username: d.Username,
	}})
	if !told {
		return "", "", bridge.Errorf(bridge.CodeNoCredential, "Kalpana, which keeps the credentials, is not connected to this workspace just now; try again in a moment")
	}
	patience := b.Timeout
	if patience <= 0 {
		patience = bridge.CredentialTimeout
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case a := <-answer:
		if a.Refused != "" {
			return "", "", bridge.Errorf(bridge.CodeNoCredential, "%s", forPeople(a.Refused))
		}
		return a.Username, a.Password, nil
	case <-late.C:
		return "", "", bridge.Errorf(bridge.CodeNoCredential, "Kalpana, which keeps the credentials, did not answer within %s; try again", patience)
	case <-ctx.Done():
		return "", "", ctx.Err()
	}
}

// Reject tells the watchers that a host refused a credential.
func (b *Broker) Reject(d Description) {
	sum := sha256.Sum256([]byte(d.Password))
	b.tell(event{bridge.EventRejected, bridge.CredentialRejected{
		Protocol: d.Protocol, Host: d.Host, Path: d.Path, Username: d.Username, PasswordSHA256: hex.EncodeToString(sum[:]),
	}})
}

// tell reports whether anybody will be told. A watcher that does not keep up misses events:
// whoever asked must not wait for it.
func (b *Broker) tell(e event) (told bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for events := range b.watchers {
		select {
		case events <- e:
			told = true
		default:
		}
	}
	return told
}

// forPeople makes one line of a reason that is printed on a terminal.
func forPeople(reason string) string {
	if len(reason) > maxRefusal {
		cut := maxRefusal
		for cut > 0 && !utf8.RuneStart(reason[cut]) {
			cut--
		}
		reason = reason[:cut] + "…"
	}
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, reason)
}
