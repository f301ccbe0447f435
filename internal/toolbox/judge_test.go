package toolbox_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/toolbox"
)

func agentCall(tool, args string) agent.ToolCall {
	return agent.ToolCall{ID: "1", Name: tool, Arguments: json.RawMessage(args)}
}

func TestWhatIsJudgedIsWhatRuns(t *testing.T) {
	t.Parallel()
	s := toolbox.New(toolbox.Options{})
	for _, c := range []struct {
		tool, args, title string
		class             permission.Class
		paths             []string
		readOnly          bool
	}{
		{"readFile", `{"path":"a"}`, "Read a", permission.ClassRead, []string{"a"}, true},
		{"listFiles", `{}`, "List .", permission.ClassRead, []string{"."}, true},
		{"findFiles", `{"pattern":"*.go"}`, "Find *.go", permission.ClassRead, []string{"."}, true},
		{"searchCode", `{"query":"x","path":"src"}`, "Search x in src", permission.ClassRead, []string{"src"}, true},
		{"writeFile", `{"path":"a\u202eb","content":""}`, "Write a⟨U+202E⟩b", permission.ClassWrite, []string{"a\u202eb"}, false},
		{"editFile", `{"path":"a","old_str":"x","new_str":"y"}`, "Edit a", permission.ClassWrite, []string{"a"}, false},
		{"moveFile", `{"from":"a","to":"b"}`, "Move a to b", permission.ClassWrite, []string{"a", "b"}, false},
		{"deleteFile", `{"path":"a"}`, "Delete a", permission.ClassWrite, []string{"a"}, false},
		{"runCommand", `{"command":"npm test\nls"}`, "npm test …", permission.ClassExecute, nil, false},
		{"readProcess", `{"processId":"k-1"}`, "Output of process k-1", permission.ClassRead, nil, true},
		{"writeProcess", `{"processId":"k-1","input":"git push\n"}`, "Write git push to process k-1", permission.ClassExecute, nil, false},
		{"stopProcess", `{"processId":"k-1"}`, "Stop process k-1", permission.ClassExecute, nil, false},
		{"previewPort", `{"port":3000}`, "Preview port 3000", permission.ClassRead, nil, true},
		{"gitStatus", `{}`, "Git status", permission.ClassRead, nil, true},
		{"gitDiff", `{"path":"a"}`, "Git diff of a", permission.ClassRead, []string{"a"}, true},
		{"gitCommit", `{"message":"fix: it\n\nbody"}`, "Commit: fix: it …", permission.ClassExecute, nil, false},
		{"updatePlan", `{"items":["a"]}`, "Update the plan", permission.ClassRead, nil, false},
		{"askUser", `{"question":"Which?"}`, "Which?", permission.ClassAsks, nil, false},
	} {
		got, problem := s.Prepare(agentCall(c.tool, c.args))
		if problem != nil {
			t.Errorf("%s: %v", c.tool, problem)
			continue
		}
		p := got.Permission
		if got.Title != c.title || p.Class != c.class || !slices.Equal(p.Paths, c.paths) || got.ReadOnly != c.readOnly || p.Tool != c.tool || string(p.Arguments) != string(got.Arguments) {
			t.Errorf("%s: title %q, permission %+v, read only %v", c.tool, got.Title, p, got.ReadOnly)
		}
	}
}

func TestInputIsJudgedLikeACommand(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := into[commandOutput](t, w.ok(t, "runCommand", `{"command":"cat","background":true}`)).ProcessID
	verdict := func(input string) permission.Decision {
		c := w.prepare(t, "writeProcess", `{"processId":`+quoted(id)+`,"input":`+quoted(input)+`}`)
		return permission.Decide(permission.Policy{Mode: permission.ModeAuto, Place: permission.DefaultPlace()}, c.Permission)
	}
	if d := verdict("git push\n"); d.Code != permission.CodeAlways {
		t.Errorf("git push: %+v", d)
	}
	for _, harmless := range []string{"y\n", "\n", "ctrl-c"} {
		if d := verdict(harmless); d.Verdict != permission.Allowed {
			t.Errorf("%q: %+v", harmless, d)
		}
	}
	w.ok(t, "writeProcess", `{"processId":`+quoted(id)+`,"input":"ls\ngit "}`)
	if d := verdict("push\n"); d.Code != permission.CodeAlways {
		t.Errorf("git push in two pieces: %+v", d)
	}
	w.ok(t, "writeProcess", `{"processId":`+quoted(id)+`,"input":"status\n"}`)
	if d := verdict("push\n"); d.Verdict != permission.Allowed {
		t.Errorf("on a new line: %+v", d)
	}
}

func TestWhatNoCheckpointHolds(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.file(t, ".gitignore", "*.log\nnode_modules\n")
	w.file(t, "a,b{c}.txt", "x")
	w.file(t, "sub/a,b{c}.txt", "x")
	w.file(t, "a.log", "x")
	w.file(t, "sub/deep/b.log", "x")
	w.file(t, "big.bin", strings.Repeat("x", 6<<20))
	w.file(t, "clean/a", "x")
	w.file(t, "clean/b/c", "x")
	w.file(t, "repo/.git/config", "x")
	w.file(t, "repo/a", "x")
	w.file(t, "node_modules/x/a.js", "x")
	for i := range 30 {
		w.file(t, "many/"+strconv.Itoa(i), "x")
	}
	for _, c := range []struct {
		tool, args string
		deletes    int
		unsaved    bool
	}{
		{"deleteFile", `{"path":"a,b{c}.txt"}`, 1, false},
		{"deleteFile", `{"path":"sub/a,b{c}.txt"}`, 1, false},
		{"deleteFile", `{"path":"a.log"}`, 1, true},
		{"deleteFile", `{"path":"sub/deep/b.log"}`, 1, true},
		{"deleteFile", `{"path":"big.bin"}`, 1, true},
		{"deleteFile", `{"path":"clean","recursive":true}`, 2, false},
		{"deleteFile", `{"path":"clean"}`, 1, false}, // fails: it is not empty
		{"deleteFile", `{"path":"sub","recursive":true}`, 2, true},
		{"deleteFile", `{"path":"repo","recursive":true}`, 1, true},
		{"deleteFile", `{"path":"repo/.git","recursive":true}`, 1, true},
		{"deleteFile", `{"path":"node_modules","recursive":true}`, 1, true},
		{"deleteFile", `{"path":"many","recursive":true}`, 30, false},
		{"writeFile", `{"path":"a.log","content":"","overwrite":true}`, 0, true},
		{"writeFile", `{"path":"a,b{c}.txt","content":"","overwrite":true}`, 0, false},
		{"writeFile", `{"path":"new.log","content":"","overwrite":true}`, 0, false},
		{"editFile", `{"path":"a.log","old_str":"x","new_str":"y"}`, 0, true},
		{"moveFile", `{"from":"clean/a","to":"a.log","overwrite":true}`, 1, true},
		{"moveFile", `{"from":"clean/a","to":"new","overwrite":true}`, 0, false},
		{"moveFile", `{"from":"clean/a","to":"a.log"}`, 0, false},
		{"runCommand", `{"command":"ls"}`, 0, false},
	} {
		call := w.prepare(t, c.tool, c.args)
		if problem := call.Assess(t.Context()); problem != nil {
			t.Errorf("%s %s: %v", c.tool, c.args, problem)
			continue
		}
		if p := call.Permission; p.Deletes != c.deletes || p.Unsaved != c.unsaved {
			t.Errorf("%s %s: %d files, unsaved %v, want %d, %v", c.tool, c.args, p.Deletes, p.Unsaved, c.deletes, c.unsaved)
		}
	}
	wantError(t, w.prepare(t, "deleteFile", `{"path":"nothing"}`).Assess(t.Context()), toolbox.CodeNotFound)
	if p := w.prepare(t, "deleteFile", `{"path":"a"}`).Permission; p.Deletes != 1 || !p.Unsaved {
		t.Errorf("before it is assessed: %+v", p)
	}
}

func TestPreviewsChangeNothing(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.file(t, "a.txt", "one\ntwo\n")
	edit := w.prepare(t, "editFile", `{"path":"a.txt","old_str":"two","new_str":"three"}`)
	if _, problem := edit.Preview(t.Context()); problem == nil || problem.Code != toolbox.CodeNotRead {
		t.Errorf("what would fail is told: %v", problem)
	}
	w.ok(t, "readFile", `{"path":"a.txt"}`)
	p, problem := edit.Preview(t.Context())
	if problem != nil || !strings.Contains(p.Diff, "-two\n+three") || !slices.Equal(p.Paths, []string{"a.txt"}) {
		t.Errorf("got %+v, %v", p, problem)
	}
	p, problem = w.prepare(t, "writeFile", `{"path":"new/b.txt","content":"x\n"}`).Preview(t.Context())
	if problem != nil || !strings.Contains(p.Diff, "+x") {
		t.Errorf("got %+v, %v", p, problem)
	}
	if _, problem := w.prepare(t, "writeFile", `{"path":"a.txt","content":"x\n"}`).Preview(t.Context()); problem == nil || problem.Code != toolbox.CodeExists {
		t.Errorf("got %v", problem)
	}
	w.file(t, "d/x", "")
	p, problem = w.prepare(t, "deleteFile", `{"path":"d","recursive":true}`).Preview(t.Context())
	if problem != nil || !slices.Equal(p.Paths, []string{"d", "d/x"}) {
		t.Errorf("got %+v, %v", p, problem)
	}
	if _, problem := w.prepare(t, "deleteFile", `{"path":"d"}`).Preview(t.Context()); problem == nil || problem.Code != "NOT_EMPTY" {
		t.Errorf("got %v", problem)
	}
	if _, problem := w.prepare(t, "moveFile", `{"from":"a.txt","to":"d/x"}`).Preview(t.Context()); problem == nil || problem.Code != toolbox.CodeExists {
		t.Errorf("got %v", problem)
	}
	if _, problem := w.prepare(t, "moveFile", `{"from":"b.txt","to":"c"}`).Preview(t.Context()); problem == nil || problem.Code != toolbox.CodeNotFound {
		t.Errorf("got %v", problem)
	}
	if p, problem := w.prepare(t, "moveFile", `{"from":"a.txt","to":"c"}`).Preview(t.Context()); problem != nil || len(p.Paths) != 2 {
		t.Errorf("got %+v, %v", p, problem)
	}
	if w.content(t, "a.txt") != "one\ntwo\n" || w.content(t, "d/x") != "" {
		t.Error("something was changed")
	}
	r := edit.Run(t.Context(), nil) // what was shown is what is done
	if r.Error != nil || w.content(t, "a.txt") != "one\nthree\n" {
		t.Errorf("%v", r.Error)
	}
}

func TestGit(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.fails(t, "gitStatus", `{}`, "NOT_REPOSITORY")
	cmd := exec.Command("git", "init", "-q", "-b", "main", w.root)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	w.file(t, "a.txt", "one\n")
	w.file(t, "b.txt", "one\n")
	r := w.ok(t, "gitStatus", `{}`)
	wantWords(t, r.Text, "## main", "?? a.txt")
	type file struct{ Path, Index, Worktree, OldPath string }
	status := into[struct {
		Root, Branch  string
		Ahead, Behind int
		Files         []file
		Truncated     bool
	}](t, r)
	if status.Branch != "main" || len(status.Files) != 2 || status.Files[0] != (file{"a.txt", "?", "?", ""}) {
		t.Errorf("got %+v", status)
	}
	c := w.prepare(t, "gitCommit", `{"message":"add a","paths":["a.txt"]}`)
	if p, problem := c.Preview(t.Context()); problem != nil || !slices.Equal(p.Paths, []string{"a.txt"}) {
		t.Errorf("got %+v, %v", p, problem)
	}
	r = c.Run(t.Context(), nil)
	if r.Error != nil {
		t.Fatal(r.Error)
	}
	done := into[struct {
		Hash, Branch          string
		Files, Added, Removed int
	}](t, r)
	if len(done.Hash) < 40 || done.Branch != "main" || done.Files != 1 || done.Added != 1 || !r.Changed {
		t.Errorf("got %+v", done)
	}
	w.file(t, "a.txt", "two\n")
	r = w.ok(t, "gitDiff", `{}`)
	wantWords(t, r.Text, "1 files, +1 −1 lines", "-one\n+two")
	diff := into[struct {
		Diff                  string
		Truncated             bool
		Files, Added, Removed int
	}](t, r)
	if diff.Files != 1 || diff.Added != 1 || diff.Truncated {
		t.Errorf("got %+v", diff)
	}
	wantWords(t, w.ok(t, "gitDiff", `{"staged":true}`).Text, "Nothing differs.")
	w.file(t, "a.txt", strings.Repeat("some text\n", 5000))
	r = w.ok(t, "gitDiff", `{"path":"a.txt"}`)
	wantWords(t, r.Text, "[the rest is left out; give a path]")
	if n := len(into[struct {
		Diff                  string
		Truncated             bool
		Files, Added, Removed int
	}](t, r).Diff); n > 24_000 || n < 23_000 {
		t.Errorf("the diff has %d characters", n)
	}
	w.ok(t, "gitCommit", `{"message":"the rest"}`)
	w.fails(t, "gitCommit", `{"message":"nothing"}`, "NOTHING_TO_COMMIT")
}

func TestPlanAndQuestion(t *testing.T) {
	t.Parallel()
	w := open(t)
	c := w.prepare(t, "updatePlan", `{"items":[{"title":"a","status":"active"},"b"]}`)
	plan, ok := c.Plan()
	if want := []toolbox.PlanItem{{Title: "a", Status: "active"}, {Title: "b", Status: "pending"}}; !ok || !slices.Equal(plan, want) {
		t.Errorf("got %v, %v", plan, ok)
	}
	if r := c.Run(t.Context(), nil); r.Error != nil || string(r.Output) != `{"items":[{"status":"active","title":"a"},{"status":"pending","title":"b"}]}` {
		t.Errorf("got %s, %v", r.Output, r.Error)
	}
	c = w.prepare(t, "askUser", `{"question":"Which?","options":["a","b"]}`)
	q, ok := c.Question()
	if !ok || q.Text != "Which?" || !slices.Equal(q.Options, []string{"a", "b"}) {
		t.Errorf("got %+v, %v", q, ok)
	}
	wantError(t, c.Run(t.Context(), nil).Error, toolbox.CodeAsksUser)
	if r := toolbox.Answer(q, "a <b>"); string(r.Output) != `{"answer":"a <b>"}` || !strings.Contains(r.Text, "a <b>") {
		t.Errorf("got %+v", r)
	}
	if _, ok := w.prepare(t, "gitStatus", `{}`).Question(); ok {
		t.Error("gitStatus is no question")
	}
}

func TestDefinitionsAreTheSameEveryTime(t *testing.T) {
	t.Parallel()
	first := toolbox.Definitions()
	again := toolbox.Definitions()
	if len(first) != 18 {
		t.Fatalf("%d tools", len(first))
	}
	for i, d := range first {
		if d.Name != toolbox.KnownNames()[i] || string(d.Schema) != string(again[i].Schema) || i > 0 && first[i-1].Name >= d.Name || d.Description == "" {
			t.Errorf("%d: %s", i, d.Name)
		}
		var schema struct {
			Type                 string
			Properties           map[string]map[string]any
			Required             []string
			AdditionalProperties *bool
		}
		must(t, json.Unmarshal(d.Schema, &schema))
		if schema.Type != "object" || schema.AdditionalProperties == nil || *schema.AdditionalProperties || strings.Count(string(d.Schema), `"type":"object"`) != strings.Count(string(d.Schema), `"additionalProperties":false`) {
			t.Errorf("%s: %s", d.Name, d.Schema)
		}
		for _, name := range schema.Required {
			if schema.Properties[name] == nil {
				t.Errorf("%s requires %s, which it does not have", d.Name, name)
			}
		}
	}
	for i := range first {
		if first[i].Name == "readFile" {
			const want = `{"type":"object","properties":{"path":{"type":"string","description":"relative to the workspace"},"startLine":{"type":"integer","minimum":1,"description":"first line","default":1},"lineCount":{"type":"integer","minimum":1,"maximum":2000,"description":"how many lines","default":500}},"required":["path"],"additionalProperties":false}`
			if string(first[i].Schema) != want {
				t.Errorf("got %s", first[i].Schema)
			}
		}
	}
}
