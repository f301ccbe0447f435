package config

import (
	"encoding/json"
	"math"
	"testing"
)

func TestDollarsAreReadExactly(t *testing.T) {
	for text, want := range map[string]USD{
		"0": 0, "1": Dollar, "2.50": 2_500_000_000, "0.1": 100_000_000, "0.000000001": 1, "007": 7 * Dollar,
		"999999999.999999999": 999_999_999_999_999_999,
	} {
		if got, err := ParseUSD(text); err != nil || got != want {
			t.Errorf("%q is %d (%v), want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", ".", "1.", ".5", "-1", "+1", "1e3", "$1", "1,5", " 1", "1_000", "0x1", "0.0000000001", "1000000000", "1.2.3", "١"} {
		if got, err := ParseUSD(text); err == nil {
			t.Errorf("%q was read as %d", text, got)
		}
	}
}

func TestDollarsAreWrittenAsTheyAreRead(t *testing.T) {
	for u, want := range map[USD]string{0: "0", 1: "0.000000001", -1: "-0.000000001", Dollar: "1", 2_500_000_000: "2.5", 10 * Dollar: "10", math.MinInt64: "-9223372036.854775808"} {
		if u.String() != want {
			t.Errorf("%d is written %q, want %q", int64(u), u, want)
		}
	}
	var back struct{ Limit *USD }
	for text, ok := range map[string]bool{`{"Limit":"0.25"}`: true, `{"Limit":0.25}`: false, `{"Limit":250000000}`: false, `{"Limit":"a"}`: false} {
		if err := json.Unmarshal([]byte(text), &back); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := json.Unmarshal([]byte(`{"Limit":"0.25"}`), &back); err != nil || *back.Limit != Dollar/4 {
		t.Fatalf("%v %v", back.Limit, err)
	}
	if data, err := json.Marshal(back); err != nil || string(data) != `{"Limit":"0.25"}` {
		t.Errorf("%s %v", data, err)
	}
}

func FuzzUSD(f *testing.F) {
	f.Add("2.50")
	f.Add("000000000.000000000")
	f.Fuzz(func(t *testing.T, text string) {
		u, err := ParseUSD(text)
		if err != nil {
			return
		}
		if again, err := ParseUSD(u.String()); err != nil || again != u {
			t.Errorf("%q is %d, which is written %q and read as %d (%v)", text, u, u, again, err)
		}
	})
}
