package audit

import (
	"strings"
	"time"
	"unicode"
)

// KeepFor is how long records are kept.
const KeepFor = 90 * 24 * time.Hour

// Outcome says how an act ended.
type Outcome string

// The outcomes.
const (
	OK      Outcome = "ok"
	Refused Outcome = "refused"
)

// Longest texts of a record, in bytes; longer ones are cut.
const (
	maxName   = 320
	maxDetail = 500
)

// Record is one act. No field holds a secret: not a password, a token, or a variable's value.
type Record struct {
	// ID and Time are set when the record is added.
	ID   string    `bson:"id"`
	Time time.Time `bson:"time"`
	// Action is what was done, as "thing.verb": workspace.delete.
	Action string `bson:"action"`
	// UserID and UserName are of whoever acted; UserID is "" for the operator at the
	// server's socket and for somebody who is not signed in.
	UserID   string `bson:"userId"`
	UserName string `bson:"userName"`
	// Address is the IP address it came from; "" for the operator's socket.
	Address string `bson:"address"`
	// Target is what it was done to, as an id or a text, and TargetName is what people call it.
	Target     string  `bson:"target"`
	TargetName string  `bson:"targetName"`
	Outcome    Outcome `bson:"outcome"`
	Detail     string  `bson:"detail"`
}

// clean bounds the texts of r and takes control characters out of them: some of them are a
// stranger's, and they are shown in a table.
func (r Record) clean() Record {
	for _, text := range []*string{&r.Action, &r.UserID, &r.UserName, &r.Address, &r.Target, &r.TargetName} {
		*text = line(*text, maxName)
	}
	r.Detail = line(r.Detail, maxDetail)
	if r.Outcome != OK {
		r.Outcome = Refused
	}
	return r
}

func line(s string, max int) string {
	if len(s) > max {
		s = strings.ToValidUTF8(s[:max], "") // without the half of a character at the end
	}
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// Query selects records. Zero fields do not restrict.
type Query struct {
	// Text is looked for in all texts of a record, upper for lower case.
	Text string
	// Action is a whole action, or its beginning up to a dot: "workspace." for all of them.
	Action string
	UserID string
	// Since is included, Until is not.
	Since, Until time.Time
	// Limit is how many are returned at most: 1 to 500. Default: 50.
	Limit int
	// Cursor continues behind an earlier answer.
	Cursor string
}

func (q Query) matches(r Record) bool {
	switch {
	case q.UserID != "" && r.UserID != q.UserID,
		!q.Since.IsZero() && r.Time.Before(q.Since),
		!q.Until.IsZero() && !r.Time.Before(q.Until):
		return false
	}
	if q.Action != "" && r.Action != q.Action && !(strings.HasSuffix(q.Action, ".") && strings.HasPrefix(r.Action, q.Action)) {
		return false
	}
	if q.Text == "" {
		return true
	}
	want := strings.ToLower(q.Text)
	for _, text := range []string{r.Action, r.UserName, r.TargetName, r.Target, r.Address, r.Detail, r.UserID} {
		if strings.Contains(strings.ToLower(text), want) {
			return true
		}
	}
	return false
}
