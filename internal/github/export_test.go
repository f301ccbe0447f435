package github

import "time"

// ParseToken and NextPage read what servers send; fuzzing goes around HTTP.
func ParseToken(contentType string, body []byte, now time.Time) (Token, error) {
	return parseToken(contentType, body, now)
}

// NextPage is the number in a Link header.
func NextPage(link string) int { return nextPage(link) }
