package llmtest

import (
	"fmt"
	"net/http"
	"time"
)

// Script is an answer, step by step.
type Script []Step

// Step is one act of the server. ok is false if the answer ends with it.
type Step func(w http.ResponseWriter, r *http.Request) (ok bool)

func (s Script) run(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Generation-Id", "gen-test")
	for _, step := range s {
		if !step(w, r) {
			return
		}
	}
}

// Status sets the status. Headers set by Header before it go with it.
func Status(code int) Step {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(code)
		return true
	}
}

// Header sets a header; "" removes it. It comes before what writes.
func Header(name, value string) Step {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		if value == "" {
			w.Header()[http.CanonicalHeaderKey(name)] = nil
		} else {
			w.Header().Set(name, value)
		}
		return true
	}
}

// Raw writes bytes as they are, and sends them.
func Raw(text string) Step {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		if _, err := w.Write([]byte(text)); err != nil {
			return false
		}
		return http.NewResponseController(w).Flush() == nil
	}
}

// Data writes each as an event.
func Data(events ...string) Step {
	text := ""
	for _, e := range events {
		text += "data: " + e + "\n\n"
	}
	return Raw(text)
}

// Delta writes a chunk with the given JSON object as its delta.
func Delta(delta string) Step {
	return Data(fmt.Sprintf(`{"id":"gen-test","object":"chat.completion.chunk","model":"test/model","choices":[{"index":0,"delta":%s,"finish_reason":null}]}`, delta))
}

// Finish writes a chunk with a finish_reason.
func Finish(reason string) Step {
	return Data(fmt.Sprintf(`{"id":"gen-test","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":%q}]}`, reason))
}

// Usage writes the last chunk of OpenRouter: no choices, tokens, and cost as it is
// written, in USD.
func Usage(prompt, completion int, cost string) Step {
	return Data(fmt.Sprintf(`{"id":"gen-test","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,"cost":%s}}`, prompt, completion, prompt+completion, cost))
}

// Done writes [DONE].
func Done() Step { return Data("[DONE]") }

// Forever repeats a step until the client goes.
func Forever(step Step) Step {
	return func(w http.ResponseWriter, r *http.Request) bool {
		for r.Context().Err() == nil && step(w, r) {
		}
		return false
	}
}

// Pause waits; it ends early if the client goes.
func Pause(d time.Duration) Step {
	return func(_ http.ResponseWriter, r *http.Request) bool {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			return true
		case <-r.Context().Done():
			return false
		}
	}
}

// Hang waits until the client goes.
func Hang() Step {
	return func(_ http.ResponseWriter, r *http.Request) bool {
		<-r.Context().Done()
		return false
	}
}

// Reset cuts the connection off.
func Reset() Step {
	return func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }
}
