package githubtest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

func (s *Server) branches(c *call, p *repo) {
	out, err := s.git(p, nil, "for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads")
	if err != nil {
		c.refuse(http.StatusInternalServerError, err.Error())
		return
	}
	all := []map[string]any{}
	for l := range strings.Lines(out) {
		sha, name, _ := strings.Cut(strings.TrimSuffix(l, "\n"), " ")
		all = append(all, map[string]any{
			"name": name, "protected": false,
			"commit": map[string]any{"sha": sha, "url": fmt.Sprintf("%s/repos/%s/commits/%s", apiBase(c.r), s.nameOf(p), sha)},
		})
	}
	c.answer(cut(c, all, len(all)))
}

// entry is a line of git ls-tree.
type entry struct {
	mode, kind, sha, path string
	size                  int
}

// tree lists what ls-tree is asked for.
func (s *Server) tree(p *repo, args ...string) ([]entry, error) {
	out, err := s.git(p, nil, append([]string{"ls-tree", "-l", "-z", "--full-tree"}, args...)...)
	if err != nil {
		return nil, err
	}
	var all []entry
	for l := range strings.SplitSeq(strings.TrimSuffix(out, "\x00"), "\x00") {
		meta, path, ok := strings.Cut(l, "\t")
		f := strings.Fields(meta)
		if !ok || len(f) != 4 {
			continue
		}
		size, _ := strconv.Atoi(f[3]) // "-" for folders
		all = append(all, entry{f[0], f[1], f[2], path, size})
	}
	return all, nil
}

// largest is up to where contents has a file's bytes.
const largest = 1 << 20

func (s *Server) contents(c *call, p *repo) {
	path := strings.Trim(c.r.PathValue("path"), "/")
	ref := c.r.URL.Query().Get("ref")
	if ref == "" {
		s.mu.Lock()
		ref = p.DefaultBranch
		s.mu.Unlock()
	}
	if out, err := s.git(p, nil, "for-each-ref", "--count=1"); err != nil || out == "" {
		c.refuse(http.StatusNotFound, "This repository is empty.")
		return
	}
	out, err := s.git(p, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if err != nil {
		c.refuse(http.StatusNotFound, "No commit found for the ref "+ref)
		return
	}
	sha := strings.TrimSpace(out)
	if path != "" {
		found, err := s.tree(p, sha, "--", path)
		if err != nil || len(found) != 1 {
			c.refuse(http.StatusNotFound, "Not Found")
			return
		}
		if e := found[0]; e.kind != "tree" {
			v := c.entryJSON(p, e, ref, path)
			if e.kind == "blob" && e.size > largest {
				v["encoding"], v["content"] = "none", ""
			} else if e.kind == "blob" {
				blob, err := s.git(p, nil, "cat-file", "blob", e.sha)
				if err != nil {
					c.refuse(http.StatusInternalServerError, err.Error())
					return
				}
				v["encoding"], v["content"] = "base64", wrapped(blob)
			}
			c.answer(v)
			return
		}
	}
	entries, err := s.tree(p, sha+":"+path)
	if err != nil {
		c.refuse(http.StatusNotFound, "Not Found")
		return
	}
	list := []map[string]any{}
	for _, e := range entries {
		list = append(list, c.entryJSON(p, e, ref, strings.TrimPrefix(path+"/"+e.path, "/")))
	}
	c.answer(list)
}

func (c *call) entryJSON(p *repo, e entry, ref, path string) map[string]any {
	kind := map[string]string{"tree": "dir", "commit": "submodule"}[e.kind]
	if kind == "" {
		kind = "file"
	}
	if e.mode == "120000" {
		kind = "symlink"
	}
	name := path[strings.LastIndex(path, "/")+1:]
	address := fmt.Sprintf("%s/repos/%s/contents/%s?ref=%s", apiBase(c.r), c.s.nameOf(p), (&url.URL{Path: path}).EscapedPath(), url.QueryEscape(ref))
	return map[string]any{"name": name, "path": path, "sha": e.sha, "size": e.size, "type": kind, "url": address}
}

// wrapped is base64 in lines of 60, as GitHub sends it.
func wrapped(s string) string {
	all := base64.StdEncoding.EncodeToString([]byte(s))
	var b strings.Builder
	for len(all) > 0 {
		n := min(60, len(all))
		b.WriteString(all[:n] + "\n")
		all = all[n:]
	}
	return b.String()
}
