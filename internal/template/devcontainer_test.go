package template_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/template"
)

func detect(text string) template.Detection {
	return template.Detect(template.Files{Text: map[string]string{".devcontainer/devcontainer.json": text}})
}

// What projects have, with everything that can be honoured in it.
const usual = `// For format details, see the reference.
{
	"name": "Python & Node",
	"image": "some/image:1", /* not ours */
	"features": {
		"registry.example/devcontainers/features/python:1": { "version": "3.13" },
		"registry.example/devcontainers/features/node:1": { "version": "lts" },
		"registry.example/devcontainers/features/java:1": { "version": "17", "installMaven": true, "installGradle": "false" },
		"registry.example/devcontainers/features/github-cli:1": {},
		"registry.example/devcontainers/features/docker-in-docker:2": {},
		"registry.example/devcontainers-extra/features/apt-packages:1": { "packages": "jq, sqlite3" },
		"registry.example/somebody/features/thing:1": {},
		"./local": {},
		"go": "latest",
		"ruby": false,
	},
	"forwardPorts": [3000, "localhost:5432", "db:6379", 80, 3000],
	"portsAttributes": {
		"3000": { "label": "Web // not a comment", "onAutoForward": "openPreview" },
		"9229": { "label": "Debugger" },
		"8000-8010": { "label": "many" },
	},
	"onCreateCommand": "echo one",
	"updateContentCommand": ["printf", "%s\n", "it's"],
	"postCreateCommand": {
		"b": "npm ci",
		"a": ["pip", "install", "-r", "requirements.txt"],
	},
	"postStartCommand": "git config --global --add safe.directory ${containerWorkspaceFolder}",
	"initializeCommand": "id",
	"containerEnv": { "DEBUG": "1", "PATH": "/x", "TOKEN": "${localEnv:TOKEN}", "GONE": null },
	"remoteEnv": { "DEBUG": "2", "TOO LONG": "x" },
	"customizations": { "vscode": { "extensions": ["ms-python.python", "-bad.one", "MS-Python.python", "../evil.vsix"], "settings": {} } },
	"privileged": false,
	"runArgs": ["--privileged"],
}
`

func TestADevcontainerIsHonouredAsFarAsItNeedsNoImage(t *testing.T) {
	d := detect(usual)
	def := d.Definition
	if d.File != ".devcontainer/devcontainer.json" {
		t.Errorf("it is from %q", d.File)
	}
	for _, c := range []struct{ what, got, want string }{
		{"packages", strings.Join(def.Packages, " "), "golang-go gopls delve gh openjdk-21-jdk-headless maven python3 python3-pip python3-venv python3-dev jq sqlite3"},
		{"extensions", strings.Join(def.Extensions, " "), "ms-python.python"},
		{"ports", fmt.Sprint(def.Ports), "[{3000 Web // not a comment owner true} {5432  owner false} {9229 Debugger owner false}]"},
		{"variables", fmt.Sprint(def.Variables), "[{DEBUG  2 false false}]"},
		{"setup", def.Setup, "set -e\necho one\nprintf '%s\n' 'it'\\''s'\npip install -r requirements.txt\nnpm ci"},
		{"start", def.Start, "containerWorkspaceFolder=$PWD localWorkspaceFolder=$PWD containerWorkspaceFolderBasename=${PWD##*/} localWorkspaceFolderBasename=${PWD##*/}\ngit config --global --add safe.directory ${containerWorkspaceFolder}"},
	} {
		if sorted(c.what, c.got) != sorted(c.what, c.want) {
			t.Errorf("%s:\ngot  %s\nwant %s", c.what, c.got, c.want)
		}
	}
	for _, want := range []string{"image of", "docker-in-docker", "somebody/features/thing", "./local", "version 17 of java", "Port \"db:6379\"", "Port 80 ", "initializeCommand", "PATH", "TOKEN", "TOO LONG", "../evil.vsix", "runArgs"} {
		if !slices.ContainsFunc(d.Notices, func(n string) bool { return strings.Contains(n, want) }) {
			t.Errorf("no notice of %s in\n%s", want, strings.Join(d.Notices, "\n"))
		}
	}
	if len(d.Notices) != 13 {
		t.Errorf("%d notices:\n%s", len(d.Notices), strings.Join(d.Notices, "\n"))
	}
}

// sorted makes the order of packages not count.
func sorted(what, text string) string {
	if what != "packages" {
		return text
	}
	words := strings.Fields(text)
	slices.Sort(words)
	return strings.Join(words, " ")
}

func TestWhereADevcontainerIs(t *testing.T) {
	d := template.Detect(template.Files{Names: []string{".devcontainer.json"}, Text: map[string]string{".devcontainer.json": `{"forwardPorts":5000}`}})
	if d.File != ".devcontainer.json" || len(d.Definition.Ports) != 1 {
		t.Errorf("%+v", d)
	}
	d = template.Detect(template.Files{Names: []string{".devcontainer.json"}, Text: map[string]string{"other": `{}`}})
	if d.File != "" || d.Notices != nil || d.Definition.Packages == nil {
		t.Errorf("without a text: %+v", d)
	}
}

func TestWhatADevcontainerCannotSay(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "line 1",
		"[]":                                    "no JSON object",
		"nonsense":                              "line 1",
		"{\n\n  \"a\": ]\n}":                    "line 3",
		`{"a":1,,"b":2}`:                        "line 1",
		"{ /* never closed":                     "line 1",
		`{"customizations":[]}`:                 "customizations is of the wrong kind",
		strings.Repeat(" ", 256<<10) + "{}":     "256 KiB",
		`{"features":["x"]}`:                    "features",
		`{"forwardPorts":[{}]}`:                 "Port {}",
		`{"portsAttributes":[1]}`:               "portsAttributes",
		`{"postCreateCommand":7}`:               "postCreateCommand",
		`{"postCreateCommand":{"a":{"b":"c"}}}`: "postCreateCommand",
		`{"postCreateCommand":"` + strings.Repeat("x", 5000) + `"}`:       "5000 bytes",
		`{"containerEnv":{"A":7}}`:                                        "containerEnv",
		`{"customizations":{"vscode":[]}}`:                                "customizations.vscode",
		`{"dockerComposeFile":"x.yml"}`:                                   "dockerComposeFile",
		`{"features":{"x/features/apt-packages:1":{"packages":"a b;c"}}}`: "Package",
		`{"forwardPorts":[3001]}`:                                         "Port 3001",
		`{"postStartCommand":"echo ${localEnv:HOME:/root}"}`:              "${localEnv:HOME}",
	} {
		d := detect(text)
		if !slices.ContainsFunc(d.Notices, func(n string) bool { return strings.Contains(n, want) }) {
			t.Errorf("%.60q gives %q, want %s", text, d.Notices, want)
		}
	}
	if d := detect(`{"postStartCommand":"echo ${localEnv:X:a'b} ${containerEnv:HOME}","postAttachCommand":[]}`); d.Definition.Start != `echo 'a'\''b' ${HOME}` {
		t.Errorf("the command is %q", d.Definition.Start)
	}
	if d := detect("\ufeff{}"); len(d.Notices) != 0 {
		t.Errorf("a mark of the byte order gives %q", d.Notices)
	}
	var many []string
	for i := range 60 {
		many = append(many, fmt.Sprintf("pkg%d", i))
	}
	text, err := json.Marshal(map[string]any{"features": map[string]any{"x/apt-packages": map[string]string{"packages": strings.Join(many, ",")}}})
	if err != nil {
		t.Fatal(err)
	}
	if d := detect(string(text)); len(d.Definition.Packages) != 50 || len(d.Notices) != 1 {
		t.Errorf("60 packages: %+v", d)
	}
}

// Whatever is in the file, the definition is one that could be stored.
func FuzzDetect(f *testing.F) {
	for _, text := range []string{
		usual, "", "{}", `{"features":{"node":"20"}}`, `{"appPort":"3000","postCreateCommand":["a","b c"]}`, `{"a":"\"//","b":[1,],}`, "{/**/}", "{//\n}", `{"a":/`, `{"a":"\`,
		`{"containerEnv":{"A":"${x}"},"remoteEnv":{"B":null}}`, `{"extensions":"a.b"}`, `{"postStartCommand":{"x":["${localEnv:A:b}"]}}`,
	} {
		f.Add(text)
	}
	s := service(f, template.Options{Store: common})
	f.Fuzz(func(t *testing.T, text string) {
		d := detect(text)
		for _, p := range s.Validate(t.Context(), d.Definition) {
			if p.Severity == template.SeverityError {
				t.Errorf("%q: %v", text, p)
			}
		}
		if len(d.Notices) > 20 || d.File == "" {
			t.Errorf("%q: %d notices", text, len(d.Notices))
		}
		// What is JSON already means the same without our reading.
		var plain any
		if json.Unmarshal([]byte(text), &plain) == nil && slices.ContainsFunc(d.Notices, func(n string) bool { return strings.Contains(n, "no valid JSON") }) {
			t.Errorf("%q is JSON, and is refused: %q", text, d.Notices)
		}
	})
}
