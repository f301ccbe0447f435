package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// MaxDevcontainer is the longest devcontainer.json that is read, in bytes.
const MaxDevcontainer = 256 << 10

// maxNotices is how many notices one file can give.
const maxNotices = 20

// devcontainer are the members of a devcontainer.json that count. Those that come in several
// shapes are looked at one by one, so that one mistake does not cost the rest.
type devcontainer struct {
	Image           json.RawMessage            `json:"image"`
	Build           json.RawMessage            `json:"build"`
	DockerFile      json.RawMessage            `json:"dockerFile"`
	Compose         json.RawMessage            `json:"dockerComposeFile"`
	Features        json.RawMessage            `json:"features"`
	ForwardPorts    json.RawMessage            `json:"forwardPorts"`
	AppPort         json.RawMessage            `json:"appPort"`
	PortsAttributes json.RawMessage            `json:"portsAttributes"`
	Initialize      json.RawMessage            `json:"initializeCommand"`
	OnCreate        json.RawMessage            `json:"onCreateCommand"`
	UpdateContent   json.RawMessage            `json:"updateContentCommand"`
	PostCreate      json.RawMessage            `json:"postCreateCommand"`
	PostStart       json.RawMessage            `json:"postStartCommand"`
	PostAttach      json.RawMessage            `json:"postAttachCommand"`
	ContainerEnv    json.RawMessage            `json:"containerEnv"`
	RemoteEnv       json.RawMessage            `json:"remoteEnv"`
	Customizations  map[string]json.RawMessage `json:"customizations"`
	Extensions      json.RawMessage            `json:"extensions"` // the place of older files
	Mounts          json.RawMessage            `json:"mounts"`
	RunArgs         json.RawMessage            `json:"runArgs"`
	Privileged      json.RawMessage            `json:"privileged"`
	CapAdd          json.RawMessage            `json:"capAdd"`
	SecurityOpt     json.RawMessage            `json:"securityOpt"`
}

// detector collects what a devcontainer.json means.
type detector struct{ Detection }

// Detect reads the devcontainer.json of a repository as far as it needs no image of its own:
// features that are Debian packages here, ports, commands, variables, and extensions. The file
// is anybody's; whatever is in it, the definition keeps the limits of every definition, and
// what had to be left out is told in notices.
func Detect(files Files) Detection {
	for _, name := range DevcontainerFiles {
		if text, there := files.Text[name]; there {
			d := detector{Detection{File: name}}
			d.read(text)
			d.Definition = d.Definition.clone()
			return d.Detection
		}
	}
	return Detection{Definition: Definition{}.clone()}
}

func (d *detector) notice(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if len(d.Notices) < maxNotices && !slices.Contains(d.Notices, text) {
		d.Notices = append(d.Notices, text)
	}
}

func (d *detector) read(text string) {
	if len(text) > MaxDevcontainer {
		d.notice("%s is not used: it has %d bytes, at most %d KiB are read.", d.File, len(text), MaxDevcontainer>>10)
		return
	}
	plain := plainJSON([]byte(strings.TrimPrefix(text, "\ufeff")))
	var c devcontainer
	if err := json.Unmarshal(plain, &c); err != nil {
		d.notice("%s is not used: %s", d.File, jsonMistake(plain, err))
		return
	}
	d.image(c)
	d.features(c.Features)
	d.ports(c)
	d.Definition.Setup = d.script("setup", "onCreateCommand", c.OnCreate, "updateContentCommand", c.UpdateContent, "postCreateCommand", c.PostCreate)
	d.Definition.Start = d.script("start", "postStartCommand", c.PostStart, "postAttachCommand", c.PostAttach)
	if !absent(c.Initialize) {
		d.notice("initializeCommand of %s is not run: it is meant for the machine outside of the container.", d.File)
	}
	d.variables("containerEnv", c.ContainerEnv)
	d.variables("remoteEnv", c.RemoteEnv)
	d.extensions(c)
}

// image says what of the container itself is not honoured.
func (d *detector) image(c devcontainer) {
	for _, m := range []struct {
		value      json.RawMessage
		name, more string
	}{
		{c.Image, "image", "workspaces have Kalpana's image, with the features' packages"},
		{c.Build, "build", "workspaces have Kalpana's image, with the features' packages"},
		{c.DockerFile, "dockerFile", "workspaces have Kalpana's image, with the features' packages"},
		{c.Compose, "dockerComposeFile", "a workspace is one container; start services in it, or reach them by the network"},
		{c.Mounts, "mounts", "a workspace sees its own files only"},
		{c.RunArgs, "runArgs", "a workspace has the rights that Kalpana gives it"},
		{c.Privileged, "privileged", "a workspace has the rights that Kalpana gives it"},
		{c.CapAdd, "capAdd", "a workspace has the rights that Kalpana gives it"},
		{c.SecurityOpt, "securityOpt", "a workspace has the rights that Kalpana gives it"},
	} {
		if !absent(m.value) && string(m.value) != "false" {
			d.notice("%s of %s is not used: %s.", m.name, d.File, m.more)
		}
	}
}

func absent(v json.RawMessage) bool { return len(v) == 0 || string(v) == "null" }

// jsonMistake is what is wrong with the text, and where.
func jsonMistake(text []byte, err error) string {
	offset := int64(-1)
	switch e := err.(type) {
	case *json.SyntaxError:
		offset = e.Offset
	case *json.UnmarshalTypeError:
		if e.Field == "" {
			return "it is no JSON object."
		}
		return fmt.Sprintf("%s is of the wrong kind.", e.Field)
	}
	if offset < 0 || offset > int64(len(text)) {
		return "it is no JSON object."
	}
	before := text[:offset]
	return fmt.Sprintf("line %d is no valid JSON (%v).", 1+bytes.Count(before, []byte("\n")), err)
}

// ports takes numbers, "3000" and "localhost:3000"; the port of another container cannot be had.
func (d *detector) ports(c devcontainer) {
	var attributes map[string]struct {
		Label         string `json:"label"`
		OnAutoForward string `json:"onAutoForward"`
	}
	if !absent(c.PortsAttributes) && json.Unmarshal(c.PortsAttributes, &attributes) != nil {
		d.notice("portsAttributes of %s is not used: it is of the wrong kind.", d.File)
	}
	add := func(port int) {
		if slices.ContainsFunc(d.Definition.Ports, func(p Port) bool { return p.Port == port }) {
			return
		}
		p := Port{Port: port, Visibility: "owner"}
		if a, there := attributes[strconv.Itoa(port)]; there {
			p.Label = a.Label
			p.Open = strings.HasPrefix(a.OnAutoForward, "open")
		}
		one := Definition{Ports: []Port{p}}
		if len(one.problems()) > 0 {
			d.notice("Port %d of %s is not listed: ports are 1024 to 65535, without the workspace's own, with a label of one line.", port, d.File)
			return
		}
		if len(d.Definition.Ports) < maxPorts {
			d.Definition.Ports = append(d.Definition.Ports, p)
		}
	}
	for _, list := range []json.RawMessage{c.ForwardPorts, c.AppPort} {
		for _, entry := range oneOrMany(list) {
			port, err := strconv.Atoi(strings.TrimPrefix(strings.Trim(string(entry), `"`), "localhost:"))
			if err != nil {
				d.notice("Port %s of %s is not listed: only ports of the workspace itself can be.", cut(string(entry)), d.File)
				continue
			}
			add(port)
		}
	}
	for _, key := range sortedKeys(attributes) {
		if port, err := strconv.Atoi(key); err == nil {
			add(port)
		}
	}
}

// oneOrMany are the entries of an array, or the value itself.
func oneOrMany(v json.RawMessage) []json.RawMessage {
	var many []json.RawMessage
	if absent(v) {
		return nil
	}
	if json.Unmarshal(v, &many) == nil {
		return many
	}
	return []json.RawMessage{v}
}

// script joins commands into one text for a shell, in the order given: name, value, name, value…
func (d *detector) script(what string, pairs ...any) string {
	var lines []string
	for i := 0; i < len(pairs); i += 2 {
		name, value := pairs[i].(string), pairs[i+1].(json.RawMessage)
		if absent(value) {
			continue
		}
		commands, ok := commandLines(value)
		if !ok {
			d.notice("%s of %s is not run: it is neither a command nor a list of its words.", name, d.File)
			continue
		}
		lines = append(lines, commands...)
	}
	if len(lines) == 0 {
		return ""
	}
	text := d.substituted(strings.Join(lines, "\n"))
	if len(lines) > 1 && what == "setup" { // one that fails ends it
		text = "set -e\n" + text
	}
	if folderVariable.MatchString(text) {
		text = "containerWorkspaceFolder=$PWD localWorkspaceFolder=$PWD containerWorkspaceFolderBasename=${PWD##*/} localWorkspaceFolderBasename=${PWD##*/}\n" + text
	}
	var f findings
	if f.text(what, text, maxCommand); len(f.all) > 0 {
		d.notice("The commands for %s of %s are not run: %s", what, d.File, f.all[0].Message)
		return ""
	}
	return text
}

var (
	folderVariable = regexp.MustCompile(`\$\{(container|local)WorkspaceFolder(Basename)?\}`)
	environment    = regexp.MustCompile(`\$\{(localEnv|env|containerEnv):([A-Za-z_][A-Za-z0-9_]*)(?::([^}]*))?\}`)
)

// substituted replaces in a command what stands for variables: those of the container are the
// shell's, those of the machine outside cannot be had.
func (d *detector) substituted(text string) string {
	return environment.ReplaceAllStringFunc(text, func(found string) string {
		m := environment.FindStringSubmatch(found)
		if m[1] == "containerEnv" {
			return "${" + m[2] + "}"
		}
		d.notice("%s in %s has no value here: there is no machine of yours that it could be taken from. Set a variable in Kalpana and use it instead.", "${"+m[1]+":"+m[2]+"}", d.File)
		return quote(m[3])
	})
}

// commandLines reads a command: text for the shell, an array of words, or an object of several.
func commandLines(v json.RawMessage) ([]string, bool) {
	var text string
	if json.Unmarshal(v, &text) == nil {
		if strings.TrimSpace(text) == "" {
			return nil, true
		}
		return []string{text}, true
	}
	var words []string
	if json.Unmarshal(v, &words) == nil {
		if len(words) == 0 {
			return nil, true
		}
		quoted := make([]string, len(words))
		for i, w := range words {
			quoted[i] = quote(w)
		}
		return []string{strings.Join(quoted, " ")}, true
	}
	var several map[string]json.RawMessage
	if json.Unmarshal(v, &several) != nil {
		return nil, false
	}
	var lines []string
	for _, name := range sortedKeys(several) {
		if len(several[name]) > 0 && several[name][0] == '{' {
			return nil, false
		}
		more, ok := commandLines(several[name])
		if !ok {
			return nil, false
		}
		lines = append(lines, more...)
	}
	return lines, true
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// quote makes one word for the shell.
func quote(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func (d *detector) variables(what string, v json.RawMessage) {
	if absent(v) {
		return
	}
	var all map[string]*string
	if json.Unmarshal(v, &all) != nil {
		d.notice("%s of %s is not used: it must be an object of texts.", what, d.File)
		return
	}
	for _, name := range sortedKeys(all) {
		value := all[name]
		switch {
		case value == nil: // takes a variable away; the workspace has none of that kind
			continue
		case strings.Contains(*value, "${"):
			d.notice("Variable %s of %s is not set: its value refers to another place (%s).", cut(name), d.File, cut(*value))
			continue
		case len(d.Definition.Variables) == maxVariables:
			d.notice("%s has more than %d variables; the others are not set.", d.File, maxVariables)
			return
		}
		set := Definition{Variables: []Variable{{Name: name, Value: *value}}}
		if problems := set.problems(); len(problems) > 0 {
			d.notice("Variable %s of %s is not set: %s", cut(name), d.File, problems[0].Message)
			continue
		}
		d.Definition.Variables = slices.DeleteFunc(d.Definition.Variables, func(v Variable) bool { return v.Name == name })
		d.Definition.Variables = append(d.Definition.Variables, set.Variables[0])
	}
}

func (d *detector) extensions(c devcontainer) {
	var editor struct {
		Extensions json.RawMessage `json:"extensions"`
	}
	if v := c.Customizations["vscode"]; !absent(v) && json.Unmarshal(v, &editor) != nil {
		d.notice("customizations.vscode of %s is not used: it must be an object.", d.File)
	}
	for _, list := range []json.RawMessage{editor.Extensions, c.Extensions} {
		for _, entry := range oneOrMany(list) {
			var name string
			if json.Unmarshal(entry, &name) == nil && strings.HasPrefix(name, "-") { // not wanted
				continue
			}
			if !extensionID.MatchString(name) {
				d.notice("Extension %s of %s is not installed: it is not of the form publisher.name.", cut(string(entry)), d.File)
				continue
			}
			if len(d.Definition.Extensions) < maxExtension {
				d.Definition.Extensions = union(d.Definition.Extensions, []string{name}, extensionName)
			}
		}
	}
}

// addPackages keeps the limit of a definition and says when it is reached.
func (d *detector) addPackages(names ...string) {
	d.Definition.Packages = union(d.Definition.Packages, names, func(p string) string { return p })
	if len(d.Definition.Packages) > maxPackages {
		d.Definition.Packages = d.Definition.Packages[:maxPackages]
		d.notice("%s asks for more than %d packages; the others are not installed.", d.File, maxPackages)
	}
}

// features maps features to packages.
func (d *detector) features(v json.RawMessage) {
	if absent(v) {
		return
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(v, &all) != nil {
		d.notice("features of %s are not used: they must be an object.", d.File)
		return
	}
	for _, ref := range slices.Sorted(maps.Keys(all)) {
		d.feature(ref, all[ref])
	}
}
