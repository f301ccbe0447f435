package identity

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// emailPattern is what HTML's <input type=email> accepts, so that browser and server
// agree; with it goes that addresses are ASCII.
var emailPattern = regexp.MustCompile(`^[a-z0-9.!#$%&'*+/=?^_{|}~` + "`" + `-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$`)

const (
	maxEmailBytes = 254 // RFC 5321: what fits a mail server's path
	maxNameRunes  = 200
)

// normalEmail returns email as it is kept and compared.
func normalEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// checkEmail wants a normal email.
func checkEmail(email string) error {
	if len(email) > maxEmailBytes || !emailPattern.MatchString(email) {
		return &FieldError{"email", "Give an email address like name@example.com."}
	}
	return nil
}

func checkName(field, name string) error {
	if n := utf8.RuneCountInString(name); n == 0 || n > maxNameRunes || name != cleanName(name) {
		return &FieldError{field, "Give a name of 1 to 200 characters on one line."}
	}
	return nil
}

// cleanName makes a name out of what a provider says: one line, no control or
// formatting characters (they reorder or hide text), bounded.
func cleanName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\u200c' || r == '\u200d': // joiners: Persian names and emoji need them
			return r
		case r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029':
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > maxNameRunes {
		s = strings.TrimSpace(string(r[:maxNameRunes]))
	}
	return s
}
