package credential_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/credential"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestQuestionsOfGit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       credential.Description
	}{
		{"git 2.39", "protocol=https\nhost=GitHub.com\npath=ada/engine.git\n\n", credential.Description{Protocol: "https", Host: "github.com", Path: "ada/engine.git"}},
		{"git 2.47", "capability[]=authtype\ncapability[]=state\nprotocol=https\nhost=github.com\nwwwauth[]=Basic realm=\"GitHub\"\n", credential.Description{Protocol: "https", Host: "github.com"}},
		{"with a port and a name", "protocol=http\nhost=127.0.0.1:8080\nusername=ada=b\npath=ünï\n", credential.Description{Protocol: "http", Host: "127.0.0.1:8080", Username: "ada=b", Path: "ünï"}},
		{"IPv6", "protocol=http\nhost=[::1]:8080\n", credential.Description{Protocol: "http", Host: "[::1]:8080"}},
		{"what follows the end", "protocol=https\nhost=a\n\nhost=b\n", credential.Description{Protocol: "https", Host: "a"}},
		{"no line feed at the end", "protocol=https\nhost=a", credential.Description{Protocol: "https", Host: "a"}},
		{"a rejected one", "protocol=https\nhost=a\nusername=u\npassword=p\n", credential.Description{Protocol: "https", Host: "a", Username: "u", Password: "p"}},
	} {
		got, err := credential.Parse(strings.NewReader(c.text))
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}

// What gives a token to another host: CVE-2020-5260, CVE-2020-11008, CVE-2024-52006 and kin.
func TestQuestionsThatAreNone(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing":              "",
		"no host":              "protocol=https\npath=a\n",
		"an empty host":        "protocol=https\nhost=\n",
		"dots for a host":      "protocol=https\nhost=..\n",
		"no protocol":          "host=a\n",
		"another protocol":     "protocol=ssh\nhost=a\n",
		"upper case":           "protocol=HTTPS\nhost=a\n",
		"a carriage return":    "protocol=https\nhost=a\rhost=b\n",
		"one at the end":       "protocol=https\r\nhost=a\r\n",
		"a NUL":                "protocol=https\nhost=a\x00b\n",
		"two hosts":            "protocol=https\nhost=a\nhost=b\n",
		"two paths":            "protocol=https\nhost=a\npath=a\npath=b\n",
		"no key":               "protocol=https\nhost=a\nnonsense\n",
		"a URL only":           "url=https://github.com/a\n",
		"a path in the host":   "protocol=https\nhost=github.com/evil\n",
		"a name in the host":   "protocol=https\nhost=github.com@evil\n",
		"an escape":            "protocol=https\nhost=github.com%0a\n",
		"a look-alike":         "protocol=https\nhost=gіthub.com\n", // Cyrillic і
		"bytes":                "protocol=https\nhost=a\npath=\xff\n",
		"a long host":          "protocol=https\nhost=" + strings.Repeat("a", 300) + "\n",
		"a long path":          "protocol=https\nhost=a\npath=" + strings.Repeat("a", 2000) + "\n",
		"a megabyte":           "protocol=https\nhost=a\n" + strings.Repeat("x=y\n", 1<<18),
		"a megabyte in a line": "protocol=https\nhost=a\nx=" + strings.Repeat("y", 1<<20),
	} {
		if got, err := credential.Parse(strings.NewReader(text)); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("protocol=https\nhost=github.com\npath=a/b.git\nusername=u\npassword=p\nwwwauth[]=x\n\n")
	f.Add("protocol=https\nhost=a\rb\n")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := credential.Parse(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, v := range []string{d.Protocol, d.Host, d.Path, d.Username, d.Password} {
			if strings.ContainsAny(v, "\r\n\x00") {
				t.Errorf("%+v", d)
			}
		}
		if d.Host == "" || strings.ContainsAny(d.Host, "/@% ") || d.Protocol != "https" && d.Protocol != "http" {
			t.Errorf("%+v", d)
		}
		if again, err := credential.Parse(strings.NewReader(fmt.Sprintf("protocol=%s\nhost=%s\npath=%s\nusername=%s\npassword=%s\n", d.Protocol, d.Host, d.Path, d.Username, d.Password))); err != nil || again != d {
			t.Errorf("%+v is read as %+v, %v", d, again, err)
		}
	})
}

var place = credential.Description{Protocol: "https", Host: "github.com", Path: "ada/engine.git", Username: "ada"}

// watch watches until the test ends, and gives questions to answer.
func watch(t *testing.T, b *credential.Broker, answer func(bridge.CredentialRequest)) (rejected chan bridge.CredentialRejected, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	rejected = make(chan bridge.CredentialRejected, 16)
	watching, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		err := b.Watch(ctx, struct{}{}, func(event string, payload any) error {
			switch p := payload.(type) {
			case bridge.CredentialRequest:
				answer(p)
			case bridge.CredentialRejected:
				rejected <- p
			default:
				if event != bridge.EventWatching {
					t.Errorf("event %s", event)
				}
				close(watching)
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("watching ended with %v", err)
		}
	}()
	<-watching
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return rejected, stop
}

func TestAQuestionIsAnswered(t *testing.T) {
	t.Parallel()
	b := credential.New()
	rejected, stop := watch(t, b, func(r bridge.CredentialRequest) {
		if r.Protocol != place.Protocol || r.Host != place.Host || r.Path != place.Path || r.Username != place.Username {
			t.Errorf("%+v", r)
		}
		if err := b.Answer(t.Context(), bridge.AnswerCredential{Request: r.Request, Username: "x", Password: "token"}); err != nil {
			t.Error(err)
		}
		if err := b.Answer(t.Context(), bridge.AnswerCredential{Request: r.Request, Username: "x", Password: "other"}); codeOf(err) != bridge.CodeNotFound {
			t.Errorf("a second answer: %v", err)
		}
	})
	// Another one that watches and says nothing does no harm.
	watch(t, b, func(bridge.CredentialRequest) {})
	for range 3 {
		user, password, err := b.Get(t.Context(), place)
		if err != nil || user != "x" || password != "token" {
			t.Errorf("%s %s %v", user, password, err)
		}
	}
	d := place
	d.Password = "old"
	b.Reject(d)
	if r := <-rejected; r.PasswordSHA256 != fmt.Sprintf("%x", sha256.Sum256([]byte("old"))) || r.Host != "github.com" || r.Username != "ada" {
		t.Errorf("%+v", r)
	}
	stop()
}

func TestManyAskAtOnce(t *testing.T) {
	t.Parallel()
	b := credential.New()
	watch(t, b, func(r bridge.CredentialRequest) {
		_ = b.Answer(t.Context(), bridge.AnswerCredential{Request: r.Request, Username: "x", Password: "for " + r.Path})
	})
	var all sync.WaitGroup
	for i := range 24 {
		all.Go(func() {
			d := place
			d.Path = fmt.Sprint(i)
			if _, password, err := b.Get(t.Context(), d); err != nil || password != "for "+d.Path {
				t.Errorf("%d got %q, %v", i, password, err)
			}
		})
	}
	all.Wait()
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := credential.New()
		began := time.Now()
		if _, _, err := b.Get(t.Context(), place); codeOf(err) != bridge.CodeNoCredential || !strings.Contains(err.Error(), "not connected") {
			t.Errorf("nobody watches: %v", err)
		}
		if time.Since(began) != 0 {
			t.Errorf("it waited %s for nobody", time.Since(began))
		}
		open := make(chan string, 64)
		_, stop := watch(t, b, func(r bridge.CredentialRequest) { open <- r.Request })
		if _, _, err := b.Get(t.Context(), place); codeOf(err) != bridge.CodeNoCredential || time.Since(began) != bridge.CredentialTimeout {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		if err := b.Answer(t.Context(), bridge.AnswerCredential{Request: <-open, Username: "x", Password: "late"}); codeOf(err) != bridge.CodeNotFound {
			t.Errorf("too late: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := b.Get(ctx, place); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		// The questions under way are bounded.
		var all sync.WaitGroup
		for range 32 {
			all.Go(func() { _, _, _ = b.Get(t.Context(), place) })
		}
		synctest.Wait()
		if _, _, err := b.Get(t.Context(), place); codeOf(err) != bridge.CodeBusy {
			t.Errorf("one too many: %v", err)
		}
		all.Wait()
		stop()
		if _, _, err := b.Get(t.Context(), place); !strings.Contains(fmt.Sprint(err), "not connected") {
			t.Errorf("the watcher is gone: %v", err)
		}
	})
}

func TestARefusalIsToldInOneLine(t *testing.T) {
	t.Parallel()
	b := credential.New()
	watch(t, b, func(r bridge.CredentialRequest) {
		_ = b.Answer(t.Context(), bridge.AnswerCredential{Request: r.Request, Refused: "not\nyours\x1b[31m" + strings.Repeat("ü", 1000)})
	})
	_, _, err := b.Get(t.Context(), place)
	if codeOf(err) != bridge.CodeNoCredential || !strings.Contains(err.Error(), "not yours [31m") || len(err.Error()) > 600 {
		t.Errorf("%v", err)
	}
}

func TestAnswersThatGitWouldMisread(t *testing.T) {
	t.Parallel()
	b := credential.New()
	for name, a := range map[string]bridge.AnswerCredential{
		"nothing":            {},
		"no password":        {Username: "x"},
		"no name":            {Password: "x"},
		"both":               {Username: "x", Password: "x", Refused: "no"},
		"a line feed":        {Username: "x", Password: "x\nhost=evil"},
		"a carriage return":  {Username: "x\rhost=evil", Password: "x"},
		"a NUL":              {Username: "x", Password: "x\x00"},
		"a very long secret": {Username: "x", Password: strings.Repeat("x", 9<<10)},
	} {
		if err := b.Answer(t.Context(), a); codeOf(err) != bridge.CodeBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWatchersAreBounded(t *testing.T) {
	t.Parallel()
	b := credential.New()
	for range 16 {
		watch(t, b, func(bridge.CredentialRequest) {})
	}
	err := b.Watch(t.Context(), struct{}{}, func(string, any) error { return nil })
	if codeOf(err) != bridge.CodeBusy {
		t.Errorf("one too many: %v", err)
	}
}

func TestAnswersArePrintedWithoutTheirPassword(t *testing.T) {
	t.Parallel()
	a := bridge.AnswerCredential{Request: "r", Username: "u", Password: "geheim"}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "answer", a)
	for _, text := range []string{fmt.Sprint(a), fmt.Sprintf("%+v %#v", a, a), log.String()} {
		if strings.Contains(text, "geheim") || !strings.Contains(text, "answer to r") {
			t.Error(text)
		}
	}
}

func codeOf(err error) string {
	if refused, ok := errors.AsType[*bridge.Error](err); ok {
		return refused.Code
	}
	return ""
}
