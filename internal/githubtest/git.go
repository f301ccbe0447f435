package githubtest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"net/url"
	"os"
	"strings"
)

// maxPack is the largest body of a push.
const maxPack = 256 << 20

// serveGit speaks git's smart protocol for those who may.
func (s *Server) serveGit(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("owner") + "/" + strings.TrimSuffix(r.PathValue("repo"), ".git")
	service := r.URL.Query().Get("service")
	if r.Method == http.MethodPost {
		service = r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	}
	if service != "git-upload-pack" && service != "git-receive-pack" {
		// The dumb protocol.
		gitRefuse(w, http.StatusForbidden, "Please upgrade your git client.")
		return
	}
	var t *token
	if r.Header.Get("Authorization") != "" {
		if t = s.find(credential(r)); t == nil {
			challenge(w, "Invalid username or token. Password authentication is not supported for Git operations.")
			return
		}
	}
	p := s.named(name)
	if p == nil && r.Method == http.MethodGet {
		s.mu.Lock()
		id := s.renamed[strings.ToLower(name)]
		s.mu.Unlock()
		if p = s.lookup(func(p *repo) bool { return p.id == id }); p != nil && s.rights(p, t).read {
			http.Redirect(w, r, base(r)+"/"+s.nameOf(p)+".git/info/refs?"+r.URL.RawQuery, http.StatusMovedPermanently)
			return
		}
		p = nil
	}
	may := right{}
	if p != nil {
		may = s.rights(p, t)
	}
	writes := service == "git-receive-pack"
	switch {
	case !may.read && t == nil, writes && t == nil:
		challenge(w, "Authentication required.")
	case !may.read:
		gitRefuse(w, http.StatusNotFound, "Repository not found.")
	case writes && (!may.push || !t.has("public_repo")):
		gitRefuse(w, http.StatusForbidden, fmt.Sprintf("Permission to %s.git denied to %s.", s.nameOf(p), t.login))
	case writes && p.Archived:
		gitRefuse(w, http.StatusForbidden, "This repository was archived so it is read-only.")
	default:
		s.runBackend(w, r, p, t, service)
	}
}

func challenge(w http.ResponseWriter, text string) {
	w.Header().Set("WWW-Authenticate", `Basic realm="GitHub"`)
	gitRefuse(w, http.StatusUnauthorized, text)
}

// gitRefuse sends what git shows as "remote: …".
func gitRefuse(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, text+"\n")
}

func (s *Server) runBackend(w http.ResponseWriter, r *http.Request, p *repo, t *token, service string) {
	if err := s.make(p); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	in := r.Clone(r.Context())
	in.URL = &url.URL{Path: "/" + p.folder() + "/" + service, RawQuery: r.URL.RawQuery}
	if r.Method == http.MethodGet {
		in.URL.Path = "/" + p.folder() + "/info/refs"
	}
	in.Header.Del("Authorization")
	if r.Method == http.MethodPost && r.ContentLength < 0 {
		// CGI needs the length, and git sends large packs in chunks.
		f, err := os.CreateTemp(s.o.Dir, "body-*")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer os.Remove(f.Name())
		defer f.Close()
		n, err := io.Copy(f, http.MaxBytesReader(w, r.Body, maxPack))
		if err == nil {
			_, err = f.Seek(0, io.SeekStart)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		in.Body, in.ContentLength, in.TransferEncoding = f, n, nil
	}
	env := append(s.gitEnv(), "GIT_PROJECT_ROOT="+s.o.Dir, "GIT_HTTP_EXPORT_ALL=1")
	if t != nil {
		env = append(env, "REMOTE_USER="+t.login) // without it receive-pack is off
	}
	before := map[string]string{}
	pushes := service == "git-receive-pack" && r.Method == http.MethodPost
	if pushes {
		before = s.refs(p)
	}
	h := cgi.Handler{Path: s.backend, Dir: s.o.Dir, Env: env, Stderr: io.Discard}
	h.ServeHTTP(w, in)
	if pushes {
		s.pushed(r, p, t.login, before)
	}
}

// refs are the branches and tags with their objects.
func (s *Server) refs(p *repo) map[string]string {
	refs := map[string]string{}
	out, _ := s.git(p, nil, "for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags")
	for l := range strings.Lines(out) {
		sha, ref, _ := strings.Cut(strings.TrimSuffix(l, "\n"), " ")
		refs[ref] = sha
	}
	return refs
}
