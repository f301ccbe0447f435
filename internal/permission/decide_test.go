package permission_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/permission"
)

func TestModes(t *testing.T) {
	const a, q, r = permission.Allowed, permission.Asked, permission.Refused
	edit := func(paths ...string) permission.Call {
		return permission.Call{Tool: "editFile", Class: permission.ClassWrite, Paths: paths}
	}
	for name, c := range map[string]struct {
		call permission.Call
		want [4]permission.Verdict // plan, ask, autoEdit, auto
	}{
		"read":           {permission.Call{Tool: "readFile", Class: permission.ClassRead, Paths: []string{"a"}}, [4]permission.Verdict{a, a, a, a}},
		"question":       {permission.Call{Tool: "askUser", Class: permission.ClassAsks}, [4]permission.Verdict{a, a, a, a}},
		"edit":           {edit("a", "b/c"), [4]permission.Verdict{r, q, a, a}},
		"edit outside":   {edit("a", "../b"), [4]permission.Verdict{r, r, r, r}},
		"edit /etc":      {edit("/etc/passwd"), [4]permission.Verdict{r, r, r, r}},
		"edit beside":    {edit("/workspace2/x"), [4]permission.Verdict{r, r, r, r}},
		"edit NUL":       {edit("a\x00b"), [4]permission.Verdict{r, r, r, r}},
		"git hook":       {edit(".git/hooks/pre-commit"), [4]permission.Verdict{r, q, q, q}},
		"git hook, deep": {edit("sub/x/../.GIT/config"), [4]permission.Verdict{r, q, q, q}},
		"git ignore":     {edit(".gitignore"), [4]permission.Verdict{r, q, a, a}},
		"editor tasks":   {edit(".vscode/tasks.json"), [4]permission.Verdict{r, q, q, q}},
		"workflow":       {edit(".github/workflows/ci.yml"), [4]permission.Verdict{r, q, q, q}},
		"instructions":   {edit("AGENTS.md"), [4]permission.Verdict{r, q, q, q}},
		"hidden name":    {edit("a\u202eb"), [4]permission.Verdict{r, q, q, q}},
		"many deletes":   {permission.Call{Tool: "deleteFile", Class: permission.ClassWrite, Paths: []string{"a"}, Deletes: 21}, [4]permission.Verdict{r, q, q, q}},
		"unsaved delete": {permission.Call{Tool: "deleteFile", Class: permission.ClassWrite, Paths: []string{"a"}, Deletes: 1, Unsaved: true}, [4]permission.Verdict{r, q, q, q}},
		"delete":         {permission.Call{Tool: "deleteFile", Class: permission.ClassWrite, Paths: []string{"a"}, Deletes: 20}, [4]permission.Verdict{r, q, a, a}},
		"command":        {command("npm test"), [4]permission.Verdict{r, q, q, a}},
		"safe command":   {command("ls"), [4]permission.Verdict{a, a, a, a}},
		"push":           {command("git push"), [4]permission.Verdict{r, q, q, q}},
		"input":          {permission.Call{Tool: "writeProcess", Class: permission.ClassExecute}, [4]permission.Verdict{r, q, q, a}},
		"network":        {permission.Call{Tool: "fetch", Class: permission.ClassNetwork}, [4]permission.Verdict{r, q, q, q}},
		"no class":       {permission.Call{Tool: "x"}, [4]permission.Verdict{r, r, r, r}},
		"no tool":        {permission.Call{Class: permission.ClassRead}, [4]permission.Verdict{r, r, r, r}},
		"misclassed":     {permission.Call{Tool: "x", Class: permission.ClassRead, Command: "rm -rf x"}, [4]permission.Verdict{r, r, r, r}},
		"blank command":  {command(" \n"), [4]permission.Verdict{r, r, r, r}},
		"bad arguments":  {permission.Call{Tool: "readFile", Class: permission.ClassRead, Arguments: []byte(`{"a":1,"a":2}`)}, [4]permission.Verdict{r, r, r, r}},
		"cwd outside":    {permission.Call{Tool: "runCommand", Class: permission.ClassExecute, Command: "ls", Cwd: "/etc"}, [4]permission.Verdict{r, q, q, a}},
		"git elsewhere":  {permission.Call{Tool: "runCommand", Class: permission.ClassExecute, Command: "git status", Cwd: "sub"}, [4]permission.Verdict{r, q, q, a}},
	} {
		for i, mode := range []permission.Mode{permission.ModePlan, permission.ModeAsk, permission.ModeAutoEdit, permission.ModeAuto} {
			d := permission.Decide(policy(t, mode, ""), c.call)
			if d.Verdict != c.want[i] {
				t.Errorf("%s in %s: %s (%s), want %s", name, mode, d.Verdict, d.Reason, c.want[i])
			}
			if d.Reason == "" || d.Code == "" || d.Mode != mode {
				t.Errorf("%s in %s says nothing: %+v", name, mode, d)
			}
			if (d.Verdict == permission.Asked) != (len(d.Choices) > 0 && d.Choices[0].Scope == permission.ScopeOnce) {
				t.Errorf("%s in %s: choices %+v", name, mode, d.Choices)
			}
			// Whatever the mode is, a cap of plan makes it plan.
			p := policy(t, mode, "")
			p.Cap = permission.ModePlan
			if capped := permission.Decide(p, c.call); capped.Verdict != c.want[0] || capped.Mode != permission.ModePlan {
				t.Errorf("%s in %s under a cap: %s", name, mode, capped.Verdict)
			}
		}
	}
	if d := permission.Decide(permission.Policy{Mode: permission.ModeAuto}, command("ls")); d.Verdict != permission.Refused {
		t.Errorf("without a place: %s", d.Verdict)
	}
}

func TestCap(t *testing.T) {
	for _, c := range []struct{ mode, limit, want permission.Mode }{
		{"auto", "autoEdit", "autoEdit"}, {"ask", "auto", "ask"}, {"plan", "", "plan"}, {"", "", "ask"}, {"", "plan", "plan"},
		{"yolo", "", "plan"}, {"auto", "none", "plan"}, {"auto", "", "auto"}, {"AUTO", "", "plan"},
	} {
		if got := c.mode.Capped(c.limit); got != c.want {
			t.Errorf("%q under %q is %q, want %q", c.mode, c.limit, got, c.want)
		}
	}
	if permission.Mode("yolo").Valid() || !permission.ModeAuto.Valid() {
		t.Error("wrong modes are valid")
	}
}

func TestWhatIsOfferedIsWhatIsRemembered(t *testing.T) {
	for text, want := range map[string]string{
		"npm test -- --watch": "allow run npm test", "npm run lint": "allow run npm run lint", "npm ci && npm run build | tail": "allow run npm ci; allow run npm run build",
		"go build -o x .": "allow run go build -o x .", "git commit -m 'a b'": "allow run git commit", "pytest tests/a.py": "allow run pytest tests/a.py", "make lint": "allow run make lint",
		"node server.js --port 1": "allow run node server.js", "python -m pytest -q": "allow run python -m pytest", "npx tsc --noEmit": "allow run npx tsc", "ls; cargo test x": "allow run cargo test", "cp a b": "allow run cp a b", "mytool do x": "allow run mytool do",
		"make": "", "npm --silent test": "", "git push": "once", "rm -rf x": "once", "npm test > x": "", "echo $X": "", "a; b; c; d": "", "npm $X": "once", "bash -c x": "once", "curl x": "once", "npm ci && git push": "once",
	} {
		if text == "go build -o x ." {
			want = "allow run go build"
		}
		p := policy(t, permission.ModeAsk, "")
		d := permission.Decide(p, command(text))
		if d.Verdict != permission.Asked {
			t.Errorf("%s: %s", text, d.Verdict)
			continue
		}
		if want == "once" {
			if len(d.Choices) != 1 {
				t.Errorf("%s may be allowed for longer: %+v", text, d.Choices)
			}
			continue
		}
		run, ok := d.Choice(permission.ScopeRun)
		if !ok {
			t.Errorf("%s: not for a run", text)
			continue
		}
		always, offered := d.Choice(permission.ScopeWorkspace)
		if want == "" || !offered {
			if text != "go build -o x ." && (offered || !run.Exact || want != "") {
				t.Errorf("%s: offers %+v, want %q", text, d.Choices, want)
			}
			h, err := permission.Bind(command(text), p.Place)
			if err != nil {
				t.Fatal(err)
			}
			p.RunCalls = []permission.Hash{h}
			if d := permission.Decide(p, command(text)); d.Verdict != permission.Allowed {
				t.Errorf("%s: granted, and still %s", text, d.Verdict)
			}
			if d := permission.Decide(p, command(text+" x")); d.Verdict == permission.Allowed {
				t.Errorf("%s x: another call is granted too", text)
			}
			continue
		}
		var got []string
		for _, r := range always.Rules {
			got = append(got, r.String())
			if !strings.Contains(always.Text, strings.TrimPrefix(r.String(), "allow run ")) {
				t.Errorf("%s: %q does not show %q", text, always.Text, r)
			}
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%s: remembers %q, want %q", text, got, want)
		}
		p.Rules = always.Rules
		if d := permission.Decide(p, command(text)); d.Verdict != permission.Allowed {
			t.Errorf("%s: remembered, and still %s: %s", text, d.Verdict, d.Reason)
		}
	}
}

func TestEditsAreAllowedForARun(t *testing.T) {
	p := policy(t, permission.ModeAsk, "")
	c := permission.Call{Tool: "editFile", Class: permission.ClassWrite, Paths: []string{"src/a.ts"}}
	choice, ok := permission.Decide(p, c).Choice(permission.ScopeRun)
	if !ok {
		t.Fatal("edits cannot be allowed for a run")
	}
	p.RunRules = choice.Rules
	if d := permission.Decide(p, c); d.Verdict != permission.Allowed {
		t.Errorf("still %s", d.Verdict)
	}
	for _, path := range []string{".git/config", "AGENTS.md", "../x"} {
		if d := permission.Decide(p, permission.Call{Tool: "editFile", Class: permission.ClassWrite, Paths: []string{"src/a.ts", path}}); d.Verdict == permission.Allowed {
			t.Errorf("%s is allowed too", path)
		}
	}
	if d := permission.Decide(p, command("touch a")); d.Verdict != permission.Asked {
		t.Errorf("and a command: %s", d.Verdict)
	}
}

func TestAfterReadingStrangersTextFetchingAsks(t *testing.T) {
	p := policy(t, permission.ModeAuto, "")
	for _, text := range []string{"npm install left-pad", "pip install x", "git clone https://x/y", "go get x", "npx tsc", "cd a && git pull"} {
		p.Tainted = false
		if d := permission.Decide(p, command(text)); d.Verdict != permission.Allowed {
			t.Errorf("%s: %s", text, d.Verdict)
		}
		p.Tainted = true
		if d := permission.Decide(p, command(text)); d.Verdict != permission.Asked || d.Risk == "" {
			t.Errorf("%s, tainted: %s", text, d.Verdict)
		}
	}
	if d := permission.Decide(p, command("npm test")); d.Verdict != permission.Allowed {
		t.Errorf("npm test, tainted: %s", d.Verdict)
	}
}

func TestTheCardShowsEverything(t *testing.T) {
	d := permission.Decide(policy(t, permission.ModeAuto, ""), command("ls"+strings.Repeat(" ", 200)+"\u202e; rm -rf x\n\n\n\n\ngit push\r\x1b[2K"))
	want := "ls⟨200 spaces⟩⟨U+202E⟩; rm -rf x\n⟨4 empty lines⟩\ngit push⟨U+000D⟩⟨U+001B⟩[2K"
	if d.Shown != want {
		t.Errorf("shows %q", d.Shown)
	}
	if d.Verdict != permission.Asked || !strings.Contains(d.Risk, "cannot be seen") || !strings.Contains(d.Risk, "sends the repository elsewhere") {
		t.Errorf("%s: %s", d.Verdict, d.Risk)
	}
	for r, shown := range map[string]string{"a b\tc": "a b⟨U+0009⟩c", "é→日🙂": "é→日🙂", "\u200b\ufeff\u00ad": "⟨U+200B⟩⟨U+FEFF⟩⟨U+00AD⟩", "\u00a0\u3000\u2028": "⟨U+00A0⟩⟨U+3000⟩⟨U+2028⟩", "\u3164\u2800": "⟨U+3164⟩⟨U+2800⟩", "a\nb": "a\nb", "a\xffb": "a⟨byte FF⟩b", "\U000E0041\ufe0f": "⟨U+E0041⟩⟨U+FE0F⟩"} {
		if got := permission.Visible(r); got != shown {
			t.Errorf("%q is shown as %q", r, got)
		}
	}
}

func FuzzDecide(f *testing.F) {
	for _, a := range append(slices.Clone(attacks), "ls", "npm test", "a[$(x)]=1", "$((", "((", "`", "<<", "case x in", "{ls,}", "[[ a -eq b ]]", "ls\\\n-l", "$'", "x=(1 2)") {
		f.Add("npm test", a)
		f.Add(a, "ls")
	}
	f.Fuzz(func(t *testing.T, head, tail string) {
		p := policy(t, permission.ModeAsk, rulesText)
		for _, text := range []string{head, head + tail} {
			d := permission.Decide(p, command(text))
			if auto := permission.Decide(policy(t, permission.ModeAuto, rulesText), command(text)); d.Verdict == permission.Allowed && auto.Verdict != permission.Allowed {
				t.Fatalf("%q is allowed in ask, %s in auto", text, auto.Verdict)
			}
			if d.Verdict != permission.Allowed {
				continue
			}
			// What is not allowed alone is not allowed as a part either.
			for _, more := range []string{"\nunknown", "\nrm -rf x", "\n$X"} {
				if e := permission.Decide(p, command(text+more)); e.Verdict == permission.Allowed && !strings.Contains(text, "<<") && !strings.HasSuffix(text, "\\") {
					t.Fatalf("%q is allowed", text+more)
				}
			}
			// Nor do lines get around it: joined by a semicolon the text still asks for the new part.
			if e := permission.Decide(p, command("unknown;"+text)); e.Verdict == permission.Allowed {
				t.Fatalf("%q is allowed", "unknown;"+text)
			}
		}
	})
}
