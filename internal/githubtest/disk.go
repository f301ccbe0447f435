package githubtest

import (
	"bytes"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// gitEnv keeps the settings of the machine and of its user out.
func (s *Server) gitEnv() []string {
	return []string{
		"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + s.o.Dir, "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_CONFIG_COUNT=3", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
		"GIT_CONFIG_KEY_1=uploadpack.allowFilter", "GIT_CONFIG_VALUE_1=true", "GIT_CONFIG_KEY_2=http.getanyfile", "GIT_CONFIG_VALUE_2=false",
	}
}

func (p *repo) folder() string { return strconv.FormatInt(p.id, 10) + ".git" }

// git runs git in the repository, which is made first if it must be.
func (s *Server) git(p *repo, input []byte, args ...string) (string, error) {
	if err := s.make(p); err != nil {
		return "", err
	}
	return s.run(p, input, args...)
}

func (s *Server) run(p *repo, input []byte, args ...string) (string, error) {
	cmd := exec.Command("git", append([]string{"--git-dir", filepath.Join(s.o.Dir, p.folder())}, args...)...)
	cmd.Env, cmd.Dir, cmd.Stdin = s.gitEnv(), s.o.Dir, bytes.NewReader(input)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("git %s in %s: %w: %s", args[0], p.folder(), err, strings.TrimSpace(errs.String()))
	}
	return out.String(), nil
}

// make puts the repository on disk, once.
func (s *Server) make(p *repo) error {
	p.made.Do(func() {
		if _, p.madeErr = s.run(p, nil, "init", "--quiet", "--bare", "--initial-branch", p.DefaultBranch, filepath.Join(s.o.Dir, p.folder())); p.madeErr != nil || len(p.Files) == 0 {
			return
		}
		var stream bytes.Buffer
		commit(&stream, p.DefaultBranch, "", "First commit", p.Files)
		for _, b := range slices.Sorted(maps.Keys(p.Branches)) {
			commit(&stream, b, "refs/heads/"+p.DefaultBranch, "Begin "+b, p.Branches[b])
		}
		_, p.madeErr = s.run(p, stream.Bytes(), "fast-import", "--quiet")
	})
	return p.madeErr
}

// commit writes one in the format of git fast-import.
func commit(w *bytes.Buffer, branch, from, text string, files map[string]string) {
	fmt.Fprintf(w, "commit refs/heads/%s\ncommitter Fixture <fixture@example.org> 1700000000 +0000\ndata %d\n%s\n", branch, len(text), text)
	if from != "" {
		fmt.Fprintf(w, "from %s\n", from)
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(path) + `"`
		fmt.Fprintf(w, "M 100644 inline %s\ndata %d\n%s\n", quoted, len(files[path]), files[path])
	}
}

// Commit adds a commit to a branch that is there, and returns its hash.
func (s *Server) Commit(name, branch, text string, files map[string]string) (string, error) {
	p := s.must(name)
	var stream bytes.Buffer
	commit(&stream, branch, "refs/heads/"+branch+"^0", text, files)
	if _, err := s.git(p, stream.Bytes(), "fast-import", "--quiet"); err != nil {
		return "", err
	}
	s.touch(p)
	return s.Head(name, branch)
}

func (s *Server) touch(p *repo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.PushedAt = s.o.Now()
}

// Head is the commit of a branch.
func (s *Server) Head(name, branch string) (string, error) {
	out, err := s.git(s.must(name), nil, "rev-parse", "--verify", "refs/heads/"+branch)
	return strings.TrimSpace(out), err
}

// ReadFile is what the server has of a file on a branch.
func (s *Server) ReadFile(name, branch, path string) (string, error) {
	return s.git(s.must(name), nil, "cat-file", "blob", "refs/heads/"+branch+":"+path)
}

// GitDir is the bare repository on disk, for what else a test wants to do with git.
func (s *Server) GitDir(name string) (string, error) {
	p := s.must(name)
	return filepath.Join(s.o.Dir, p.folder()), s.make(p)
}
