package openrouter

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

// cutter returns data in pieces whose lengths cuts gives, over and over; none is 0.
type cutter struct {
	data, cuts []byte
	at         int
}

func (c *cutter) Read(p []byte) (int, error) {
	if len(c.data) == 0 {
		return 0, io.EOF
	}
	n := 1
	if len(c.cuts) > 0 {
		n = int(c.cuts[c.at%len(c.cuts)]) + 1
		c.at++
	}
	n = copy(p[:min(n, len(p))], c.data)
	c.data = c.data[n:]
	return n, nil
}

func (c *cutter) Close() error { return nil }

// readCut reads data as the body of an answer and tells all that came of it.
func readCut(data, cuts []byte) (string, agent.Result, error) {
	var log strings.Builder
	a := newAnswer(agent.Request{Model: "m", Tools: []agent.Tool{{Name: "read"}, {Name: "readFile"}}}, func(e agent.Event) error {
		switch e := e.(type) {
		case agent.ToolStart:
			fmt.Fprintf(&log, "start %d %s\n", e.Index, e.Name)
		case agent.ToolArguments:
			fmt.Fprintf(&log, "more %d %q\n", e.Index, e.Delta)
		default:
			fmt.Fprintf(&log, "%T %+v\n", e, e)
		}
		return nil
	})
	_, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	src := &cutter{data: data, cuts: cuts}
	resp := &http.Response{StatusCode: http.StatusOK, Body: src}
	c := &Client{}
	err := c.read(resp, &wire{src: src, dog: &watchdog{cancel: cancel, idle: time.Hour, silence: time.Hour, left: time.Hour}}, a)
	r := a.result()
	fmt.Fprintf(&log, "%q %q %s %v", r.Message.Text, r.Message.Reasoning.Text, r.Finish, err)
	for _, call := range r.Message.Calls {
		fmt.Fprintf(&log, "\n%s %s %s", call.Name, call.Arguments, call.Invalid)
	}
	return log.String(), r, err
}

func FuzzAnswerIsTheSameHoweverItIsCut(f *testing.F) {
	for _, body := range []string{
		"data: {\"choices\":[{\"delta\":{\"content\":\"a\\ud83d\"}}]}\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"\\ude00\"},\"finish_reason\":\"stop\"}]}\r\rdata: [DONE]\n\n",
		"\ufeff: comment\n\ndata: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"1\",\"function\":{\"name\":\"read\",\"arguments\":\"{}\"}}]}}]}\n\ndata: {\"choi",
		"data: {\"choices\":[{\"delta\":\ndata:{\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"x\"}]}}]}\n\nevent: error\ndata: {\"message\":\"m\",\"code\":429}\n\n",
		"data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"re\"}},{\"index\":0,\"function\":{\"name\":\"ad\",\"arguments\":{\"a\":[]}}}]}}],\"usage\":{\"cost\":1e-3}}\n\ndata: [DONE]",
		"{\"error\":{\"message\":\"x\"}}", "[{}]", "<html>", "\n\n\r\r", "data: x\n\ndata: y\n\n", "",
	} {
		f.Add([]byte(body), []byte{0, 6, 1, 200})
	}
	f.Fuzz(func(t *testing.T, data, cuts []byte) {
		whole, r, err := readCut(data, []byte{255})
		for _, other := range [][]byte{cuts, {0}, {2}} {
			if got, _, _ := readCut(data, other); got != whole {
				t.Fatalf("cut %v:\n%s\nwhole:\n%s", other, got, whole)
			}
		}
		seen := map[string]bool{}
		for _, c := range r.Message.Calls {
			var o map[string]json.RawMessage
			if json.Unmarshal(c.Arguments, &o) != nil || o == nil || c.ID == "" || seen[c.ID] || !utf8.ValidString(c.Name) {
				t.Fatalf("call %+v", c)
			}
			seen[c.ID] = true
		}
		for _, d := range r.Message.Reasoning.Details {
			if !json.Valid(d) {
				t.Fatalf("detail %q", d)
			}
		}
		if !utf8.ValidString(r.Message.Text) || !utf8.ValidString(r.Message.Reasoning.Text) {
			t.Fatal("invalid UTF-8")
		}
		if e, ok := err.(*agent.Error); err != nil && (!ok || e.Code == "") {
			t.Fatalf("%T %v", err, err)
		}
	})
}

func FuzzTextIsTheSameHoweverItIsCut(f *testing.F) {
	f.Add("a😀b\\\"", uint8(3))
	f.Add("\\ud83d", uint8(1))
	f.Add("\U0001F468\u200d\U0001F469", uint8(7))
	f.Fuzz(func(t *testing.T, s string, size uint8) {
		if !utf8.ValidString(s) {
			return
		}
		// As JSON of ASCII only, cut anywhere between escapes, and as UTF-8, cut anywhere.
		var units []string
		for _, r := range s {
			if r > 0xffff {
				r -= 0x10000
				units = append(units, fmt.Sprintf(`\u%04x`, 0xd800+r>>10), fmt.Sprintf(`\u%04x`, 0xdc00+r&0x3ff))
			} else {
				units = append(units, fmt.Sprintf(`\u%04x`, r))
			}
		}
		step := int(size%5) + 1
		var j joiner
		got := ""
		for i := 0; i < len(units); i += step {
			got += j.add(json.RawMessage(`"` + strings.Join(units[i:min(i+step, len(units))], "") + `"`))
		}
		if got += j.flush(); got != s {
			t.Errorf("escaped: %q, want %q", got, s)
		}
		got = ""
		if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' }) {
			return
		}
		for i := 0; i < len(s); i += step {
			got += j.add(json.RawMessage(`"` + s[i:min(i+step, len(s))] + `"`))
		}
		if got += j.flush(); got != s {
			t.Errorf("UTF-8: %q, want %q", got, s)
		}
	})
}

func FuzzMoneyIsExact(f *testing.F) {
	for _, s := range []string{"0.00042", "4.2e-4", "1E+2", "0", "000.1", ".5", "5.", "-1", "1e999999999", "NaN", "9223372036.854775807", "9223372036.8547758071", "0e400", "1e-400"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := nano(s, 9)
		if !ok {
			return
		}
		want, valid := new(big.Rat).SetString(s)
		if !valid {
			t.Fatalf("%q is a number to us only", s)
		}
		want.Mul(want, big.NewRat(1e9, 1))
		up := new(big.Int).Add(want.Num(), new(big.Int).Sub(want.Denom(), big.NewInt(1)))
		up.Quo(up, want.Denom())
		if limit := big.NewInt(1<<63 - 1); up.Cmp(limit) > 0 {
			up = limit
		}
		if up.Cmp(big.NewInt(got)) != 0 {
			t.Errorf("%q: %d, want %v", s, got, up)
		}
	})
}

func TestMoneyRefusesWhatIsNone(t *testing.T) {
	for _, s := range []string{"", ".", "-1", "+1", "1.2.3", "0x10", "1_000", "1e", "1e+", "1e1000", "e5", "NaN", "Inf", "1/2", " 1", strings.Repeat("1", 401)} {
		if n, ok := nano(s, 9); ok {
			t.Errorf("%q is %d", s, n)
		}
	}
}

func FuzzArgumentsAreAlwaysAnObject(f *testing.F) {
	f.Add(`{"a":1}`, `{}`, uint8(3))
	f.Add(`"{\"a\":1}"`, ``, uint8(1))
	f.Add(`{}`, `{"a":"}"}`, uint8(9))
	f.Fuzz(func(t *testing.T, one, two string, size uint8) {
		var a arguments
		s := one + two
		for i := 0; i < len(s); i += int(size) + 1 {
			raw, _ := json.Marshal(s[i:min(i+int(size)+1, len(s))])
			a.add(raw)
		}
		got, invalid := a.settle()
		var o map[string]json.RawMessage
		if (invalid == "") != (got != nil) || (got != nil && (json.Unmarshal(got, &o) != nil || o == nil)) {
			t.Errorf("%q is %s, %s", s, got, invalid)
		}
	})
}
