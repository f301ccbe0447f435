package openrouter

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

// tooLong matches what providers say when the conversation does not fit: most have no
// code for it.
var tooLong = regexp.MustCompile(`(?i)context[ _-]?(length|window|size)|maximum (context|prompt|input) |prompt (is )?too long|too many (input )?tokens|input is too long|exceeds the (model|maximum)[^.]{0,40} tokens`)

// byKind are words in an error's type or code; the first that occurs decides.
var byKind = []struct {
	word, code string
	retryable  bool
}{
	{"context_length", agent.CodeContextLength, false},
	{"insufficient_quota", agent.CodeCredits, false},
	{"payment_required", agent.CodeCredits, false},
	{"billing", agent.CodeCredits, false},
	{"content_policy", agent.CodeContentPolicy, false},
	{"content_filter", agent.CodeContentPolicy, false},
	{"moderation", agent.CodeContentPolicy, false},
	{"invalid_api_key", agent.CodeKeyInvalid, false},
	{"authentication", agent.CodeKeyInvalid, false},
	{"unauthorized", agent.CodeKeyInvalid, false},
	{"permission", agent.CodeForbidden, false},
	{"model_not_found", agent.CodeModelNotFound, false},
	{"not_found", agent.CodeModelNotFound, false},
	{"rate_limit", agent.CodeRateLimited, true},
	{"resource_exhausted", agent.CodeRateLimited, true},
	{"overloaded", agent.CodeOverloaded, true},
	{"invalid_prompt", agent.CodeBadRequest, false},
	{"invalid_request", agent.CodeBadRequest, false},
	{"timeout", agent.CodeTimeout, true},
}

// classify finds the code, and whether the same request may succeed later.
func classify(status int, kinds, message string) (code string, retryable bool) {
	switch status {
	case 0, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		if tooLong.MatchString(message) {
			return agent.CodeContextLength, false
		}
	}
	code, retryable = byStatus(status)
	for _, k := range byKind {
		if !strings.Contains(kinds, k.word) {
			continue
		}
		// A status says more surely than a word whether to try again, except that an
		// account without money gets 429 from some.
		if status == 0 || k.code == agent.CodeCredits || retryable == k.retryable {
			return k.code, k.retryable
		}
		break
	}
	return code, retryable
}

func byStatus(status int) (code string, retryable bool) {
	switch {
	case status == http.StatusUnauthorized:
		return agent.CodeKeyInvalid, false
	case status == http.StatusPaymentRequired:
		return agent.CodeCredits, false
	case status == http.StatusForbidden:
		return agent.CodeForbidden, false
	case status == http.StatusNotFound:
		return agent.CodeModelNotFound, false
	case status == http.StatusRequestTimeout:
		return agent.CodeTimeout, true
	case status == http.StatusConflict:
		return agent.CodeUnavailable, true
	case status == http.StatusTooManyRequests:
		return agent.CodeRateLimited, true
	case status == http.StatusServiceUnavailable, status == 529: // Anthropic's "overloaded"
		return agent.CodeOverloaded, true
	case status >= 400 && status < 500:
		return agent.CodeBadRequest, false
	}
	return agent.CodeUnavailable, true
}
