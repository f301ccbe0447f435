package permission_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/permission"
)

func bind(t testing.TB, c permission.Call) permission.Hash {
	t.Helper()
	h, err := permission.Bind(c, permission.DefaultPlace())
	if err != nil {
		t.Fatalf("%s: %v", c.Arguments, err)
	}
	return h
}

func TestAHashStandsForTheMeaning(t *testing.T) {
	call := func(args string) permission.Call {
		return permission.Call{Tool: "runCommand", Class: permission.ClassExecute, Arguments: []byte(args), Command: "ls", Cwd: "a", Paths: []string{"x", "y"}}
	}
	base := call(`{"command":"ls","list":[1,{"a":null,"b":true}],"s":"é/\n"}`)
	for _, same := range []string{
		` { "s" : "\u00e9\/\n" , "list":[ 1 , {"b":true,"a":null} ],` + "\n\t" + `"command":"\u006cs"} `,
	} {
		if bind(t, call(same)) != bind(t, base) {
			t.Errorf("%s has another hash", same)
		}
	}
	seen := map[permission.Hash]string{bind(t, base): "base"}
	different := []permission.Call{}
	for _, args := range []string{
		`{"command":"ls ","list":[1,{"a":null,"b":true}],"s":"é/\n"}`, `{"command":"ls","list":[{"a":null,"b":true},1],"s":"é/\n"}`, `{"command":"ls","list":["1",{"a":null,"b":true}],"s":"é/\n"}`,
		`{"command":"ls","list":[1,{"a":false,"b":true}],"s":"é/\n"}`, `{"command":"ls","list":[1,{"a":null,"b":true}],"s":"e\u0301/\n"}`, `{"command":"ls","list":[1,{"a":null,"b":true}]}`, `{"Command":"ls","list":[1,{"a":null,"b":true}],"s":"é/\n"}`, `{}`, `{"a":{"b":1}}`, `{"a":{},"b":1}`, `{"a":"b\",\"c"}`, `{"a":"b","c":""}`, `{"a":"\ufffd"}`, `{"a":[]}`, `{"a":[[]]}`, `{"a":1.0}`, `{"a":1}`,
	} {
		different = append(different, call(args))
	}
	for _, change := range []func(*permission.Call){
		func(c *permission.Call) { c.Tool = "runCommands" }, func(c *permission.Call) { c.Class = permission.ClassRead }, func(c *permission.Call) { c.Command = "ls\n" }, func(c *permission.Call) { c.Cwd = "b" }, func(c *permission.Call) { c.Cwd = "" },
		func(c *permission.Call) { c.Paths = []string{"xy"} }, func(c *permission.Call) { c.Paths = []string{"y", "x"} }, func(c *permission.Call) { c.Paths = nil }, func(c *permission.Call) { c.Paths = []string{"x", "y", ""} },
	} {
		c := base
		change(&c)
		different = append(different, c)
	}
	for _, c := range different {
		h := bind(t, c)
		if was, ok := seen[h]; ok {
			t.Errorf("%+v has the hash of %s", c, was)
		}
		seen[h] = string(c.Arguments)
	}
}

func TestArgumentsThatTwoReadersMayReadDifferently(t *testing.T) {
	for _, args := range []string{
		`{"a":1,"a":1}`, `{"a":{"b":1,"b":2}}`, `{"a":1,"\u0061":2}`, `[]`, `"x"`, `1`, `null`, `{`, `{}{}`, `{} x`, "{\"a\":\"\xff\"}", `{"a":"\ud800"}`, `{"a":"\udc00"}`, `{"a":"\ud800\u0041"}`, `{"a":"\ud800\ud800\udc00"}`, `{"\udfff":1}`,
		strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40), `{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "}", `{"a":"` + strings.Repeat("x", 9<<20) + `"}`,
	} {
		if _, err := permission.Bind(permission.Call{Tool: "x", Arguments: []byte(args)}, permission.DefaultPlace()); !errors.Is(err, permission.ErrArguments) {
			t.Errorf("%.60s: %v", args, err)
		}
	}
	for _, args := range []string{"", " ", "{}", `{"a":"\ud83d\ude42 \\ud800"}`, `{"a":"\\\\"}`} {
		bind(t, permission.Call{Tool: "x", Arguments: []byte(args)})
	}
}

func TestAnApprovalIsForOneCallAndFifteenMinutes(t *testing.T) {
	place, now := permission.DefaultPlace(), time.Now()
	c := command("git push")
	a := permission.Approval{Hash: bind(t, c), UserID: "u", RunID: "r", At: now}
	for name, x := range map[string]struct {
		a    permission.Approval
		call permission.Call
		run  string
		at   time.Time
		want error
	}{
		"good":         {a, c, "r", now, nil},
		"at the end":   {a, c, "r", now.Add(permission.ApprovalTTL), nil},
		"other clock":  {a, c, "r", now.Add(-30 * time.Second), nil},
		"late":         {a, c, "r", now.Add(permission.ApprovalTTL + 1), permission.ErrExpired},
		"future":       {a, c, "r", now.Add(-time.Hour), permission.ErrExpired},
		"other call":   {a, command("git push -f"), "r", now, permission.ErrOtherCall},
		"other run":    {a, c, "r2", now, permission.ErrOtherCall},
		"by nobody":    {permission.Approval{Hash: a.Hash, RunID: "r", At: now}, c, "r", now, permission.ErrOtherCall},
		"zero":         {permission.Approval{}, c, "", now, permission.ErrOtherCall},
		"bad argument": {a, permission.Call{Tool: "x", Arguments: []byte("[")}, "r", now, permission.ErrArguments},
	} {
		if err := x.a.Covers(x.call, place, x.run, x.at); !errors.Is(err, x.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzBind(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `{"a":"\ud83d\ude42","b":[1,2,{"c":null}]}`, `{"a":"\\"}`, `{"":{}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, args []byte) {
		c := permission.Call{Tool: "x", Arguments: args}
		h, err := permission.Bind(c, permission.DefaultPlace())
		if err != nil {
			return
		}
		c.Arguments = append([]byte(" \n"), append(args, '\t')...)
		if again, err := permission.Bind(c, permission.DefaultPlace()); err != nil || again != h {
			t.Fatalf("%q: blanks change the hash (%v)", args, err)
		}
	})
}
