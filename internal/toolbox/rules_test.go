package toolbox_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/redact"
	"github.com/kalpana-dev/kalpana/internal/toolbox"
)

func TestDeepArgumentsAreRefusedCheaply(t *testing.T) {
	s := toolbox.New(toolbox.Options{})
	nested := func(n int) string {
		return `{"path":"a.json","content":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}`
	}
	r := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if _, problem := s.Prepare(agentCall("writeFile", nested(9900))); problem == nil || problem.Code != toolbox.CodeBadArguments {
				b.Fatalf("got %v", problem)
			}
		}
	})
	if r.AllocedBytesPerOp() > 1<<20 { // and so no time worth to speak of
		t.Errorf("takes %v %s", r, r.MemString())
	}
	if _, problem := s.Prepare(agentCall("writeFile", nested(31))); problem != nil {
		t.Error(problem)
	}
	if _, problem := s.Prepare(agentCall("writeFile", nested(32))); problem == nil {
		t.Error("33 levels are taken")
	}
	if _, problem := s.Prepare(agentCall("writeFile", `{"path":"a","content":"`+strings.Repeat(`[\"`, 100)+`"}`)); problem != nil {
		t.Errorf("brackets in a text count: %v", problem)
	}
	// What would become too long when it is indented stays as it is.
	wide := strings.Repeat("[", 30) + strings.TrimSuffix(strings.Repeat("1,", 100_000), ",") + strings.Repeat("]", 30)
	c, problem := s.Prepare(agentCall("writeFile", `{"path":"a","content":`+wide+`}`))
	if problem != nil || len(c.Arguments) > len(wide)+200 {
		t.Errorf("%v", problem)
	}
}

func decide(w *workspace, mode permission.Mode, rules string, c *toolbox.Call) permission.Decision {
	parsed, err := permission.ParseRules(rules)
	if err != nil {
		panic(err)
	}
	place := permission.DefaultPlace()
	place.Root = w.root
	return permission.Decide(permission.Policy{Mode: mode, Rules: parsed, Place: place}, c.Permission)
}

func TestLinksDoNotHideWhatIsChanged(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.file(t, ".git/config", "[core]\n")
	w.file(t, "secrets/key", "x")
	w.file(t, "src/a.txt", "x\n")
	for link, to := range map[string]string{"docs": ".git", "notes": "secrets", "plain": "src", "one": "src/a.txt", "out": "/etc"} {
		must(t, os.Symlink(to, filepath.Join(w.root, link)))
	}
	for _, c := range []struct {
		tool, args string
		paths      []string
		verdict    permission.Verdict
	}{
		{"writeFile", `{"path":"docs/config","content":"x","overwrite":true}`, []string{"docs/config", ".git/config"}, permission.Asked},
		{"writeFile", `{"path":"docs/hooks/pre-commit","content":"x"}`, []string{"docs/hooks/pre-commit", ".git/hooks/pre-commit"}, permission.Asked},
		{"editFile", `{"path":"docs/config","old_str":"a","new_str":"b"}`, []string{"docs/config", ".git/config"}, permission.Asked},
		{"moveFile", `{"from":"src/a.txt","to":"docs/config"}`, []string{"src/a.txt", "docs/config", ".git/config"}, permission.Asked},
		{"moveFile", `{"from":"docs","to":"d2"}`, []string{"docs", "d2"}, permission.Allowed}, // the link itself
		{"deleteFile", `{"path":"out"}`, []string{"out"}, permission.Allowed},
		{"deleteFile", `{"path":"docs/config"}`, []string{"docs/config", ".git/config"}, permission.Asked},
		{"writeFile", `{"path":"plain/b.txt","content":"x"}`, []string{"plain/b.txt", "src/b.txt"}, permission.Allowed},
		{"writeFile", `{"path":"one","content":"x","overwrite":true}`, []string{"one", "src/a.txt"}, permission.Allowed},
		{"readFile", `{"path":"notes/key"}`, []string{"notes/key", "secrets/key"}, permission.Refused},
		{"searchCode", `{"query":"x","path":"notes"}`, []string{"notes", "secrets"}, permission.Refused},
		{"readFile", `{"path":"one"}`, []string{"one", "src/a.txt"}, permission.Allowed},
	} {
		call := w.prepare(t, c.tool, c.args)
		for range 2 { // assessed again it is the same
			if problem := call.Assess(t.Context()); problem != nil {
				t.Fatalf("%s %s: %v", c.tool, c.args, problem)
			}
		}
		if d := decide(w, permission.ModeAutoEdit, "deny read secrets/**", call); !slices.Equal(call.Permission.Paths, c.paths) || d.Verdict != c.verdict {
			t.Errorf("%s %s: paths %q, %s (%s)", c.tool, c.args, call.Permission.Paths, d.Verdict, d.Reason)
		}
		if real := c.paths[len(c.paths)-1]; len(c.paths) > 1 && c.tool == "writeFile" && !strings.Contains(call.Title, "(that is "+real+")") {
			t.Errorf("%s does not say %s", call.Title, real)
		}
	}
	wantError(t, w.prepare(t, "writeFile", `{"path":"out/x","content":"x"}`).Assess(t.Context()), toolbox.CodePathOutside)
	p, problem := w.prepare(t, "writeFile", `{"path":"docs/new","content":"x"}`), (*toolbox.Error)(nil)
	if problem = p.Assess(t.Context()); problem == nil {
		var shown toolbox.Preview
		shown, problem = p.Preview(t.Context())
		if !slices.Equal(shown.Paths, []string{"docs/new", ".git/new"}) {
			t.Errorf("the card shows %q", shown.Paths)
		}
	}
	if problem != nil {
		t.Error(problem)
	}
}

func TestAPathThatLeadsElsewhereByThenIsNotWritten(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.file(t, "real/a", "x")
	w.file(t, ".git/a", "x")
	must(t, os.Symlink("real", filepath.Join(w.root, "d")))
	c := w.prepare(t, "writeFile", `{"path":"d/new","content":"x"}`)
	if problem := c.Assess(t.Context()); problem != nil {
		t.Fatal(problem)
	}
	must(t, os.Remove(filepath.Join(w.root, "d")))
	must(t, os.Symlink(".git", filepath.Join(w.root, "d")))
	wantError(t, c.Run(t.Context(), nil).Error, toolbox.CodeChangedOnDisk)
	if _, err := os.Lstat(filepath.Join(w.root, ".git/new")); err == nil {
		t.Error("it was written")
	}
}

func TestReadingCommandsOfGitRunNothing(t *testing.T) {
	t.Parallel()
	w := open(t)
	marker := filepath.Join(t.TempDir(), "ran")
	git := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = w.root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	git("init", "-q")
	w.file(t, "a", "x\n")
	judged := func(command string) (*toolbox.Call, permission.Verdict) {
		t.Helper()
		c := w.prepare(t, "runCommand", `{"command":`+quoted(command)+`}`)
		if problem := c.Assess(t.Context()); problem != nil {
			t.Fatal(problem)
		}
		return c, decide(w, permission.ModeAsk, "allow run true-ish", c).Verdict
	}
	if _, v := judged("git status && ls"); v != permission.Allowed {
		t.Errorf("git status: %s", v)
	}
	git("config", "core.fsmonitor", "touch "+marker+" #")
	c, v := judged("git status --short")
	if v != permission.Allowed {
		t.Errorf("git status with what can be turned off: %s", v)
	}
	r := c.Run(t.Context(), nil)
	wantWords(t, r.Text, "?? a")
	if _, err := os.Lstat(marker); err == nil {
		t.Error("git status ran a program of the repository")
	}
	if _, v := judged("git status && true-ish"); v != permission.Asked {
		t.Errorf("beside another command it is not turned off: %s", v)
	}
	git("config", "diff.external", "touch "+marker+" #")
	if _, v := judged("git diff"); v != permission.Asked {
		t.Errorf("git diff with a program that nothing turns off: %s", v)
	}
}

func TestCardsShowWhatWouldBeThere(t *testing.T) {
	t.Parallel()
	value := "0123456789abcdef"
	w := open(t, func(o *toolbox.Options) {
		o.Redact, o.RedactKnown = redact.New([]string{value}).String, redact.Values([]string{value}).String
	})
	content := ": -----BEGIN " + "PRIVATE KEY-----\n" + strings.Repeat("A", 64) + "\nreboot https://a:" + "secret@b/ " + value + "\n"
	c := w.prepare(t, "writeFile", `{"path":"a","content":`+quoted(content)+`}`)
	p, problem := c.Preview(t.Context())
	if problem != nil || !strings.Contains(p.Diff, "+reboot https://a:secret@b/ [redacted: secret]") || !strings.Contains(p.Diff, "+"+strings.Repeat("A", 64)) {
		t.Errorf("shows %q, %v", p.Diff, problem)
	}
	if c := w.prepare(t, "runCommand", `{"command":"curl https://a:secret@b/ `+value+`"}`); c.Title != "curl https://a:secret@b/ [redacted: secret]" {
		t.Errorf("title is %q", c.Title)
	}
	w.file(t, "b", "https://a:secret@b/\n")
	if r := w.ok(t, "readFile", `{"path":"b"}`); strings.Contains(r.Text, "a:secret") {
		t.Errorf("the model reads %q", r.Text)
	}
}

func TestRulesHideFilesFromWhatGoesThroughMany(t *testing.T) {
	t.Parallel()
	rules, err := permission.ParseRules("deny read sub/secrets/**\nask read *.pem")
	must(t, err)
	policy := permission.Policy{Rules: rules, Place: permission.DefaultPlace()}
	w := open(t, func(o *toolbox.Options) { o.Hidden = policy.Hides })
	w.file(t, "sub/secrets/key one", "needle\n")
	w.file(t, "sub/secrets/old", "one\ntwo\nthree\n")
	w.file(t, "sub/open.txt", "needle\n")
	w.file(t, "a.pem", "needle\n")
	must(t, os.Symlink("sub", filepath.Join(w.root, "link")))
	for _, c := range []struct{ tool, args string }{
		{"listFiles", `{"depth":4}`}, {"listFiles", `{"path":"link","depth":4}`}, {"findFiles", `{"pattern":"**"}`}, {"findFiles", `{"pattern":"**","path":"sub"}`},
		{"searchCode", `{"query":"needle"}`}, {"searchCode", `{"query":"needle","path":"link","context":2}`},
	} {
		call := w.prepare(t, c.tool, c.args)
		if problem := call.Assess(t.Context()); problem != nil {
			t.Fatal(problem)
		}
		r := call.Run(t.Context(), nil)
		if r.Error != nil || strings.Contains(r.Text+string(r.Output), "key one") || strings.Contains(r.Text+string(r.Output), "a.pem") || strings.Contains(r.Text, "secrets/") {
			t.Errorf("%s %s: %v\n%s", c.tool, c.args, r.Error, r.Text)
		}
		wantWords(t, r.Text, "open.txt", "hidden by rules]")
	}
	wantWords(t, w.run(t, "readFile", `{"path":"sub/secrets/key on"}`).Error.Message, "no such file")
	if m := w.run(t, "readFile", `{"path":"sub/secrets/key on"}`).Error.Message; strings.Contains(m, "key one") {
		t.Errorf("told as the closest: %s", m)
	}
	// A repository in a folder, whose diff has names from its own root.
	git := exec.CommandContext(t.Context(), "sh", "-ec", `cd sub; git init -q; git add -f .; git -c user.name=a -c user.email=b commit -qm 1; echo more >>"secrets/key one"; echo more >>open.txt; git mv secrets/old renamed; printf 'a\0b' >secrets/binary; touch secrets/nothing; git add .`)
	git.Dir = w.root
	if out, err := git.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, args := range []string{`{"path":"sub","base":"HEAD"}`, `{"path":"sub","staged":true}`} {
		r := w.ok(t, "gitDiff", args)
		if strings.Contains(r.Text, "key one") || strings.Contains(r.Text, "secrets") || strings.Contains(string(r.Output), "secrets") {
			t.Errorf("%s: %s", args, r.Text)
		}
		wantWords(t, r.Text, "1 files, +1", "+more", "[4 results are hidden by rules]")
	}
	r := w.ok(t, "gitStatus", `{"path":"sub"}`)
	if strings.Contains(r.Text, "secrets") || !strings.Contains(r.Text, "open.txt") {
		t.Errorf("status: %s", r.Text)
	}
	// Folders that hold what is hidden are not moved away from their rules.
	for args, want := range map[string]permission.Verdict{`{"from":"sub","to":"x"}`: permission.Refused, `{"from":"sub/secrets","to":"x"}`: permission.Refused, `{"from":"sub/open.txt","to":"x"}`: permission.Allowed} {
		c := w.prepare(t, "moveFile", args)
		if problem := c.Assess(t.Context()); problem != nil {
			t.Fatal(problem)
		}
		if d := decide(w, permission.ModeAuto, "deny read sub/secrets/**", c); d.Verdict != want {
			t.Errorf("%s: %s (%s)", args, d.Verdict, d.Reason)
		}
	}
}

func TestInputIsJudgedWithWhatAnEarlierCallOfTheAnswerWrote(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := into[commandOutput](t, w.ok(t, "runCommand", `{"command":"cat","background":true}`)).ProcessID
	write := func(input string) *toolbox.Call {
		return w.prepare(t, "writeProcess", `{"processId":`+quoted(id)+`,"input":`+quoted(input)+`}`)
	}
	first, second := write("git "), write("push\n")
	if r := first.Run(t.Context(), nil); r.Error != nil {
		t.Fatal(r.Error)
	}
	wantError(t, second.Run(t.Context(), nil).Error, toolbox.CodeChangedOnDisk)
	before, err := permission.Bind(second.Permission, permission.DefaultPlace())
	must(t, err)
	if problem := second.Assess(t.Context()); problem != nil {
		t.Fatal(problem)
	}
	after, err := permission.Bind(second.Permission, permission.DefaultPlace())
	must(t, err)
	if d := decide(w, permission.ModeAuto, "", second); second.Permission.Command != "git push\n" || d.Code != permission.CodeAlways || before == after {
		t.Errorf("%q: %+v", second.Permission.Command, d)
	}
	if r := second.Run(t.Context(), nil); r.Error != nil {
		t.Error(r.Error)
	}
	var stored map[string]any
	must(t, json.Unmarshal(second.Arguments, &stored))
	if len(stored) != 2 {
		t.Errorf("arguments are %v", stored)
	}
}

func TestCommandsThatShowWhatOthersWroteAreForeign(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.file(t, "node_modules/x/README", "hi")
	for command, foreign := range map[string]bool{
		"cat node_modules/x/README": true, "cat ./node_modules/*/README": true, "cat node_mod*/x/README": true, "cd node_modules && ls": true, "head <vendor/a": true, "cat src/README": false, "ls *": false, "cat */README": false,
	} {
		if got := w.run(t, "runCommand", `{"command":`+quoted(command)+`}`).Foreign; got != foreign {
			t.Errorf("%s: %v", command, got)
		}
	}
	if !w.run(t, "runCommand", `{"command":"ls","cwd":"node_modules/x"}`).Foreign {
		t.Error("in the folder itself")
	}
}
