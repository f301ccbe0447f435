package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// ErrExists: the repository has a webhook to that address.
var ErrExists = errors.New("exists already")

// CreateHook lets GitHub send a repository's push and pull_request events to an address, as
// [Webhooks] reads them, and returns the hook's id. The token's account must administer the
// repository, and the token needs the scope "repo" or "admin:repo_hook".
func (c *Client) CreateHook(ctx context.Context, token, name, address, secret string) (int64, error) {
	q, err := below(token, name, "new webhook of "+line(name, 200), "/hooks")
	if err != nil {
		return 0, err
	}
	if len(secret) < MinWebhookSecret || page(address) == "" {
		return 0, fmt.Errorf("%s: secret has less than %d bytes, or the address is none: %w", q.what, MinWebhookSecret, ErrInvalid)
	}
	body, err := json.Marshal(map[string]any{
		"name": "web", "active": true, "events": []string{"push", "pull_request"},
		"config": map[string]string{"url": address, "content_type": "json", "secret": secret, "insecure_ssl": "0"},
	})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", q.what, ErrInvalid)
	}
	var made struct {
		ID int64 `json:"id"`
	}
	if err := c.send(ctx, q, http.MethodPost, body, &made, secret); err != nil {
		return 0, err
	}
	if made.ID <= 0 {
		return 0, fmt.Errorf("%s: %w: no id", q.what, ErrBadAnswer)
	}
	return made.ID, nil
}

// DeleteHook ends a webhook. One that is not there, or in a repository that is not, is no
// error.
func (c *Client) DeleteHook(ctx context.Context, token, name string, id int64) error {
	q, err := below(token, name, "webhook of "+line(name, 200), "/hooks/"+strconv.FormatInt(id, 10))
	if err != nil {
		return err
	}
	if err := c.send(ctx, q, http.MethodDelete, nil, nil); !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}

// send changes something. out may be nil; secrets are kept out of errors.
func (c *Client) send(ctx context.Context, q ask, method string, body []byte, out any, secrets ...string) error {
	if !sendable(q.token) {
		return fmt.Errorf("%s: %w", q.what, ErrTokenRevoked)
	}
	q.kind = core
	if e := c.limits.check(hash(q.token), q.kind); e != nil {
		return fmt.Errorf("%s: %w", q.what, e)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.api.String()+q.path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s: %w", q.what, ErrInvalid)
	}
	apiHeaders(req.Header)
	req.Header.Set("Authorization", "Bearer "+q.token)
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return unreachable(ctx, q.what, err, append(secrets, q.token)...)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK, http.StatusCreated, http.StatusNoContent:
	case http.StatusUnprocessableEntity:
		said, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
		if strings.Contains(string(said), "already exists") {
			return fmt.Errorf("%s: %w", q.what, ErrExists)
		}
		var m struct {
			Message string `json:"message"`
		}
		json.Unmarshal(said, &m) // the status is enough if there is none
		return fmt.Errorf("%s: GitHub refuses it: %s: %w", q.what, line(without(m.Message, append(secrets, q.token)...), 200), ErrInvalid)
	default:
		return c.refused(ctx, q, resp)
	}
	c.limits.read(hash(q.token), q.kind, resp.StatusCode, resp.Header, "")
	if out == nil {
		return nil
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	if err != nil {
		return unreachable(ctx, q.what, err, append(secrets, q.token)...)
	}
	if json.Unmarshal(answer, out) != nil {
		return fmt.Errorf("%s: %w: no JSON", q.what, ErrBadAnswer)
	}
	return nil
}
