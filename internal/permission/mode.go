package permission

import "slices"

// Mode is how much the agent does without asking.
type Mode string

const (
	ModePlan     Mode = "plan"     // reads, and runs commands known to only read
	ModeAsk      Mode = "ask"      // asks before every change and command; the default
	ModeAutoEdit Mode = "autoEdit" // changes files of the workspace without asking
	ModeAuto     Mode = "auto"     // asks only for what always asks
)

// modes from the most careful to the freest.
var modes = []Mode{ModePlan, ModeAsk, ModeAutoEdit, ModeAuto}

// Valid says whether m is one of the four modes.
func (m Mode) Valid() bool { return slices.Contains(modes, m) }

// Capped returns the more careful of m and limit. An empty m is ModeAsk, an empty limit is
// no limit; a mode that does not exist counts as ModePlan, so a misspelt cap does not open.
func (m Mode) Capped(limit Mode) Mode {
	if m == "" {
		m = ModeAsk
	}
	if limit == "" {
		limit = ModeAuto
	}
	return modes[max(0, min(slices.Index(modes, m), slices.Index(modes, limit)))]
}

// Class is what a tool does at worst.
type Class string

const (
	ClassRead    Class = "read"    // reads the workspace, or changes nothing but the chat
	ClassWrite   Class = "write"   // changes files
	ClassExecute Class = "execute" // runs programs
	ClassNetwork Class = "network" // reaches beyond the container
	ClassAsks    Class = "asks"    // is itself a question to the user
)
