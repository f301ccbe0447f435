package identity

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/internal/user"
)

// Orders of a list of people.
const (
	ByName     = "name"
	ByEmail    = "email"
	ByCreated  = "createdAt"
	ByLastSeen = "lastSeenAt"
)

// UserQuery selects people. Zero fields do not restrict.
type UserQuery struct {
	// Text is looked for in name, email, id and login names, upper for lower case.
	Text string
	// Sort is one of the orders above. Default: ByCreated.
	Sort string
	// Descending turns the order round.
	Descending bool
	// Limit is how many are returned: 1 to 500. Default: 50.
	Limit int
	// Cursor continues behind an earlier page of the same order.
	Cursor string
}

// Users returns a page of people, with when they were last seen, from memory. next is the
// cursor of the following page, "" at the end; total counts all that are selected.
// *FieldError for a cursor of another list.
func (s *Service) Users(q UserQuery) (page []user.User, next string, total int, err error) {
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, 500)
	key := sortKey(q.Sort)
	order := func(aKey, aID, bKey, bID string) int {
		c := cmp.Or(cmp.Compare(aKey, bKey), cmp.Compare(aID, bID))
		if q.Descending {
			c = -c
		}
		return c
	}
	afterKey, afterID := "", ""
	if q.Cursor != "" {
		if afterKey, afterID, err = decodeCursor(q.Cursor); err != nil {
			return nil, "", 0, err
		}
	}
	text := strings.ToLower(strings.TrimSpace(q.Text))
	seen := s.lastSeen()
	for _, p := range *s.people.byID.Load() {
		u := p.User
		if !mentions(u, text) {
			continue
		}
		total++
		if at := unixMilli(seen[u.ID]); at.After(u.LastSeenAt) && seen[u.ID] > 0 {
			u.LastSeenAt = at
		}
		if q.Cursor == "" || order(key(u), u.ID, afterKey, afterID) > 0 {
			page = append(page, u)
		}
	}
	slices.SortFunc(page, func(a, b user.User) int { return order(key(a), a.ID, key(b), b.ID) })
	if len(page) > q.Limit {
		page = page[:q.Limit]
		last := page[q.Limit-1]
		next = base64.RawURLEncoding.EncodeToString([]byte(last.ID + " " + key(last)))
	}
	return page, next, total, nil
}

// sortKey returns a person's place in an order, as text that sorts.
func sortKey(order string) func(user.User) string {
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format("2006-01-02T15:04:05.000")
	}
	switch order {
	case ByName:
		return func(u user.User) string { return strings.ToLower(u.Name) }
	case ByEmail:
		return func(u user.User) string { return u.Email }
	case ByLastSeen:
		return func(u user.User) string { return stamp(u.LastSeenAt) }
	}
	return func(u user.User) string { return stamp(u.CreatedAt) }
}

func decodeCursor(cursor string) (key, id string, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	id, key, ok := strings.Cut(string(raw), " ")
	if err != nil || !ok {
		return "", "", &FieldError{"cursor", "Use a cursor as a page before returned it."}
	}
	return key, id, nil
}

func mentions(u user.User, text string) bool {
	if text == "" {
		return true
	}
	texts := []string{u.Name, u.Email, u.ID}
	for _, i := range u.Identities {
		texts = append(texts, i.Login)
	}
	return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(strings.ToLower(t), text) })
}

// lastSeen returns the latest use of a live session or token by user, in Unix milliseconds.
func (s *Service) lastSeen() map[string]int64 {
	seen := map[string]int64{}
	for _, r := range []*registry{s.sessions, s.tokens} {
		for _, c := range r.maps.Load().byID {
			seen[c.userID] = max(seen[c.userID], c.used.Load())
		}
	}
	return seen
}

// seenEvery is how far behind the stored time of last use of a person may be.
const seenEvery = 10 * time.Minute

// unseen returns who was seen since the store learned of it last; everybody if every.
func (s *Service) unseen(every bool) map[string]time.Time {
	out := map[string]time.Time{}
	for id, ms := range s.lastSeen() {
		p := s.people.get(id)
		if p == nil || ms <= 0 {
			continue
		}
		if at := unixMilli(ms); at.Sub(p.LastSeenAt) >= seenEvery || every && at.After(p.LastSeenAt) {
			out[id] = at
		}
	}
	return out
}
