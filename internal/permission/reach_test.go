package permission_test

import (
	"testing"

	"github.com/kalpana-dev/kalpana/internal/permission"
)

const guardRules = `
deny read secrets/**
deny read conf/keys/*.pem
deny write migrations/**
`

// What a rule forbids to read is not read by a command that only reads, and does not name it.
func TestReadingCommandsDoNotGetAroundRules(t *testing.T) {
	const a, q, r = permission.Allowed, permission.Asked, permission.Refused
	for text, want := range map[string]permission.Verdict{
		"cat secrets/key": r, "cat < secrets/key": r, "wc -l < secrets/key": r, "cd secrets && cat key": r, "git show HEAD:secrets/key": r, "git show :0:secrets/key": r, "git cat-file -p HEAD:./secrets/key": r,
		"git diff HEAD -- :/secrets/key": r, "git grep x -- secrets": r, "grep -r x secrets": r, "ls secrets": r, "ls > migrations/1.sql": r, "cat conf/keys/a.pem": r, "cd conf/keys": q,
		"cat secret*/key": q, "cat */key": q, "cat ?ecrets/key": q, "cat [s]ecrets/*": q, "head conf/k*/a*": q, "cat conf/keys/*": q, "ls *": q,
		"grep -r . .": q, "grep -rn x": q, "grep -R x ./": q, "grep --recursive x .": q, "grep -d recurse x .": q, "grep -rn x conf": q, "rg x": q, "rg --hidden . ": q, "rg -A 3 x": q, "rg -e x conf": q, "rg --files": q,
		"find . -name x": q, "find -L conf -type f": q, "find": q, "tree": q, "ls -R": q, "ls -lR conf": q, "du -a": q, "diff -r a .": q, "cd conf && cat keys/a.pem": q,
		"git diff": q, "git show": q, "git show HEAD": q, "git log -p": q, "git log --oneline -S x": q, "git grep x": q, "git cat-file -p 0123abcd": q, "git diff HEAD -- conf": q, "git diff -- ':(glob)**'": q, "ls src; rg x": q,
		"cat src/a.go": a, "cat src/*.go": a, "grep -rn x src": a, "grep x a.go": a, "rg x src test": a, "rg -A 3 x src": a, "rg -e x src": a, "find src -name '*.go'": a, "ls": a, "ls -ltr": a, "ls -R src": a, "cd src && ls": a, "diff a.go b.go": a,
		"git status": a, "git log --oneline": a, "git diff -- src": a, "git show HEAD:src/a.go": a, "git log -p -- src": a, "git show --stat HEAD -- src": a, "cat conf/other/*.pem": a, "cat conf/a.txt": a,
	} {
		for _, mode := range []permission.Mode{permission.ModeAsk, permission.ModeAuto} {
			if d := permission.Decide(policy(t, mode, guardRules), command(text)); d.Verdict != want {
				t.Errorf("%q in %s: %s (%s), want %s", text, mode, d.Verdict, d.Reason, want)
			}
		}
		// Without the rules it is what it was, and the rules never make it freer.
		if d := permission.Decide(policy(t, permission.ModePlan, guardRules), command(text)); (d.Verdict == a) != (want == a) {
			t.Errorf("%q in plan: %s (%s)", text, d.Verdict, d.Reason)
		}
	}
	for _, text := range []string{"cat src/*.go", "rg x src", "cat a/b/*"} {
		if d := permission.Decide(policy(t, permission.ModeAsk, "deny read **/.env*"), command(text)); d.Verdict != q || d.Code != permission.CodeRule {
			t.Errorf("%q: %s (%s)", text, d.Verdict, d.Reason)
		}
		if d := permission.Decide(policy(t, permission.ModeAsk, "ask read {x/y,**/.env}"), command(text)); d.Verdict != q {
			t.Errorf("%q: %s (%s)", text, d.Verdict, d.Reason)
		}
	}
	for _, text := range []string{"git show HEAD:.env", "git show HEAD:src/.env.local", "cat *.go"} {
		if got := outcome(t, text); got == reads {
			t.Errorf("%q without rules: %s", text, got)
		}
	}
	if d := permission.Decide(policy(t, permission.ModeAuto, guardRules), command("cat *.go")); d.Verdict != a {
		t.Errorf("cat *.go: %s (%s)", d.Verdict, d.Reason)
	}
	p := policy(t, permission.ModeAsk, guardRules)
	p.RunCalls = []permission.Hash{bind(t, command("rg x"))}
	if d := permission.Decide(p, command("rg x")); d.Verdict != a {
		t.Errorf("allowed for the run: %s (%s)", d.Verdict, d.Reason)
	}
}

func TestFoldersThatAreMovedOrDeleted(t *testing.T) {
	for tree, want := range map[string]permission.Verdict{
		"conf": permission.Refused, "conf/keys": permission.Asked, "secrets": permission.Refused, "migrations": permission.Refused, "src": permission.Allowed, "conf/other": permission.Allowed,
	} {
		c := permission.Call{Tool: "moveFile", Class: permission.ClassWrite, Paths: []string{tree, "new"}, Trees: []string{tree}}
		if d := permission.Decide(policy(t, permission.ModeAuto, guardRules), c); d.Verdict != want {
			t.Errorf("%s: %s (%s), want %s", tree, d.Verdict, d.Reason, want)
		}
		if d := permission.Decide(policy(t, permission.ModeAuto, "ask read **/*.pem"), c); d.Verdict != permission.Asked {
			t.Errorf("%s under a pattern for everywhere: %s (%s)", tree, d.Verdict, d.Reason)
		}
		other := c
		other.Trees = nil
		if bind(t, c) == bind(t, other) {
			t.Errorf("%s: the hash is that of a file", tree)
		}
	}
}

func TestWhatListsLeaveOut(t *testing.T) {
	p := policy(t, permission.ModeAuto, guardRules+"ask read private/**\nallow write docs/**")
	for name, want := range map[string]bool{
		"secrets/a": true, "secrets": true, "/workspace/secrets/a/b": true, "private/x": true, "conf/keys/a.pem": true,
		"conf/keys/a": false, "migrations/1.sql": false, "docs/a": false, "src/secrets/a": false, ".": false, "/etc/secrets/a": false,
	} {
		if p.Hides(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

func TestGitReadsOnlyWhereItsSettingsAreQuiet(t *testing.T) {
	for text, want := range map[string][2]bool{ // some git, only reading
		"git status": {true, true}, "git diff | head": {true, true}, "ls": {false, true}, "git push": {false, false}, "git log; npm test": {true, false}, "npm test": {false, false}, "cd a && git status": {false, false}, "": {false, false}, "git status > x": {false, false},
	} {
		some, only := command(text).GitReads(permission.DefaultPlace())
		if some != want[0] || only != want[1] {
			t.Errorf("%q: %v, %v", text, some, only)
		}
	}
	for _, text := range []string{"git status", "git diff | head", "git log; ls"} {
		c := command(text)
		c.GitQuiet = false
		if got := permission.Decide(policy(t, permission.ModePlan, rulesText), c).Verdict; got != permission.Refused {
			t.Errorf("%s in plan: %s", text, got)
		}
		d := permission.Decide(policy(t, permission.ModeAutoEdit, "allow run git status"), c)
		if d.Verdict != permission.Asked || d.Risk == "" {
			t.Errorf("%s: %s (%s)", text, d.Verdict, d.Reason)
		}
	}
	c := command("ls")
	c.GitQuiet = false
	if got := permission.Decide(policy(t, permission.ModePlan, ""), c).Verdict; got != permission.Allowed {
		t.Errorf("ls: %s", got)
	}
}
