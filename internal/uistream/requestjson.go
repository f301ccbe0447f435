package uistream

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// lastUser is the last message of a user in a list that may be anything else. It is read
// item by item: 4 MiB of tiny items would fill 100 MiB as a slice.
type lastUser struct {
	raw json.RawMessage
	at  int
}

func (l *lastUser) UnmarshalJSON(list []byte) error {
	return each(list, "messages", func(i int, item json.RawMessage) error {
		var who struct {
			Role string `json:"role"`
		}
		if json.Unmarshal(item, &who) == nil && who.Role == "user" {
			l.raw, l.at = item, i
		}
		return nil
	})
}

// userPart is what is read of a part: nothing that only answers have.
type userPart struct {
	Type      string  `json:"type"`
	Text      *string `json:"text"`
	MediaType string  `json:"mediaType"`
	URL       string  `json:"url"`
	Filename  string  `json:"filename"`
}

// userParts are at most one more than maxUserParts, which says that there are too many.
type userParts []userPart

func (u *userParts) UnmarshalJSON(list []byte) error {
	*u = nil // of two lists in one object the last counts
	return each(list, "parts", func(i int, item json.RawMessage) error {
		if i > maxUserParts {
			return nil
		}
		var p userPart
		if err := json.Unmarshal(item, &p); err != nil {
			return invalidJSON(fmt.Sprintf("parts[%d]", i), err)
		}
		*u = append(*u, p)
		return nil
	})
}

// each calls f for the items of a list, which is valid JSON, until it returns an error.
// Null is an empty list.
func each(list []byte, field string, f func(i int, item json.RawMessage) error) error {
	if string(list) == "null" {
		return nil
	}
	if list[0] != '[' {
		return &InvalidError{field, "is not a list"}
	}
	d := json.NewDecoder(bytes.NewReader(list))
	if _, err := d.Token(); err != nil {
		return err
	}
	for i := 0; d.More(); i++ {
		var item json.RawMessage
		if err := d.Decode(&item); err != nil {
			return err
		}
		if err := f(i, item); err != nil {
			return err
		}
	}
	return nil
}

// invalidJSON tells where in field, or the whole body, JSON is not as it should be. It does
// not repeat what was sent.
func invalidJSON(field string, err error) error {
	in := func(name string) string {
		switch {
		case field == "":
			return name
		case name == "":
			return field
		}
		return field + "." + name
	}
	if invalid, ok := errors.AsType[*InvalidError](err); ok {
		return &InvalidError{in(invalid.Field), invalid.Message}
	}
	message := "is not JSON"
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		field, message = in(wrong.Field), "must not be of JSON's type "+wrong.Value
	}
	if field == "" {
		field = "body"
	}
	return &InvalidError{field, message}
}
