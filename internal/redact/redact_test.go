package redact_test

import (
	"encoding/base64"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/redact"
)

// random is 64 letters and digits that look like a secret.
const random = "a8Kd02mXq7Zt5Rw1Vb9Ln3Hs6Jy4Gf0Pc8Ue2Tx7Mo5Qi1Ra9Dk3Ws6Nv4Bz0E"

// Secrets are put together here, so that nobody who searches the source for some finds these.
var (
	openrouter = "sk-" + "or-v1-" + random
	githubKey  = "gh" + "p_" + random[:36]
	awsID      = "AK" + "IA" + "IOSFODNN7EXAMPLE"
	awsKey     = "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"
	jwt        = "ey" + "JhbGciOiJIUzI1NiJ9" + ".ey" + "JzdWIiOiIxMjM0NTY3ODkwIn0" + ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
	keyLine    = strings.Repeat("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cK", 1)
	pem        = "-----BEGIN " + "RSA PRIVATE KEY-----\n" + strings.Repeat(keyLine+"\n", 25) + "AB==\n-----END RSA PRIVATE KEY-----"
)

func TestSecretsOfKnownKindsAreMasked(t *testing.T) {
	r := redact.New(nil)
	for in, want := range map[string]string{
		openrouter: "[redacted: openrouter key]",
		"OPENROUTER_API_KEY=" + openrouter + "\n":                           "OPENROUTER_API_KEY=[redacted: openrouter key]\n",
		`{"key":"` + openrouter + `","n":1}`:                                `{"key":"[redacted: openrouter key]","n":1}`,
		"sk-" + "ant-api03-" + random + "-AA":                               "[redacted: anthropic key]",
		"sk-" + random[:48] + ".":                                           "[redacted: api key].",
		"sk-" + "proj-" + random[:20] + "_x-y, and":                         "[redacted: api key], and",
		"sk-" + "0123456789abcdef0123456789abcdef":                          "[redacted: api key]",
		"sk" + "_live_" + random[:24]:                                       "[redacted: stripe key]",
		`{"log":"a\n` + githubKey + `\n"}`:                                  `{"log":"a\n[redacted: github token]\n"}`,
		"token " + githubKey + " end":                                       "token [redacted: github token] end",
		"gh" + "o_" + random[:36]:                                           "[redacted: github token]",
		"gh" + "s_" + random[:36]:                                           "[redacted: github token]",
		"gh" + "u_" + random[:36]:                                           "[redacted: github token]",
		"github" + "_pat_" + random[:22] + "_" + random[:59]:                "[redacted: github token]",
		"gl" + "pat-" + random[:20]:                                         "[redacted: gitlab token]",
		"ka" + "l_" + random[:43]:                                           "[redacted: kalpana token]",
		"np" + "m_" + random[:36]:                                           "[redacted: npm token]",
		"h" + "f_" + random[:34]:                                            "[redacted: hugging face token]",
		"AI" + "za" + random[:35]:                                           "[redacted: google key]",
		"xox" + "b-123456789012-123456789012-" + random[:24]:                "[redacted: slack token]",
		"xox" + "e.xoxp-1-" + random:                                        "[redacted: slack token]",
		awsID:                                                               "[redacted: aws key id]",
		"aws_secret_access_key = " + awsKey + "\nregion":                    "aws_secret_access_key = [redacted: aws secret key]\nregion",
		`"SecretAccessKey": "` + awsKey + `"`:                               `"SecretAccessKey": "[redacted: aws secret key]"`,
		"AWS_SECRET_ACCESS_KEY='" + awsKey + "'":                            "AWS_SECRET_ACCESS_KEY='[redacted: aws secret key]'",
		"session=" + jwt + ";":                                              "session=[redacted: jwt];",
		"Authorization: Bearer " + random + "\r\nHost: x":                   "Authorization: Bearer [redacted: authorization]\r\nHost: x",
		`-H "authorization: token ` + random[:20] + `" x`:                   `-H "authorization: token [redacted: authorization]" x`,
		"Authorization: Basic dXNlcjpwYXNz\n":                               "Authorization: Basic [redacted: authorization]\n",
		`{"Authorization": "` + random[:40] + `"}`:                          `{"Authorization": "[redacted: authorization]"}`,
		"postgres://app:s3cr%2Ft@db:5432/app":                               "postgres://app:[redacted: password]@db:5432/app",
		"https://x:" + githubKey + "@github.com/a/b.git":                    "https://x:[redacted: password]@github.com/a/b.git",
		"redis://:hunter22@cache":                                           "redis://:[redacted: password]@cache",
		"mongodb+srv://u:p@ss@h/":                                           "mongodb+srv://u:[redacted: password]@h/",
		"a\n" + pem + "\nb":                                                 "a\n[redacted: private key]\nb",
		"    " + strings.ReplaceAll(pem, "\n", "\n    ") + "\nkind: Secret": "    [redacted: private key]\nkind: Secret",
		`{"private_key":"` + strings.ReplaceAll(pem, "\n", `\n`) + `\n","client_email":"x"}`:                                                               `{"private_key":"[redacted: private key]\n","client_email":"x"}`,
		"-----BEGIN " + "RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF\n\n" + keyLine + "\n" + keyLine + "\n$ exit": "[redacted: private key]\n$ exit",
		strings.Repeat(" "+openrouter, 3):                       strings.Repeat(" [redacted: openrouter key]", 3),
		"sk-" + "or-v1-" + strings.Repeat(random, 200) + " end": "[redacted: openrouter key] end",
		jwt + strings.Repeat(random, 200) + "\nend":             "[redacted: jwt]\nend",
	} {
		if got := r.String(in); got != want {
			t.Errorf("%.100q\n  became %.200q\n  want   %.200q", in, got, want)
		}
		if again := r.String(r.String(in)); again != r.String(in) {
			t.Errorf("%.100q: masked again it is %q", in, again)
		}
	}
}

// What follows the lines of a key is shown, whatever letters it is made of.
func TestAKeyEndsWithItsLines(t *testing.T) {
	r := redact.New(nil)
	begin, end := "-----BEGIN "+"PRIVATE KEY-----", "-----END "+"PRIVATE KEY-----"
	for in, want := range map[string]string{
		"+: " + begin + "\n+" + keyLine[:40] + "\n+/workspace/tools/evil\n+reboot\n+echo ok\n": "+: [redacted: private key]\n+/workspace/tools/evil\n+reboot\n+echo ok\n",
		begin + "\n" + keyLine + "\nreboot\n" + keyLine + "\n":                                 "[redacted: private key]\nreboot\n" + keyLine + "\n",
		begin + "\n" + keyLine + "\n\nhalt\n":                                                  "[redacted: private key]\n\nhalt\n",
		begin + `\n` + keyLine + `\nreboot`:                                                    `[redacted: private key]`,
		begin + `\n` + keyLine + `\nreboot"`:                                                   `[redacted: private key]\nreboot"`,
		begin + "\n" + keyLine + "\n" + keyLine[:30]:                                           "[redacted: private key]", // cut off
		begin + "\n" + keyLine + "\n" + keyLine[:30] + "\n":                                    "[redacted: private key]\n" + keyLine[:30] + "\n",
		"+" + begin + "\n+" + keyLine + "\n+" + keyLine + "\n+AB==\n+" + end + "\n+reboot\n":   "+[redacted: private key]\n+reboot\n",
		"-" + begin + "\n-" + keyLine + "\n-" + keyLine + "\n-AB==\n-" + end + "\n+reboot\n":   "-[redacted: private key]\n+reboot\n",
		"-" + begin + "\n-" + keyLine + "\n-" + keyLine + "\n-" + end + "\n x\n":               "-[redacted: private key]\n x\n",
		begin + " " + keyLine + " " + keyLine + " AB== " + end + " x":                          "[redacted: private key] x",
		begin + "\r\n" + keyLine + "\r\nAB==\r\n" + end + "\r\nx":                              "[redacted: private key]\r\nx",
	} {
		if got := r.String(in); got != want {
			t.Errorf("%q\n  became %q\n  want   %q", in, got, want)
		}
	}
}

func TestValuesMasksNothingElse(t *testing.T) {
	r := redact.Values([]string{openrouter, "short"})
	for in, want := range map[string]string{
		"key=" + openrouter + " " + githubKey + " short":            "key=[redacted: secret] " + githubKey + " short",
		base64.StdEncoding.EncodeToString([]byte(openrouter)) + pem: "",
		pem + "\nreboot https://a:b@c":                              pem + "\nreboot https://a:b@c", "": "",
	} {
		got := r.String(in)
		if want != "" && got != want || want == "" && in != "" && (strings.Contains(got, in[:40]) || !strings.Contains(got, pem)) {
			t.Errorf("%.60q became %.100q", in, got)
		}
	}
}

func TestWhatOnlyLooksAlikeIsLeftAlone(t *testing.T) {
	r := redact.New([]string{"", "short", "1234567"})
	for _, text := range []string{
		"", "a", "sk-", "short 1234567",
		"c117b9cb077fb329fc9a9e25dc757138aae62b9f commit of git", "550e8400-e29b-41d4-a716-446655440000",
		"sk-550e8400-e29b-41d4-a716-446655440000", "class=\"sk-folding-cube sk-cube-grid\"", "task-0123456789abcdef0123456789", "disk-image-20240101abcdefghijklmnop",
		"sha512-1c9Xo2ZsK+LqGbUyjZkgVdJ0t7m0l6Hx4pnq3Ww2zq5b9Q0r6l3m8dF5vJ1kQwErTyUiOpAsDfGhJkLzXcVbNm==",
		"h1:2u7RcK4xW4GB4u5q3uYgq3hBxkQ1m2M2hTQh0l6bZ0s=",
		"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
		"//# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbXX0=",
		"https://github.com:443/a@b", "git@github.com:kalpana/kalpana.git", "https://user@host/path:x@y", "http://localhost:5173/@vite/client",
		"https://${user}:${password}@host", "postgres://user:%s@host", "postgres://user:****@host", "postgres://user:<password>@host", `"http://" + user + ":" + pass + "@"`,
		`req.Header.Set("Authorization", "Bearer "+token)`, "Authorization: Bearer <token>", "Authorization: Bearer $TOKEN", "the Authorization header is required", "authorization: oauth2-client-credentials-v2",
		"Authorization: Basic realm", `strings.HasPrefix(s, "-----BEGIN RSA PRIVATE KEY-----")`, "-----BEGIN CERTIFICATE-----\n" + keyLine + "\n-----END CERTIFICATE-----", "---------- BEGIN ----------",
		"AKIA is a prefix", "MAKIAIOSFODNN7EXAMPLE", awsID + "X", "aws_secret_access_key = <yours>", "aws_secret_access_key = " + awsKey + "X", awsKey, "eyJhbGciOi.short", "npm_config_registry_with_a_long_long_name_indeed", "kal_token", "ghp_xxx",
		"[redacted: openrouter key]", "xoxb-your-token-goes-here", "äöü 日本語 \x00\xff",
	} {
		if got := r.String(text); got != text {
			t.Errorf("%q\nbecame %q", text, got)
		}
	}
}

func TestFilesWithoutSecretsComeBackAsTheyAre(t *testing.T) {
	r := redact.New([]string{openrouter})
	root := filepath.Join("..", "..")
	var files []string
	for _, pattern := range []string{
		"go.sum", "go.mod", "ui/package-lock.json", "internal/e2e/package-lock.json", "README.md", "Caddyfile", "docs/*", "scripts/*",
		"bridge/*.go", "bridge/*/*.go", "internal/*/*.go", "caddymodule/*.go", "ui/src/*", "ui/src/*/*", "ui/dist/assets/*", "bridge/image/*",
	} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	read, size := 0, 0
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil { // a folder
			continue
		}
		read, size = read+1, size+len(data)
		if strings.HasSuffix(name, "_test.go") || filepath.Base(filepath.Dir(name)) == "redirecttest" { // these have secrets made up for tests
			continue
		}
		got := r.String(string(data))
		if got == string(data) {
			continue
		}
		for i, line := range strings.Split(string(data), "\n") {
			if masked := r.String(line); masked != line {
				t.Errorf("%s:%d: %.200s", name, i+1, masked)
			}
		}
	}
	if read < 100 || size < 1<<20 {
		t.Fatalf("only %d files with %d bytes were read", read, size)
	}
}

func TestKnownValuesAreMaskedInEveryForm(t *testing.T) {
	const value = `p4ss/w+rd "ünique" & more?`
	r := redact.New([]string{"  " + value + "\n", "another-value", "another-value-that-goes-on", "aaaaaaaa"})
	forms := map[string]string{
		"plain": value, "query": url.QueryEscape(value), "path": url.PathEscape(value), "lower": strings.NewReplacer("%2F", "%2f", "%2B", "%2b", "%C3%BC", "%c3%bc", "%3F", "%3f").Replace(url.QueryEscape(value)),
		"json": `p4ss/w+rd \"ünique\" \u0026 more?`,
	}
	for name, form := range forms {
		if got := r.String("<" + form + ">"); got != "<[redacted: secret]>" {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, around := range []string{"", "x", "xy", "user:", "a longer beginning:"} {
		for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding} {
			text := e.EncodeToString([]byte(around + value + around))
			got := r.String(text)
			if !strings.Contains(got, "[redacted: secret]") {
				t.Errorf("in Base64 after %q: %q", around, got)
			}
			for _, piece := range strings.Split(got, "[redacted: secret]") {
				if plain, err := e.DecodeString(piece); err == nil && strings.Contains(value, string(plain)) && len(plain) > 2 {
					t.Errorf("in Base64 after %q %q is left", around, plain)
				}
			}
		}
	}
	for in, want := range map[string]string{
		"another-value-that-goes-on, another-value-that": "[redacted: secret], [redacted: secret]-that",
		"another-valueanother-value":                     "[redacted: secret]",
		"another-another-value":                          "another-[redacted: secret]",
		strings.Repeat("a", 30):                          "[redacted: secret]",
		"aaaaaaa":                                        "aaaaaaa",
		"https://u:another-value@h":                      "https://u:[redacted: password]@h",
		"https://another-value:another-value@h":          "https://[redacted: secret]:[redacted: password]@h",
	} {
		if got := r.String(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	// Values that overlap leave nothing of either.
	overlap := redact.New([]string{"abcdefgh12", "gh12345678"})
	if got := overlap.String("<abcdefgh12345678>"); got != "<[redacted: secret]>" {
		t.Errorf("overlapping values: %q", got)
	}
	long := strings.Repeat(random, 200)
	if got := redact.New([]string{long}).String("<" + long + ">"); got != "<[redacted: secret]>" {
		t.Errorf("a long value: %.100q", got)
	}
	if got := redact.New([]string{openrouter}).String(openrouter); got != "[redacted: openrouter key]" {
		t.Errorf("a value of a known kind: %q", got)
	}
}
