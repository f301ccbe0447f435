package api

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWhoMayReview(t *testing.T) {
	st := newLookStand(t)
	st.sh("echo text >a.txt")
	for _, path := range []string{"/review", "/review/file?path=a.txt", "/review/files?path="} {
		for right, want := range map[string]int{"none": 404, "view": 200, "use": 200, "edit": 200, "owner": 200} {
			if status, p := st.do(right, "GET", lookID+path, nil); status != want {
				t.Errorf("%s, %s: %d %+v", path, right, status, p)
			}
		}
	}
	var r Review
	if status, _ := st.do("view", "GET", restID+"/review", &r); status != 200 || r.Running || r.Folder != "proj" || r.Changes == nil || r.OpenFiles == nil {
		t.Errorf("one that does not run: %d %+v", status, r)
	}
	for _, path := range []string{"/review/file?path=a.txt", "/review/files", "/review/diff?path=a.txt"} {
		if status, p := st.do("view", "GET", restID+path, nil); status != 409 || p.Code != "not_running" {
			t.Errorf("%s of one that does not run: %d %+v", path, status, p)
		}
	}
}

// reviewRepository has one change of each kind, in a folder of the workspace.
const reviewRepository = `mkdir proj && cd proj && git init -qb main .
seq 30 >changed.txt; seq 3 >gone.txt; seq 100 >old.txt; printf 'a\0b' >bin
git add -A && git commit -qm first
sed -i 's/^7$/seven/; s/^9$//' changed.txt; rm gone.txt; git mv old.txt moved.txt; echo added >staged.txt; git add staged.txt; printf 'a\0c' >bin
mkdir new && printf 'one\ntwo' >new/untracked.txt`

func TestAGlanceAtAWorkspace(t *testing.T) {
	st := newLookStand(t)
	var r Review
	if st.do("view", "GET", lookID+"/review", &r); !r.Running || len(r.Changes) != 0 || r.Branch != "" {
		t.Errorf("without a repository: %+v", r)
	}
	st = newLookStand(t)
	st.sh(reviewRepository)
	st.showInEditor("proj/changed.txt", 7)
	if status, p := st.do("view", "GET", lookID+"/review", &r); status != 200 {
		t.Fatal(status, p)
	}
	want := []ReviewChange{
		{"proj/bin", "modified", 0, 0}, {"proj/changed.txt", "modified", 2, 2}, {"proj/gone.txt", "deleted", 0, 3}, {"proj/moved.txt", "renamed", 0, 0},
		{"proj/new/untracked.txt", "untracked", 0, 0}, {"proj/staged.txt", "added", 1, 0},
	}
	if diff := cmp.Diff(want, r.Changes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]ReviewOpen{{"proj/changed.txt", true, 7}, {"proj/gone.txt", false, 0}}, r.OpenFiles); diff != "" {
		t.Error(diff)
	}
	if !r.Running || r.Folder != "proj" || r.Branch != "main" || r.Truncated || r.UpdatedAt.IsZero() {
		t.Errorf("%+v", r)
	}
	// Everybody who asks shares the glance, for a moment.
	before, began := st.dialled, time.Now()
	for range 20 {
		st.do("view", "GET", lookID+"/review", &r)
	}
	if may := 2 + int(time.Since(began)/reviewFresh); st.dialled > before+may {
		t.Errorf("the workspace was asked %d times for 20 questions", st.dialled-before)
	}
}

func TestARepositoryWithoutACommit(t *testing.T) {
	st := newLookStand(t)
	st.sh(`git init -qb main . && echo a >a.txt && echo b >b.txt && git add a.txt`)
	var r Review
	st.do("view", "GET", lookID+"/review", &r)
	if diff := cmp.Diff([]ReviewChange{{"a.txt", "added", 0, 0}, {"b.txt", "untracked", 0, 0}}, r.Changes); diff != "" {
		t.Error(diff)
	}
	if r.Folder != "" {
		t.Errorf("folder %q", r.Folder)
	}
	var d ReviewDiff
	if status, p := st.do("view", "GET", lookID+"/review/diff?path=a.txt", &d); status != 200 || !strings.Contains(d.Diff, "+a\n") {
		t.Errorf("%d %+v %q", status, p, d.Diff)
	}
}

// showInEditor has a page of the editor report that a file is open, as its extension does.
func (st *lookStand) showInEditor(path string, line int) {
	st.t.Helper()
	socket := filepath.Join(st.pages, "vscode-ipc-x.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		st.t.Fatal(err)
	}
	srv := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `"ok"`) })}}
	srv.Start()
	st.t.Cleanup(srv.Close)
	body := fmt.Sprintf(`{"socket":%q,"files":[{"path":%q,"active":true,"line":%d},{"path":%q},{"path":%q}]}`, socket, filepath.Join(st.root, path), line, st.root+"/proj/.git/config", st.root+"/proj/gone.txt")
	req, err := http.NewRequestWithContext(st.t.Context(), "PUT", "http://bridge/editor/state", strings.NewReader(body))
	if err != nil {
		st.t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", st.inside)
	}}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		st.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 204 {
		st.t.Fatal(resp.Status)
	}
}

func TestFilesAreReadForAReview(t *testing.T) {
	st := newLookStand(t)
	st.sh(`git init -qb main . && mkdir src .Git2 && echo 'TOKEN=` + ownersSecret + `' >.env && printf 'a\0b' >bin && ln -s .git/config config && ln -s .git meta && ln -s src/deep.txt link && echo deep >src/deep.txt
git config remote.origin.url https://u:` + ownersSecret + `@x/ && yes line | head -c 700000 >long.txt && echo key: "` + "sk-" + "or-v1-" + strings.Repeat("a1", 32) + `" >keys.yml && ln -s /etc/passwd out`)
	read := func(path string) (ReviewFile, int, Problem) {
		t.Helper()
		var f ReviewFile
		status, p := st.do("view", "GET", lookID+"/review/file?"+url.Values{"path": {path}}.Encode(), &f)
		return f, status, p
	}
	for path, want := range map[string]string{
		".env": "TOKEN=[redacted", "src/deep.txt": "deep\n", "link": "deep\n", "./src/../src/deep.txt": "deep\n", "keys.yml": "key: [redacted: openrouter key]\n", st.root + "/src/deep.txt": "deep\n",
	} {
		f, status, p := read(path)
		if strings.Contains(path, "..") {
			if status < 400 || status >= 500 {
				t.Errorf("%s: %d", path, status)
			}
			continue
		}
		if f.Text == nil || !strings.HasPrefix(*f.Text, want) || strings.Contains(*f.Text, ownersSecret) || f.Truncated {
			t.Errorf("%s: %d %+v %+v", path, status, p, f)
		}
	}
	if f, _, _ := read("bin"); f.Text != nil || f.Size != 3 || f.Truncated {
		t.Errorf("no text: %+v", f)
	}
	if f, _, _ := read("long.txt"); f.Text == nil || len(*f.Text) != reviewBytes || !f.Truncated || f.Size != 700000 {
		t.Errorf("a long file: %d of %d bytes, truncated %v", len(*f.Text), f.Size, f.Truncated)
	}
	st.sh(`yes 123456789 | head -c ` + fmt.Sprint(reviewBytes-10) + ` >split.txt; echo ' ` + ownersSecret + `' >>split.txt`)
	if f, _, _ := read("split.txt"); f.Text == nil || !f.Truncated || strings.Contains(*f.Text, ownersSecret[:5]) || len(*f.Text) < reviewBytes-20 {
		t.Errorf("half of a secret is shown")
	}
	for path, code := range map[string]string{
		".git/config": "not_found", ".git": "not_found", "config": "not_found", "meta/config": "not_found", ".GIT/config": "not_found", "missing": "not_found",
		"../x": "outside_workspace", "/etc/passwd": "outside_workspace", "out": "outside_workspace", "src": "is_directory",
	} {
		if _, status, p := read(path); status < 400 || status >= 500 || p.Code != code {
			t.Errorf("%s: %d %+v", path, status, p)
		}
	}
	var entries struct{ Items []ReviewEntry }
	st.do("view", "GET", lookID+"/review/files", &entries)
	want := []ReviewEntry{{".Git2", true, 0}, {"src", true, 0}, {".env", false, int64(len(ownersSecret)) + 7}, {"bin", false, 3}}
	for i := range entries.Items {
		if entries.Items[i].Folder {
			entries.Items[i].Size = 0
		}
	}
	if diff := cmp.Diff(want, entries.Items[:min(4, len(entries.Items))]); diff != "" {
		t.Error(diff)
	}
	for _, e := range entries.Items {
		if e.Name == ".git" {
			t.Error(".git is listed")
		}
	}
	if status, p := st.do("view", "GET", lookID+"/review/files?path=.git", nil); status != 404 {
		t.Errorf("%d %+v", status, p)
	}
	entries.Items = nil
	if st.do("view", "GET", lookID+"/review/files?path=src", &entries); len(entries.Items) != 1 || entries.Items[0] != (ReviewEntry{"deep.txt", false, 5}) {
		t.Errorf("%+v", entries.Items)
	}
}

func TestDiffsForAReview(t *testing.T) {
	st := newLookStand(t)
	st.sh(reviewRepository + "\necho " + ownersSecret + " >>changed.txt; rm -r new; mkdir other; echo x >other/x; git add other/x; git commit -qm x other/x; rm -r other; mkdir new; printf 'one\ntwo' >new/untracked.txt")
	for path, want := range map[string]string{
		"proj/changed.txt":       "-7\n+seven\n",
		"proj/gone.txt":          "-1\n-2\n-3\n",
		"proj/other/x":           "-x\n", // the folder is gone, too
		"proj/staged.txt":        "+added\n",
		"proj/new/untracked.txt": "--- /dev/null\n+++ b/proj/new/untracked.txt\n@@ -0,0 +1,2 @@\n+one\n+two\n\\ No newline at end of file\n",
		"proj":                   "+seven\n",
	} {
		var d ReviewDiff
		status, p := st.do("view", "GET", lookID+"/review/diff?"+url.Values{"path": {path}}.Encode(), &d)
		if status != 200 || !strings.Contains(d.Diff, want) || strings.Contains(d.Diff, ownersSecret) || d.Truncated {
			t.Errorf("%s: %d %+v\n%s", path, status, p, d.Diff)
		}
	}
	if _, err := os.Stat(filepath.Join(st.root, "proj", ".git", "index.lock")); err == nil {
		t.Error("the index is locked")
	}
	// A secret of several lines stands in a diff line by line.
	st.sh(`cd proj && printf %s '` + ownersLines + `' >>changed.txt`)
	var lines ReviewDiff
	if st.do("view", "GET", lookID+"/review/diff?path=proj/changed.txt", &lines); !strings.Contains(lines.Diff, "+seven\n") || strings.Contains(lines.Diff, "stapled") {
		t.Errorf("a secret of several lines is shown:\n%s", lines.Diff)
	}
	var d ReviewDiff
	if st.do("view", "GET", lookID+"/review/diff?path=proj/moved.txt", &d); d.Diff == "" {
		t.Error("a renamed file has no diff")
	}
	if status, p := st.do("view", "GET", lookID+"/review/diff?path=proj/.git/HEAD", nil); status != 404 {
		t.Errorf("%d %+v", status, p)
	}
}
