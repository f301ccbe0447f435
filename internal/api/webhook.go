package api

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/internal/github"
	"github.com/kalpana-dev/kalpana/internal/repoevent"
)

// WebhookOptions are what takes GitHub's reports.
type WebhookOptions struct {
	// Receiver checks signatures. nil = there is no secret, and nothing is taken.
	Receiver *github.Webhooks
	Events   *repoevent.Service
}

// webhookTime is how long a body may take to come; GitHub gives up after ten seconds.
const webhookTime = 10 * time.Second

const webhookPath = "/api/v1/github/webhook"

// registerWebhook adds the one address that takes orders from somebody who is not logged in:
// what counts there is the signature.
func (s *Server) registerWebhook(o WebhookOptions) {
	s.mux.HandleFunc("POST "+webhookPath, func(w http.ResponseWriter, r *http.Request) { s.serveWebhook(w, r, o) })
	answers := map[string]*huma.Response{"202": {Description: "Taken, or about nothing that is kept"}}
	for status, description := range map[string]string{
		"400": "No JSON of a known form", "401": "The signature is missing or wrong", "404": "No secret is configured",
		"409": "It was here before, or is too old", "413": "The body is larger than 1 MiB",
	} {
		answers[status] = &huma.Response{Description: description}
	}
	s.api.OpenAPI().AddOperation(&huma.Operation{Method: "POST", Path: webhookPath, OperationID: "github-webhook", Security: []map[string][]string{},
		Summary:     "Takes webhooks of GitHub, signed with GITHUB_WEBHOOK_SECRET",
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: "object"}}}},
		Responses:   answers})
}

func (s *Server) serveWebhook(w http.ResponseWriter, r *http.Request, o WebhookOptions) {
	if o.Receiver == nil {
		writeProblem(w, problem(404, "webhook_off", "Webhooks are off. An administrator turns them on by setting GITHUB_WEBHOOK_SECRET."))
		return
	}
	// Not every connection can do it; then the server's own limit holds.
	http.NewResponseController(w).SetReadDeadline(time.Now().Add(webhookTime))
	digest := sha256.New()
	r.Body = readAlong{io.TeeReader(r.Body, digest), r.Body}
	d, err := o.Receiver.Receive(r)
	if err != nil {
		writeProblem(w, s.webhookProblem(err))
		return
	}
	if e, repoID, repo, ok := eventOf(d); ok {
		_, err = o.Events.Receive(r.Context(), repoevent.Report{
			Delivery: d.ID, Body: hex.EncodeToString(digest.Sum(nil)), RepoID: repoID, Repo: repo, Event: e,
		})
		if err != nil {
			if !errors.Is(err, repoevent.ErrReplayed) { // it can come again, here or elsewhere
				o.Receiver.Forget(d)
			}
			writeProblem(w, s.webhookProblem(err))
			return
		}
	}
	w.WriteHeader(http.StatusAccepted)
}

// readAlong reads from a reader that tells another, and closes the body.
type readAlong struct {
	io.Reader
	io.Closer
}

func (s *Server) webhookProblem(err error) *Problem {
	switch {
	case errors.Is(err, repoevent.ErrReplayed):
		return problem(409, "webhook_replayed", "This delivery was here before.")
	case errors.Is(err, repoevent.ErrInvalid):
		return problem(400, "webhook_malformed", "The webhook tells of no repository.")
	}
	switch status := github.WebhookStatus(err); status {
	case http.StatusUnauthorized:
		s.log.Warn("a webhook was refused: its signature is missing or wrong") // not more: anybody can send one
		return problem(401, "webhook_signature", "The signature X-Hub-Signature-256 is missing or not made with this installation's secret.")
	case http.StatusRequestEntityTooLarge:
		return problem(413, "body_too_large", "The webhook is larger than 1 MiB.")
	case http.StatusConflict:
		if errors.Is(err, github.ErrReplayed) {
			return problem(409, "webhook_replayed", "This delivery was here before.")
		}
		return problem(409, "webhook_too_old", "What the webhook tells happened more than an hour ago.")
	case http.StatusBadRequest:
		text := err.Error() // of what is wrong with its form; nothing of its content
		return problem(400, "webhook_malformed", "The webhook cannot be read: "+text+".")
	}
	s.log.Error("a webhook could not be kept", "err", err)
	return problem(500, "internal_error", "The webhook could not be kept. Redeliver it from the hook's page at GitHub.")
}

// eventOf is what a delivery tells of a repository; false for deliveries that are about
// something else, such as a ping.
func eventOf(d github.Delivery) (e repoevent.Event, repoID int64, repo string, ok bool) {
	switch {
	case d.Push != nil:
		p := d.Push
		e = repoevent.Event{Kind: repoevent.KindPush, Title: pushTitle(*p), Branch: p.Branch, Author: p.Pusher, URL: p.URL, At: d.At, Commits: p.Commits}
		return e, p.RepoID, p.Repo, true
	case d.PullRequest != nil:
		p := d.PullRequest
		e = repoevent.Event{Kind: repoevent.KindPullRequest, Title: p.Title, Branch: p.Head, Author: p.Author, URL: p.URL, At: d.At, Action: p.Action, Number: p.Number}
		if p.Action == "closed" && p.Merged {
			e.Action = "merged" // what people call it
		}
		return e, p.RepoID, p.Repo, true
	}
	return e, 0, "", false
}

// pushTitle is the last commit's, or what was done where there is none.
func pushTitle(p github.Push) string {
	kind := "branch "
	if p.Tag != "" {
		kind = "tag "
	}
	name := cmp.Or(p.Branch, p.Tag)
	switch {
	case p.Deleted:
		return "Deleted " + kind + name
	case p.Tag != "":
		return "Tag " + name
	case p.Title != "":
		return p.Title
	case p.Created:
		return "New " + kind + name
	}
	return fmt.Sprintf("%d commits", p.Commits)
}
