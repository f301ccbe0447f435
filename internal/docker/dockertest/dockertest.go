// Package dockertest gives tests a tiny workspace image and an installation of their own
// on the real engine, and cleans up after them.
package dockertest

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/docker"
)

const host = "unix:///var/run/docker.sock"

// Engine returns the real engine with an installation of the test's own. What is left of
// that at the end is removed.
func Engine(t *testing.T) *docker.Runtime {
	t.Helper()
	id := make([]byte, 6)
	rand.Read(id)
	installation := "test-" + hex.EncodeToString(id)
	r, err := docker.New(docker.Options{Host: host, Installation: installation})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Ping(t.Context()); err != nil {
		t.Fatalf("this test needs Docker: %v", err)
	}
	t.Cleanup(func() {
		defer r.Close()
		sweep(t, "container", "ls", "--all", installation, "rm", "--force")
		sweep(t, "volume", "ls", "", installation, "rm", "--force")
	})
	return r
}

func sweep(t *testing.T, kind, list, all, installation string, remove ...string) {
	args := []string{kind, list, "--quiet", "--filter", "label=kalpana.installation=" + installation}
	if all != "" {
		args = append(args, all)
	}
	out, err := exec.Command("docker", args...).Output()
	if err != nil {
		t.Errorf("list %ss of the test: %v", kind, err)
	}
	if ids := strings.Fields(string(out)); len(ids) > 0 {
		if out, err := exec.Command("docker", append(append([]string{kind}, remove...), ids...)...).CombinedOutput(); err != nil {
			t.Errorf("remove %ss of the test: %v: %s", kind, err, out)
		}
	}
}

// Volumes returns the names of the volumes of a workspace.
func Volumes(t *testing.T, workspaceID string) []string {
	t.Helper()
	out, err := exec.Command("docker", "volume", "ls", "--quiet", "--filter", "label=kalpana.workspace="+workspaceID).Output()
	if err != nil {
		t.Fatalf("list volumes of %s: %v", workspaceID, err)
	}
	return strings.Fields(string(out))
}

var tiny = sync.OnceValues(buildTiny)

// Image returns the reference of the tiny image, which is made if the engine has none.
func Image(t *testing.T) string {
	t.Helper()
	ref, err := tiny()
	if err != nil {
		t.Fatalf("make the tiny image: %v", err)
	}
	return ref
}

func buildTiny() (string, error) {
	dir, err := os.MkdirTemp("", "tiny")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "tiny")
	build := exec.Command("go", "build", "-trimpath", "-o", program, "github.com/kalpana-dev/kalpana/internal/docker/dockertest/tiny")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	data, err := os.ReadFile(program)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	ref := "kalpana/tiny:" + hex.EncodeToString(sum[:6])
	if exec.Command("docker", "image", "inspect", ref).Run() == nil {
		return ref, nil
	}
	var image bytes.Buffer
	w := tar.NewWriter(&image)
	for _, d := range []string{"tmp", "run", "etc", "proc", "sys", "dev", "home", "home/coder", "workspace"} {
		w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: d + "/", Mode: 0o755, Uid: 1000, Gid: 1000})
	}
	w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "tiny", Mode: 0o755, Size: int64(len(data))})
	w.Write(data)
	if err := w.Close(); err != nil {
		return "", err
	}
	load := exec.Command("docker", "import", "--change", `ENTRYPOINT ["/tiny"]`, "--change", "USER 1000:1000", "-", ref)
	load.Stdin = &image
	if out, err := load.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return ref, nil
}

// Prober asks the tiny image's bridge over HTTP whether it is ready.
type Prober struct{}

// Ready implements the Prober of package workspace.
func (Prober) Ready(ctx context.Context, agentPort int, key string) error {
	res, err := Ask(ctx, http.MethodGet, agentPort, "/readyz", key, "")
	if err != nil {
		return err
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("bridge answers %s", res.Status)
	}
	return nil
}

// Ask sends one request to a port of a container. The caller closes the body.
func Ask(ctx context.Context, method string, port int, path, key, body string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, fmt.Sprintf("http://127.0.0.1:%d%s", port, path), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-Kalpana-Key", key)
	r.Close = true // a connection must not outlive the container
	return (&http.Client{Timeout: 5 * time.Second}).Do(r)
}
