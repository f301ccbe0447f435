package github

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
)

var eventName = regexp.MustCompile(`^[a-z_]{1,64}$`)

// Delivery is a webhook that was received.
type Delivery struct {
	// ID is GitHub's of this delivery. Event is its name, such as "push" or "ping".
	ID, Event string
	// At is when it happened, as the signed body tells; zero if it does not.
	At time.Time
	// One of these is set for the events that are read; none for others.
	Push        *Push
	PullRequest *PullRequest

	body [32]byte
}

// Push is new commits on a branch or a tag, or its making or deletion.
type Push struct {
	RepoID int64
	// Repo is "owner/name".
	Repo string
	// One of Branch and Tag is set.
	Branch, Tag string
	// Before and After are commits; all zeros where there is none.
	Before, After            string
	Created, Deleted, Forced bool
	// Commits is how many the event lists.
	Commits int
	// Title is the first line of the last commit's message, at most 200 characters.
	Title string
	// Pusher is a login.
	Pusher string
	// URL shows the difference; "" if it is no address.
	URL string
}

// PullRequest is something that happened to one.
type PullRequest struct {
	RepoID int64
	Repo   string
	Number int
	// Action is GitHub's: opened, synchronize, closed, reopened, edited, and more.
	Action string
	// Title is at most 200 characters.
	Title string
	// State is "open" or "closed".
	State         string
	Draft, Merged bool
	// Author is a login.
	Author string
	// Head is the branch with the changes, in HeadRepo; that is "" if it was deleted.
	Head, HeadRepo, HeadCommit string
	// Base is the branch they are for.
	Base string
	// URL is its page; "" if it is no address.
	URL string
}

// moment is a time as GitHub writes them: text, or seconds in the repository of a push.
type moment struct{ time.Time }

func (m *moment) UnmarshalJSON(raw []byte) error {
	var n int64
	if json.Unmarshal(raw, &n) == nil {
		// null leaves n at 0, as does a time that is not there.
		if n < 0 || n > 1<<38 {
			return fmt.Errorf("time out of range")
		}
		if n > 0 {
			m.Time = time.Unix(n, 0).UTC()
		}
		return nil
	}
	var t time.Time
	if err := json.Unmarshal(raw, &t); err != nil {
		return fmt.Errorf("no time")
	}
	m.Time = t.UTC()
	return nil
}

type wireEventRepo struct {
	ID       int64  `json:"id"`
	FullName string `json:"full_name"`
	PushedAt moment `json:"pushed_at"`
}

func (r wireEventRepo) check() error {
	if r.ID <= 0 || !validName(r.FullName) {
		return fmt.Errorf("%w: no repository with id and name", ErrMalformed)
	}
	return nil
}

// ParseWebhook reads a body whose signature was checked. Events other than push and
// pull_request give a Delivery with the name only.
func ParseWebhook(event string, body []byte) (Delivery, error) {
	d := Delivery{Event: event}
	var err error
	switch event {
	case "push":
		d.Push, d.At, err = parsePush(body)
	case "pull_request":
		d.PullRequest, d.At, err = parsePullRequest(body)
	default:
		if !eventName.MatchString(event) || !json.Valid(body) {
			err = fmt.Errorf("%w: no JSON, or no name of an event", ErrMalformed)
		}
	}
	if err != nil {
		return Delivery{}, err
	}
	return d, nil
}

func parsePush(body []byte) (*Push, time.Time, error) {
	var w struct {
		Ref        string            `json:"ref"`
		Before     string            `json:"before"`
		After      string            `json:"after"`
		Created    bool              `json:"created"`
		Deleted    bool              `json:"deleted"`
		Forced     bool              `json:"forced"`
		Compare    string            `json:"compare"`
		Commits    []json.RawMessage `json:"commits"`
		HeadCommit struct {
			Message string `json:"message"`
		} `json:"head_commit"`
		Pusher struct {
			Name string `json:"name"`
		} `json:"pusher"`
		Repository wireEventRepo `json:"repository"`
	}
	if err := json.Unmarshal(body, &w); err != nil {
		return nil, time.Time{}, fmt.Errorf("%w: push: %s", ErrMalformed, line(err.Error(), 100))
	}
	if err := w.Repository.check(); err != nil {
		return nil, time.Time{}, err
	}
	p := &Push{
		RepoID: w.Repository.ID, Repo: w.Repository.FullName, Before: w.Before, After: w.After, Created: w.Created, Deleted: w.Deleted, Forced: w.Forced,
		Commits: len(w.Commits), Title: firstLine(w.HeadCommit.Message, 200), Pusher: login(w.Pusher.Name), URL: page(w.Compare),
	}
	if !validHash(p.Before) || !validHash(p.After) {
		return nil, time.Time{}, fmt.Errorf("%w: push without commits", ErrMalformed)
	}
	if w.Repository.PushedAt.IsZero() {
		// Without a time an old push could be sent for ever.
		return nil, time.Time{}, fmt.Errorf("%w: push without a time", ErrMalformed)
	}
	branch, isBranch := strings.CutPrefix(w.Ref, "refs/heads/")
	tag, isTag := strings.CutPrefix(w.Ref, "refs/tags/")
	switch {
	case isBranch && validRef(branch):
		p.Branch = branch
	case isTag && validRef(tag):
		p.Tag = tag
	default:
		return nil, time.Time{}, fmt.Errorf("%w: push to neither a branch nor a tag", ErrMalformed)
	}
	return p, w.Repository.PushedAt.Time, nil
}

func parsePullRequest(body []byte) (*PullRequest, time.Time, error) {
	type side struct {
		Ref  string `json:"ref"`
		SHA  string `json:"sha"`
		Repo *struct {
			FullName string `json:"full_name"`
		} `json:"repo"`
	}
	var w struct {
		Action      string `json:"action"`
		Number      int    `json:"number"`
		PullRequest struct {
			Title     string `json:"title"`
			State     string `json:"state"`
			Draft     bool   `json:"draft"`
			Merged    bool   `json:"merged"`
			HTMLURL   string `json:"html_url"`
			UpdatedAt moment `json:"updated_at"`
			User      struct {
				Login string `json:"login"`
			} `json:"user"`
			Head side `json:"head"`
			Base side `json:"base"`
		} `json:"pull_request"`
		Repository wireEventRepo `json:"repository"`
	}
	if err := json.Unmarshal(body, &w); err != nil {
		return nil, time.Time{}, fmt.Errorf("%w: pull request: %s", ErrMalformed, line(err.Error(), 100))
	}
	if err := w.Repository.check(); err != nil {
		return nil, time.Time{}, err
	}
	r := w.PullRequest
	p := &PullRequest{
		RepoID: w.Repository.ID, Repo: w.Repository.FullName, Number: w.Number, Action: w.Action, Title: line(r.Title, 200), State: r.State,
		Draft: r.Draft, Merged: r.Merged, Author: login(r.User.Login), Head: r.Head.Ref, HeadCommit: r.Head.SHA, Base: r.Base.Ref, URL: page(r.HTMLURL),
	}
	if r.Head.Repo != nil && validName(r.Head.Repo.FullName) {
		p.HeadRepo = r.Head.Repo.FullName
	}
	if p.Number <= 0 || !eventName.MatchString(p.Action) || (p.State != "open" && p.State != "closed") ||
		!validRef(p.Head) || !validRef(p.Base) || !validHash(p.HeadCommit) || r.UpdatedAt.IsZero() {
		return nil, time.Time{}, fmt.Errorf("%w: pull request without number, action, state, branches, commit or time", ErrMalformed)
	}
	return p, r.UpdatedAt.Time, nil
}

// login keeps what can be the name of an account; apps are called "name[bot]".
func login(s string) string {
	if ownerName.MatchString(strings.TrimSuffix(s, "[bot]")) {
		return s
	}
	return line(s, 40)
}

// page keeps an address that a page may link to.
func page(s string) string {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || len(s) > 2048 {
		return ""
	}
	return u.String()
}
