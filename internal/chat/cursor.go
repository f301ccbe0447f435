package chat

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// Cursor is a place in a list of chats. The zero value is its beginning.
type Cursor struct {
	CreatedAt time.Time
	ID        string
}

// String is the text for clients; "" for the zero value.
func (c Cursor) String() string {
	if c.ID == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(c.CreatedAt.UnixMilli(), 36) + "." + c.ID))
}

// parseCursor reads what String wrote.
func parseCursor(text string) (Cursor, error) {
	if text == "" {
		return Cursor{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	at, id, ok := strings.Cut(string(raw), ".")
	ms, numErr := strconv.ParseInt(at, 36, 64)
	if err != nil || numErr != nil || !ok || id == "" {
		return Cursor{}, &InvalidError{"cursor", "is not one of a list of chats"}
	}
	return Cursor{time.UnixMilli(ms).UTC(), id}, nil
}
