package permission

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// within says whether the absolute, clean name is dir or inside it.
func within(name, dir string) bool {
	return name == dir || strings.HasPrefix(name, strings.TrimSuffix(dir, "/")+"/")
}

// inside says whether name, seen from the folder dir, is in the workspace.
func (p Place) inside(dir, name string) bool {
	return p.Root != "" && within(p.resolve(dir, name), path.Clean(p.Root))
}

// relative returns name as rules write it: from the root, without a leading slash.
func (p Place) relative(dir, name string) (string, bool) {
	if !p.inside(dir, name) {
		return "", false
	}
	rel := strings.TrimPrefix(p.resolve(dir, name), strings.TrimSuffix(path.Clean(p.Root), "/"))
	return cmpOr(strings.TrimPrefix(rel, "/"), "."), true
}

func cmpOr(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

// sensitiveNames grant power beyond the files themselves: whoever writes them decides what
// runs next (git hooks, shell start files, editor tasks, build servers), what the agent is
// told, or who one is elsewhere. The reason belongs to the card.
var sensitiveNames = []struct {
	names string
	why   string
}{
	{".git", "touches git's own files, from which hooks and commands run"},
	{".ssh .gnupg .netrc .git-credentials .aws .kube .docker .pgpass .azure", "touches keys or passwords"},
	{".bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc .zprofile .zshenv .zlogin .zlogout .inputrc .kshrc .envrc .curlrc .wgetrc .xinitrc .pam_environment", "touches what a shell runs when it starts"},
	{".gitconfig .gitmodules .husky .githooks", "touches what makes git run programs"},
	{".vscode .idea .devcontainer .devcontainer.json", "touches what the editor runs"},
	{".circleci .gitlab-ci.yml .travis.yml jenkinsfile azure-pipelines.yml bitbucket-pipelines.yml", "touches what the build server runs"},
	{"agents.md claude.md gemini.md .cursorrules .cursor .claude .mcp.json", "touches what agents are told"},
	{".env", "touches a file that usually holds secrets and is in no checkpoint"},
}

var (
	sensitiveText = compileSensitive()
	workflows     = regexp.MustCompile(`(?i)\.github/+(workflows|actions)`)
	startFolders  = regexp.MustCompile(`(?i)\.config/+(git|fish|autostart|systemd)|\.local/+(bin|share/+code-server)|(^|[=:])/etc(/|$)`)
	hiddenGlob    = regexp.MustCompile(`(^|[/=:])\.[^/]*[*?\[]`)
)

func compileSensitive() []*regexp.Regexp {
	all := make([]*regexp.Regexp, 0, len(sensitiveNames))
	for _, s := range sensitiveNames {
		var quoted []string
		for n := range strings.FieldsSeq(s.names) {
			quoted = append(quoted, regexp.QuoteMeta(n))
		}
		all = append(all, regexp.MustCompile(`(?i)(^|[^\w.-])(`+strings.Join(quoted, "|")+`)($|[^\w.-])`))
	}
	return all
}

// sensitive looks for a sensitive path anywhere in one word of a command, or in a path,
// and says what is wrong with it. It errs towards finding: a word may be an option with a
// path in it, or a script.
func (p Place) sensitive(dir, text string) (string, bool) {
	forms := []string{text, path.Clean(text)}
	if len(text) > 2 && text[0] == '-' && text[1] != '-' {
		forms = append(forms, text[2:]) // -o.git/hooks/x
	}
	for _, f := range forms {
		for i, re := range sensitiveText {
			if re.MatchString(f) {
				return sensitiveNames[i].why, true
			}
		}
		switch {
		case workflows.MatchString(f):
			return "touches what the build server runs", true
		case startFolders.MatchString(f):
			return "touches settings that decide what runs", true
		case hiddenGlob.MatchString(f):
			return "names hidden files by a pattern, which may mean .git", true
		}
	}
	at := p.resolve(dir, text)
	for _, own := range p.Platform {
		if within(at, own) || strings.Contains(text, own) || within(own, at) && at != "/" && at != p.Root {
			return "touches the platform's own files", true
		}
	}
	return "", false
}

// secretToRead says whether even reading text's file should be asked for.
func secretToRead(text string) bool {
	// git names a file of a commit as HEAD:.env.
	names := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r == '/' || r == ':' })
	return sensitiveText[1].MatchString(text) || slices.ContainsFunc(names, func(s string) bool {
		return s == ".env" || strings.HasPrefix(s, ".env.") && s != ".env.example" && s != ".env.sample"
	})
}
