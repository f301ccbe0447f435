package toolbox

import (
	"regexp"
	"slices"
	"strings"
)

// wrapping is what models and servers put around a tool's name: "functions.readFile:2".
var (
	wrapping = regexp.MustCompile(`^.*(?:[.:/]|__)`)
	counter  = regexp.MustCompile(`:\d+$`)
)

// editors are one tool elsewhere whose argument command says which of ours is meant.
var editors = []string{"strreplaceeditor", "strreplacebasededittool", "texteditor", "fileeditor", "editor"}

var editorCommands = map[string]string{"view": "readFile", "create": "writeFile", "strreplace": "editFile"}

// find returns the tool that name means, whatever it is written like.
func find(name string, in raw) (tool, *Error) {
	all := tools()
	bare := counter.ReplaceAllString(strings.TrimSpace(name), "")
	for _, candidate := range []string{plain(name), plain(bare), plain(wrapping.ReplaceAllString(bare, ""))} {
		if slices.Contains(editors, candidate) {
			if command, ok := readString(orNull(in["command"].value)); ok {
				candidate = plain(editorCommands[plain(command)])
				in.drop("command")
			}
		}
		for _, t := range all {
			if plain(t.name) == candidate || slices.Contains(t.aliases, candidate) {
				return t, nil
			}
		}
	}
	return tool{}, errorf(CodeUnknownTool, "there is no tool %s. Known are %s.", clip(name, 60), strings.Join(KnownNames(), ", "))
}

func orNull(value []byte) []byte {
	if len(value) == 0 {
		return []byte("null")
	}
	return value
}
