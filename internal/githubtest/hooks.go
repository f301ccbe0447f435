package githubtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
)

// Hooks are those of a repository.
func (s *Server) Hooks(name string) []Hook {
	p := s.must(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []Hook{}
	for _, h := range p.hooks {
		if h.URL != "" {
			list = append(list, h)
		}
	}
	return list
}

// mayHook reports whether the caller administers the repository.
func (c *call) mayHook(p *repo) bool {
	if c.s.rights(p, c.token).push && (c.token.has("repo") || c.token.has("admin:repo_hook")) {
		return true
	}
	c.w.Header().Set("X-Accepted-OAuth-Scopes", "admin:repo_hook, public_repo, repo, write:repo_hook")
	c.refuse(http.StatusNotFound, "Not Found")
	return false
}

func (s *Server) createHook(c *call, p *repo) {
	if !c.mayHook(p) {
		return
	}
	var body struct {
		Name   string `json:"name"`
		Active bool   `json:"active"`
		Config struct {
			URL         string `json:"url"`
			ContentType string `json:"content_type"`
			Secret      string `json:"secret"`
		} `json:"config"`
	}
	if json.NewDecoder(http.MaxBytesReader(c.w, c.r.Body, 64<<10)).Decode(&body) != nil || body.Name != "web" || body.Config.URL == "" || body.Config.ContentType != "json" {
		c.refuse(http.StatusUnprocessableEntity, "Validation Failed")
		return
	}
	h := Hook{body.Config.URL, body.Config.Secret}
	s.mu.Lock()
	exists := slices.ContainsFunc(p.hooks, func(o Hook) bool { return o.URL == h.URL })
	if !exists {
		p.hooks = append(p.hooks, h)
	}
	id := len(p.hooks)
	s.mu.Unlock()
	s.spend(c.w, c.account(), "core", 1)
	c.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if exists {
		c.w.WriteHeader(http.StatusUnprocessableEntity)
		json.NewEncoder(c.w).Encode(map[string]any{
			"message": "Validation Failed", "errors": []map[string]string{{"resource": "Hook", "code": "custom", "message": "Hook already exists on this repository"}},
		})
		return
	}
	c.w.WriteHeader(http.StatusCreated)
	json.NewEncoder(c.w).Encode(map[string]any{"id": id, "type": "Repository", "name": "web", "active": true})
}

// deleteHook leaves a gap, so that the others keep their ids.
func (s *Server) deleteHook(c *call, p *repo) {
	if !c.mayHook(p) {
		return
	}
	id, err := strconv.Atoi(c.r.PathValue("hook"))
	s.mu.Lock()
	found := err == nil && id >= 1 && id <= len(p.hooks) && p.hooks[id-1].URL != ""
	if found {
		p.hooks[id-1] = Hook{}
	}
	s.mu.Unlock()
	if !found {
		c.refuse(http.StatusNotFound, "Not Found")
		return
	}
	s.spend(c.w, c.account(), "core", 1)
	c.w.WriteHeader(http.StatusNoContent)
}
