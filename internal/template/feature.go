package template

import (
	"encoding/json"
	"fmt"
	"strings"
)

// feature is what a feature of a devcontainer.json is here.
type feature struct {
	// packages of Debian give what the feature gives; none = the image has it.
	packages []string
	// refused says why it cannot be had.
	refused string
	// options are packages for an option that is true.
	options map[string]string
	// have is the version that is there; it is told when another one is asked for.
	have string
}

const nestedBan = "a workspace cannot run containers of its own"

// knownFeatures are features by name, of whatever registry.
var knownFeatures = map[string]feature{
	"node":                     {have: "Node 24"},
	"python":                   {packages: []string{"python3", "python3-pip", "python3-venv", "python3-dev"}, have: "Python 3.13"},
	"go":                       {packages: []string{"golang-go", "gopls", "delve"}, have: "Go 1.24"},
	"rust":                     {packages: []string{"rustc", "cargo", "rustfmt", "rust-clippy"}, have: "Rust 1.85"},
	"java":                     {packages: []string{"openjdk-21-jdk-headless"}, options: map[string]string{"installMaven": "maven", "installGradle": "gradle", "installAnt": "ant"}, have: "Java 21"},
	"php":                      {packages: []string{"php-cli", "php-mbstring", "php-xml", "php-curl", "php-sqlite3", "composer"}, have: "PHP 8.4"},
	"ruby":                     {packages: []string{"ruby-full", "bundler", "build-essential"}, have: "Ruby 3.3"},
	"git":                      {},
	"git-lfs":                  {packages: []string{"git-lfs"}},
	"github-cli":               {packages: []string{"gh"}},
	"common-utils":             {options: map[string]string{"installZsh": "zsh"}},
	"nix":                      {},
	"hugo":                     {packages: []string{"hugo"}},
	"docker-in-docker":         {refused: nestedBan},
	"docker-from-docker":       {refused: nestedBan},
	"docker-outside-of-docker": {refused: nestedBan},
	"kubectl-helm-minikube":    {refused: nestedBan},
	"sshd":                     {refused: "nothing outside can reach a workspace by SSH"},
	"desktop-lite":             {refused: "workspaces have no desktop"},
	"nvidia-cuda":              {refused: "workspaces have no graphics processor"},
}

// feature reads a reference like registry/owner/features/name:version and its options.
func (d *detector) feature(ref string, options json.RawMessage) {
	name, _, _ := strings.Cut(ref[strings.LastIndexByte(ref, '/')+1:], "@")
	name, _, _ = strings.Cut(name, ":") // the version of the feature, not of what it installs
	given := optionsOf(options)
	if given == nil { // "feature": false
		return
	}
	if name == "apt-packages" {
		d.packageList(given["packages"])
		return
	}
	f, known := knownFeatures[name]
	switch {
	case strings.HasPrefix(ref, "."):
		d.notice("Feature %s of %s is not installed: features of the repository itself are scripts for an image.", cut(ref), d.File)
		return
	case !known:
		d.notice("Feature %s of %s is not installed: no Debian package is known for it. Its setup commands, a flake.nix or a template can do the same.", cut(ref), d.File)
		return
	case f.refused != "":
		d.notice("Feature %s of %s is not installed: %s.", name, d.File, f.refused)
		return
	}
	d.addPackages(f.packages...)
	for _, option := range sortedKeys(f.options) {
		if given[option] == "true" {
			d.addPackages(f.options[option])
		}
	}
	if v := given["version"]; f.have != "" && v != "" && !satisfied(f.have, v) {
		d.notice("%s asks for version %s of %s; the workspace has %s. A flake.nix can give another one.", d.File, cut(v), name, f.have)
	}
}

// satisfied says whether the version that is there is what is asked for, as far as it is named.
func satisfied(have, want string) bool {
	switch want {
	case "latest", "lts", "stable", "os-provided", "system", "default", "none":
		return true
	}
	_, number, _ := strings.Cut(have, " ")
	return want == number || strings.HasPrefix(want+".", number+".") || strings.HasPrefix(number+".", want+".")
}

// optionsOf are the options of a feature as texts; a text alone is the version. nil = not wanted.
func optionsOf(v json.RawMessage) map[string]string {
	options := map[string]string{}
	var version string
	var many map[string]any
	switch {
	case string(v) == "false":
		return nil
	case json.Unmarshal(v, &version) == nil:
		options["version"] = version
	case json.Unmarshal(v, &many) == nil:
		for name, value := range many {
			options[name] = fmt.Sprint(value)
		}
	}
	return options
}

// packageList takes names of packages with commas or blanks between them.
func (d *detector) packageList(list string) {
	for _, name := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' }) {
		if !packageName.MatchString(name) {
			d.notice("Package %s of %s is not installed: that is not the name of a Debian package.", cut(name), d.File)
			continue
		}
		d.addPackages(name)
	}
}
