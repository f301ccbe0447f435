package uistream_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	. "github.com/kalpana-dev/kalpana/internal/uistream"
)

// Whatever a checker lets through is read back as it was written.
func TestDecodeReadsWhatEncodeWrites(t *testing.T) {
	seen := map[string]bool{}
	rapid.Check(t, func(t *rapid.T) {
		var k Checker
		inputs := map[string]string{}
		k.Check(Start{MessageID: "m"})
		for range 60 {
			c, err := k.Check(anyChunk(t, inputs))
			if err != nil {
				continue
			}
			data, err := Encode(c)
			if err != nil {
				t.Fatal(err)
			}
			back, err := Decode(data)
			if err != nil {
				t.Fatalf("%s: %v", data, err)
			}
			again, err := Encode(back)
			if err != nil || string(again) != string(data) || back.Type() != c.Type() {
				t.Fatalf("%s was read as %s (%v)", data, again, err)
			}
			seen[c.Type()] = true
		}
	})
	if len(seen) < 18 {
		t.Errorf("only these types were tried: %v", seen)
	}
}

func TestDecodeReadsEveryField(t *testing.T) {
	for _, c := range []Chunk{
		Start{MessageID: "m", Metadata: js(`{"a":1}`)}, Finish{Reason: FinishLength}, Abort{Reason: "r"}, Error{ErrorText: "e"},
		MessageMetadata{Metadata: js(`{"b":2}`)}, Data{Name: DataNotice, ID: "n", Data: js(`{"text":"t"}`)},
		SourceURL{SourceID: "s", URL: "u", Title: "t"}, SourceDocument{SourceID: "s", MediaType: "m", Title: "t", Filename: "f"}, File{URL: "u", MediaType: "m"},
	} {
		data, err := Encode(c)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Decode(data)
		if diff := cmp.Diff(c, back); diff != "" || err != nil {
			t.Errorf("%s: %v (-wrote +read):\n%s", data, err, diff)
		}
	}
}

func TestDecodeRefusesWhatIsNoChunk(t *testing.T) {
	for _, text := range []string{``, `[]`, `{}`, `{"type":"texts"}`, `{"type":"text-delta","id":7}`, `{"type":"data-plan","id":[]}`} {
		if c, err := Decode([]byte(text)); err == nil {
			t.Errorf("%q was read as %#v", text, c)
		}
	}
}
