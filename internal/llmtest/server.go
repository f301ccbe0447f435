package llmtest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
)

// maxBody is the largest request: a full context window of 2,000,000 tokens in JSON.
const maxBody = 16 << 20

// Server answers POST …/chat/completions, GET …/models and GET …/generation. Set the
// fields before it serves; the methods are safe at any time.
type Server struct {
	// Answer picks the script for a request; nil for those given to Add.
	Answer func(Request) Script
	// Key, if not empty, is the only bearer token that is accepted.
	Key string
	// Strict refuses ill-formed requests with status 400; see [Check].
	Strict bool
	// OpenAIOnly refuses fields that only OpenRouter knows, if Strict is set.
	OpenAIOnly bool
	// Models is the body of GET …/models; "" for a short list.
	Models string
	// Generation is the body of GET …/generation; "" for 404.
	Generation string
	// Forgets keeps no requests, for a server that runs for long.
	Forgets bool

	mu       sync.Mutex
	scripts  []Script
	requests []Request
}

// Request is one that came.
type Request struct {
	Method, Path string
	Header       http.Header
	Body         []byte
	// Chat is the body as far as it could be read.
	Chat Chat
	// Refused is why strict mode refused it; "" if it did not.
	Refused string
}

// Chat is the part of a request that scripted models look at.
type Chat struct {
	Model    string `json:"model"`
	Messages []struct {
		Role       string          `json:"role"`
		Content    json.RawMessage `json:"content"`
		ToolCallID string          `json:"tool_call_id"`
		ToolCalls  []struct {
			ID       string `json:"id"`
			Function struct {
				Name      string `json:"name"`
				Arguments string `json:"arguments"`
			} `json:"function"`
		} `json:"tool_calls"`
	} `json:"messages"`
	Tools []struct {
		Function struct {
			Name string `json:"name"`
		} `json:"function"`
	} `json:"tools"`
	MaxTokens int `json:"max_tokens"`
}

// Add queues scripts: each request takes the next.
func (s *Server) Add(scripts ...Script) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts = append(s.scripts, scripts...)
}

// Requests returns all that came so far, in order.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Chats are the requests for completions among Requests.
func (s *Server) Chats() []Request {
	var all []Request
	for _, r := range s.Requests() {
		if strings.HasSuffix(r.Path, "/chat/completions") {
			all = append(all, r)
		}
	}
	return all
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		fail(w, http.StatusRequestEntityTooLarge, "the request is too large", "invalid_request_error")
		return
	}
	req := Request{Method: r.Method, Path: r.URL.Path, Header: r.Header.Clone(), Body: body}
	chat := strings.HasSuffix(r.URL.Path, "/chat/completions")
	if chat {
		json.Unmarshal(body, &req.Chat)
		if s.Strict {
			if err := Check(body, s.OpenAIOnly); err != nil {
				req.Refused = err.Error()
			}
		}
	}
	if !s.Forgets {
		s.mu.Lock()
		s.requests = append(s.requests, req)
		s.mu.Unlock()
	}

	switch {
	case s.Key != "" && r.Header.Get("Authorization") != "Bearer "+s.Key:
		fail(w, http.StatusUnauthorized, "No auth credentials found", "authentication_error")
	case chat && r.Method == http.MethodPost:
		s.chat(w, r, req)
	case strings.HasSuffix(r.URL.Path, "/models") && r.Method == http.MethodGet:
		answer(w, s.Models, defaultModels)
	case strings.HasSuffix(r.URL.Path, "/generation") && r.Method == http.MethodGet && s.Generation != "":
		answer(w, s.Generation, "")
	default:
		fail(w, http.StatusNotFound, "Not Found", "not_found")
	}
}

func (s *Server) chat(w http.ResponseWriter, r *http.Request, req Request) {
	if req.Refused != "" {
		fail(w, http.StatusBadRequest, req.Refused, "invalid_request_error")
		return
	}
	script, ok := Script(nil), true
	if s.Answer != nil {
		script = s.Answer(req)
	} else {
		script, ok = s.next()
	}
	if !ok {
		fail(w, http.StatusTeapot, "llmtest has no script left", "llmtest")
		return
	}
	script.run(w, r)
}

func (s *Server) next() (Script, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.scripts) == 0 {
		return nil, false
	}
	first := s.scripts[0]
	s.scripts = s.scripts[1:]
	return first, true
}

func answer(w http.ResponseWriter, body, standard string) {
	if body == "" {
		body = standard
	}
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, body)
}

func fail(w http.ResponseWriter, status int, message, kind string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"code": status, "message": message, "type": kind}})
}

const defaultModels = `{"data":[{"id":"test/model","name":"Test: Model","context_length":200000,
"architecture":{"input_modalities":["text","image"]},
"pricing":{"prompt":"0.000003","completion":"0.000015","input_cache_read":"0.0000003"},
"top_provider":{"context_length":200000,"max_completion_tokens":64000,"is_moderated":false},
"supported_parameters":["tools","tool_choice","parallel_tool_calls","max_tokens","reasoning"]}]}`
