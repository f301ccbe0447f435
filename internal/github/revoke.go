package github

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Revoke makes a token void at GitHub and forgets it here. A token that was void already is
// no error.
func (c *Client) Revoke(ctx context.Context, token string) error {
	return c.revoke(ctx, "revocation of the token", "token", token)
}

// RevokeGrant makes all tokens of the token's person for our app void, and takes the app
// off their list of authorised ones: the next visit asks for consent again.
func (c *Client) RevokeGrant(ctx context.Context, token string) error {
	return c.revoke(ctx, "revocation of the authorisation", "grant", token)
}

func (c *Client) revoke(ctx context.Context, what, kind, token string) error {
	if c.o.ClientID == "" {
		return fmt.Errorf("%s: %w", what, ErrNoApp)
	}
	defer c.Forget(token)
	if !sendable(token) {
		return nil // it never was one
	}
	body, err := json.Marshal(map[string]string{"access_token": token})
	if err != nil {
		return fmt.Errorf("%s: %w", what, ErrInvalid)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, c.api.String()+"/applications/"+url.PathEscape(c.o.ClientID)+"/"+kind, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s: %w", what, ErrInvalid)
	}
	apiHeaders(req.Header)
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth(c.o.ClientID, c.o.ClientSecret)
	resp, err := c.http.Do(req)
	if err != nil {
		return unreachable(ctx, what, err, token, c.o.ClientSecret)
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, maxRefusal)) // so that the connection is used again
	switch s := resp.StatusCode; {
	case s == http.StatusNoContent, s == http.StatusNotFound:
		return nil
	case s == http.StatusUnauthorized:
		return fmt.Errorf("%s: GitHub does not know our client id and secret: %w", what, ErrForbidden)
	case s >= 500, s == http.StatusTooManyRequests:
		return fmt.Errorf("%s: %w: status %d", what, ErrUnavailable, s)
	default:
		return fmt.Errorf("%s: %w: status %d", what, ErrBadAnswer, s)
	}
}
