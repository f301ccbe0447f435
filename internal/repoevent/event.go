package repoevent

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Limits of what is kept.
const (
	// MaxEvents is how many a repository has; the oldest go first.
	MaxEvents = 50
	// KeepFor is how long an event is kept.
	KeepFor = 30 * 24 * time.Hour
	// MarkFor is how long it is remembered that a delivery was here: far longer than the
	// receiver takes an old one.
	MarkFor = 24 * time.Hour
	// maxNames is how many earlier names of a repository are remembered.
	maxNames = 10
	// maxTitle and maxName bound texts, in characters; maxURL bounds an address, in bytes.
	maxTitle = 200
	maxName  = 255
	maxURL   = 2048
)

// Kind is what an event is about.
type Kind string

// The kinds that are kept.
const (
	KindPush        Kind = "push"
	KindPullRequest Kind = "pull_request"
)

// Event is something that happened at a repository. Its texts are those of strangers: they are
// one line without control characters each, and nothing more can be relied on.
type Event struct {
	// ID is the host's of the delivery, so the same event has the same one again.
	ID   string `bson:"id"`
	Kind Kind   `bson:"kind"`
	// Title is the last commit's or the pull request's, at most 200 characters.
	Title string `bson:"title"`
	// Branch is where the commits are; "" for a tag.
	Branch string `bson:"branch"`
	// Author is a login.
	Author string `bson:"author"`
	// URL is the page about it; "" if there is none.
	URL string    `bson:"url"`
	At  time.Time `bson:"at"`
	// Action and Number are of pull requests, Commits is of pushes.
	Action  string `bson:"action"`
	Number  int    `bson:"number"`
	Commits int    `bson:"commits"`
	// ReceivedAt is when the report was taken.
	ReceivedAt time.Time `bson:"receivedAt"`
}

// clean bounds an event and takes out of its texts what is none.
func (e Event) clean() Event {
	e.ID, e.Title, e.Branch = line(e.ID, maxName), line(e.Title, maxTitle), line(e.Branch, maxName)
	e.Author, e.Action = line(e.Author, maxName), line(e.Action, maxName)
	if len(e.URL) > maxURL || !strings.HasPrefix(e.URL, "https://") && !strings.HasPrefix(e.URL, "http://") || line(e.URL, maxURL) != e.URL {
		e.URL = ""
	}
	e.Number, e.Commits = max(e.Number, 0), max(e.Commits, 0)
	e.At = e.At.UTC().Truncate(time.Millisecond)
	return e
}

// Repository is a repository that some workspace uses.
type Repository struct {
	// ID is the host's number, in digits; Name is its latest "owner/name".
	ID   string `bson:"_id"`
	Name string `bson:"name"`
	// Names are the names it is known to have had, the latest one too, in lower case.
	Names []string `bson:"names"`
	// Events are sorted, the newest first.
	Events []Event `bson:"events"`
}

// add puts an event in its place and lets go what is too old or too much. An event that is
// there is replaced.
func (r *Repository) add(e Event, now time.Time) {
	rest := slices.DeleteFunc(slices.Clone(r.Events), func(o Event) bool { return o.ID == e.ID })
	r.Events = append([]Event{e}, rest...) // of those of one moment, the last received is the newest
	slices.SortStableFunc(r.Events, func(a, b Event) int { return cmp.Or(b.At.Compare(a.At), b.ReceivedAt.Compare(a.ReceivedAt)) })
	r.trim(now)
}

func (r *Repository) trim(now time.Time) {
	r.Events = slices.DeleteFunc(slices.Clone(r.Events), func(e Event) bool { return e.At.Before(now.Add(-KeepFor)) })
	r.Events = r.Events[:min(len(r.Events), MaxEvents)]
}

// called notes that the repository has a name now.
func (r *Repository) called(name string) {
	r.Name = name
	key := fold(name)
	r.Names = append([]string{key}, slices.DeleteFunc(slices.Clone(r.Names), func(n string) bool { return n == key })...)
	r.Names = r.Names[:min(len(r.Names), maxNames)]
}

// fold is a name as names are compared: the host takes upper for lower case.
func fold(name string) string { return strings.ToLower(name) }

// Watcher is a workspace that was made from a repository.
type Watcher struct{ WorkspaceID, OwnerID string }

// Notice is an event for one who watches.
type Notice struct {
	Watcher
	Event Event
}

// Errors that callers tell apart with errors.Is.
var (
	// ErrReplayed: this delivery, or this body, was here before.
	ErrReplayed = errors.New("delivery was here before")
	// ErrInvalid: the report names no repository, or nothing that happened.
	ErrInvalid = errors.New("report is none about a repository")
)

// Store keeps repositories, whose they are by name, and marks of deliveries.
type Store interface {
	// GetRepository returns one with nothing but its ID if it is not known.
	GetRepository(ctx context.Context, id string) (Repository, error)
	// UpdateRepository changes one, known or not, in one step: change may be called again when
	// another was first.
	UpdateRepository(ctx context.Context, id string, change func(*Repository)) (Repository, error)
	RemoveRepository(ctx context.Context, id string) error
	// NamedRepository returns the ID of the repository that has a name, in lower case; "" if
	// none is known.
	NamedRepository(ctx context.Context, name string) (id string, err error)
	// NameRepository gives a name to a repository, whosever it was.
	NameRepository(ctx context.Context, name, id string) error
	// UnnameRepository takes a name from a repository; nothing happens if it is another's.
	UnnameRepository(ctx context.Context, name, id string) error
	// ChangedRepositories returns those that were changed at or after since.
	ChangedRepositories(ctx context.Context, since time.Time) ([]Repository, error)
	// QuietRepositories returns the IDs of those that were not changed since before.
	QuietRepositories(ctx context.Context, before time.Time) ([]string, error)

	// MarkDelivery remembers a mark, and reports false if it was there: of all processes that
	// try at once, one is told true.
	MarkDelivery(ctx context.Context, mark string, at time.Time) (bool, error)
	UnmarkDelivery(ctx context.Context, mark string) error
	// PurgeDeliveries forgets marks that were made before a time.
	PurgeDeliveries(ctx context.Context, before time.Time) error
}

// line makes one line of a text from outside: at most max characters, without control
// characters and without those that turn the direction of writing.
func line(s string, max int) string {
	if len(s) > 8*max {
		s = s[:8*max] // a text of megabytes is not worth walking through
	}
	var b strings.Builder
	n, gap := 0, false
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			gap = n > 0
			continue
		case unicode.Is(unicode.Bidi_Control, r):
			continue
		case gap && n+1 < max:
			b.WriteByte(' ')
			n++
		}
		gap = false
		if n >= max {
			break
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}
