package uistream_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/kalpana-dev/kalpana/internal/uistream"
)

func TestReplayHasTheLastOutputOfRunningCommands(t *testing.T) {
	l := logOf(t, start, StartStep{}, call("c"), call("d"))
	line := `"` + strings.Repeat("x", 8<<10) + `"`
	for range 1000 {
		add(t, l, term("c", line), term("d", `"y"`))
	}
	if size := l.Size(); size > 200<<10 {
		t.Errorf("1,000 lines keep %d bytes", size)
	}
	var c, d int
	for _, chunk := range rest(t, l.Reader(Client7)) {
		if data, ok := chunk.(Data); ok && data.ID == "c" {
			c += len(data.Data)
		} else if ok {
			d++
		}
	}
	if c < 48<<10 || c > 64<<10 || d < 100 {
		t.Errorf("%d bytes of c and %d lines of d are replayed", c, d)
	}
	add(t, l, ToolOutputError{"c", "CANCELLED"}, ToolOutputError{"d", "CANCELLED"})
	expect(t, rest(t, l.Reader(Client7)),
		"start start-step tool-input-available tool-input-available tool-output-error tool-output-error")
}

func TestRepeatedDataCostsNothing(t *testing.T) {
	l := logOf(t, start, StartStep{}, call("c"))
	size := l.Size()
	for i := range 20_000 {
		add(t, l, Data{Name: DataUsage, ID: "u", Data: js(fmt.Sprint(i))}, ToolOutputAvailable{"c", js(fmt.Sprint(i)), true},
			Data{Name: DataStatus, ID: fmt.Sprint(i), Data: js("1"), Transient: true})
	}
	if l.Size() > size+64<<10 {
		t.Errorf("the log grew from %d to %d bytes", size, l.Size())
	}
	if n := len(rest(t, l.Reader(Client7))); n > 300 {
		t.Errorf("a replay has %d chunks", n)
	}
}

// TestLargeFileComesInFewPieces: 200 kB of arguments in 4,000 deltas over two seconds.
func TestLargeFileComesInFewPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := logOf(t, start, StartStep{}, ToolInputStart{"c", "writeFile", ""}, ToolInputStart{"d", "writeFile", ""})
		r := l.Reader(Client7)
		rest(t, r)
		began := time.Now()
		add(t, l, ToolInputDelta{"c", `{"content":"`}, ToolInputDelta{"d", `{"content":"`})
		expect(t, rest(t, r), `c:"{\"content\":\"" d:"{\"content\":\""`) // the first is shown at once
		pieces, shown := 0, 0
		tick := time.NewTicker(500 * time.Microsecond)
		defer tick.Stop()
		for time.Since(began) < 2*time.Second {
			<-tick.C
			add(t, l, ToolInputDelta{"c", strings.Repeat("x", 50)}, ToolInputDelta{"d", "y"})
			for _, c := range rest(t, r) {
				pieces++
				if d := c.(ToolInputDelta); d.ToolCallID == "c" {
					shown += len(d.Delta)
				}
			}
		}
		if pieces < 40 || pieces > 2*26 {
			t.Errorf("%d pieces in 2 s for two calls, want at most one in 80 ms for each", pieces)
		}
		if shown < 190_000 || shown > 200_000 {
			t.Errorf("%d bytes were shown", shown)
		}
		if size := l.Size(); size > 250_000 {
			t.Errorf("the log has %d bytes", size)
		}
		// An error brings the rest along; complete arguments replace them.
		add(t, l, ToolOutputError{"c", "CANCELLED"}, ToolInputAvailable{ToolCallID: "d", ToolName: "writeFile", Input: js(`{"content":"y"}`)})
		for _, c := range rest(t, r) {
			if d, ok := c.(ToolInputDelta); ok {
				shown += len(d.Delta)
			}
		}
		if shown != 200_000 {
			t.Errorf("%d bytes were shown at last", shown)
		}
		if strings.Contains(brief(rest(t, l.Reader(Client7))), " d:") {
			t.Error("the arguments of d as they were written are replayed")
		}
	})
}

func TestFullTurnStillEnds(t *testing.T) {
	l := logOf(t, start, StartStep{})
	big := js(`"` + strings.Repeat("x", MaxOutput-2) + `"`)
	var err error
	n := 0
	for ; err == nil && n < 1000; n++ {
		id := fmt.Sprint("c", n)
		if err = l.Append(call(id)); err == nil && n%2 == 0 {
			err = l.Append(ToolOutputAvailable{ToolCallID: id, Output: big})
		}
	}
	if !errors.Is(err, ErrTurnFull) || n < 2*MaxTurn/MaxOutput-2 {
		t.Fatalf("after %d calls: %v", n, err)
	}
	open := canonical(t, l.Message(Client7))
	if err := l.Append(Data{Name: DataPlan, ID: "p", Data: big}); !errors.Is(err, ErrTurnFull) {
		t.Errorf("one more: %v", err)
	}
	if canonical(t, l.Message(Client7)) != open {
		t.Error("what was refused changed the log")
	}
	add(t, l, Data{Name: DataError, ID: "e", Data: js(`{"code":"BUDGET"}`)}, ToolOutputError{"c1", "CANCELLED"})
	if err := l.End("CANCELLED: the turn is too long", Finish{Reason: FinishError}); err != nil {
		t.Fatal(err)
	}
	if _, err := Fold(Client7, rest(t, l.Reader(Client7))); err != nil || !l.Ended() {
		t.Errorf("ended %v, %v", l.Ended(), err)
	}
	if l.Size() > MaxTurn+512<<10 {
		t.Errorf("it holds %d bytes", l.Size())
	}
}

func TestEndlessTextIsBounded(t *testing.T) {
	l := logOf(t, start, StartStep{}, TextStart{"t"})
	var err error
	for range 10_000 {
		if err = l.Append(TextDelta{"t", strings.Repeat("word ", 1000)}); err != nil {
			break
		}
	}
	if !errors.Is(err, ErrTurnFull) || l.Size() > MaxTurn {
		t.Errorf("%v with %d bytes", err, l.Size())
	}
	add(t, l, TextEnd{"t"}, FinishStep{}, Finish{Reason: FinishLength})
}

func TestEndlessArgumentsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // no time passes, so all of it waits to be shown
		l := logOf(t, start, StartStep{}, ToolInputStart{"c", "t", ""})
		var err error
		for range 1000 {
			if err = l.Append(ToolInputDelta{"c", strings.Repeat("x", 100_000)}); err != nil {
				break
			}
		}
		if !errors.Is(err, ErrTurnFull) {
			t.Errorf("%v", err)
		}
		if err := l.End("", Abort{}); err != nil || l.Size() > MaxTurn+1<<20 {
			t.Errorf("%v with %d bytes", err, l.Size())
		}
	})
}
