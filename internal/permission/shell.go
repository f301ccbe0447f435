package permission

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// maxCommand is in characters, as runCommand's own limit: nobody reads more on a card.
const maxCommand = 8000

// finding is something about a command that keeps a rule from allowing it.
type finding struct {
	why string // continues "it …"
	// always: asks in every mode. Else only rules are without effect.
	always bool
}

// reading is what was understood of a shell text.
type reading struct {
	parts    []Part
	findings []finding
	files    []string // that the text redirects from or to
	gitRuns  bool     // git may run programs: see Call.GitQuiet
}

func (r *reading) note(always bool, format string, args ...any) {
	r.findings = append(r.findings, finding{why: fmt.Sprintf(format, args...), always: always})
}

// always returns the reason why every mode asks.
func (r *reading) always() (string, bool) {
	for _, f := range r.findings {
		if f.always {
			return f.why, true
		}
	}
	return "", false
}

var errUnreadable = errors.New("cannot be read as bash")

// parse returns an error for whatever the parser objects to. It is known to panic on nothing, but its
// input comes from strangers, and a panic here would end everybody's turns.
func parse(text string) (f *syntax.File, err error) {
	defer func() {
		if recover() != nil {
			f, err = nil, errUnreadable
		}
	}()
	return syntax.NewParser(syntax.Variant(syntax.LangBash), syntax.KeepComments(true)).Parse(strings.NewReader(text), "")
}

// read takes a shell text apart. dir is the folder that it starts in.
func read(text string, place Place, dir string) *reading {
	r := &reading{}
	switch {
	case utf8.RuneCountInString(text) > maxCommand:
		r.note(true, "is longer than %d characters, which is too much to check", maxCommand)
		return r
	case hasInvisible(text):
		r.note(true, "contains characters that cannot be seen, or bytes that are no text")
	}
	f, err := parse(text)
	if err != nil {
		r.note(true, "cannot be read as bash, so nobody knows what it would do")
		return r
	}
	w := &walker{reading: r, text: text, place: place, dir: dir}
	syntax.Walk(f, w.visit)
	for i := range r.parts {
		if f, ok := r.parts[i].always(place, dir); ok {
			r.findings = append(r.findings, f)
		}
	}
	if r.leaves(place, dir) {
		r.note(slices.ContainsFunc(r.parts, func(p Part) bool { return p.writes }), "leaves the workspace's folder")
	}
	if len(r.parts) == 0 && len(r.findings) == 0 {
		r.note(false, "runs nothing")
	}
	return r
}

// leaves says whether relative names may mean files outside the workspace.
func (r *reading) leaves(place Place, dir string) bool {
	return !place.inside(dir, ".") || slices.ContainsFunc(r.parts, func(p Part) bool {
		switch p.program() {
		case "cd", "pushd":
			return !p.entersBelow(place, dir)
		case "popd":
			return true
		}
		return false
	})
}

type walker struct {
	*reading
	text  string
	place Place
	dir   string
}

// visit sees every node. What it does not know is found always, so that syntax added to
// the parser later does not slip through.
func (w *walker) visit(node syntax.Node) bool {
	switch n := node.(type) {
	case nil, *syntax.File, *syntax.Comment, *syntax.BinaryCmd, *syntax.Subshell, *syntax.Block,
		*syntax.TimeClause, *syntax.Word, *syntax.Lit, *syntax.SglQuoted, *syntax.DblQuoted:
	case *syntax.Redirect:
		// The statement it belongs to has seen it.
	case *syntax.Stmt:
		w.statement(n)
	case *syntax.CallExpr:
		// Parts are made by their statement, which knows the redirections.
	case *syntax.Assign:
		if n.Index != nil || n.Array != nil {
			w.note(true, "sets an array, whose index may run commands")
		}
	case *syntax.CmdSubst:
		w.note(false, "takes words from the output of another command")
	case *syntax.ProcSubst:
		w.note(false, "passes the output of another command as a file")
	case *syntax.ParamExp:
		if n.Index != nil || n.Slice != nil || n.Excl || n.Exp != nil && n.Exp.Op == syntax.OtherParamOps {
			w.note(true, "computes with variables, which may run commands hidden in them")
		} else {
			w.note(false, "takes words from variables")
		}
	case *syntax.ExtGlob:
		w.note(false, "uses a pattern of file names that depends on settings")
	case *syntax.IfClause, *syntax.WhileClause, *syntax.ForClause, *syntax.CaseClause, *syntax.WordIter, *syntax.CaseItem:
		w.note(false, "is a program with conditions or loops")
	case *syntax.FuncDecl:
		w.note(true, "defines a function, which can take the name of any command")
	case *syntax.DeclClause:
		w.note(true, "changes variables of the shell with %s", quoted(n.Variant.Value))
	case *syntax.TestClause, *syntax.ArithmCmd, *syntax.ArithmExp, *syntax.LetClause, *syntax.CStyleLoop,
		*syntax.BinaryArithm, *syntax.UnaryArithm, *syntax.ParenArithm, *syntax.BinaryTest, *syntax.UnaryTest, *syntax.ParenTest:
		w.note(true, "computes with shell arithmetic or tests, which may run commands hidden in variables")
	case *syntax.CoprocClause:
		w.note(true, "starts a program beside itself")
	default:
		w.note(true, "uses shell syntax that cannot be checked")
	}
	return true
}

func (w *walker) statement(s *syntax.Stmt) {
	if s.Coprocess || s.Disown {
		w.note(true, "starts a program beside itself")
	}
	call, ok := s.Cmd.(*syntax.CallExpr)
	part := Part{Text: w.source(s)}
	for _, r := range s.Redirs {
		w.redirect(r, &part)
	}
	if !ok {
		if part.writes || part.feeds {
			w.note(false, "redirects a group of commands")
		}
		return
	}
	for _, a := range call.Assigns {
		w.assign(a, &part)
	}
	for _, a := range call.Args {
		part.words = append(part.words, literal(a, w.place.Home))
	}
	switch {
	case len(call.Args) == 0 && len(call.Assigns) > 0:
		// X=1 alone stays for all commands that follow.
		w.note(part.assigns, "sets variables of the shell")
		return
	case !part.words[0].sure():
		w.note(true, "gets the name of the program from a variable, a pattern or another command")
	case part.words[0].text == "":
		w.note(true, "names no program")
	}
	w.parts = append(w.parts, part)
}

// source returns what was written for s. Positions of the parser are bytes.
func (w *walker) source(s *syntax.Stmt) string {
	from, to := int(s.Pos().Offset()), int(s.End().Offset())
	if from < 0 || from > to || to > len(w.text) {
		return w.text
	}
	return strings.TrimRight(w.text[from:to], " \t\n;&")
}

// harmlessVariables change how programs talk, not what they do.
var harmlessVariables = []string{
	"CI", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "COLUMNS", "LINES", "NODE_ENV", "RAILS_ENV", "RACK_ENV", "APP_ENV",
	"RUST_BACKTRACE", "RUST_LOG", "TZ", "LANG", "LC_ALL", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "CGO_ENABLED", "GOOS", "GOARCH", "PORT", "HOST",
}

// powerfulVariables decide which programs run, or what they load.
func powerfulVariable(name string) bool {
	for _, prefix := range []string{"LD_", "GIT_", "NODE_", "NPM_", "npm_", "PYTHON", "PERL", "RUBY", "JAVA_", "JDK_", "MAVEN_", "GRADLE_", "BASH", "DYLD_", "SSH_", "CARGO_", "RUSTC", "GOFLAGS", "GOPROXY", "GOTOOLCHAIN", "PIP_", "UV_", "MAKE"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return slices.Contains([]string{"PATH", "IFS", "ENV", "PS0", "PS1", "PS2", "PS3", "PS4", "CDPATH", "HOME", "SHELL", "SHELLOPTS", "GLOBIGNORE", "PROMPT_COMMAND", "EDITOR", "VISUAL",
		"PAGER", "LESS", "LESSOPEN", "LESSCLOSE", "MANPAGER", "BROWSER", "CC", "CXX", "AR", "XDG_CONFIG_HOME", "TMPDIR", "OPTIND", "OPTERR", "EXECIGNORE"}, name)
}

func (w *walker) assign(a *syntax.Assign, part *Part) {
	if a.Name == nil {
		part.assigns = true
		return
	}
	value := word{known: true}
	if a.Value != nil {
		value = literal(a.Value, w.place.Home)
	}
	if why, ok := w.place.sensitive(w.dir, value.text); ok && value.text != "" {
		w.note(true, "%s", why)
	}
	name := a.Name.Value
	switch {
	case name == "PORT" && (!value.known || w.place.reserved(value.text)):
		w.note(true, "listens on a port that the platform itself uses")
	case slices.Contains(harmlessVariables, name) && value.known:
	case powerfulVariable(name):
		part.assigns = true
		w.note(true, "sets %s, which can change what runs", quoted(name))
	default:
		w.note(false, "sets %s for a command", quoted(name))
	}
}
