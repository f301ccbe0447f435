package api

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/kalpana-dev/kalpana/internal/audit"
)

// Socket answers the operator's commands, which come over the admin socket: whoever can
// open it owns the data directory. Beside its own calls it serves the API itself, as
// the user whose email is in the header X-Kalpana-User or whose id is in
// X-Kalpana-User-ID, or as the operator.
func (s *Server) Socket() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /tokens", s.socketToken)
	mux.HandleFunc("POST /login-link", func(w http.ResponseWriter, r *http.Request) {
		link, err := s.Identity.NewFirstLink(r.Context())
		s.recordSocket("session.link", "", "", "a link that signs in as administrator", err)
		s.answerSocket(w, map[string]string{"url": link}, err)
	})
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		userID := r.Header.Get("X-Kalpana-User-ID")
		if _, known := s.Identity.User(userID); userID != "" && !known {
			writeProblem(w, problem(404, "not_found", "There is no such user."))
			return
		}
		if email := r.Header.Get("X-Kalpana-User"); email != "" {
			u, err := s.Identity.EnsureUser(r.Context(), email, false)
			if err != nil {
				s.answerSocket(w, nil, err)
				return
			}
			userID = u.ID
		}
		s.ServeHTTP(w, AsOperator(r, userID))
	})
	return mux
}

func (s *Server) socketToken(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Email string
		Admin bool
		TTL   time.Duration
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBodyBytes)).Decode(&in); err != nil {
		writeProblem(w, problem(400, "bad_request", "The request is no JSON."))
		return
	}
	u, err := s.Identity.EnsureUser(r.Context(), in.Email, in.Admin)
	if err != nil {
		s.answerSocket(w, nil, err)
		return
	}
	detail := "for " + u.Email
	if in.Admin {
		detail += ", who is an administrator now"
	}
	secret, t, err := s.Identity.CreateToken(r.Context(), u.ID, "made at the command line", in.TTL)
	s.recordSocket("token.create", t.ID, t.Name, detail, err)
	s.answerSocket(w, map[string]any{"token": secret, "user": u.Email, "expiresAt": optionalTime(t.ExpiresAt)}, err)
}

// recordSocket records what the operator did.
func (s *Server) recordSocket(action, target, name, detail string, err error) {
	if s.Admin.Audit == nil {
		return
	}
	r := audit.Record{Action: action, UserName: "operator", Target: target, TargetName: name, Outcome: audit.OK, Detail: joined(detail, "at the server's socket")}
	if err != nil {
		r.Outcome = audit.Refused
	}
	s.Admin.Audit.Record(r)
}

func (s *Server) answerSocket(w http.ResponseWriter, body any, err error) {
	if err != nil {
		p, ok := s.fail(err).(*Problem)
		if !ok {
			p = problem(500, "internal_error", err.Error())
		}
		writeProblem(w, p)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(body)
}
