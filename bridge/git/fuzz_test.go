package git

import (
	"encoding/json"
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/bridge"
)

// split feeds output to take, in two pieces.
func split(output string, at int, take func(string) error) {
	at = min(max(at, 0), len(output))
	w := &tokens{take: take}
	if _, err := w.Write([]byte(output[:at])); err == nil {
		_, _ = w.Write([]byte(output[at:]))
	}
}

func FuzzStatus(f *testing.F) {
	const hashes = "0000000000000000000000000000000000000000 0000000000000000000000000000000000000000 "
	f.Add("# branch.oid (initial)\x00# branch.head main\x00# branch.upstream o/m\x00# branch.ab +1 -2\x00"+
		"1 .M N... 100644 100644 100644 "+hashes+"a b\x002 R. N... 100644 100644 100644 "+hashes+"R100 new\x00old\x00"+
		"u UU N... 100644 100644 100644 100644 "+hashes+hashes[:41]+"c\x00? d/\x00! e\x00", 10)
	f.Add("2 R. x\x00? not a file\x00? f\x00", 3)
	f.Add("2 R. N... 100644 100644 100644 "+hashes+"R100 new\x00", 0)
	f.Add("1\x001 \x001 XY\x00# branch.ab +-1 99999999999999999999\x00?\x00? \x00u \x00", 0)
	f.Fuzz(func(t *testing.T, output string, at int) {
		p := &porcelain{root: "repo"}
		split(output, at, p.take)
		for _, file := range p.state.Files {
			if file.Path == "" || !utf8.ValidString(file.Path+file.OldPath+file.Index+file.Worktree) {
				t.Errorf("got %+v", file)
			}
		}
		if p.state.Ahead < 0 || p.state.Behind < 0 || len(p.state.Files) > bridge.MaxListEntries {
			t.Errorf("got %+v", p.state)
		}
	})
}

func FuzzNumstat(f *testing.F) {
	f.Add("1\t2\ta\x00-\t-\tbin\x003\t4\t\x00old\x00new\x005\t6\tb\x00", 5)
	f.Add("99999999999999999999\t-1\tx\x00\t\t\x00", 0)
	f.Add(":100644 100644 a b M\x00a\x00:100644 100644 a b R090\x00o\x00n\x00:\x00\xff\x001\t2\ta\x003\t4\t\x00o\x00n\x00-\t-\t\xff\x00", 7)
	f.Fuzz(func(t *testing.T, output string, at int) {
		n := &numstat{root: "repo"}
		split(output, at, n.take)
		if n.files < 0 || n.added < 0 || n.removed < 0 || n.files > strings.Count(output, "\x00") {
			t.Errorf("got %+v", n)
		}
		for _, c := range n.sorted() {
			if c.Path == "" || !utf8.ValidString(c.Path+c.OldPath) || c.Status == "" || (c.OldPath != "") && c.Status != bridge.ChangeRenamed {
				t.Errorf("got %+v", c)
			}
		}
	})
}

func FuzzLog(f *testing.F) {
	f.Add("h\x00p q\x00a\x00e\x001700000000\x00s\x00b\n\x00", 4)
	f.Add("\xff\x00\x00\xff\x00\x00-1\x00\x01\x00\x02\x00", 0)
	f.Add("h\x00\x00\x00\x0099999999999999\x00\x00\x00half\x00", 0)
	f.Fuzz(func(t *testing.T, output string, at int) {
		l := &logReader{}
		split(output, at, l.take)
		for _, c := range l.commits {
			body, err := json.Marshal(c)
			if err != nil || len(body) > 20<<10 || c.Parents == nil {
				t.Errorf("%d bytes, %v", len(body), err)
			}
		}
	})
}

func FuzzFilters(f *testing.F) {
	f.Add("local\x00filter.a.b.clean\ncmd\x00global\x00filter.a.b.clean\nmine\x00", 7)
	f.Add("worktree\x00filter.clean\x00local\x00filter..process\n\x00local\x00x\x00", 0)
	f.Fuzz(func(t *testing.T, output string, at int) {
		c := filterConfig{users: map[string]string{}, locals: map[string][]string{}}
		split(output, at, c.take)
		for _, s := range c.settings() {
			if !strings.HasPrefix(s.key, "filter.") || s.value != "" && s.value != "false" && s.value != c.users[s.key] {
				t.Errorf("got %+v", s)
			}
		}
	})
}

func FuzzTrees(f *testing.F) {
	h := strings.Repeat("ab", 20)
	f.Add(":100644 100755 "+h+" "+h+" M\x00a/b\x00:000000 120000 "+h+" "+h+" A\x00x\x00", "100644 blob "+h+"\tp\tq", 3)
	f.Add(":100644 000000 "+h+" "+h+" D\x00../x\x00:1 1 1 1 M\x00.git/config\x00", "160000 commit "+h+"\tsub", 0)
	f.Add("\x00\x00", "\t", 0)
	f.Fuzz(func(t *testing.T, output, line string, at int) {
		c := &changes{}
		split(output, at, c.take)
		var paths []string
		for _, one := range c.list {
			paths = append(paths, one.path)
		}
		if p, o, ok := parseTreeLine(line); ok {
			paths = append(paths, p)
			if o.mode == absent {
				t.Errorf("%q is nothing", p)
			}
		}
		for _, p := range paths {
			if path.Clean("/"+p) != "/"+p || p == "" || p[0] == '/' || strings.Contains("/"+p+"/", "/../") || strings.Contains("/"+strings.ToLower(p)+"/", "/.git/") {
				t.Errorf("%q would be written", p)
			}
		}
	})
}

func FuzzReferences(f *testing.F) {
	f.Add("1700000000000\x00message\n\x00\n1700000000001\x00\x00\n", 4)
	f.Add("+700000000000\x00\x00\n99999999999999\x00\x00\nx\x00", 0)
	f.Fuzz(func(t *testing.T, output string, at int) {
		l := &refList{}
		split(output, at, l.take)
		for _, c := range l.list {
			if identifier(c.CreatedAt) != c.ID || strings.Trim(c.ID, "0123456789") != "" || !utf8.ValidString(c.Message) {
				t.Errorf("got %+v", c)
			}
		}
	})
}

// Quoting is undone by git: what it stores is what was quoted.
func FuzzQuote(f *testing.F) {
	f.Add("a\"b\\\n\x00\xff\x7fü")
	f.Fuzz(func(t *testing.T, name string) {
		q := quote(name)
		if q[0] != '"' || q[len(q)-1] != '"' {
			t.Fatalf("got %s", q)
		}
		var back []byte
		for in := q[1 : len(q)-1]; in != ""; {
			switch {
			case in[0] < 0x20 || in[0] >= 0x7f || in[0] == '"':
				t.Fatalf("%q is bare in %s", in[0], q)
			case in[0] != '\\':
				back, in = append(back, in[0]), in[1:]
			case in[1] == '"' || in[1] == '\\':
				back, in = append(back, in[1]), in[2:]
			default:
				back, in = append(back, (in[1]-'0')<<6|(in[2]-'0')<<3|(in[3]-'0')), in[4:]
			}
		}
		if string(back) != name {
			t.Errorf("%q became %q", name, back)
		}
	})
}
