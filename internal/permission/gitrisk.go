package permission

import (
	"slices"
	"strings"
)

// gitCall is a command of git: what follows the options that stand before its name.
type gitCall struct {
	sub  string
	args []word
	// elsewhere: -C, which moves it to another folder.
	elsewhere bool
	// odd: other options before the name, which change what git does.
	odd bool
}

func (p Part) git() (gitCall, bool) {
	if p.program() != "git" {
		return gitCall{}, false
	}
	g := gitCall{}
	args := p.args()
	for len(args) > 0 && (args[0].option() || !args[0].sure()) {
		switch args[0].text {
		case "--no-pager", "-P", "--no-optional-locks", "--literal-pathspecs", "--version":
		case "-C":
			g.elsewhere = true
			args = args[min(1, len(args)-1):]
		default:
			g.odd = true
		}
		args = args[1:]
	}
	if len(args) > 0 {
		g.sub, g.args = args[0].text, args[1:]
	}
	return g, true
}

func (g gitCall) has(options ...string) bool {
	return slices.ContainsFunc(g.args, func(w word) bool { return !w.known || slices.Contains(options, w.text) })
}

// letter looks for an option in a cluster of letters.
func (g gitCall) letter(letters string) bool {
	return slices.ContainsFunc(g.args, func(w word) bool {
		return strings.HasPrefix(w.text, "-") && !strings.HasPrefix(w.text, "--") && strings.ContainsAny(w.text, letters)
	})
}

// gitAlways are commands of git that leave the workspace, run programs, or lose what neither
// git nor a checkpoint could bring back.
var gitAlways = table(
	"sends the repository elsewhere", "push send-pack send-email imap-send http-push request-pull svn p4 cvsexportcommit daemon instaweb remote-https remote-http remote-ext subtree bundle archive upload-pack receive-pack upload-archive serve lfs annex",
	"changes how git works, which can run programs", "config hook difftool mergetool web--browse help gui gitk citool credential maintenance filter-branch filter-repo replace fast-import update-ref symbolic-ref worktree submodule bisect init var shell for-each-repo scalar sparse-checkout fsmonitor--daemon update-server-info",
	"deletes what neither git nor a checkpoint keeps", "clean gc prune reflog repack",
)

func (p Part) gitDanger(_ Place, _ string) string {
	g, ok := p.git()
	if !ok {
		return ""
	}
	if why, ok := gitAlways[g.sub]; ok {
		return why
	}
	for _, w := range g.args {
		if strings.Contains(w.text, "::") && !strings.Contains(w.text, " ") && slices.Contains(strings.Fields("clone fetch pull remote ls-remote"), g.sub) {
			return "uses a transport that can run programs"
		}
	}
	switch {
	case g.odd:
		return "has options before git's command, which can change what git does"
	case g.sub == "reset" && g.has("--hard", "--har", "--ha", "--merge", "--keep"),
		g.sub == "branch" && (g.letter("DdMmfC") || g.has("--delete", "--force", "--move")),
		g.sub == "tag" && (g.letter("df") || g.has("--delete", "--force")),
		g.sub == "stash" && g.has("drop", "clear"),
		g.sub == "checkout" && (g.letter("fB") || g.has("--force")), g.sub == "switch" && (g.letter("fC") || g.has("--force", "--discard-changes")),
		g.sub == "rebase" && (g.letter("xi") || g.has("--exec", "--interactive")),
		g.sub == "commit" && g.has("--amend"):
		return "changes git's history, which checkpoints do not hold"
	case g.sub == "remote" && len(g.args) > 0 && !g.has("-v", "get-url"), g.sub == "notes", g.sub == "clone" && g.letter("u"):
		return "changes with whom the repository is shared"
	case g.sub == "grep" && g.letter("O"):
		return "opens files in a program"
	}
	return ""
}
