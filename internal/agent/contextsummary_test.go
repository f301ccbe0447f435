package agent_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

func texts(msgs []agent.Message) string {
	var all []string
	for _, m := range msgs {
		text := m.Text
		if len(text) > 10 {
			text = text[:10]
		}
		all = append(all, m.Role[:1]+":"+text)
	}
	return strings.Join(all, " ")
}

func TestSplitForSummary(t *testing.T) {
	system := agent.Message{Role: agent.RoleSystem, Text: "sys"}
	turn := func(name string, steps ...int) []agent.Message {
		all := []agent.Message{user(name)}
		for i, n := range steps {
			id := fmt.Sprintf("%s%d", name, i)
			all = append(all, said(id, id), result(id, strings.Repeat("r", n)))
		}
		return append(all, said("end"+name))
	}
	join := func(parts ...[]agent.Message) (all []agent.Message) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	picture := agent.Message{Role: agent.RoleUser, Images: []agent.Image{{MediaType: "image/png", Data: []byte("x")}}}
	for _, c := range []struct {
		name        string
		msgs        []agent.Message
		keep        int
		old, recent string // "" = cannot be split
	}{
		{"nothing", nil, 2, "", ""},
		{"the last two stay", join([]agent.Message{system}, turn("a", 8), turn("b"), turn("c")), 0, "u:a a:a0 t:rrrrrrrr a:enda", "s:sys u:b a:endb u:c a:endc"},
		{"one stays", join(turn("a"), turn("b"), turn("c")), 1, "u:a a:enda u:b a:endb", "u:c a:endc"},
		{"no more than stay", join([]agent.Message{system}, turn("a"), turn("b")), 2, "", ""},
		{"a long turn", join([]agent.Message{system}, turn("a"), turn("b", 900, 900, 900, 900, 900, 900)), 2,
			"u:a a:enda u:b a:b0 t:rrrrrrrrrr a:b1 t:rrrrrrrrrr a:b2 t:rrrrrrrrrr", "s:sys u:b a:b3 t:rrrrrrrrrr a:b4 t:rrrrrrrrrr a:b5 t:rrrrrrrrrr a:endb"},
		{"a long turn after short ones", join(turn("a"), turn("b"), turn("c", 9000, 9000)), 2, "u:a a:enda u:b a:endb u:c a:c0 t:rrrrrrrrrr", "u:c a:c1 t:rrrrrrrrrr a:endc"},
		{"only a summary is old", join(agent.WithSummary("x", nil), turn("a"), turn("b")), 2, "", ""},
		{"a picture of a tool is no turn", []agent.Message{user("a"), said("", "1"), result("1", "r"), picture, said("x"), user("b"), said("y")}, 1, "u:a a: t:r u: a:x", "u:b a:y"},
	} {
		old, recent, ok := agent.SplitForSummary(c.msgs, c.keep)
		if ok != (c.old != "") {
			t.Errorf("%s: ok is %v; old %s", c.name, ok, texts(old))
		}
		if !ok {
			if !cmp.Equal(recent, c.msgs) {
				t.Errorf("%s: not split, but %s is left", c.name, texts(recent))
			}
			continue
		}
		if texts(old) != c.old || texts(recent) != c.recent {
			t.Errorf("%s:\n%s | %s, want\n%s | %s", c.name, texts(old), texts(recent), c.old, c.recent)
		}
	}
}

func TestSummaryKeepsConversationsWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		msgs := agent.Repair(work().Draw(t, "messages"))
		for range 3 { // summaries of summaries
			old, recent, ok := agent.SplitForSummary(msgs, rapid.IntRange(0, 3).Draw(t, "keep"))
			if !ok {
				return
			}
			if len(old) == 0 || recent[0].Role != agent.RoleSystem || recent[len(recent)-1].Text != "and now" {
				t.Fatalf("%s | %s", texts(old), texts(recent))
			}
			if len(old)+len(recent) < len(msgs) {
				t.Fatal("messages are lost")
			}
			request := agent.SummaryRequest(old)
			if !cmp.Equal(agent.Repair(request), request) {
				t.Fatal("the request needs repair")
			}
			msgs = agent.WithSummary("what happened", recent)
			if diff := cmp.Diff(msgs, agent.Repair(msgs)); diff != "" {
				t.Fatalf("a call was parted from its result:\n%s", diff)
			}
		}
	})
}

func TestSummaryRequestShowsEnough(t *testing.T) {
	old := append([]agent.Message{user("build a shop"), {Role: agent.RoleUser, Images: []agent.Image{{}}}}, called("1", "runCommand", `{"command":"npm test"}`, "START"+strings.Repeat("x", 5000)+"END")...)
	request := agent.SummaryRequest(append(old, said("it failed")))
	if len(request) != 2 || request[0].Role != agent.RoleSystem || request[1].Role != agent.RoleUser {
		t.Fatal(texts(request))
	}
	text := request[1].Text
	for _, want := range []string{"build a shop", "(1 pictures)", `runCommand {"command":"npm test"}`, "RESULT of runCommand\nSTART", "[… 3,008 characters left out …]", "xEND", "it failed"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	if len(text) > 3000 {
		t.Errorf("%d bytes", len(text))
	}
	for _, want := range []string{"Task", "Decisions", "Files", "Commands", "Open"} {
		if !strings.Contains(request[0].Text, "## "+want) {
			t.Errorf("does not ask for %s", want)
		}
	}
}

func TestWithSummary(t *testing.T) {
	system := agent.Message{Role: agent.RoleSystem, Text: "sys"}
	recent := []agent.Message{system, user("b")}
	out := agent.WithSummary(" did things\n", recent)
	if len(out) != 3 || out[0].Text != "sys" || out[2].Text != "b" || out[1].Role != agent.RoleUser || !strings.Contains(out[1].Text, "\n\ndid things\n\n") {
		t.Errorf("%+v", out)
	}
	if empty := agent.WithSummary(" ", recent)[1].Text; !strings.Contains(empty, "wrote none") {
		t.Error(empty)
	}
	if huge := agent.WithSummary(strings.Repeat("y", 1<<20), recent)[1].Text; len(huge) > 25_000 {
		t.Errorf("%d bytes", len(huge))
	}
}
