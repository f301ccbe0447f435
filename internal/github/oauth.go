package github

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Token is what a person gave us. Its text forms and its log value hide the secrets; JSON
// does not, since that is how it is sealed and kept.
type Token struct {
	Access string
	// Expires is zero for tokens that do not expire: those of OAuth apps.
	Expires time.Time
	// Refresh gets the next token, once, before RefreshExpires. "" if Expires is zero.
	Refresh        string
	RefreshExpires time.Time
	// Scopes were granted; they may be fewer than were asked for. Tokens of GitHub Apps
	// have none: what they may is a setting of the app.
	Scopes []string
}

// Format hides the secrets, for every verb.
func (t Token) Format(f fmt.State, _ rune) { io.WriteString(f, t.hidden()) }

// LogValue hides the secrets.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.hidden()) }

func (t Token) hidden() string {
	return fmt.Sprintf("GitHub token with scopes [%s]", strings.Join(t.Scopes, " "))
}

// MayReadPrivate reports whether the scopes reach private repositories.
func (t Token) MayReadPrivate() bool { return overlap(t.Scopes, []string{"repo"}) }

// Fresh reports whether the token can be used for the given time to come.
func (t Token) Fresh(now time.Time, margin time.Duration) bool {
	return t.Access != "" && (t.Expires.IsZero() || now.Add(margin).Before(t.Expires))
}

// Authorization is a visit to GitHub's consent page.
type Authorization struct {
	// State must be random and belong to the browser that is sent.
	State string
	// Challenge is the S256 code challenge (RFC 7636) of the verifier that Exchange is
	// given.
	Challenge string
	// Redirect is our address to come back to, exactly as registered.
	Redirect string
	// Scopes are asked for; GitHub Apps pass over them.
	Scopes []string
	// Login is whom to suggest, "" for nobody.
	Login string
}

// AuthorizeURL is where to send the browser.
func (c *Client) AuthorizeURL(a Authorization) (string, error) {
	switch {
	case c.o.ClientID == "":
		return "", ErrNoApp
	case len(a.State) < 16 || len(a.Challenge) != 43:
		return "", fmt.Errorf("visit to GitHub: state or challenge is missing or too short: %w", ErrInvalid)
	}
	q := url.Values{
		"client_id": {c.o.ClientID}, "redirect_uri": {a.Redirect}, "response_type": {"code"}, "state": {a.State},
		"code_challenge": {a.Challenge}, "code_challenge_method": {"S256"}, "scope": {strings.Join(a.Scopes, " ")},
	}
	if a.Login != "" {
		q.Set("login", a.Login)
	}
	return c.web.String() + "/login/oauth/authorize?" + q.Encode(), nil
}

// Exchange makes a token of the code that came back. verifier and redirect are those of the
// visit. A refusal is an *OAuthError.
func (c *Client) Exchange(ctx context.Context, code, verifier, redirect string) (Token, error) {
	return c.token(ctx, "exchange of the code", url.Values{"code": {code}, "code_verifier": {verifier}, "redirect_uri": {redirect}})
}

// maxTokenAnswer bounds what the token endpoint says.
const maxTokenAnswer = 64 << 10

func (c *Client) token(ctx context.Context, what string, form url.Values) (Token, error) {
	if c.o.ClientID == "" {
		return Token{}, fmt.Errorf("%s: %w", what, ErrNoApp)
	}
	form.Set("client_id", c.o.ClientID)
	form.Set("client_secret", c.o.ClientSecret)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.web.String()+"/login/oauth/access_token", strings.NewReader(form.Encode()))
	if err != nil {
		return Token{}, fmt.Errorf("%s: %w", what, ErrInvalid)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "kalpana")
	var sent []string
	for _, values := range form {
		sent = append(sent, values...)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return Token{}, unreachable(ctx, what, err, sent...)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxTokenAnswer))
	switch {
	case err != nil:
		return Token{}, unreachable(ctx, what, err, sent...)
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests:
		return Token{}, fmt.Errorf("%s: %w: status %d", what, ErrUnavailable, resp.StatusCode)
	}
	t, err := parseToken(resp.Header.Get("Content-Type"), body, c.o.Now())
	if e, ok := err.(*OAuthError); ok {
		e.Description = without(e.Description, sent...)
	}
	if err != nil {
		return Token{}, fmt.Errorf("%s: %w", what, err)
	}
	if resp.StatusCode != http.StatusOK {
		return Token{}, fmt.Errorf("%s: %w: status %d", what, ErrBadAnswer, resp.StatusCode)
	}
	return t, nil
}

// parseToken reads the answer of the token endpoint, JSON or a form as older servers send.
func parseToken(contentType string, body []byte, now time.Time) (Token, error) {
	fields := map[string]string{}
	kind, _, _ := mime.ParseMediaType(contentType)
	switch kind {
	case "application/json":
		var raw map[string]any
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		if d.Decode(&raw) != nil {
			return Token{}, fmt.Errorf("%w: no JSON", ErrBadAnswer)
		}
		for k, v := range raw {
			switch v := v.(type) {
			case string:
				fields[k] = v
			case json.Number:
				fields[k] = v.String()
			}
		}
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return Token{}, fmt.Errorf("%w: no form", ErrBadAnswer)
		}
		for k := range form {
			fields[k] = form.Get(k)
		}
	default:
		return Token{}, fmt.Errorf("%w: neither JSON nor a form", ErrBadAnswer)
	}
	if code := fields["error"]; code != "" {
		if len(code) > 64 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
			code = "unknown_error"
		}
		return Token{}, &OAuthError{code, line(fields["error_description"], 200)}
	}
	t := Token{Access: fields["access_token"], Refresh: fields["refresh_token"], Scopes: scopeList(fields["scope"])}
	if !sendable(t.Access) || (t.Refresh != "" && !sendable(t.Refresh)) || !strings.EqualFold(fields["token_type"], "bearer") {
		return Token{}, fmt.Errorf("%w: no bearer token", ErrBadAnswer)
	}
	for _, f := range []struct {
		name string
		to   *time.Time
	}{{"expires_in", &t.Expires}, {"refresh_token_expires_in", &t.RefreshExpires}} {
		if fields[f.name] == "" {
			continue
		}
		// Ten years are more than any; beyond, sums of times overflow.
		n, err := strconv.ParseInt(fields[f.name], 10, 64)
		if err != nil || n <= 0 || n > 10*365*24*3600 {
			return Token{}, fmt.Errorf("%w: %s is no number of seconds", ErrBadAnswer, f.name)
		}
		*f.to = now.Add(time.Duration(n) * time.Second).UTC().Truncate(time.Second)
	}
	return t, nil
}
