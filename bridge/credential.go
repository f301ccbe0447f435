package bridge

import "log/slog"

// Types of requests about credentials that git inside needs.
const (
	TypeWatchCredentials = "watchCredentials"
	TypeAnswerCredential = "answerCredential"
)

// Events of watchCredentials.
const (
	// EventWatching is the first: from now on git's questions come. Its payload is {}.
	EventWatching = "watching"
	// EventCredential is a question; its payload is a CredentialRequest.
	EventCredential = "credential"
	// EventRejected says that a host refused a credential; its payload is a CredentialRejected.
	EventRejected = "credentialRejected"
)

// CredentialRequest is the payload of EventCredential: git, started by whomever inside, wants
// a credential. It is to be answered with answerCredential within CredentialTimeout. All of
// it is chosen by programs inside: give nothing that its owner may not use there.
type CredentialRequest struct {
	// Request names the question in the answer.
	Request string `json:"request"`
	// Protocol is https or http.
	Protocol string `json:"protocol"`
	// Host is in lower case, with its port if the URL has one.
	Host string `json:"host"`
	// Path is that of the repository without "/" in front, such as "ada/engine.git", as the
	// URL has it; it may be empty. Git LFS asks for the same one.
	Path string `json:"path"`
	// Username is the one that the URL holds, if it holds one.
	Username string `json:"username,omitempty"`
}

// AnswerCredential is the payload of an answerCredential request. The first answer counts;
// another is refused with not_found, as is one that comes too late. Printed and logged it
// shows no password.
type AnswerCredential struct {
	Request  string `json:"request"`
	Username string `json:"username,omitempty"`
	Password string `json:"password,omitempty"`
	// Refused says why there is no credential, for people, in place of one.
	Refused string `json:"refused,omitempty"`
}

func (a AnswerCredential) String() string {
	return "answer to " + a.Request + " for " + a.Username
}

// GoString is String, for %#v.
func (a AnswerCredential) GoString() string { return a.String() }

// LogValue is String, for log/slog, which would print JSON.
func (a AnswerCredential) LogValue() slog.Value { return slog.StringValue(a.String()) }

// CredentialRejected is the payload of EventRejected.
type CredentialRejected struct {
	Protocol string `json:"protocol"`
	Host     string `json:"host"`
	Path     string `json:"path"`
	Username string `json:"username"`
	// PasswordSHA256, in hex, tells the credential that was refused from a newer one. Any
	// program inside can send this event: ask the host before anything is thrown away.
	PasswordSHA256 string `json:"passwordSha256"`
}
