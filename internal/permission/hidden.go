package permission

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// hides are programs and builtins that run what their arguments, input or settings say, so
// that the command behind them would have to be judged instead. The texts continue "it …".
var hides = table(
	"runs text as commands", "eval source . trap fc bind complete compgen compopt mapfile readarray",
	"runs another command in its place", "exec command builtin enable xargs parallel env nohup setsid nice ionice chrt taskset timeout stdbuf unbuffer time watch entr script scriptreplay flock busybox toybox coproc unshare nsenter chroot systemd-run dbus-run-session firejail bwrap proot fakeroot faketime strace ltrace gdb lldb valgrind perf rlwrap expect screen tmux byobu dtach abduco start-stop-daemon daemonize runuser setpriv capsh prlimit numactl direnv nix-shell find2perl run-parts hyperfine nodemon concurrently npm-run-all dotenv cross-env",
	"gains the rights of another user", "sudo su doas pkexec gosu su-exec sg newgrp runas",
	"changes what later commands mean", "alias unalias shopt set hash unset readonly export declare typeset local let read getopts printenv2",
	"runs commands from its own scripts or keys", "awk gawk mawk nawk vi vim nvim ex ed emacs nano pico joe less more most man info w3m lynx elinks dc bc m4 tclsh wish gnuplot octave",
	"runs later, when nobody looks", "at batch crontab systemctl service",
)

// table reads pairs of a reason and names.
func table(pairs ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		for name := range strings.FieldsSeq(pairs[i+1]) {
			m[name] = pairs[i]
		}
	}
	return m
}

var interpreters = regexp.MustCompile(`^(ba|da|z|k|mk|c|tc|pwa|a|ya|fi|r|po)?sh$|^(python|pypy|perl|ruby|php|lua|luajit|node|nodejs|bun|deno|tsx|ts-node|jshell|groovy|scala|kotlin|elixir|iex|erl|ghci|runghc|ocaml|julia|swift|irb|ipython|rscript|r|racket|guile|clojure|bb|pwsh|osascript|jrunscript)[0-9.]*$`)

func isInterpreter(program string) bool { return interpreters.MatchString(strings.ToLower(program)) }

// packageRunners are interpreters by name that are package managers by use.
func packageRunner(program string) bool { return program == "bun" || program == "deno" }

// moduleFlag recognises `python -m module`, which is as good as a script.
func moduleFlag(program string, args []string) bool {
	return strings.HasPrefix(program, "python") && len(args) > 1 && args[0] == "-m" && !strings.HasPrefix(args[1], "-") &&
		!slices.Contains([]string{"code", "pdb", "timeit", "trace", "cProfile", "profile", "runpy", "pip"}, args[1])
}

// interprets judges an interpreter: with a script of the workspace it is a program like
// any other, with code as an argument or as input it hides what runs.
func (p Part) interprets(place Place, dir string) (string, bool) {
	args := p.args()
	switch {
	case p.feeds:
		return "feeds text to a program that runs it", true
	case len(args) == 0:
		return "runs whatever is on its input", true
	case !args[0].sure():
		return "runs a script whose name is only known when it runs", true
	case len(args) == 1 && slices.Contains([]string{"--version", "-V", "-v"}, args[0].text):
		return "", false
	case args[0].text == "--test" && p.program() == "node":
		return "", false
	case len(args) > 1 && args[1].sure() && moduleFlag(p.program(), []string{args[0].text, args[1].text}):
		return "", false
	case strings.HasPrefix(args[0].text, "-"):
		return "takes code or settings from its options", true
	case packageRunner(p.program()):
		return "runs code from its arguments or from the network", slices.Contains([]string{"eval", "repl", "x", "exec"}, args[0].text) ||
			slices.ContainsFunc(args, func(w word) bool { return strings.Contains(w.text, "://") })
	case !place.inside(dir, args[0].text):
		return "runs a script from outside the workspace", true
	}
	return "", false
}

// escapes are options of ordinary programs that run another program, or write where one does
// not expect it. Long options may be shortened.
var escapes = map[string]string{
	"find":   "-exec -execdir -ok -okdir -delete -fprint -fprintf -fprint0 -fls",
	"fd":     "-x -X --exec --exec-batch",
	"fdfind": "-x -X --exec --exec-batch",
	"rg":     "--pre --hostname-bin",
	"sort":   "--compress-program",
	"tar":    "--to-command --checkpoint-action --use-compress-program -I -F --info-script --new-volume-script --rsh-command --rmt-command -P --absolute-names --remove-files",
	"zip":    "-TT --unzip-command -m --move",
	"split":  "--filter",
	"sed":    "-f --file",
	"git":    "-c --config-env --exec-path --ext-diff --upload-pack --receive-pack --exec --open-files-in-pager --template --git-dir --work-tree --namespace --no-index --output --extcmd --tool --unsafe-paths --paginate --textconv",
	"npm":    "--script-shell --node-options --userconfig --globalconfig --call",
	"pnpm":   "--script-shell --node-options --shell-mode",
	"yarn":   "--script-shell --node-options --use-yarnrc",
	"npx":    "--call -c --node-options --script-shell",
	"go":     "-exec -toolexec -vettool -ldflags -gccgoflags",
	"make":   "--eval -E",
	"gmake":  "--eval -E",
	"just":   "--shell --shell-arg -c --command",
	"cargo":  "--config",
}

// widens are options that take settings, and so code, from another file or folder than the
// rule's author had in mind. A rule that does not name them does not cover them.
var widens = map[string]string{
	"npm": "--prefix -g --global", "pnpm": "-C --dir -g --global", "yarn": "--cwd", "bun": "--cwd -c --config --preload -r",
	"go": "-C -o -modfile -overlay -gcflags", "cargo": "-C -Z --manifest-path", "make": "-f --file --makefile -C --directory -I --include-dir",
	"gmake": "-f --file --makefile -C --directory -I --include-dir", "just": "-f --justfile -d --working-directory",
	"pytest": "-c --config-file -p --rootdir --confcutdir -o --override-ini --pdbcls --basetemp",
	"tsc":    "-p --project -b --build --outDir --outFile --declarationDir", "eslint": "-c --config --rulesdir --resolve-plugins-relative-to --plugin --parser -f --format -o --output-file",
	"jest": "-c --config --globalSetup --globalTeardown --testRunner --resolver --rootDir --transform", "vitest": "-c --config --root -r --globalSetup",
	"prettier": "--config --plugin", "git": "-C --output-directory -o",
}

// option looks for one of the options that table lists for p's program.
func (p Part) option(table map[string]string) (string, bool) {
	program := p.program()
	risky := strings.Fields(table[program])
	for _, w := range p.args() {
		name, _, _ := strings.Cut(w.text, "=")
		for _, r := range risky {
			long := strings.HasPrefix(r, "--") && len(name) > 3 && strings.HasPrefix(r, name)
			short := len(r) == 2 && len(name) > 1 && name[0] == '-' && name[1] != '-' && strings.Contains(name[1:], r[1:]) && !singleDash(program)
			if name == r || long || short || singleDash(program) && name == "-"+r {
				return r, true
			}
		}
	}
	return "", false
}

// setsVariable recognises make SHELL=… and CC=….
func (p Part) setsVariable() bool {
	return strings.HasSuffix(p.program(), "make") && slices.ContainsFunc(p.args(), func(w word) bool { return strings.Contains(w.text, "=") })
}

// singleDash are programs whose long options have one dash (so -ok is no cluster of letters).
func singleDash(program string) bool { return program == "find" || program == "go" }

// sedRuns says whether a script of sed uses its commands that run programs or write files.
// It errs towards yes.
func (p Part) sedRuns() bool {
	return p.program() == "sed" && slices.ContainsFunc(p.args(), func(w word) bool {
		return !w.known || sedCommand.MatchString(w.text)
	})
}

// e runs a command, w and W write a file, r and R read one; as commands and as flags of s///.
var sedCommand = regexp.MustCompile(`(^|[;{}\n]|[0-9$/!,])\s*[eEwWrR](\s|$)|[^\w\s][gpiIm0-9]*[ewEW]([gpiIm0-9]*)?(\s|;|}|$)`)

// listens says whether p would take one of the platform's ports.
func (p Part) listens(place Place) bool {
	for _, w := range p.args() {
		at := strings.LastIndexAny(w.text, ":=")
		value := w.text[at+1:]
		if at < 0 && len(value) > 2 && value[0] == '-' && value[1] != '-' {
			value = value[2:] // -p8080
		}
		if place.reserved(path.Base(value)) {
			return true
		}
	}
	return false
}
