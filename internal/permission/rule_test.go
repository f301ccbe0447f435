package permission_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/permission"
)

func TestRulesRoundTrip(t *testing.T) {
	for text, want := range map[string]string{
		"allow run npm test":           "",
		"  deny   run   git  push ":    "deny run git push",
		`ask run "git" 'commit'`:       "ask run git commit",
		`allow run ./a\ b.sh`:          "allow run './a b.sh'",
		`allow run x 'it'\''s' '$a' *`: "error",
		`allow run x 'it'\''s' '$a'`:   `allow run x 'it'\''s' '$a'`,
		"deny run 'if' a":              "",
		"deny run 'export' a":          "",
		"deny run 'X=1' a":             "",
		"deny read secrets/**":         "",
		"ask write {a,b}/*.sql":        "",
		"allow write docs/**":          "",
		"deny tool previewPort":        "",
		"allow tool stopProcess":       "",
		"deny run bash":                "",
	} {
		r, err := permission.ParseRule(text)
		if want == "error" {
			if !errors.Is(err, permission.ErrRule) {
				t.Errorf("%q: %v", text, err)
			}
			continue
		}
		if want == "" {
			want = text
		}
		if err != nil || r.String() != want {
			t.Errorf("%q: %q, %v", text, r, err)
			continue
		}
		stored, err := json.Marshal(r)
		var back permission.Rule
		if err != nil || json.Unmarshal(stored, &back) != nil || back.String() != want {
			t.Errorf("%q: stored as %s, read as %q", text, stored, back)
		}
	}
}

func TestRulesThatAreRefused(t *testing.T) {
	for _, text := range []string{
		"", "allow", "allow run", "allow run ", "permit run ls", "allow walk ls", "ALLOW run ls", "allow run a; b", "allow run a | b", "allow run a && b", "allow run $x", "allow run a $(b)", "allow run a > b", "allow run X=1 a", "allow run a &", "allow run ! a",
		"allow run a*", "allow run {a,b}", "allow run ~/x", "allow run a # comment", "allow run a\nallow run b", "allow run a\u200b", "allow run 'a", "allow run ''", "deny read /etc", "deny read ../x", "deny read a/../b", "deny read [", "deny tool a b", "deny tool ../x",
		"allow run x " + strings.Repeat("y ", 20), "allow run " + strings.Repeat("x", 400), "allow run " + strings.Repeat("' '", 90) + "'",
		// These would allow anything, or would not be kept to.
		"allow run bash", "allow run bash -c", "allow run sh", "allow run sudo npm", "allow run env", "allow run xargs ls", "allow run eval", "allow run python", "allow run python -c", "allow run python3.12", "allow run node -e", "allow run git", "allow run npm", "allow run npx", "allow run make", "allow run git -C x", "allow run curl", "allow run curl https://x", "allow run git push", "allow run npm publish", "allow run rm -rf", "allow run rm", "allow run find", "allow run /usr/bin/sudo ls", "allow run npm run deploy", "allow run awk", "allow run docker run", "allow read docs/**",
	} {
		if r, err := permission.ParseRule(text); !errors.Is(err, permission.ErrRule) {
			t.Errorf("%.60q is the rule %q (%v)", text, r, err)
		}
	}
	many := strings.Repeat("deny run a\n", permission.MaxRules)
	if rules, err := permission.ParseRules("# mine\n\n" + many); err != nil || len(rules) != permission.MaxRules {
		t.Errorf("%d rules, %v", len(rules), err)
	}
	if _, err := permission.ParseRules(many + "deny run b\n"); !errors.Is(err, permission.ErrRule) {
		t.Errorf("too many rules: %v", err)
	}
	if _, err := permission.ParseRules("deny run a\nnonsense"); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("which line? %v", err)
	}
}

func TestDenyWinsOverAskWinsOverAllowInEveryOrder(t *testing.T) {
	allow, ask, deny := "allow run npm test\n", "ask run npm test\n", "deny run npm test\n"
	for text, want := range map[string]permission.Verdict{
		allow: permission.Allowed, allow + ask: permission.Asked, ask + allow: permission.Asked,
		allow + deny: permission.Refused, deny + allow: permission.Refused, deny + ask + allow: permission.Refused, ask + allow + deny: permission.Refused,
		"deny run npm\n" + allow: permission.Refused, "allow run npm test -- --x\n" + ask: permission.Asked,
	} {
		for _, mode := range []permission.Mode{permission.ModeAsk, permission.ModeAutoEdit} {
			d := permission.Decide(policy(t, mode, text), command("npm test -- --x"))
			if d.Verdict != want {
				t.Errorf("%s, %q: %s (%s)", mode, text, d.Verdict, d.Reason)
			}
			if d.Verdict == permission.Asked && (len(d.Choices) != 1 || d.Rule == "") {
				t.Errorf("%q: what a rule asks cannot be allowed for longer: %+v", text, d.Choices)
			}
		}
	}
	p := policy(t, permission.ModeAuto, ask)
	if d := permission.Decide(p, command("npm test")); d.Verdict != permission.Asked {
		t.Errorf("auto does not keep to ask rules: %s", d.Verdict)
	}
	p = policy(t, permission.ModeAuto, "")
	p.RunRules = policy(t, permission.ModeAuto, deny).Rules
	if d := permission.Decide(p, command("ls; npm test")); d.Verdict != permission.Refused {
		t.Errorf("a rule of the run does not count: %s", d.Verdict)
	}
}

func TestPathRules(t *testing.T) {
	p := policy(t, permission.ModeAuto, "deny read secrets/**\nask write migrations/*.sql\ndeny tool gitCommit")
	for _, c := range []struct {
		call permission.Call
		want permission.Verdict
	}{
		{permission.Call{Tool: "readFile", Class: permission.ClassRead, Paths: []string{"secrets/a"}}, permission.Refused},
		{permission.Call{Tool: "readFile", Class: permission.ClassRead, Paths: []string{"/workspace/x/../secrets/a"}}, permission.Refused},
		{permission.Call{Tool: "writeFile", Class: permission.ClassWrite, Paths: []string{"a", "secrets/b/c"}}, permission.Refused},
		{permission.Call{Tool: "writeFile", Class: permission.ClassWrite, Paths: []string{"migrations/1.sql"}}, permission.Asked},
		{permission.Call{Tool: "readFile", Class: permission.ClassRead, Paths: []string{"migrations/1.sql"}}, permission.Allowed},
		{permission.Call{Tool: "writeFile", Class: permission.ClassWrite, Paths: []string{"a.go"}}, permission.Allowed},
		{permission.Call{Tool: "gitCommit", Class: permission.ClassWrite}, permission.Refused},
		{command("cat secrets/key"), permission.Refused},
		{command("cd secrets && cat key"), permission.Refused},
	} {
		if d := permission.Decide(p, c.call); d.Verdict != c.want {
			t.Errorf("%+v: %s (%s)", c.call, d.Verdict, d.Reason)
		}
	}
}

func FuzzParseRule(f *testing.F) {
	for _, s := range []string{"allow run npm test", `ask run x 'a b' "c"`, "deny read a/**", "deny run 'if'", "allow run =~ x:~", "deny run \\~", "deny run !", "deny run 'a'\"'\"'b'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := permission.ParseRule(text)
		if err != nil {
			if !errors.Is(err, permission.ErrRule) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := permission.ParseRule(r.String())
		if err != nil || again.String() != r.String() || again.Effect() != r.Effect() {
			t.Fatalf("%q is written %q, read as %q (%v)", text, r, again, err)
		}
	})
}
