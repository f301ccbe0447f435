package credential

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	// maxDescription is the longest description: some ten short lines, and as many
	// WWW-Authenticate headers as a host sends.
	maxDescription = 16 << 10
	// maxHost is the longest name that DNS has, and room for a port.
	maxHost = 253 + len(":65535")
	// maxPath is the longest path of a repository; GitHub's are below 150.
	maxPath = 1024
	// maxSecret is the longest user name or password; tokens with claims have some 2 KiB.
	maxSecret = 8 << 10
)

// Description says what a credential is for, and for those that git returns what it was.
type Description struct {
	Protocol, Host, Path string
	// Username is known if the URL holds it.
	Username string
	// Password is only there when git says what became of a credential.
	Password string
}

// Parse reads a description as git writes it to credential helpers: lines "key=value" up to
// an empty one or the end (git help git-credential). Keys that it does not know are
// ignored, as git asks for. What git would not send is an error: values with control
// characters, keys given twice, protocols other than https and http, and no host.
func Parse(r io.Reader) (Description, error) {
	var d Description
	fields := map[string]struct {
		into *string
		most int
	}{
		"protocol": {&d.Protocol, 5}, "host": {&d.Host, maxHost}, "path": {&d.Path, maxPath},
		"username": {&d.Username, maxSecret}, "password": {&d.Password, maxSecret},
	}
	limited := &io.LimitedReader{R: r, N: maxDescription + 1}
	lines := bufio.NewScanner(limited)
	lines.Buffer(nil, maxDescription+1)
	lines.Split(wholeLines)
	seen := map[string]bool{}
	for lines.Scan() && lines.Text() != "" {
		key, value, ok := strings.Cut(lines.Text(), "=")
		if !ok {
			return Description{}, errors.New("read git's question: a line is no key=value")
		}
		field, known := fields[key]
		if !known {
			continue
		}
		if seen[key] {
			return Description{}, fmt.Errorf("read git's question: %s is given twice", key)
		}
		seen[key] = true
		if err := checkValue(value, field.most); err != nil {
			return Description{}, fmt.Errorf("read git's question: %s %w", key, err)
		}
		*field.into = value
	}
	if err := lines.Err(); err != nil {
		return Description{}, fmt.Errorf("read git's question: %w", err)
	}
	if limited.N == 0 {
		return Description{}, fmt.Errorf("read git's question: it is longer than %d KiB", maxDescription>>10)
	}
	return d, d.check()
}

// wholeLines splits at line feeds only: a carriage return is part of the value, and refused
// there.
func wholeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	for i, c := range data {
		if c == '\n' {
			return i + 1, data[:i], nil
		}
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

func checkValue(value string, most int) error {
	if len(value) > most {
		return fmt.Errorf("is longer than %d bytes", most)
	}
	if !utf8.ValidString(value) {
		return errors.New("is not valid UTF-8")
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
		return errors.New("holds a control character")
	}
	return nil
}

// check normalises the host and refuses what names none.
func (d *Description) check() error {
	if d.Protocol != "https" && d.Protocol != "http" {
		return errors.New("read git's question: only https and http have credentials here")
	}
	d.Host = strings.ToLower(d.Host)
	if strings.Trim(d.Host, "abcdefghijklmnopqrstuvwxyz0123456789.-:[]") != "" {
		return errors.New("read git's question: the host's name holds characters that no host has")
	}
	if strings.Trim(d.Host, ".-:[]") == "" {
		return errors.New("read git's question: it names no host")
	}
	return nil
}

// Place is what the credential is for, for people.
func (d Description) Place() string {
	return strings.TrimSuffix(d.Protocol+"://"+d.Host+"/"+d.Path, "/")
}
