package githubtest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Hook is where a repository's events are sent.
type Hook struct{ URL, Secret string }

// AddHook sends an event to h for every push over git from now on, before the push's answer
// ends. A hook that does not answer is waited for 5 seconds.
func (s *Server) AddHook(name string, h Hook) {
	p := s.must(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	p.hooks = append(p.hooks, h)
}

// Sign is the value of X-Hub-Signature-256.
func Sign(secret string, body []byte) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(body)
	return "sha256=" + hex.EncodeToString(m.Sum(nil))
}

// Delivery is a signed request, for tests that change it before they send it.
func Delivery(ctx context.Context, h Hook, event string, payload any) (*http.Request, error) {
	body, err := json.Marshal(payload)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	id := random(32)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "GitHub-Hookshot/0000000")
	r.Header.Set("X-GitHub-Delivery", strings.ToLower(id[:8]+"-"+id[8:12]+"-"+id[12:16]+"-"+id[16:20]+"-"+id[20:]))
	r.Header.Set("X-GitHub-Event", event)
	r.Header.Set("X-GitHub-Hook-ID", "1")
	r.Header.Set("X-Hub-Signature-256", Sign(h.Secret, body))
	return r, nil
}

// Deliver sends an event and returns the status of the answer.
func (s *Server) Deliver(ctx context.Context, h Hook, event string, payload any) (int, error) {
	r, err := Delivery(ctx, h, event, payload)
	if err != nil {
		return 0, err
	}
	resp, err := s.hooks.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, nil
}

const noCommit = "0000000000000000000000000000000000000000"

// pushed tells the hooks what a push changed.
func (s *Server) pushed(r *http.Request, p *repo, login string, before map[string]string) {
	after := s.refs(p)
	changed := map[string]bool{}
	for ref := range before {
		changed[ref] = before[ref] != after[ref]
	}
	for ref := range after {
		changed[ref] = before[ref] != after[ref]
	}
	s.touch(p)
	s.mu.Lock()
	name := p.Name
	s.mu.Unlock()
	hooks := s.Hooks(name)
	for _, ref := range slices.Sorted(maps.Keys(changed)) {
		if !changed[ref] {
			continue
		}
		payload := s.PushPayload(webBase(r), name, login, ref, before[ref], after[ref])
		for _, h := range hooks {
			// GitHub does not tell the pusher either when a hook fails.
			s.Deliver(context.WithoutCancel(r.Context()), h, "push", payload)
		}
	}
}

// PushPayload is the body of a push event. web is the server's address; a commit is ""
// where there is none.
func (s *Server) PushPayload(web, name, login, ref, before, after string) map[string]any {
	p := s.must(name)
	created, deleted := before == "", after == ""
	commits := []map[string]any{}
	var head any
	forced := false
	if !deleted {
		span := after
		if !created {
			span = before + ".." + after
			_, err := s.git(p, nil, "merge-base", "--is-ancestor", before, after)
			forced = err != nil
		}
		out, _ := s.git(p, nil, "log", "--reverse", "--max-count=20", "--format=%H%x00%B%x00%an%x00%ae%x00%cI%x01", span)
		for c := range strings.SplitSeq(out, "\x01") {
			f := strings.Split(strings.TrimPrefix(c, "\n"), "\x00")
			if len(f) != 5 {
				continue
			}
			commits = append(commits, map[string]any{
				"id": f[0], "message": strings.TrimRight(f[1], "\n"), "timestamp": f[4], "url": web + "/" + name + "/commit/" + f[0],
				"author": map[string]any{"name": f[2], "email": f[3]},
			})
		}
		if len(commits) > 0 {
			head = commits[len(commits)-1]
		}
	}
	if created {
		before = noCommit
	}
	if deleted {
		after = noCommit
	}
	return map[string]any{
		"ref": ref, "before": before, "after": after, "created": created, "deleted": deleted, "forced": forced, "base_ref": nil,
		"compare": fmt.Sprintf("%s/%s/compare/%.12s...%.12s", web, name, before, after), "commits": commits, "head_commit": head,
		"pusher": map[string]any{"name": login, "email": nil}, "sender": map[string]any{"login": login, "id": 1},
		"repository": s.eventRepo(web, p, true),
	}
}

// PullRequestPayload is the body of a pull_request event of a branch of the repository.
func (s *Server) PullRequestPayload(web, name, login, action string, number int, title, head, base string) (map[string]any, error) {
	p := s.must(name)
	sha, err := s.Head(name, head)
	if err != nil {
		return nil, err
	}
	baseSHA, err := s.Head(name, base)
	if err != nil {
		return nil, err
	}
	state := "open"
	if action == "closed" {
		state = "closed"
	}
	at := s.eventRepo(web, p, false)
	return map[string]any{
		"action": action, "number": number, "repository": at, "sender": map[string]any{"login": login, "id": 1},
		"pull_request": map[string]any{
			"id": 70000 + number, "number": number, "title": title, "state": state, "draft": false, "merged": false,
			"html_url": fmt.Sprintf("%s/%s/pull/%d", web, name, number), "user": map[string]any{"login": login},
			"updated_at": s.o.Now().UTC().Format(time.RFC3339),
			"head":       map[string]any{"ref": head, "sha": sha, "repo": at}, "base": map[string]any{"ref": base, "sha": baseSHA, "repo": at},
		},
	}, nil
}

// eventRepo has its times as numbers in push events, and as texts in all others.
func (s *Server) eventRepo(web string, p *repo, isPush bool) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := map[string]any{"id": p.id, "full_name": p.Name, "private": p.Private, "html_url": web + "/" + p.Name, "default_branch": p.DefaultBranch}
	m["pushed_at"] = p.PushedAt.UTC().Format(time.RFC3339)
	if isPush {
		m["pushed_at"] = p.PushedAt.Unix()
	}
	return m
}
