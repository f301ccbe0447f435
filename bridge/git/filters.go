package git

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// maxFilters bounds the filters of a repository: two or three are many, and each takes
// room in the environment of git.
const maxFilters = 50

// filterConfig reads what `git config --show-scope -z` prints about filters.
type filterConfig struct {
	scope  string              // of the value that comes next; "" if the scope does
	users  map[string]string   // values by key, of the user's and the system's files
	locals map[string][]string // members of filters by name, of the repository's files
}

// take takes a scope and then "key\nvalue", in turn.
func (f *filterConfig) take(token string) error {
	if f.scope == "" {
		f.scope = token
		return nil
	}
	scope := f.scope
	f.scope = ""
	key, value, _ := strings.Cut(token, "\n")
	if scope == "system" || scope == "global" {
		f.users[key] = value
		return nil
	}
	dot := strings.LastIndexByte(key, '.')
	name, ok := strings.CutPrefix(key[:max(dot, 0)], "filter.")
	if member := key[dot+1:]; ok && scope != "command" && slices.Contains(commands, member) && !slices.Contains(f.locals[name], member) {
		f.locals[name] = append(f.locals[name], member)
	}
	if len(f.locals) > maxFilters {
		return errEnough
	}
	return nil
}

// commands are the members of a filter that git runs.
var commands = []string{"clean", "smudge", "process"}

// settings gives filters the user's own commands in place of the repository's, or none. A
// member that the repository does not define is left alone: an empty process would
// put the user's clean and smudge out of action.
func (f *filterConfig) settings() []setting {
	var list []setting
	for _, name := range slices.Sorted(maps.Keys(f.locals)) {
		prefix, required := "filter."+name+".", f.users["filter."+name+".required"]
		for _, member := range f.locals[name] {
			command := f.users[prefix+member]
			list = append(list, setting{prefix + member, command})
			if command == "" {
				required = "" // else git would refuse to read the files at all
			}
		}
		list = append(list, setting{prefix + "required", cmp.Or(required, "false")})
	}
	return list
}
