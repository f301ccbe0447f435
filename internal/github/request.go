package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// ask is one GET of the REST API.
type ask struct {
	token string // "" sends none
	what  string // for errors, such as "repository o/n"
	repo  string // "owner/name" if path is below one
	path  string // escaped, begins with "/"
	query url.Values
	kind  resource
}

// answer is what came, with the headers that are of use.
type answer[T any] struct {
	value  T
	next   int // the next page, 0 if there is none
	header http.Header
}

// apiHeaders are of every REST request.
func apiHeaders(h http.Header) {
	h.Set("Accept", "application/vnd.github+json")
	h.Set("X-GitHub-Api-Version", "2022-11-28")
	h.Set("User-Agent", "kalpana")
}

// get asks, from the cache if GitHub says that nothing changed.
func get[T any](ctx context.Context, c *Client, q ask) (answer[T], error) {
	var a answer[T]
	if q.token != "" && !sendable(q.token) {
		return a, fmt.Errorf("%s: %w", q.what, ErrTokenRevoked)
	}
	if q.kind == "" {
		q.kind = core
	}
	token := hash(q.token)
	if e := c.limits.check(token, q.kind); e != nil {
		return a, fmt.Errorf("%s: %w", q.what, e)
	}
	asked := q.path
	if len(q.query) > 0 {
		asked += "?" + q.query.Encode()
	}
	key := cacheKey{token, asked}
	old := c.cache.get(key)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.api.String()+asked, nil)
	if err != nil {
		return a, fmt.Errorf("%s: %w", q.what, ErrInvalid)
	}
	apiHeaders(req.Header)
	if q.token != "" {
		req.Header.Set("Authorization", "Bearer "+q.token)
	}
	if old != nil {
		req.Header.Set("If-None-Match", old.etag)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return a, unreachable(ctx, q.what, err, q.token)
	}
	defer resp.Body.Close()
	a.header = resp.Header
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusNotModified {
		return a, c.refused(ctx, q, resp)
	}
	c.limits.read(token, q.kind, resp.StatusCode, resp.Header, "")
	if resp.StatusCode == http.StatusNotModified {
		if old == nil || json.Unmarshal(old.body, &a.value) != nil {
			return a, fmt.Errorf("%s: %w: status 304 to a question without a condition", q.what, ErrBadAnswer)
		}
		a.next = old.next
		return a, nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return a, unreachable(ctx, q.what, err, q.token)
	}
	if len(body) > maxAnswer {
		return a, fmt.Errorf("%s: %w: longer than %d bytes", q.what, ErrBadAnswer, maxAnswer)
	}
	if err := json.Unmarshal(body, &a.value); err != nil {
		return a, fmt.Errorf("%s: %w: %s", q.what, ErrBadAnswer, without(line(err.Error(), 100), q.token))
	}
	a.next = nextPage(resp.Header.Get("Link"))
	if etag := resp.Header.Get("ETag"); etag != "" && len(etag) <= 256 {
		// What is kept is only what is read: a tenth of GitHub's answer.
		if small, err := json.Marshal(a.value); err == nil {
			c.cache.put(&cached{key, etag, small, a.next})
		}
	}
	return a, nil
}

// maxRefusal is how much of a refusal's body is read.
const maxRefusal = 64 << 10

// refused makes an error of an answer that is neither 200 nor 304.
func (c *Client) refused(ctx context.Context, q ask, resp *http.Response) error {
	raw, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	var body struct {
		Message string `json:"message"`
	}
	json.Unmarshal(raw, &body) // proxies send pages; the status is enough then
	message := without(line(body.Message, 200), q.token)
	if message == "" {
		message = fmt.Sprintf("status %d", resp.StatusCode)
	}
	if e := c.limits.read(hash(q.token), q.kind, resp.StatusCode, resp.Header, body.Message); e != nil {
		return fmt.Errorf("%s: %w", q.what, e)
	}
	scopes, known := scopesOf(resp.Header)
	switch s := resp.StatusCode; {
	case s == http.StatusUnauthorized:
		return fmt.Errorf("%s: %w", q.what, ErrTokenRevoked)
	case s == http.StatusForbidden, s == http.StatusUnavailableForLegalReasons:
		return &ForbiddenError{
			What: q.what, Message: message, Has: scopes, Needs: scopeList(resp.Header.Get("X-Accepted-OAuth-Scopes")),
			SSO: strings.HasPrefix(resp.Header.Get("X-GitHub-SSO"), "required"),
		}
	case s == http.StatusNotFound, s == http.StatusGone:
		return &NotFoundError{q.what, q.token == "" || (known && !overlap(scopes, []string{"repo"}))}
	case s >= 300 && s < 400:
		return c.moved(ctx, q, resp.Header.Get("Location"))
	case s == http.StatusUnprocessableEntity, s == http.StatusBadRequest:
		return fmt.Errorf("%s: GitHub cannot answer this: %s: %w", q.what, message, ErrInvalid)
	case s >= 500:
		return fmt.Errorf("%s: %w: %s", q.what, ErrUnavailable, message)
	default:
		return fmt.Errorf("%s: %w: %s", q.what, ErrBadAnswer, message)
	}
}

// moved finds the new name of a repository: GitHub redirects to "/repositories/<id>…",
// which never moves.
func (c *Client) moved(ctx context.Context, q ask, location string) error {
	strange := fmt.Errorf("%s: %w: it leads to an address that is none of the API's", q.what, ErrBadAnswer)
	u, err := url.Parse(location)
	if err != nil || q.repo == "" {
		return strange
	}
	u = c.api.ResolveReference(u)
	if u.Scheme != c.api.Scheme || u.Host != c.api.Host || u.User != nil {
		return strange
	}
	rest, below := strings.CutPrefix(u.Path, c.api.Path+"/repositories/")
	number, _, _ := strings.Cut(rest, "/")
	id, err := strconv.ParseInt(number, 10, 64)
	if !below || err != nil || id <= 0 {
		return strange
	}
	// Without q.repo: a second redirect is an error.
	a, err := get[wireRepo](ctx, c, ask{token: q.token, what: q.what, path: "/repositories/" + strconv.FormatInt(id, 10)})
	if err != nil {
		return err
	}
	if !validName(a.value.FullName) || strings.EqualFold(a.value.FullName, q.repo) {
		return fmt.Errorf("%s: %w: no new name", q.what, ErrBadAnswer)
	}
	return &RenamedError{q.repo, a.value.FullName}
}

// nextPage reads the number of the next page from a Link header, 0 if there is none. Only
// the number is used: the rest of the address is ours.
func nextPage(link string) int {
	if len(link) > 8192 {
		return 0
	}
	for part := range strings.SplitSeq(link, ",") {
		address, attributes, ok := strings.Cut(strings.TrimSpace(part), ">")
		if !ok || !strings.HasPrefix(address, "<") || !strings.Contains(attributes, `rel="next"`) {
			continue
		}
		u, err := url.Parse(address[1:])
		if err != nil {
			return 0
		}
		if n, err := strconv.Atoi(u.Query().Get("page")); err == nil && n > 1 && n <= maxPage {
			return n
		}
	}
	return 0
}

// scopesOf are the scopes of a token, if the answer says: for GitHub Apps it does not.
func scopesOf(h http.Header) (scopes []string, known bool) {
	_, known = h["X-Oauth-Scopes"]
	return scopeList(h.Get("X-OAuth-Scopes")), known
}

// scopeList reads words between commas or blanks; those that cannot be scopes are left out.
func scopeList(s string) []string {
	var words []string
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		if len(words) < 50 && len(w) <= 64 && strings.Trim(w, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_-.") == "" {
			words = append(words, w)
		}
	}
	return words
}

// errCursor is for cursors that were not ours.
var errCursor = errors.New("cursor is not one of an earlier page")
