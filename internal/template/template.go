package template

import "time"

// BlankID is the built-in template without tools of a language: what is used when nothing fits.
const BlankID = "blank"

// Limits of what is kept.
const (
	// MaxPerUser is how many templates one user may have.
	MaxPerUser = 50
	// MaxVersions is how many versions of a template are kept beside those that are in use.
	MaxVersions = 100
	// maxVersionBytes bounds the text of a template's versions together; the oldest go first.
	maxVersionBytes = 4 << 20
)

// Template is a template as one user sees it. Somebody else's is seen in the version that may
// be used and in no other.
type Template struct {
	// ID is a word for built-in templates (see [Service.Builtins]), 12 of [a-z0-9] for users' own.
	ID string
	// Name has 1–60 runes, Description up to 500, Icon up to 40 bytes.
	Name        string
	Description string
	Icon        string
	Builtin     bool
	// OwnerID is empty for built-in templates.
	OwnerID string
	// Shared: everybody may use SharedVersion, an administrator said so.
	Shared        bool
	SharedVersion int
	// Version is the newest one; for who does not own the template, the one they may use.
	Version int
	// PublishedVersion is what new workspaces get, 0 if none was published yet.
	PublishedVersion int
	// Tried: a workspace made from Version ran well.
	Tried     bool
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Version is one entry of a template's history.
type Version struct {
	Version int
	// TriedAt is when a workspace made from it first ran well, PublishedAt when it was first published;
	// zero = never.
	TriedAt     time.Time
	PublishedAt time.Time
	CreatedAt   time.Time
	Definition  Definition
}

// Actor is who asks. Administrators see everybody's published templates, to share them.
type Actor struct {
	UserID string
	Admin  bool
}

// Input is what a template is made of or changed by; nil fields stay as they are.
type Input struct {
	Name        *string
	Description *string
	Icon        *string
	// Definition makes a new version, unless it says what the newest one says.
	Definition *Definition
	// Shared may only be set by administrators, and to true only when a version is published.
	Shared *bool
	// Base is the Template.Version that the caller has seen; when it is another by now the
	// change is refused with ErrConflict. 0 = not checked. Who shares should send it: it makes
	// sure that what is shared is what was read.
	Base int
}
