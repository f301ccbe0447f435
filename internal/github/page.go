package github

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// pageSize is GitHub's largest.
	pageSize = 100
	// maxPage is the last page that is asked for: a million entries.
	maxPage = 10_000
	// enough is how many matches end a search through pages.
	enough = 30
	// pagesPerCall bounds what one call with a query asks of GitHub.
	pagesPerCall = 10
	// maxQuery is in bytes; GitHub refuses more than 256 characters.
	maxQuery = 256
)

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	// Next is the cursor of the following page, "" on the last one. With a query a page
	// may be empty and yet have a Next: the search through a large account goes on there.
	Next string
}

// walk gets one page, or with a query as many as it takes to find something. convert
// reports false for entries that are to be left out.
func walk[W, T any](ctx context.Context, c *Client, q ask, query, cursor string, convert func(W) (T, string, bool)) (Page[T], error) {
	page, err := parseCursor(cursor)
	if err == nil && !validQuery(query) {
		err = fmt.Errorf("query is longer than %d bytes or not a text", maxQuery)
	}
	if err != nil {
		return Page[T]{}, fmt.Errorf("%s: %w: %w", q.what, err, ErrInvalid)
	}
	words := strings.Fields(strings.ToLower(query))
	if q.query == nil {
		q.query = url.Values{}
	}
	q.query.Set("per_page", strconv.Itoa(pageSize))
	out := Page[T]{Items: []T{}}
	for range pagesPerCall {
		q.query.Set("page", strconv.Itoa(page))
		a, err := get[[]W](ctx, c, q)
		if err != nil {
			return Page[T]{}, err
		}
		for i, w := range a.value {
			if t, name, ok := convert(w); ok && i < pageSize && matches(name, words) {
				out.Items = append(out.Items, t)
			}
		}
		// Always forward, whatever the server says: a loop would not end.
		out.Next = ""
		if a.next > page {
			out.Next = strconv.Itoa(a.next)
		}
		if out.Next == "" || len(words) == 0 || len(out.Items) >= enough {
			break
		}
		page = a.next
	}
	return out, nil
}

func matches(name string, words []string) bool {
	name = strings.ToLower(name)
	for _, w := range words {
		if !strings.Contains(name, w) {
			return false
		}
	}
	return true
}

func parseCursor(s string) (int, error) {
	if s == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 2 || n > maxPage || strconv.Itoa(n) != s {
		return 0, errCursor
	}
	return n, nil
}

func validQuery(s string) bool { return len(s) <= maxQuery && utf8.ValidString(s) }
