package bridge

import "time"

// The limits of the protocol. Client and server keep to the same ones.
const (
	// MaxInlineBytes is the most file contents in one JSON message: more than any source
	// file that people write, little enough that many at once fit a small workspace.
	// Larger files go in binary frames, or are read in ranges.
	MaxInlineBytes = 1 << 20

	// MaxFileBytes is the largest file that is read or written whole, in binary frames.
	// The bridge holds one frame of it at a time.
	MaxFileBytes = 2 << 30

	// MaxEditBytes is the largest file that edits are made in.
	MaxEditBytes = 4 << 20

	// MaxMessageBytes is the longest JSON message, either way. MaxInlineBytes take 1.4 MiB
	// in base64, and 2 MiB as text of which every character is escaped.
	MaxMessageBytes = 4 << 20

	// MaxFrameData is the most data in one binary frame: enough to be fast, little enough
	// that other messages get their turn between two.
	MaxFrameData = 64 << 10

	// DefaultWindow is how many bytes of a binary stream may be under way unacknowledged,
	// and MaxWindow the most a client may ask for.
	DefaultWindow = 256 << 10
	MaxWindow     = 1 << 20

	// MaxIDBytes is the longest request id: room for a UUID and a prefix.
	MaxIDBytes = 64

	// MaxPathBytes is the longest path: Linux accepts no longer one (PATH_MAX).
	MaxPathBytes = 4096

	// MaxResolved is how many paths one resolvePaths request may name.
	MaxResolved = 100

	// MaxListEntries is the longest listing: about 1 MiB of JSON. More is cut off and
	// said so; it would help neither a person nor a model.
	MaxListEntries = 5000

	// MaxMatches is the most lines that a search, or paths that a glob, returns.
	MaxMatches = 500

	// MaxCommandBytes is the longest command line.
	MaxCommandBytes = 64 << 10

	// MaxInputBytes is the most input to a process in one message.
	MaxInputBytes = 64 << 10

	// MaxProcesses is how many commands and terminals one bridge runs at a time.
	MaxProcesses = 32

	// ProcessBuffer is how much of a process's latest output is kept for those who attach.
	ProcessBuffer = 1 << 20

	// MaxOutputBytes is the most output in the answer to runCommand: the first and the
	// last half of it. Events carry all of it.
	MaxOutputBytes = 64 << 10

	// MaxVariables is how many variables setVariables sets, MaxVariableBytes their names and
	// values together. Linux takes 2 MiB of variables and arguments of a program, of which
	// most is left to the program's own.
	MaxVariables     = 200
	MaxVariableBytes = 512 << 10

	// MaxNixBytes is the most text in the files of a prepareEnvironment request. A lock file
	// with hundreds of inputs has half of that.
	MaxNixBytes = 1 << 20

	// MaxExtensions is how many extensions one installExtensions request names, MaxTasks how
	// many tasks startEditor.
	MaxExtensions = 50
	MaxTasks      = 50

	// MaxInFlight is how many requests of one connection may be unanswered. Each costs
	// a goroutine; the largest clients seen keep a few dozen.
	MaxInFlight = 64

	// MaxConnections is how many WebSockets one bridge serves: every browser tab and
	// agent turn needs one, and nobody has more than some tens.
	MaxConnections = 64

	// MaxTunnels is how many connections to ports inside may be open at a time.
	MaxTunnels = 1024

	// CredentialTimeout is how long git waits for the answer to a CredentialRequest. A person
	// who types `git push` waits too; ten seconds are enough to renew a token.
	CredentialTimeout = 10 * time.Second

	// PingInterval is the pause between liveness checks of an idle connection; the peer
	// counts as gone when it has not answered by the next one. Half of the minute after
	// which common proxies close silent connections.
	PingInterval = 25 * time.Second

	// WriteTimeout is how long one message may take to be sent. A slow reader holds
	// back its own requests only; one that does not read at all is cut off.
	WriteTimeout = 2 * time.Minute
)
