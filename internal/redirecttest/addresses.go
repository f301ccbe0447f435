// Package redirecttest has thousands of addresses that try to lead a browser elsewhere
// through a redirect, and says where browsers would go. It is for tests of whatever
// redirects to an address that a visitor brings along.
package redirecttest

import "slices"

// before are ways to begin an address that somebody may take for a path, or for harmless.
var before = []string{
	"//", "///", "////", "/////", `/\`, `\/`, `\\`, `\`, `\\\`, `/\/`, `/\\/`, `\/\/`, `/\/\`, `//\`, `///\`,
	"/\t/", "/\n/", "/\r/", "/\r\n/", "/\t\t/", "/\t\\", "\t//", "\n//", "\r//", " //", "  //", "/ /", "/\v/", "/\f/", "\v//", "\x00//", "\x01//", "\x1f//", "\x7f//", "/\x00/", "/\x1f/",
	"/%09/", "/%0a/", "/%0d%0a/", "/%00/", "/%20/", "/%2f", "/%2F", "/%2f/", "//%2f", "%2f%2f", "%2F/", "/%5c", "/%5C", "/%5c/", "/%5c%5c", "%5c%5c", "/%252f", "/%252f%252f", "/%255c", "//%5c", "/%2f%2f", "/%e3%80%82/",
	"/./", "/.//", "/.///", `/./\`, "/..//", `/..\`, "/../", "/a/..//", "/a/../..//", "/a/./..//", "/%2e/", "/%2e//", "/%2E//", "/%2e%2e//", "/.%2e//", "/%2e.//", "/a/%2e%2e//", "/a/%2E%2E//", "/;//", "/..;//", "/.;/",
	"/?//", "/#//", "?//", "#//", "/?next=//", "/#@", "//@", "//x@", "//x:y@", "//ws.localhost@", "//ws.localhost:8443@", "//ws.localhost%40", "//;@", "///;@", "//:@", "//:443@", "//.", "//..", "//%", "//-",
	"/\u200b/", "/\u00a0/", "/\u2028/", "/\u3000/", "/\u00ad/", "\ufeff//", "／／", "/／", "\u2044\u2044", "⧸⧸", "/⧵", "﹨﹨", "＼＼", "/＼", "\u2215\u2215",
	"http://", "https://", "HTTPS://", "hTTpS://", "http:", "https:", "http:/", "https:/", "http:///", "https:///", "https:////", `https:\\`, `http:\\`, `https:/\`, `https:\/`, `http:\/`, "https:\t//", "ht\ttps://", "h\nttp://", "https\t://", " https://", "\x00https://", "https://\t", "https: //",
	"https://ws.localhost@", "https://ws.localhost:8443@", "https://ws.localhost.", "https://ws.localhost:8443.", "https://ws.localhost%40", "https://ws.localhost%2f@", `https://ws.localhost\@`, "https://ws.localhost:@", "https://x:ws.localhost@", "https://ws.localhost%00@", "https://-ws.localhost.",
	"javascript:alert(1)//", "javascript://", "javascript:", "JaVaScRiPt:alert(1)//", "java\tscript:alert(1)//", "java\nscript:alert(1)//", " javascript:alert(1)//", "\x01javascript:alert(1)//", "javascript&colon;", "jav%0Aascript:", "/javascript:alert(1)//",
	"data:text/html,//", "data:;base64,//", "vbscript:", "file://", "file:///", "blob:https://", "filesystem:https://", "ws://", "wss://", "ftp://", "about:", "view-source:https://", "x:", "x://", "mailto:", "//https://", "/https://", "/http:/", "https:https://", "https:javascript:",
	"", ".", "..", "./", "../", "/.", "/..", "/@", "/:", "/a//", "/a/b//", "/a:b//", "/~//", "/*//", "/$//", "/'//", `/"//`, "/<//", "/[//", "/{//", "/|//", "/^//", "/`//",
}

// hosts are where it is to lead.
var hosts = []string{
	"evil.test", "evil.test:443", "EVIL.TEST", "evil%2etest", "evil%E3%80%82test", "evil。test", "evil．test", "evil｡test", "ws.localhost.evil.test", "localhost.evil.test", "evil.ws.localhost", "wslocalhost", "ws.localhost%00.evil.test", "ws.localhost%2f.evil.test",
	"127.0.0.1", "0x7f000001", "2130706433", "017700000001", "[::1]", "[::ffff:127.0.0.1]", "xn--evl-2ma.test", "ws.localhosț", "ws.locaIhost", "ws-localhost", "ws.localhost:9", "ws.localhost.",
}

// after are ways to end it.
var after = []string{"", "/", "/%2f..", "/../", "?x=//ws.localhost", "#ws.localhost", "@ws.localhost", `\@ws.localhost`, "%23@ws.localhost"}

// Addresses are several tens of thousands, all different, always in the same order; none
// of them is where a login may lead unless it stays where it is.
func Addresses() []string {
	all := make([]string, 0, len(before)*len(hosts)*len(after))
	for _, b := range before {
		for _, h := range hosts {
			for _, a := range after {
				all = append(all, b+h+a)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
