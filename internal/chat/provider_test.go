package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// refusal is an answer with an HTTP status and the message of an error.
func refusal(status int, message string, header ...string) llmtest.Script {
	s := llmtest.Script{llmtest.Header("Content-Type", "application/json")}
	for i := 0; i+1 < len(header); i += 2 {
		s = append(s, llmtest.Header(header[i], header[i+1]))
	}
	return append(s, llmtest.Status(status), llmtest.Raw(fmt.Sprintf(`{"error":{"code":%d,"message":%q}}`, status, message)))
}

func content(text string) llmtest.Step { return llmtest.Delta(fmt.Sprintf(`{"content":%q}`, text)) }

// call is a piece of an answer with a call whose arguments are as they are given.
func callOf(id, name, arguments string) llmtest.Step {
	return llmtest.Delta(fmt.Sprintf(`{"tool_calls":[{"index":0,"id":%q,"type":"function","function":{"name":%q,"arguments":%q}}]}`, id, name, arguments))
}

func ending(reason string) llmtest.Script {
	return llmtest.Script{llmtest.Finish(reason), llmtest.Usage(10, 5, "0.0001"), llmtest.Done()}
}

func TestWhatProvidersDo(t *testing.T) {
	noLeaks(t)
	broken := llmtest.Script{content("Half an ans"), llmtest.Reset()}
	unreadable := slices.Concat(llmtest.Script{callOf("c1", "writeFile", `{"path":"a.txt`)}, ending("tool_calls"))
	for _, p := range []struct {
		name    string
		scripts []llmtest.Script
		state   string
		finish  uistream.FinishReason
		problem string
		text    string
		notices string
		asked   int
		// also is what else must be so.
		also func(t *testing.T, s *stand, m uistream.Message)
	}{
		{"401", []llmtest.Script{refusal(401, "No auth credentials found")}, "failed", "error", "key_invalid", "", "", 1, nil},
		{"402", []llmtest.Script{refusal(402, "Insufficient credits")}, "failed", "error", "credits", "", "", 1, nil},
		{"404", []llmtest.Script{refusal(404, "No endpoints found for test/model")}, "failed", "error", "model_not_found", "", "", 1, nil},
		{"429 for a second", []llmtest.Script{refusal(429, "Slow down", "Retry-After", "1"), say("Here.")}, "done", "stop", "", "Here.", "", 2, nil},
		{"429 for long", []llmtest.Script{refusal(429, "Slow down", "Retry-After", "600")}, "failed", "error", "rate_limited", "", "", 1, func(t *testing.T, _ *stand, m uistream.Message) {
			if text := member(part(m, "data-error").Data, "message"); !strings.Contains(text, "10m0s") {
				t.Errorf("the message tells no time: %q", text)
			}
		}},
		{"503 three times", []llmtest.Script{refusal(503, "Down"), refusal(503, "Down"), refusal(503, "Down")}, "failed", "error", "provider_overloaded", "", "", 3, nil},
		{"broken off before anything", []llmtest.Script{{llmtest.Raw(": OPENROUTER PROCESSING\n\n"), llmtest.Reset()}, say("Here.")}, "done", "stop", "", "Here.", "", 2, nil},
		{"broken off after text", []llmtest.Script{broken, say("The rest.")}, "done", "stop", "", "Half an ansThe rest.", "retry", 2, func(t *testing.T, s *stand, _ uistream.Message) {
			if !slices.Contains(s.lastAsked(), said{"assistant", "Half an ans"}) {
				t.Errorf("the model does not know what the user has read: %q", s.lastAsked())
			}
		}},
		{"broken off twice", []llmtest.Script{broken, broken}, "failed", "error", "truncated", "Half an ansHalf an ans", "retry", 2, nil},
		{"broken off in a call", []llmtest.Script{{content("So:"), halfACall, llmtest.Reset()}, calls("c1", "writeFile", writeA), say("Done.")}, "done", "stop", "", "So:Done.", "retry", 3, func(t *testing.T, s *stand, m uistream.Message) {
			if s.file("a.txt") != "one\n" {
				t.Errorf("a.txt has %q", s.file("a.txt"))
			}
		}},
		{"an error in the stream", []llmtest.Script{{content("Half"), llmtest.Data(`{"id":"x","error":{"code":502,"message":"Provider disconnected"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}`)}, say("Rest.")}, "done", "stop", "", "HalfRest.", "retry", 2, nil},
		{"arguments that are cut off", []llmtest.Script{slices.Concat(llmtest.Script{halfACall}, ending("length")), say("In pieces, then.")}, "done", "stop", "", "In pieces, then.", "", 2, func(t *testing.T, s *stand, m uistream.Message) {
			if told := results(s.lastAsked()); len(told) != 1 || !strings.Contains(told[0], "smaller steps") || part(m, "c1").State != "output-error" || s.file("a.txt") != "(none)" {
				t.Errorf("the model was told %q; the part is %+v", told, part(m, "c1"))
			}
		}},
		{"unreadable arguments three times", []llmtest.Script{unreadable, unreadable, unreadable}, "failed", "error", "bad_calls", "", "", 3, nil},
		{"unreadable arguments twice, then better ones", []llmtest.Script{unreadable, unreadable, calls("c1", "writeFile", writeA), unreadable, say("Done.")}, "done", "stop", "", "Done.", "", 5, nil},
		{"an unknown tool", []llmtest.Script{calls("c1", "teleport", `{"to":"moon"}`), say("Then not.")}, "done", "stop", "", "Then not.", "", 2, func(t *testing.T, s *stand, m uistream.Message) {
			if told := results(s.lastAsked()); len(told) != 1 || !strings.Contains(told[0], "UNKNOWN_TOOL") || !strings.Contains(told[0], "readFile") || part(m, "c1").Type != "tool-teleport" {
				t.Errorf("the model was told %q; the part is %+v", told, part(m, "c1"))
			}
		}},
		{"another name of a tool", []llmtest.Script{calls("c1", "create_file", `{"file_path":"a.txt","contents":"one\n"}`), say("Done.")}, "done", "stop", "", "Done.", "", 2, func(t *testing.T, s *stand, m uistream.Message) {
			if s.file("a.txt") != "one\n" || part(m, "c1").Type != "tool-writeFile" {
				t.Errorf("a.txt has %q; the part is %+v", s.file("a.txt"), part(m, "c1"))
			}
		}},
		{"a name that is no name", []llmtest.Script{calls("c1", "⚡ <b>\n", `{}`), say("Sorry.")}, "done", "stop", "", "Sorry.", "", 2, nil},
		{"the same id in every answer", []llmtest.Script{calls("c1", "writeFile", writeA), calls("c1", "writeFile", writeB), say("Done.")}, "done", "stop", "", "Done.", "", 3, func(t *testing.T, s *stand, _ uistream.Message) {
			if s.file("b.txt") != "two\n" {
				t.Errorf("b.txt has %q", s.file("b.txt"))
			}
		}},
		{"empty answers", []llmtest.Script{ending("stop"), ending("stop")}, "done", "stop", "", "", "empty", 2, nil},
		{"an empty answer, then one", []llmtest.Script{ending("stop"), say("Here.")}, "done", "stop", "", "Here.", "", 2, nil},
		{"thoughts only", []llmtest.Script{slices.Concat(llmtest.Script{llmtest.Delta(`{"reasoning":"Hm"}`)}, ending("stop"))}, "done", "stop", "", "", "empty", 1, nil},
		{"a page of HTML", []llmtest.Script{{llmtest.Header("Content-Type", "text/html"), llmtest.Raw("<html><title>Bad gateway</title></html>")}}, "failed", "error", "bad_response", "", "", 1, nil},
		{"as long as may be", []llmtest.Script{slices.Concat(llmtest.Script{content("On and on")}, ending("length"))}, "done", "length", "", "On and on", "truncated", 1, nil},
		{"filtered", []llmtest.Script{slices.Concat(llmtest.Script{content("How to")}, ending("content_filter"))}, "done", "content-filter", "", "How to", "truncated", 1, nil},
		{"a reason of its own", []llmtest.Script{slices.Concat(llmtest.Script{content("Hi")}, ending("eos"))}, "done", "other", "", "Hi", "", 1, nil},
	} {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, nil)
			c := s.chat(permission.ModeAutoEdit)
			s.llm.Add(p.scripts...)
			v := s.send(c, "Work")
			m := v.rest()
			if state(m) != p.state || v.finish() != p.finish || problem(m) != p.problem || text(m) != p.text || notices(m) != p.notices {
				t.Errorf("the turn ended as %s, %s, %q, with the notices %q, and said %q:\n%s", state(m), v.finish(), problem(m), notices(m), text(m), v)
			}
			if n := len(s.asked()); n != p.asked {
				t.Errorf("the provider was asked %d times", n)
			}
			if p.also != nil {
				p.also(t, s, m)
			}
			allClosed(t, m)
			sameMessage(t, "the history", s.history(c)[1], m)
			s.llm.Add(say("Anything else?"))
			if again := s.send(c, "And now?").rest(); text(again) != "Anything else?" {
				t.Errorf("the next turn said %q", text(again))
			}
		})
	}
}

func TestAPauseIsShown(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	c := s.chat(permission.ModeAuto)
	s.llm.Add(refusal(429, "Slow down", "Retry-After", "30"))
	v := s.send(c, "Work")
	shown := v.until("the pause", data("status", `"kind":"retry"`)).(uistream.Data)
	if member(shown.Data, "until") == "" || !strings.Contains(member(shown.Data, "text"), "Attempt 2 of 3") {
		t.Errorf("shown is %s", shown.Data)
	}
	must(t, s.service.Stop(t.Context(), c.ID, ""))
	if m := v.rest(); state(m) != "stopped" {
		t.Errorf("the turn ended as %s", state(m))
	}
}

func TestALongConversationIsSummarised(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	c := s.chat(permission.ModeAuto)
	for i := range 3 {
		s.llm.Add(say(fmt.Sprintf("Answer %d.", i)))
		s.send(c, fmt.Sprintf("Question %d", i)).rest()
	}
	s.llm.Add(refusal(400, "This endpoint's maximum context length is 200000 tokens"), say("They talked of numbers."), say("Done."))
	m := s.send(c, "Question 3").rest()
	if text(m) != "Done." || notices(m) != "summary" {
		t.Errorf("the turn said %q, with the notices %q", text(m), notices(m))
	}
	check := func(have ...string) {
		t.Helper()
		asked := s.asked()
		body := string(asked[len(asked)-1].Body)
		for _, text := range have {
			if !strings.Contains(body, text) {
				t.Errorf("the model is not told %q:\n%s", text, body)
			}
		}
		if strings.Contains(body, "Question 0") || strings.Contains(body, "Answer 0.") {
			t.Errorf("the model is told what was summarised:\n%s", body)
		}
	}
	check("They talked of numbers.", "Question 2", "Question 3")
	s.llm.Add(say("Well."))
	s.send(c, "Question 4").rest()
	check("They talked of numbers.", "Question 3", "Done.", "Question 4")
	if n := member(part(s.history(c)[7], "data-usage").Data, "steps"); n != "2" {
		t.Errorf("the turn took %s steps", n) // the one that was refused, and the answer
	}
}

func TestTooLongTwice(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	c := s.chat(permission.ModeAuto)
	too := refusal(400, "This endpoint's maximum context length is 200000 tokens")
	s.llm.Add(too, too, say("Short."))
	m := s.send(c, "Long").rest()
	if problem(m) != "context_length_exceeded" || len(s.asked()) != 2 {
		t.Errorf("the turn ended as %q after %d requests", problem(m), len(s.asked()))
	}
	s.send(c, "Again").rest()
}

func TestGoingRoundInCircles(t *testing.T) {
	noLeaks(t)
	n := 0
	s := newStand(t, func(s *stand) {
		s.llm.Answer = func(llmtest.Request) llmtest.Script {
			n++
			return calls(fmt.Sprintf("c%d", n), "readFile", `{"path":"a.txt"}`)
		}
	})
	s.write("a.txt", "one\n")
	c := s.chat(permission.ModeAuto)
	v := s.send(c, "Work")
	m := v.rest()
	if problem(m) != "loop" || len(s.asked()) != 5 {
		t.Errorf("the turn ended as %q after %d requests", problem(m), len(s.asked()))
	}
	if told := results(s.lastAsked()); !strings.Contains(told[2], "LOOP: ") || strings.Contains(told[1], "LOOP: ") {
		t.Errorf("the model was told %q", told)
	}
	allClosed(t, m)
}

func TestTheLimitOfSteps(t *testing.T) {
	noLeaks(t)
	s := newStand(t, func(s *stand) { s.options.MaxSteps = 2 })
	c := s.chat(permission.ModeAuto)
	s.llm.Add(calls("c1", "writeFile", writeA), calls("c2", "writeFile", writeB), say("Both are there."))
	m := s.send(c, "Work").rest()
	if problem(m) != "step_limit" || member(part(m, "data-error").Data, "retryable") != "true" || s.file("b.txt") != "two\n" || len(s.asked()) != 2 {
		t.Errorf("the turn ended as %s after %d requests; b.txt has %q", part(m, "data-error").Data, len(s.asked()), s.file("b.txt"))
	}
	if m := s.send(c, "Go on").rest(); text(m) != "Both are there." {
		t.Errorf("the next turn said %q", text(m))
	}
}

func TestWhoMayNotGoOn(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	allowed := true
	s.options.MayGoOn = func(string) bool { return allowed }
	s.service = chat.New(s.options)
	t.Cleanup(func() { s.close(s.service) })
	c := s.chat(permission.ModeAsk)
	s.llm.Add(calls("c1", "writeFile", writeA))
	v := s.send(c, "Work")
	asked, _ := v.card()
	allowed = false
	must(t, s.answer(c, asked.ApprovalID, chat.Answer{Approved: true}))
	if m := v.rest(); problem(m) != "not_allowed" || len(s.asked()) != 1 {
		t.Errorf("the turn ended as %q after %d requests", problem(m), len(s.asked()))
	}
}
