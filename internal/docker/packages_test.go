package docker

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// restarted is the runtime of a gateway that was started anew.
func restarted(t *testing.T, r *Runtime) *Runtime {
	t.Helper()
	again, err := New(Options{Host: "unix:///var/run/docker.sock", Installation: r.installation})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { again.Close() })
	return again
}

// removeImage removes what a test built, at its end.
func removeImage(t *testing.T, name string) {
	t.Cleanup(func() {
		if out, err := exec.Command("docker", "image", "rm", name).CombinedOutput(); err != nil && !strings.Contains(strings.ToLower(string(out)), "no such image") {
			t.Errorf("remove image %s: %v: %s", name, err, out)
		}
	})
}

// baseOfOurOwn is the workspace image under an ID that no other test has seen.
func baseOfOurOwn(t *testing.T) string {
	t.Helper()
	name := "kalpana/test-base:" + random()
	build := exec.Command("docker", "build", "--quiet", "--tag", name, "-")
	build.Env = append(os.Environ(), "DOCKER_BUILDKIT=0")
	build.Stdin = strings.NewReader("FROM " + image + "\nLABEL test=" + name + "\n")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	removeImage(t, name)
	return name
}

// inside runs a script in an image as workspaces would.
func inside(t *testing.T, image, script string) string {
	t.Helper()
	out, err := exec.Command("docker", "run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
		"--entrypoint", "bash", image, "-c", script).CombinedOutput()
	if err != nil {
		t.Fatalf("in %s: %s: %v: %s", image, script, err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestPackagesAreInTheImageForEverybody(t *testing.T) {
	r, image := engine(t), baseOfOurOwn(t)
	packages := []string{"sudo", "hello", "hello", "fping"}
	var mu sync.Mutex
	var said []string
	say := func(line string) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, line)
	}
	// Three want the same at a time: one build, all are told.
	var wait sync.WaitGroup
	var images [3]string
	begin := time.Now()
	for i := range images {
		wait.Go(func() {
			var err error
			if images[i], err = r.PackagesImage(t.Context(), image, packages, say); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	cold := time.Since(begin)
	if t.Failed() {
		t.Fatal(strings.Join(said, "\n"))
	}
	removeImage(t, images[0])
	if images[0] != images[1] || images[1] != images[2] || !strings.HasPrefix(images[0], "kalpana/workspace-packages:") {
		t.Errorf("images: %q", images)
	}
	text := strings.Join(said, "\n")
	if !strings.Contains(text, "Setting up hello (") || !strings.Contains(text, "Fetching hello ") || strings.ContainsAny(text, "\x1b\r") || strings.Contains(text, "http") {
		t.Errorf("told:\n%s", text)
	}
	if n := strings.Count(text, "Building an image with fping, hello, sudo"); n < 1 || n > 3 {
		t.Errorf("told %d times of a build:\n%s", n, text)
	}
	got := inside(t, images[0], `hello; id -u; test -x /usr/bin/fping && echo fping
		find / -xdev -type f -perm /6000 2>/dev/null; getcap -r / 2>/dev/null
		find /var/lib/apt/lists /var/cache/apt /usr/share/doc -type f -size +0 2>/dev/null; ls /usr/sbin/policy-rc.d 2>/dev/null; echo end`)
	if want := "Hello, world!\n1000\nfping\nend"; got != want {
		t.Errorf("inside:\n%s\nwant\n%s", got, want)
	}
	config := func(name string) string {
		out, err := exec.Command("docker", "image", "inspect", "--format", "{{json .Config.Entrypoint}} {{json .Config.Cmd}} {{.Config.User}} {{.Config.WorkingDir}} {{json .Config.Env}} {{json .Config.ExposedPorts}} {{json .Config.Volumes}}", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	if a, b := config(image), config(images[0]); a != b {
		t.Errorf("configuration was\n%sand is\n%s", a, b)
	}

	// Once it is there, nothing is built.
	begin = time.Now()
	again, err := r.PackagesImage(t.Context(), image, []string{"hello", "fping", "sudo"}, func(line string) { t.Errorf("told: %s", line) })
	warm := time.Since(begin)
	if err != nil || again != images[0] {
		t.Errorf("again: %s %v", again, err)
	}
	t.Logf("image with 3 packages: %.1f s; when it is there: %.1f ms", cold.Seconds(), float64(warm.Microseconds())/1000)

	// A workspace runs on it, and neither it nor the image is taken for something left over.
	s := spec(t)
	s.Image = images[0]
	id, err := start(t, r, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := restarted(t, r).RemoveLeftovers(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("docker", "exec", id, "hello").Output(); err != nil || string(out) != "Hello, world!\n" {
		t.Errorf("in the workspace: %s %v", out, err)
	}
	if n, err := r.PrunePackages(t.Context(), func(string) bool { return false }); n != 0 || err != nil {
		t.Errorf("%d images removed that are new and whose base is there (%v)", n, err)
	}
	if err := r.Remove(t.Context(), s.WorkspaceID, 0); err != nil {
		t.Error(err)
	}
	if err := r.RemoveVolumes(t.Context(), s.WorkspaceID); err != nil {
		t.Error(err)
	}
}

func TestImagesThatNobodyUsesGo(t *testing.T) {
	t.Parallel()
	r := engine(t)
	base := baseOfOurOwn(t)
	made, err := r.PackagesImage(t.Context(), base, []string{"hello"}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	removeImage(t, made)
	for _, c := range []struct {
		what    string
		before  func()
		keep    bool
		removed int
	}{
		{"new, and its base is there", func() {}, false, 0},
		{"base has no name, but wanted", func() { exec.Command("docker", "image", "rm", base).Run() }, true, 0},
		{"base has no name", func() {}, false, 1},
	} {
		c.before()
		n, err := r.PrunePackages(t.Context(), func(name string) bool { return c.keep && name == made })
		there, _ := r.ImageExists(t.Context(), made)
		if err != nil || n != c.removed || there != (c.removed == 0) {
			t.Errorf("%s: %d removed, there %v, %v", c.what, n, there, err)
		}
	}
}

func TestPackagesThatCannotBeHad(t *testing.T) {
	r := engine(t)
	quiet := func(string) {}
	for _, name := range []string{"", "a", "-y", "Hello", "hello=1", "hello/sid", "hello-", "hel lo", "hello;id", "../x", "hello^", "*", "h?llo", strings.Repeat("a", 101), "--option", "$(id)", "hello:amd64", "a\nb"} {
		_, err := r.PackagesImage(t.Context(), image, []string{"hello", name}, quiet)
		if invalid, ok := errors.AsType[*InvalidPackageError](err); !ok || invalid.Name != name {
			t.Errorf("%q: %v", name, err)
		}
	}
	var many []string
	for range 101 {
		many = append(many, "a"+random())
	}
	if _, err := r.PackagesImage(t.Context(), image, many, quiet); err == nil {
		t.Error("101 packages accepted")
	}
	if got, err := r.PackagesImage(t.Context(), image, nil, quiet); err != nil || got != image {
		t.Errorf("no packages: %s %v", got, err)
	}
	if _, err := r.PackagesImage(t.Context(), "kalpana/nosuchimage:none", []string{"hello"}, quiet); !errors.Is(err, workspace.ErrImageMissing) {
		t.Errorf("missing base: %v", err)
	}
	_, err := r.PackagesImage(t.Context(), image, []string{"hello", "kalpana-no-such", "h.llo", "awk"}, quiet)
	unknown, ok := errors.AsType[*UnknownPackagesError](err)
	if !ok || strings.Join(unknown.Names, " ") != "awk h.llo kalpana-no-such" {
		t.Errorf("unknown packages: %v", err)
	}
	t.Setenv("http_proxy", "http://127.0.0.1:9") // nobody listens
	t.Setenv("https_proxy", "http://127.0.0.1:9")
	// One that no other test has an image of, for that would do.
	if _, err := r.PackagesImage(t.Context(), image, []string{"ed"}, quiet); !errors.Is(err, ErrPackagesUnreachable) {
		t.Errorf("without a network: %v", err)
	}
	noneLeft(t, r)
}

// noneLeft checks that no throw-away container of the test's installation is there.
func noneLeft(t *testing.T, r *Runtime) {
	t.Helper()
	out, err := exec.Command("docker", "ps", "--all", "--quiet", "--filter", "label=kalpana.installation="+r.installation).Output()
	if err != nil || len(out) > 0 {
		t.Errorf("containers left: %s %v", out, err)
	}
}

func TestABuildEndsWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	r := engine(t)
	first, cancelFirst := context.WithCancel(t.Context())
	second, cancelSecond := context.WithCancel(t.Context())
	defer cancelSecond()
	var lines atomic.Int32
	begun := make(chan struct{})
	errs := make(chan error, 2)
	go func() {
		_, err := r.PackagesImage(first, image, []string{"hello", "cowsay"}, func(string) {
			if lines.Add(1) == 1 {
				close(begun)
			}
		})
		errs <- err
	}()
	<-begun
	more := make(chan struct{}, 1000)
	go func() {
		_, err := r.PackagesImage(second, image, []string{"cowsay", "hello"}, func(string) { more <- struct{}{} })
		errs <- err
	}()
	<-more // it has joined the first one's build
	cancelFirst()
	if err := <-errs; !errors.Is(err, context.Canceled) {
		t.Errorf("first: %v", err)
	}
	select {
	case <-more: // goes on for the second
	case err := <-errs:
		t.Fatalf("the second's build ended with the first: %v", err)
	case <-time.After(30 * time.Second):
		t.Fatal("the second is told nothing more")
	}
	cancelSecond()
	<-errs
	for deadline := time.Now().Add(20 * time.Second); ; {
		out, err := exec.Command("docker", "ps", "--all", "--quiet", "--filter", "label=kalpana.installation="+r.installation).Output()
		if err != nil {
			t.Fatal(err)
		}
		if len(out) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("still building: %s", out)
		}
	}
}

func TestLinesForPeople(t *testing.T) {
	var got []string
	l := &lines{each: func(s string) { got = append(got, s) }}
	for _, part := range []string{"\x1b[31mred\x1b[0m te", "xt\n10%\r20%\r\n\n", "a\x00b\u202ec\tk\n", strings.Repeat("x", 10000), "\nla", "st\xff"} {
		l.Write([]byte(part))
	}
	l.flush()
	want := []string{"red text", "10%", "20%", "abc k", strings.Repeat("x", maxLine), "last"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%q", got)
	}
}

func TestWhatAptSays(t *testing.T) {
	for said, want := range map[string]error{
		"E: You don't have enough free space in /var/cache/apt/archives/.":                          workspace.ErrDiskFull,
		"dpkg: error processing archive x.deb: write: No space left on device":                      workspace.ErrDiskFull,
		"E: Failed to fetch http://x/y  Temporary failure resolving 'deb'":                          ErrPackagesUnreachable,
		"E: Some index files failed to download. They have been ignored, or old ones used instead.": ErrPackagesUnreachable,
	} {
		if err := packagesFailure(outcome{code: 100}, []string{"x"}, []string{"Reading", said}); !errors.Is(err, want) {
			t.Errorf("%s: %v", said, err)
		}
	}
	if err := packagesFailure(outcome{code: codeTooLarge}, []string{"x"}, nil); !errors.Is(err, ErrPackagesTooLarge) {
		t.Error(err)
	}
	if err, ok := errors.AsType[*PackagesError](packagesFailure(outcome{code: 100}, []string{"x"}, []string{"E: Unmet dependencies.", "bye"})); !ok || err.Reason != "E: Unmet dependencies." {
		t.Error(err)
	}
	settings := proxySettings(func(name string) (string, bool) {
		v, ok := map[string]string{"http_proxy": "http://u:p'w@h", "HTTPS_PROXY": "http://s", "no_proxy": "a\nb"}[name]
		return v, ok
	})
	if want := "export http_proxy='http://u:p'\\''w@h'\nexport https_proxy='http://s'\n"; settings != want {
		t.Errorf("%q", settings)
	}
}
