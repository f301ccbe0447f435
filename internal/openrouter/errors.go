package openrouter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/openai/openai-go/v3/option"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

// maxErrorBytes is how much of an error's body is read: proxies send whole pages.
const maxErrorBytes = 64 << 10

// errorBodyTime is how long it may take.
const errorBodyTime = 5 * time.Second

// refuse is a middleware: it makes an error of every answer that is not 200, before the
// library reads such a body without a limit.
func refuse(req *http.Request, next option.MiddlewareNext) (*http.Response, error) {
	// A context of its own: if the body does not come, the status is still worth telling.
	// Where all is well it ends with the attempt's.
	ctx, cancel := context.WithCancelCause(req.Context())
	w := &watchdog{cancel: cancel, idle: errorBodyTime, left: errorBodyTime}
	resp, err := next(req.WithContext(ctx))
	if err != nil || resp.StatusCode == http.StatusOK {
		return resp, err
	}
	defer cancel(nil)
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(readerFunc(func(p []byte) (int, error) { return w.read(resp.Body, p) }), maxErrorBytes))
	var e *agent.Error
	switch raw, ok := errorObject(body); {
	case ok:
		e = reported(resp.StatusCode, raw)
	case resp.StatusCode < 400:
		e = notTheProtocol(resp, body)
	default:
		e = reported(resp.StatusCode, nil)
		if s := readable(body); s != "" {
			e.Message = s
		}
	}
	e.Status, e.RetryAfter = resp.StatusCode, retryAfter(resp.Header, time.Now())
	return nil, e
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// errorObject finds the error in a body: {"error":…}, a list of that, or a bare object.
func errorObject(body []byte) (json.RawMessage, bool) {
	body = bytes.TrimSpace(body)
	if !json.Valid(body) || len(body) == 0 || (body[0] != '{' && body[0] != '[') {
		return nil, false
	}
	for _, raw := range list(body) {
		var c chunk
		if object(raw, &c) {
			if isError(c.Error) {
				return c.Error, true
			}
			return raw, true
		}
	}
	return nil, false
}

// isError reports whether a field "error" tells of one: null, {} , "" and false do not.
func isError(raw json.RawMessage) bool {
	switch strings.Join(strings.Fields(string(raw)), "") {
	case "", "null", "{}", `""`, "false", "[]", "0":
		return false
	}
	return true
}

// deepest is how many wrappings of an error are taken off: each is parsed anew.
const deepest = 4

// reported makes an error of what a provider said; status is 0 inside a stream.
func reported(status int, raw json.RawMessage) *agent.Error { return reportedAt(status, raw, 0) }

func reportedAt(status int, raw json.RawMessage, depth int) *agent.Error {
	var o struct {
		Code     json.RawMessage `json:"code"`
		Type     json.RawMessage `json:"type"`
		Status   json.RawMessage `json:"status"`
		Message  json.RawMessage `json:"message"`
		Detail   json.RawMessage `json:"detail"`
		Error    json.RawMessage `json:"error"`
		Metadata json.RawMessage `json:"metadata"`
	}
	if !object(raw, &o) {
		o.Message = raw
	}
	if isError(o.Error) && null(o.Message) && depth < deepest {
		return reportedAt(status, o.Error, depth+1)
	}
	var meta struct {
		Raw       json.RawMessage `json:"raw"`
		Provider  json.RawMessage `json:"provider_name"`
		ErrorType json.RawMessage `json:"error_type"`
		Reasons   json.RawMessage `json:"reasons"`
	}
	object(o.Metadata, &meta)
	for _, field := range []json.RawMessage{o.Code, o.Status} {
		if n, err := strconv.Atoi(word(field, 8)); status == 0 && err == nil && n >= 400 && n < 600 {
			status = n
		}
	}
	message := innermost(meta.Raw, 0)
	for _, field := range []json.RawMessage{o.Message, o.Detail} {
		if m := innermost(field, 0); message == "" || (m != "" && !strings.EqualFold(m, "Provider returned error")) {
			message = m
		}
	}
	kinds := strings.ToLower(word(meta.ErrorType, 64) + " " + word(o.Code, 64) + " " + word(o.Type, 64) + " " + word(o.Status, 64))
	if !null(meta.Reasons) {
		kinds += " content_policy"
	}
	code, retryable := classify(status, kinds, message)
	if message == "" {
		message = http.StatusText(status)
	}
	if message == "" {
		message = "the provider reported an error without a text"
	}
	e := agent.NewError(code, message, nil)
	e.Status, e.Retryable, e.Provider = status, retryable, word(meta.Provider, 64)
	return e
}

// innermost digs for the text: routers wrap a provider's JSON as a string, twice at times.
func innermost(raw json.RawMessage, depth int) string {
	if null(raw) || depth > deepest {
		return ""
	}
	var o struct {
		Error   json.RawMessage `json:"error"`
		Message json.RawMessage `json:"message"`
		Msg     json.RawMessage `json:"msg"` // FastAPI
		Detail  json.RawMessage `json:"detail"`
	}
	switch {
	case raw[0] == '"':
		s := strings.TrimSpace(text(raw))
		if (strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[")) && json.Valid([]byte(s)) {
			if inner := innermost(json.RawMessage(s), depth+1); inner != "" {
				return inner
			}
		}
		return readable([]byte(s))
	case raw[0] == '[':
		if all := list(raw); len(all) > 0 {
			return innermost(all[0], depth+1)
		}
	case object(raw, &o):
		for _, field := range []json.RawMessage{o.Message, o.Msg, o.Error, o.Detail} {
			if s := innermost(field, depth+1); s != "" {
				return s
			}
		}
	}
	return ""
}

// notTheProtocol describes an answer that is neither events nor JSON of a known form.
func notTheProtocol(resp *http.Response, body []byte) *agent.Error {
	message := "the server did not answer as a language model does"
	if resp.StatusCode != http.StatusOK {
		message += " (status " + strconv.Itoa(resp.StatusCode) + ")"
	}
	if s := readable(body); s != "" {
		message += ": " + s
	}
	return agent.NewError(agent.CodeBadResponse, cut(message), nil)
}

// failure makes an agent.Error of anything that ended an attempt, without the key in it.
func (c *Client) failure(ctx context.Context, err error) *agent.Error {
	e, ok := errors.AsType[*agent.Error](err)
	switch {
	case ctx.Err() != nil && !errors.Is(context.Cause(ctx), errStep):
		e = agent.NewError(agent.CodeCancelled, "the request was cancelled", errors.Join(ctx.Err(), context.Cause(ctx)))
	case ok:
	case errors.Is(err, errStep):
		e = agent.NewError(agent.CodeTimeout, errStep.Error(), err)
	case errors.Is(err, errHeaders), errors.Is(err, errIdle), errors.Is(err, errSilent):
		e = agent.NewError(agent.CodeTimeout, err.Error(), err)
		e.Retryable = true
	default:
		e = agent.NewError(agent.CodeUnavailable, "the provider cannot be reached: "+connection(err), nil)
		e.Retryable = true
	}
	e.Message, e.Provider = c.clean(e.Message), c.clean(e.Provider)
	return e
}

// connection is the reason of a transport's error, without the URL that it quotes.
func connection(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if n, ok := errors.AsType[net.Error](err); ok && n.Timeout() {
		return "it did not answer in time"
	}
	return err.Error()
}
