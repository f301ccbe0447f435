package bridge

import "time"

// The limits of the protocol. Client and server keep to the same ones.
const (
	// MaxFileBytes is the largest file in one message: bigger than any source file,
	// small enough to be held a few times over in a workspace of little memory.
	MaxFileBytes = 10 << 20

	// MaxMessageBytes is the longest message, either way. A file of MaxFileBytes takes
	// 13.4 MiB in base64, and 20 MiB as text of which every character is escaped.
	MaxMessageBytes = 24 << 20

	// MaxIDBytes is the longest request id: room for a UUID and a prefix.
	MaxIDBytes = 64

	// MaxPathBytes is the longest path: Linux accepts no longer one (PATH_MAX).
	MaxPathBytes = 4096

	// MaxListEntries is the longest listing: about 1 MiB of JSON. More is cut off and
	// said so; it would help neither a person nor a model.
	MaxListEntries = 5000

	// MaxInFlight is how many requests of one connection may be unanswered. Each costs
	// a goroutine; the largest clients seen keep a few dozen.
	MaxInFlight = 64

	// MaxConnections is how many WebSockets one bridge serves: every browser tab and
	// agent turn needs one, and nobody has more than some tens.
	MaxConnections = 64

	// PingInterval is the pause between liveness checks of an idle connection; the peer
	// counts as gone when it has not answered by the next one. Half of the minute after
	// which common proxies close silent connections.
	PingInterval = 25 * time.Second

	// WriteTimeout is how long one message may take to be sent. A slow reader holds
	// back its own requests only; one that does not read at all is cut off.
	WriteTimeout = 2 * time.Minute
)
