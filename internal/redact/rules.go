package redact

import (
	"encoding/base64"
	"strings"
)

// rule finds secrets of one kind. They, or what announces them, begin with prefix.
type rule struct {
	prefix, kind string
	// after are the bytes that may stand in front, 0 for the beginning; nil for all.
	after *class
	// find judges t, which begins with prefix. It must answer from a bounded part of t, or
	// from a run of bytes that are not in after: else hostile text would make it slow.
	find func(t text) (match, verdict)
}

const (
	maxKeyLine   = 80  // "-----BEGIN … PRIVATE KEY-----"
	maxKeyHead   = 256 // what may stand between that and the key
	maxAuthority = 512 // user:password@host
)

// rules are tried in this order.
var rules = []rule{
	{"sk-or-", "openrouter key", nil, token(6, dashed, 20)},
	{"sk-ant-", "anthropic key", nil, token(7, dashed, 20)},
	{"sk-", "api key", not(dashed), secretKey},
	{"sk_live_", "stripe key", not(word), token(8, alnum, 16)},
	{"sk_test_", "stripe key", not(word), token(8, alnum, 16)},
	{"rk_live_", "stripe key", not(word), token(8, alnum, 16)},
	{"ghp_", "github token", not(word), token(4, word, 30)},
	{"gho_", "github token", not(word), token(4, word, 30)},
	{"ghs_", "github token", not(word), token(4, jwtSet, 30)},
	{"ghu_", "github token", not(word), token(4, word, 30)},
	{"ghr_", "github token", not(word), token(4, word, 30)},
	{"github_pat_", "github token", not(word), token(11, word, 22)},
	{"glpat-", "gitlab token", not(word), token(6, dashed, 20)},
	{"kal_", "kalpana token", not(word), token(4, dashed, 40)},
	{"npm_", "npm token", not(word), token(4, alnum, 36)},
	{"hf_", "hugging face token", not(word), token(3, alnum, 30)},
	{"gsk_", "groq key", not(word), token(4, alnum, 40)},
	{"xai-", "xai key", not(dashed), token(4, alnum, 40)},
	{"AIza", "google key", not(dashed), exactly(4, dashed, 35)},
	{"xoxb-", "slack token", not(word), slack},
	{"xoxp-", "slack token", not(word), slack},
	{"xoxa-", "slack token", not(word), slack},
	{"xoxe-", "slack token", not(word), slack},
	{"xoxr-", "slack token", not(word), slack},
	{"xoxs-", "slack token", not(word), slack},
	{"xoxo-", "slack token", not(word), slack},
	{"xapp-", "slack token", not(word), slack},
	{"xoxe.xox", "slack token", not(word), token(8, slackSet, 12)},
	{"AKIA", "aws key id", not(dashed), exactly(4, upper, 16)},
	{"ASIA", "aws key id", not(dashed), exactly(4, upper, 16)},
	{"secret_access_key", "aws secret key", not(alnum), awsSecret(17)},
	{"SECRET_ACCESS_KEY", "aws secret key", not(alnum), awsSecret(17)},
	{"secretAccessKey", "aws secret key", not(alnum), awsSecret(15)},
	{"SecretAccessKey", "aws secret key", nil, awsSecret(15)},
	{"eyJ", "jwt", not(dashed), jwt},
	{"-----BEGIN ", "private key", nil, privateKey},
	{"Authorization", "authorization", not(letters), authorization},
	{"authorization", "authorization", not(letters), authorization},
	{"AUTHORIZATION", "authorization", not(letters), authorization},
	{"//", "password", bytesOf(":"), password},
}

// token is a prefix of the given length and min or more bytes of a set.
func token(prefix int, set *class, min int) func(text) (match, verdict) {
	return func(t text) (match, verdict) {
		n, v := t.run(prefix, set, min)
		if v == more || n < min {
			return match{}, verdictOf(v == more, false)
		}
		return match{n: prefix + n, then: set}, yes
	}
}

// exactly is a prefix and n bytes of a set, and the end of the word.
func exactly(prefix int, set *class, n int) func(text) (match, verdict) {
	return func(t text) (match, verdict) {
		got, v := t.run(prefix, set, n)
		if v == more || got < n {
			return match{}, verdictOf(v == more, false)
		}
		after, v := t.run(prefix+n, dashed, 1)
		return match{n: prefix + n}, verdictOf(v == more, after == 0)
	}
}

func verdictOf(unknown, is bool) verdict {
	switch {
	case unknown:
		return more
	case is:
		return yes
	}
	return no
}

// secretKey is "sk-" and something that no person would make up: sixteen letters and digits
// on end, both among them. Names of styles begin with sk- too.
func secretKey(t text) (match, verdict) {
	run, digit, letter := 0, false, false
	for i := 3; i < len(t.s); i++ {
		switch b := t.s[i]; {
		case b == '-' || b == '_':
			run = 0
			continue
		case !alnum[b]:
			return match{}, no
		default:
			digit, letter = digit || digits[b], letter || letters[b]
		}
		if run++; run >= 16 && digit && letter {
			return match{n: i + 1, then: dashed}, yes
		}
	}
	return match{}, t.end()
}

func slack(t text) (match, verdict) {
	if n, v := t.run(5, digits, 1); v == more || n == 0 {
		return match{}, verdictOf(v == more, false)
	}
	return token(5, slackSet, 10)(t)
}

// awsSecret is forty bytes after the name that such keys have everywhere: alone they look
// like any other Base64.
func awsSecret(prefix int) func(text) (match, verdict) {
	return func(t text) (match, verdict) {
		gap, v := t.run(prefix, between, 12)
		if v == more || gap == 0 {
			return match{}, verdictOf(v == more, false)
		}
		n, v := t.run(prefix+gap, base64Set, 41)
		return match{skip: prefix + gap, n: n}, verdictOf(v == more, n == 40)
	}
}

// jwt is two objects in Base64 with a dot between; what is signed or encrypted follows.
func jwt(t text) (match, verdict) {
	head, v := t.run(0, dashed, Lookahead)
	if v == more || head < 13 {
		return match{}, verdictOf(v == more, false)
	}
	const next = ".ey"
	if rest := t.s[head:]; !strings.HasPrefix(rest, next) {
		return match{}, verdictOf(!t.whole && strings.HasPrefix(next, rest), false)
	}
	n, v := t.run(head+len(next), dashed, 8)
	return match{n: head + len(next) + n, then: jwtSet}, verdictOf(v == more, n == 8)
}

// privateKey is the first line of a key in PEM if a key follows: programs that read keys have
// the line alone.
func privateKey(t text) (match, verdict) {
	const first, dashes = len("-----BEGIN "), "-----"
	line := t.s[first:min(maxKeyLine, len(t.s))]
	i := strings.Index(line, dashes)
	if i < 0 {
		if len(t.s) < maxKeyLine {
			return match{}, t.end()
		}
		return match{}, no
	}
	if label := line[:i]; !strings.HasSuffix(strings.TrimSuffix(label, " BLOCK"), "PRIVATE KEY") {
		return match{}, no
	}
	begin, run := first+i+len(dashes), 0
	for j := begin; j < begin+maxKeyHead; j++ {
		if j == len(t.s) {
			return match{}, t.end()
		}
		switch b := t.s[j]; {
		case base64Set[b]:
			if run++; run == 40 {
				return match{n: j + 1, key: true}, yes
			}
		case keyAround[b]:
			run = 0
		default:
			return match{}, no
		}
	}
	return match{}, no
}

// authorization is the header's name and what follows it, after the name of a scheme.
func authorization(t text) (match, verdict) {
	const name = len("authorization")
	gap, v := t.run(name, between, 12)
	if v == more || gap == 0 {
		return match{}, verdictOf(v == more, false)
	}
	at := name + gap
	scheme, v := t.run(at, letters, 10)
	if v == more {
		return match{}, more
	}
	kind := strings.ToLower(t.s[at : at+scheme])
	if n, v := t.run(at+scheme, blanks, 4); v == more {
		return match{}, more
	} else if n == 0 {
		kind = "" // no scheme: the secret itself
	} else if kind != "bearer" && kind != "basic" && kind != "token" && kind != "apikey" {
		return match{}, no
	} else {
		at += scheme + n
	}
	if kind == "basic" {
		return basic(at, t)
	}
	// Without a scheme only what nobody writes in a sentence counts.
	least, run, digit, letter := 16, 0, false, false
	if kind == "" {
		least = 20
	}
	for i := at; i < len(t.s); i++ {
		b := t.s[i]
		if !bearerSet[b] {
			return match{}, no
		}
		digit, letter = digit || digits[b], letter || letters[b]
		if run++; kind == "" && !alnum[b] {
			run = 0
		}
		if run >= least && digit && letter {
			return match{skip: at, n: i + 1 - at, then: bearerSet}, yes
		}
	}
	return match{}, t.end()
}

// basic is user:password in Base64.
func basic(at int, t text) (match, verdict) {
	n, v := t.run(at, base64Set, Lookahead)
	if v == more {
		return match{}, more
	}
	plain, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(t.s[at:at+n], "="))
	return match{skip: at, n: n}, verdictOf(false, err == nil && strings.Contains(string(plain), ":"))
}

// password is the one in an address, after "scheme:". What stands for one in a template or an
// example of stars is none.
func password(t text) (match, verdict) {
	end, colon, at := 2, -1, -1
	for ; end < maxAuthority && end < len(t.s) && !authorityEnd[t.s[end]]; end++ {
		switch {
		case t.s[end] == ':' && colon < 0:
			colon = end
		case t.s[end] == '@':
			at = end
		}
	}
	switch {
	case end == len(t.s) && end < maxAuthority && !t.whole:
		return match{}, more
	case colon < 0 || at <= colon+1:
		return match{}, no
	}
	secret := t.s[colon+1 : at]
	if secret[0] == '$' || secret[0] == '%' && len(secret) == 2 || strings.Trim(secret, "*") == "" || strings.Trim(secret, "xX") == "" {
		return match{}, no
	}
	return match{skip: colon + 1, n: len(secret)}, yes
}
