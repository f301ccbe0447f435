package uistream

import (
	"slices"
	"sort"
	"time"
)

// append checks c and adds it, unless the log would hold more than limit. l.mu must be held.
func (l *Log) append(c Chunk, limit int) error {
	if l.over {
		return ErrEnded
	}
	c, size, err := prepare(c)
	if err != nil {
		return err
	}
	if size += entryCost; closes(c) && size < 8<<10 {
		limit += closingRoom
	}
	if l.size+l.pending()+size > limit {
		return ErrTurnFull
	}
	if err := l.checker.advance(c); err != nil {
		return err
	}
	l.add(c, size)
	if l.checker.ended {
		l.over = true
		clear(l.inputs)
	}
	l.wake()
	return nil
}

func (l *Log) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// closes reports whether c ends something or says why the turn ends.
func closes(c Chunk) bool {
	switch c := c.(type) {
	case TextEnd, ReasoningEnd, ToolInputError, ToolOutputError, ToolOutputDenied, FinishStep, Finish, Abort, Error:
		return true
	case Data:
		return c.Name == DataError || c.Name == DataNotice || c.Name == DataUsage
	}
	return false
}

func (l *Log) pending() int {
	n := 0
	for _, p := range l.inputs {
		n += len(p.text)
	}
	return n
}

func (l *Log) add(c Chunk, size int) {
	switch c := c.(type) {
	case TextDelta:
		l.grow(TextDelta{ID: c.ID}, c.Delta)
	case ReasoningDelta:
		l.grow(ReasoningDelta{ID: c.ID}, c.Delta)
	case ToolInputDelta:
		l.addInput(c)
	case ToolInputAvailable:
		l.push(c, size)
		l.inputOver(c.ToolCallID)
	case ToolInputError:
		l.push(c, size)
		l.inputOver(c.ToolCallID)
	case ToolOutputAvailable:
		seq := l.push(c, size)
		l.supersede("output "+c.ToolCallID, 0)
		if c.Preliminary {
			l.note("output "+c.ToolCallID, seq)
		} else {
			l.quiet(c.ToolCallID)
		}
	case ToolOutputError:
		l.flushInput(c.ToolCallID) // clients go on showing what there was
		delete(l.inputs, c.ToolCallID)
		delete(l.replaceable, "input "+c.ToolCallID)
		l.push(c, size)
		l.supersede("output "+c.ToolCallID, 0)
		l.quiet(c.ToolCallID)
	case ToolOutputDenied:
		l.push(c, size)
		l.quiet(c.ToolCallID)
	case Data:
		l.addData(c, size)
	default:
		l.push(c, size)
	}
}

func (l *Log) push(c Chunk, size int) uint64 {
	l.entries = append(l.entries, entry{seq: l.next, chunk: c, size: size})
	l.size += size
	l.next++
	return l.next - 1
}

// grow appends text to the last entry if that is of the same part.
func (l *Log) grow(c Chunk, text string) uint64 {
	if text == "" {
		return l.next // says nothing
	}
	if n := len(l.entries); n == 0 || l.entries[n-1].chunk != c {
		l.push(c, entryCost)
	}
	e := &l.entries[len(l.entries)-1]
	e.text = append(e.text, text...)
	e.size += len(text)
	l.size += len(text)
	return e.seq
}

// addInput keeps arguments back until they may grow again. Who waits for the rest loses
// nothing: the complete arguments come soon, or an error does, which brings them along.
func (l *Log) addInput(c ToolInputDelta) {
	p := l.inputs[c.ToolCallID]
	if p == nil {
		p = &pendingInput{}
		l.inputs[c.ToolCallID] = p
	}
	p.text = append(p.text, c.Delta...)
	if time.Since(p.last) >= inputEvery {
		l.flushInput(c.ToolCallID)
	}
}

func (l *Log) flushInput(toolCallID string) {
	p := l.inputs[toolCallID]
	if p == nil || len(p.text) == 0 {
		return
	}
	seq := l.grow(ToolInputDelta{ToolCallID: toolCallID}, string(p.text))
	p.text, p.last = nil, time.Now()
	l.note("input "+toolCallID, seq)
	l.wake()
}

// inputOver drops the arguments as they were written, for they have come complete.
func (l *Log) inputOver(toolCallID string) {
	l.supersede("input "+toolCallID, 0)
	delete(l.inputs, toolCallID)
}

func (l *Log) addData(c Data, size int) {
	key := c.Type() + " " + c.ID
	seq := l.push(c, size)
	l.note(key, seq)
	switch {
	case !c.Transient:
		// The first one says where in the message the part is, and stays.
		if s := l.replaceable[key]; len(s) > 2 {
			l.drop(s[1])
			l.replaceable[key] = slices.Delete(s, 1, 2)
		}
		return
	case c.Name == DataTerm:
		l.supersede(key, termKept)
	default:
		l.supersede(key, size)
	}
	if !slices.Contains(l.transient, key) {
		l.transient = append(l.transient, key)
	}
	if len(l.transient) > maxTransient {
		l.supersede(l.transient[0], 0)
		l.transient = slices.Delete(l.transient, 0, 1)
	}
}

// quiet drops the output of a command that has ended: its result says it all.
func (l *Log) quiet(toolCallID string) {
	key := Data{Name: DataTerm}.Type() + " " + toolCallID
	l.supersede(key, 0)
	l.transient = slices.DeleteFunc(l.transient, func(k string) bool { return k == key })
}

func (l *Log) note(key string, seq uint64) {
	if s := l.replaceable[key]; len(s) == 0 || s[len(s)-1] != seq {
		l.replaceable[key] = append(s, seq)
	}
}

// supersede drops the oldest entries noted under key, as many as leave at most keep bytes.
func (l *Log) supersede(key string, keep int) {
	s := l.replaceable[key]
	n := len(s)
	for held := 0; n > 0; n-- {
		if held += l.entries[l.find(s[n-1])].size; held > keep {
			break
		}
	}
	for _, seq := range s[:n] {
		l.drop(seq)
	}
	switch n {
	case 0:
	case len(s):
		delete(l.replaceable, key)
	default:
		l.replaceable[key] = slices.Clone(s[n:])
	}
}

// find is the place of the first entry at or after seq.
func (l *Log) find(seq uint64) int {
	return sort.Search(len(l.entries), func(i int) bool { return l.entries[i].seq >= seq })
}

func (l *Log) drop(seq uint64) {
	e := &l.entries[l.find(seq)]
	l.size -= e.size
	*e = entry{seq: seq}
	// The places of all change only when half are holes, so that dropping stays cheap.
	if l.dead++; l.dead > 64 && l.dead > len(l.entries)/2 {
		l.entries = slices.DeleteFunc(l.entries, func(e entry) bool { return e.chunk == nil })
		l.dead = 0
	}
}
