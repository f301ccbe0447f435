package toolbox

import (
	"path"
	"slices"
	"strings"
	"unicode"
)

// outsiders are programs that bring text of strangers into the workspace.
var outsiders = strings.Fields(`curl wget wget2 aria2c nc ncat socat telnet ssh scp sftp rsync ftp http https xh lynx w3m links
	gh hub glab aws gcloud gsutil az kubectl docker podman npx pnpx bunx npm pnpm yarn bun pip pip3 pipx uv uvx poetry gem bundle cargo composer
	apt apt-get apk dnf yum brew nix nix-env conda rclone psql mysql mongosh redis-cli dig nslookup whois`)

// fetchingGit are commands of git that talk to other computers, or show what others wrote.
var fetchingGit = strings.Fields("clone fetch pull ls-remote submodule remote lfs log show blame")

// talks reports whether a command names a program that brings text of strangers, or a folder
// that holds some. It looks at words, not at what runs: it decides nothing but whether to be
// more careful later.
func talks(command string) bool {
	words := strings.FieldsFunc(command, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(";|&()<>`$\"'", r)
	})
	for i, w := range words {
		name := path.Base(w)
		if ofDependency(w) {
			return true
		}
		if slices.Contains(outsiders, name) {
			return true
		}
		if name == "git" && slices.ContainsFunc(words[i+1:], func(w string) bool { return slices.Contains(fetchingGit, w) }) {
			return true
		}
	}
	return false
}

// dependencies are folders that hold what others wrote.
var dependencies = strings.Fields("node_modules vendor site-packages dist-packages .cargo .m2 .venv venv bower_components third_party third-party Pods .yarn deps")

// ofDependency reports whether a path, or a pattern of a shell, leads through one of them.
func ofDependency(name string) bool {
	return slices.ContainsFunc(strings.Split(name, "/"), func(element string) bool {
		if !strings.ContainsAny(element, "*?[") || strings.Trim(element, "*") == "" {
			return slices.Contains(dependencies, element)
		}
		return slices.ContainsFunc(dependencies, func(folder string) bool {
			match, err := path.Match(element, folder)
			return err == nil && match
		})
	})
}
