package permission

import (
	"slices"
	"strconv"
	"strings"
)

func (p Place) reserved(port string) bool {
	n, err := strconv.Atoi(port)
	return err == nil && slices.Contains(p.Ports, n)
}

// network are programs that carry data out of, or strangers' text into, the container.
var network = table(
	"talks to other computers", "curl wget wget2 nc ncat netcat socat ssh scp sftp rsync ftp lftp tftp telnet aria2c http https xh httpie nmap dig nslookup host drill ping ping6 traceroute mtr whois openssl mail mailx sendmail mutt msmtp ssh-copy-id sshfs smbclient rclone s3cmd mc restic croc wormhole magic-wormhole bore ngrok cloudflared localtunnel lt tailscale zerotier-cli websocat wscat grpcurl psql mysql mongosh redis-cli",
	"changes things at a service outside", "gh hub glab aws gcloud gsutil az kubectl helm terraform tofu pulumi ansible ansible-playbook serverless sls vercel netlify firebase fly flyctl heroku wrangler doctl linode-cli surge gh-pages twine np release-it semantic-release goreleaser vsce ovsx flit docker podman nerdctl buildah skopeo",
)

// destroys are programs that undo cannot undo.
var destroys = table(
	"destroys data that no checkpoint holds", "shred dd truncate wipefs fdisk sfdisk parted mkswap mount umount losetup srm wipe",
	"ends or disturbs what others run here", "killall pkill reboot shutdown halt poweroff init telinit kexec sysctl insmod modprobe rmmod iptables ip6tables nft swapoff",
	"changes users or rights of the system", "useradd userdel usermod groupadd passwd chpasswd chsh chfn visudo setcap setfacl chattr ssh-keygen ssh-add ssh-agent gpg update-alternatives",
)

// runners build, publish and install: the words that follow them say which.
var runners = "npm pnpm yarn bun npx pnpx bunx make gmake just task gradle gradlew mvn mvnw cargo gem bundle rake poetry uv pdm hatch pipx mix composer dotnet nuget lerna nx turbo rush changeset sbt lein stack cabal dart flutter pub deno jsr luarocks cpan conda pixi invoke inv fastlane"

var publishWords = strings.Fields("publish unpublish deploy release push yank login logout adduser owner access token deprecate dist-tag signin register undeprecate upload")

// always says why p asks in every mode. dir is the folder of relative names.
func (p Part) always(place Place, dir string) (finding, bool) {
	yes := func(why string) (finding, bool) { return finding{why: why, always: true}, true }
	program := p.program()
	if len(p.words) == 0 {
		return finding{}, false
	}
	if why, ok := hides[program]; ok {
		return yes(why)
	}
	if isInterpreter(program) {
		if why, ok := p.interprets(place, dir); ok {
			return yes(why)
		}
	}
	if option, ok := p.option(escapes); ok {
		return yes("has the option " + quoted(option) + ", which can run other programs or write elsewhere")
	}
	if p.setsVariable() {
		return yes("sets variables of make, which can change what runs")
	}
	if p.sedRuns() {
		return yes("has a sed script that may run programs or write files")
	}
	if why, ok := network[program]; ok && !p.localOnly(place) {
		return yes(why)
	}
	if why, ok := destroys[program]; ok || strings.HasPrefix(program, "mkfs") {
		return yes(cmpOr(why, "destroys data that no checkpoint holds"))
	}
	for _, check := range []func(Place, string) string{p.removes, p.publishes, p.gitDanger, p.evaluates, p.exacting} {
		if why := check(place, dir); why != "" {
			return yes(why)
		}
	}
	if _, safe := p.safe(place, dir); safe {
		return finding{}, false // what only reads may name what must not be written, and 8080
	}
	if why := p.touches(place, dir); why != "" {
		return yes(why)
	}
	if p.listens(place) {
		return yes("names a port that the platform itself uses")
	}
	return finding{}, false
}

// removes judges rm and its like: one file inside the workspace is in the checkpoint.
func (p Part) removes(place Place, dir string) string {
	switch p.program() {
	case "rm", "unlink", "rmdir", "trash", "rimraf", "del-cli":
	case "kill":
		if slices.ContainsFunc(p.args(), func(w word) bool { return !w.sure() || w.text == "1" || w.text == "-1" }) {
			return "may end the programs of the platform"
		}
		return ""
	default:
		return ""
	}
	if p.program() == "rimraf" {
		return "deletes whole folders"
	}
	for i, w := range p.args() {
		switch {
		case w.option() && !w.sure():
			return "deletes what a pattern or variable says, which may be anything"
		case strings.HasPrefix(w.text, "--r") || strings.HasPrefix(w.text, "-") && !strings.HasPrefix(w.text, "--") && strings.ContainsAny(w.text, "rR"):
			return "deletes whole folders"
		case strings.HasPrefix(w.text, "-") && i < len(p.args())-1:
		case !place.inside(dir, w.text) || place.resolve(dir, w.text) == place.Root:
			return "deletes files outside the workspace"
		}
	}
	return ""
}

// publishes finds `npm publish`, `npm run deploy:prod`, `npx vercel` and the like.
func (p Part) publishes(Place, string) string {
	program := p.program()
	if !slices.Contains(strings.Fields(runners), program) {
		return ""
	}
	for _, w := range p.args() {
		name, _, _ := strings.Cut(strings.TrimLeft(strings.ToLower(w.text), "@"), "@")
		if _, ok := network[name]; ok {
			return "changes things at a service outside"
		}
		if _, ok := hides[name]; ok && strings.HasSuffix(program, "x") {
			return "runs another command in its place"
		}
		for s := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == ':' || r == '/' }) {
			abbreviated := program == "npm" && len(s) > 1 && (strings.HasPrefix("publish", s) || strings.HasPrefix("unpublish", s) && len(s) > 2)
			if slices.Contains(publishWords, s) || strings.HasPrefix(s, "publish") || strings.HasPrefix(s, "deploy") || abbreviated {
				return "publishes or changes something outside the workspace"
			}
		}
		if program == "npm" && (name == "config" || name == "set" || name == "exec" || name == "x") {
			return "changes how npm works, or runs another program through it"
		}
	}
	return ""
}

// evaluates finds builtins that compute array indexes in plain words: [ -v 'a[$(id)]' ].
func (p Part) evaluates(Place, string) string {
	switch p.program() {
	case "test", "[", "printf", "wait":
		for _, w := range p.args() {
			if strings.ContainsAny(w.text, "$`") || !w.known || p.program() == "printf" && strings.HasPrefix(w.text, "-v") {
				return "may run commands that are hidden in its words"
			}
		}
	}
	return ""
}

// exactingPrograms can do what always asks, so every word of theirs must be known.
var exactingPrograms = strings.Fields("git rm rmdir unlink cp mv ln tee install patch tar unzip zip cpio chmod chown chgrp touch sed find kill curl " + runners)

func (p Part) exacting(Place, string) string {
	if !slices.Contains(exactingPrograms, p.program()) {
		return ""
	}
	for i, w := range p.args() {
		runs := slices.Contains(strings.Fields(runners), p.program())
		if !w.known || w.glob && (i == 0 && p.program() == "git" || runs && !strings.Contains(w.text, "/")) {
			return "has words that are only known when it runs, and can do harm"
		}
	}
	return ""
}

// touches looks for sensitive paths in the words of a command that may write.
func (p Part) touches(place Place, dir string) string {
	if git, ok := p.git(); ok && (git.sub == "add" || git.sub == "commit") {
		return "" // what git keeps of a file changes nothing by itself
	}
	for _, w := range p.words {
		if why, ok := place.sensitive(dir, w.text); ok {
			return why
		}
	}
	return ""
}

// localOnly recognises curl to a server in the container, which sends nothing out.
func (p Part) localOnly(place Place) bool {
	if p.program() != "curl" || p.writes {
		return false
	}
	addressed := false
	for _, w := range p.args() {
		switch {
		case !w.sure():
			return false
		case slices.Contains(strings.Fields("-s -S -sS -i -I -v -f -sf -fs -fsS -sSf -si -sI -k --silent --show-error --fail --include --head --verbose"), w.text):
		default:
			host, ok := loopback(w.text)
			if !ok || place.reserved(host) {
				return false
			}
			addressed = true
		}
	}
	return addressed
}

// loopback returns the port of an http address of this container.
func loopback(address string) (port string, ok bool) {
	rest := strings.TrimPrefix(address, "http://")
	for _, host := range []string{"localhost:", "127.0.0.1:", "[::1]:"} {
		if port, found := strings.CutPrefix(rest, host); found {
			port, _, _ = strings.Cut(port, "/")
			return port, isNumber(port) // and so nothing like 3000@evil.example
		}
	}
	return "", false
}

// fetches says whether p takes programs or files from the network.
func (p Part) fetches() bool {
	if git, ok := p.git(); ok {
		return slices.Contains(strings.Fields("clone fetch pull submodule ls-remote lfs remote"), git.sub)
	}
	program := p.program()
	if slices.Contains(strings.Fields("npx pnpx bunx uvx pipx pip pip3 apt apt-get apk dnf yum pacman brew nix nix-env conda corepack rustup nvm"), program) {
		return true
	}
	words := strings.Fields("install i ci add update upgrade get download fetch exec dlx create init sync restore require")
	return slices.Contains(append(strings.Fields(runners), "go", "python", "python3"), program) &&
		slices.ContainsFunc(p.args(), func(w word) bool { return slices.Contains(words, w.text) })
}
