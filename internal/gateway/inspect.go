package gateway

import (
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/kalpana-dev/kalpana/internal/inspect"
)

// record begins a recording of a request to a port, out being what is about to be sent, if
// somebody looks at the port. Where nobody looks at any it costs one atomic load.
func (p *proxy) record(ex *exchange, out *http.Request, socket bool) {
	in := p.gateway.options.Inspector
	if in == nil || ex.port == nil || !in.Active() {
		return
	}
	ex.recording = in.Begin(inspect.Target{Workspace: ex.address.ID, Port: ex.address.Inside}, func() inspect.Request {
		q := inspect.Request{Method: out.Method, Path: out.URL.RequestURI(), Host: out.Host, Headers: headerLines(out.Header), Length: out.ContentLength, Socket: socket}
		if out.Body == nil || out.Body == http.NoBody {
			q.Length = 0
		}
		return q
	})
	ex.body.copied = ex.recording
}

// recordAnswer tells the recording, if there is one, what the program answers, as it said it.
// Pages of our own, where it does not answer, are no business of the recording.
func (ex *exchange) recordAnswer(resp *http.Response) {
	if ex.recording != nil {
		ex.rec.copied = ex.recording
		ex.recording.Answered(resp.StatusCode, headerLines(resp.Header), goesOn(resp))
	}
}

// goesOn reports whether an answer lasts for as long as both sides like.
func goesOn(resp *http.Response) bool {
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return true
	}
	const events = "text/event-stream"
	said := resp.Header.Get("Content-Type")
	if len(said) < len(events) || !strings.EqualFold(said[:len(events)], events) {
		return false // nearly always, and every answer is asked
	}
	mediaType, _, _ := mime.ParseMediaType(said)
	return mediaType == events
}

// endRecording ends the recording, if there is one.
func (ex *exchange) endRecording() {
	if ex.recording != nil {
		ex.recording.End(ex.rec.status)
	}
}

// headerLines are the lines of h, by name.
func headerLines(h http.Header) []inspect.Header {
	names := make([]string, 0, len(h))
	n := 0
	for name, values := range h {
		names = append(names, name)
		n += len(values)
	}
	slices.Sort(names)
	lines := make([]inspect.Header, 0, n)
	for _, name := range names {
		for _, value := range h[name] {
			if name != "User-Agent" || value != "" { // an empty one stands for none
				lines = append(lines, inspect.Header{name, value})
			}
		}
	}
	return lines
}
