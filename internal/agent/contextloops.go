package agent

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
)

// LoopVerdict is what to do about calls that repeat.
type LoopVerdict int

const (
	LoopNone LoopVerdict = iota
	// LoopWarn: tell the model, with [LoopWarning].
	LoopWarn
	// LoopStop: end the turn.
	LoopStop
)

// LoopWarning is for the model.
const LoopWarning = "LOOP: you have made the same calls with the same results several times. Nothing will change by repeating them. Try something else, or say what is in the way."

const (
	// warnAfter and stopAfter are how often something happens in a row.
	warnAfter, stopAfter = 3, 5
	// waiting is how many times as often for calls that wait.
	waiting = 4
	// maxPeriod: A, B, C, A, B, C, … is the longest pattern that is seen as a loop.
	maxPeriod = 3
)

// Loops notices a turn that goes round in circles: the same call with the same result
// three times in a row is worth a warning, five times an end; so are two calls that
// alternate three and five times, and three. The zero value is ready. Note the calls in
// their order; it is not safe for concurrent use.
type Loops struct {
	// Waits are tools whose result rightly stays the same for a while, as when asking
	// whether a process has ended: they may repeat four times as often. nil = readProcess.
	Waits map[string]bool

	last []noted
}

type noted struct {
	sum   [sha256.Size]byte
	waits bool
}

// Note adds a call and its result. result must be without what differs each time, such as
// durations and marks.
func (l *Loops) Note(call ToolCall, result string) LoopVerdict {
	l.last = append(l.last, noted{sum: sumOf(call, result), waits: l.mayWait(call.Name)})
	if most := maxPeriod * stopAfter * waiting; len(l.last) > most {
		l.last = append(l.last[:0], l.last[len(l.last)-most:]...)
	}
	verdict := LoopNone
	for period := 1; period <= maxPeriod; period++ {
		verdict = max(verdict, l.verdict(period))
	}
	return verdict
}

func (l *Loops) mayWait(name string) bool {
	if l.Waits == nil {
		return name == "readProcess"
	}
	return l.Waits[name]
}

// verdict counts how often the last period calls happened in a row.
func (l *Loops) verdict(period int) LoopVerdict {
	n := len(l.last)
	if n < period {
		return LoopNone
	}
	factor := 1
	for _, c := range l.last[n-period:] {
		if c.waits {
			factor = waiting
		}
	}
	same := period
	for same < n && l.last[n-1-same] == l.last[n-1-same+period] {
		same++
	}
	switch rounds := same / period; {
	case rounds >= stopAfter*factor:
		return LoopStop
	case rounds >= warnAfter*factor:
		return LoopWarn
	}
	return LoopNone
}

func sumOf(call ToolCall, result string) [sha256.Size]byte {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(call.Name), canonicalJSON(call.Arguments), []byte(result)} {
		sum := sha256.Sum256(part)
		h.Write(sum[:])
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// canonicalJSON has the keys in order, so that arguments in another order are the same.
func canonicalJSON(raw json.RawMessage) []byte {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return raw
	}
	b, err := json.Marshal(v)
	if err != nil {
		return raw
	}
	return b
}
