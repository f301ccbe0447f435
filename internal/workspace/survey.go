package workspace

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// SurveyOrder is what a survey is sorted by.
type SurveyOrder string

// The orders of a survey. Workspaces that are equal in one are sorted by id.
const (
	ByName       SurveyOrder = "name"
	ByOwner      SurveyOrder = "owner" // the owner's name
	ByStatus     SurveyOrder = "status"
	ByLastActive SurveyOrder = "lastActiveAt"
	ByCreated    SurveyOrder = "createdAt"
	ByMemory     SurveyOrder = "memory" // the limit
)

// maxSurveyPage bounds one page of a survey.
const maxSurveyPage = 500

// SurveyQuery selects workspaces of the whole installation. Zero values select everything.
type SurveyQuery struct {
	// Text is looked for in name, id, repository, template, and name and email of the owner,
	// whether letters are capital or small. All of its words must be found.
	Text    string
	Status  Status
	OwnerID string
	// Sort is ByCreated by default.
	Sort SurveyOrder
	Desc bool
	// Limit is 1 to 500; others mean 500.
	Limit int
	// Cursor is what the page before gave as its next. It is good for the same Sort and Desc.
	Cursor string
	// Owner tells an owner's name and email. It is called once for each owner.
	Owner func(id string) (name, email string)
}

// Survey is one page of everybody's workspaces.
type Survey struct {
	Page []Workspace
	// Next is the cursor of the following page, "" at the end. A page goes on behind the last
	// workspace of the one before, whatever has come or gone meanwhile.
	Next string
	// Total is how many are selected, on all pages.
	Total int
}

// Survey looks through everybody's workspaces, as far as announced; it asks no store. An
// *InvalidError says that the cursor or the order is wrong.
func (s *Service) Survey(q SurveyQuery) (Survey, error) {
	def(&q.Sort, ByCreated)
	if !slices.Contains([]SurveyOrder{ByName, ByOwner, ByStatus, ByLastActive, ByCreated, ByMemory}, q.Sort) {
		return Survey{}, &InvalidError{"sort", "must be name, owner, status, lastActiveAt, createdAt or memory"}
	}
	if q.Limit < 1 || q.Limit > maxSurveyPage {
		q.Limit = maxSurveyPage
	}
	var after place
	if q.Cursor != "" {
		var err error
		if after, err = parsePlace(q.Cursor, q.Sort, q.Desc); err != nil {
			return Survey{}, err
		}
	}
	rows := q.rows(s.everything())
	slices.SortFunc(rows, func(a, b row) int { return a.place.compare(b.place, q.Desc) })
	out := Survey{Total: len(rows)}
	if q.Cursor != "" {
		first, there := slices.BinarySearchFunc(rows, after, func(r row, p place) int { return r.place.compare(p, q.Desc) })
		if there {
			first++
		}
		rows = rows[first:]
	}
	if len(rows) > q.Limit {
		rows = rows[:q.Limit]
		out.Next = rows[q.Limit-1].place.cursor(q.Sort, q.Desc)
	}
	out.Page = make([]Workspace, len(rows))
	for i, r := range rows {
		out.Page[i] = *r.w
	}
	return out, nil
}

// everything are copies of all records that were announced, with the latest use known here.
func (s *Service) everything() []Workspace {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Workspace, 0, len(s.known))
	for id, w := range s.known {
		if at := s.active[id]; at.After(w.LastActiveAt) {
			w.LastActiveAt = at.UTC()
		}
		all = append(all, w)
	}
	return all
}

// row is a selected workspace and where it stands.
type row struct {
	w     *Workspace
	place place
}

// rows selects from all, in no order.
func (q SurveyQuery) rows(all []Workspace) []row {
	words := strings.Fields(strings.ToLower(q.Text))
	owners := map[string]*owner{}
	rows := make([]row, 0, len(all))
	for i := range all {
		w := &all[i]
		if q.Status != "" && w.Status != q.Status || q.OwnerID != "" && w.OwnerID != q.OwnerID {
			continue
		}
		o := owners[w.OwnerID]
		if o == nil && q.Owner != nil {
			o = &owner{}
			name, email := q.Owner(w.OwnerID)
			o.sort, o.text = strings.ToLower(name), strings.ToLower(name+"\n"+email)
		}
		if o == nil {
			o = &owner{}
		}
		owners[w.OwnerID] = o
		if !matches(w, o, words) {
			continue
		}
		rows = append(rows, row{w, placeOf(w, o, q.Sort)})
	}
	return rows
}

// owner is what is searched and sorted of one.
type owner struct{ sort, text string }

func matches(w *Workspace, o *owner, words []string) bool {
	if len(words) == 0 {
		return true
	}
	text := strings.ToLower(w.Name + "\n" + w.ID + "\n" + w.GithubRepo + "\n" + w.Template)
	for _, word := range words {
		if !strings.Contains(text, word) && !strings.Contains(o.text, word) {
			return false
		}
	}
	return true
}

// place is where a workspace stands in an order: one of the first two counts.
type place struct {
	Text   string `json:"t,omitempty"`
	Number int64  `json:"n,omitempty"`
	ID     string `json:"i"`
}

func placeOf(w *Workspace, o *owner, by SurveyOrder) place {
	p := place{ID: w.ID}
	switch by {
	case ByName:
		p.Text = strings.ToLower(w.Name)
	case ByOwner:
		p.Text = o.sort
	case ByStatus:
		p.Text = string(w.Status)
	case ByLastActive:
		p.Number = milli(w.LastActiveAt)
	case ByCreated:
		p.Number = milli(w.CreatedAt)
	case ByMemory:
		p.Number = w.Memory
	}
	return p
}

func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func (p place) compare(o place, desc bool) int {
	c := cmp.Or(strings.Compare(p.Text, o.Text), cmp.Compare(p.Number, o.Number), strings.Compare(p.ID, o.ID))
	if desc {
		return -c
	}
	return c
}

// cursor writes a place down for a client, with the order that it is good for.
func (p place) cursor(by SurveyOrder, desc bool) string {
	raw, _ := json.Marshal(placed{by, desc, p}) // strings and numbers: it cannot fail
	return base64.RawURLEncoding.EncodeToString(raw)
}

type placed struct {
	By   SurveyOrder `json:"s"`
	Desc bool        `json:"d,omitempty"`
	place
}

// parsePlace reads a cursor, which may come from anywhere.
func parsePlace(cursor string, by SurveyOrder, desc bool) (place, error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	var p placed
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	switch {
	case err != nil || p.ID == "":
		return place{}, &InvalidError{"cursor", "must be the next cursor of an earlier page"}
	case p.By != by || p.Desc != desc:
		return place{}, &InvalidError{"cursor", "is of a list in another order; begin at the first page"}
	}
	return p.place, nil
}
