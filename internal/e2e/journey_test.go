package e2e

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// browser starts Chromium as a user would, apart from having no window, with a profile
// that trusts the installation's certificate authority. It returns the CDP address.
func (k *kalpana) browser() string {
	k.t.Helper()
	home, err := os.MkdirTemp("", "kb")
	if err != nil {
		k.t.Fatal(err)
	}
	nss := filepath.Join(home, ".pki", "nssdb")
	if err := os.MkdirAll(nss, 0o700); err != nil {
		k.t.Fatal(err)
	}
	for _, args := range [][]string{
		{"-N", "-d", "sql:" + nss, "--empty-password"},
		{"-A", "-d", "sql:" + nss, "-n", "kalpana", "-t", "C,,", "-i", k.rootCA()},
	} {
		if out, err := exec.Command("certutil", args...).CombinedOutput(); err != nil {
			k.t.Fatalf("certutil %v: %v: %s", args, err, out)
		}
	}
	port := freePort(k.t)
	c := exec.Command("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1280,800",
		"--user-data-dir="+filepath.Join(home, "profile"), fmt.Sprintf("--remote-debugging-port=%d", port), "about:blank")
	c.Env = append(os.Environ(), "HOME="+home)
	if err := c.Start(); err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
		os.RemoveAll(home)
	})
	address := fmt.Sprintf("http://127.0.0.1:%d", port)
	eventually(k.t, 30*time.Second, "Chromium answers", func() bool {
		resp, err := http.Get(address + "/json/version")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == 200
	})
	return address
}

// shots is where screenshots go: kept when KALPANA_SCREENSHOTS names a folder.
func shots(t testing.TB) string {
	if dir := os.Getenv("KALPANA_SCREENSHOTS"); dir != "" {
		return dir
	}
	return t.TempDir()
}

func TestANewcomerGetsFromTheLinkToAFileThatStays(t *testing.T) {
	k := install(t)
	k.start()
	var id string
	k.browse("journey.mjs", 8*time.Minute, func(line stepLine) {
		if line.ID != "" {
			id = line.ID
		}
		if line.Step == "terminal typed" {
			running := container(t, id)
			if got := docker(t, "exec", running, "cat", "/workspace/notes.md"); !strings.Contains(got, "Saved in the editor.") {
				t.Errorf("the file saved in the editor reads %q on the volume", got)
			}
			eventually(t, 30*time.Second, "the terminal's command has run", func() bool {
				got, _ := exec.Command("docker", "exec", running, "cat", "/workspace/answer.txt").Output()
				return string(got) == "42\n1000\n"
			})
		}
	})
	if got := docker(t, "exec", container(t, id), "cat", "/workspace/answer.txt"); !strings.HasPrefix(got, "42") {
		t.Errorf("after stop and start the terminal's file reads %q", got)
	}
}
