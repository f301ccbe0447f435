package redirecttest

import (
	"net/url"
	"strconv"
	"strings"
)

// standard are the schemes that browsers treat alike, with their ports.
var standard = map[string]string{"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21"}

// Origin says where a browser goes that got location from a page of base, an origin such
// as https://example.com:8443: scheme, host and port, or "" if that has none, as with
// javascript:, or if the browser takes it for no address. It reads as browsers do (URL
// Standard, 4.4), which is less strict than net/url.
func Origin(base, location string) string {
	location = strings.Trim(location, controls)
	location = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(location)
	own, _, _ := strings.Cut(base, ":")
	scheme, rest := own, location
	if s, r, ok := schemeOf(location); ok {
		if _, known := standard[s]; !known {
			return ""
		}
		scheme, rest = s, r
		// "https:x" is a path for a page of https, and an address for others.
		if s != own {
			return address(scheme, strings.TrimLeft(rest, `/\`))
		}
	}
	if len(rest) >= 2 && slash(rest[0]) && slash(rest[1]) {
		return address(scheme, strings.TrimLeft(rest, `/\`))
	}
	return base
}

// controls are what browsers cut off both ends.
var controls = func() string {
	b := make([]byte, 0x21)
	for i := range b {
		b[i] = byte(i)
	}
	return string(b)
}()

func slash(c byte) bool { return c == '/' || c == '\\' }

func schemeOf(s string) (scheme, rest string, ok bool) {
	for i := range len(s) {
		c := s[i] | 0x20
		switch {
		case c >= 'a' && c <= 'z':
		case i > 0 && (s[i] >= '0' && s[i] <= '9' || s[i] == '+' || s[i] == '-' || s[i] == '.'):
		case i > 0 && s[i] == ':':
			return strings.ToLower(s[:i]), s[i+1:], true
		default:
			return "", "", false
		}
	}
	return "", "", false
}

// address reads the host and port at the beginning of what follows the slashes.
func address(scheme, rest string) string {
	if end := strings.IndexAny(rest, `/\?#`); end >= 0 {
		rest = rest[:end]
	}
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	host, port := rest, ""
	if i := strings.LastIndexByte(rest, ':'); i > strings.LastIndexByte(rest, ']') {
		host, port = rest[:i], rest[i+1:]
	}
	if n, err := strconv.ParseUint(port, 10, 16); port != "" && err != nil {
		return ""
	} else if port != "" {
		port = strconv.FormatUint(n, 10)
	}
	plain, err := url.PathUnescape(host)
	if err != nil || plain == "" {
		return ""
	}
	host = strings.ToLower(strings.NewReplacer("。", ".", "．", ".", "｡", ".", "\u00ad", "", "\u200b", "").Replace(plain))
	if strings.ContainsAny(host, " #/:<>?@\\^|%\x00\x7f") && !strings.HasPrefix(host, "[") {
		return ""
	}
	if port == "" || port == standard[scheme] {
		return scheme + "://" + host
	}
	return scheme + "://" + host + ":" + port
}
