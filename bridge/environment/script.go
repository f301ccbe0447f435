package environment

import (
	"strings"
)

// writeScript writes what a shell loads. /etc/kalpana/env-hook.sh does so and defines
// _kalpana_env_undo, which takes another environment away again.
func (e *Environment) writeScript(r *record) error {
	if e.o.Script == "" {
		return nil
	}
	var b strings.Builder
	b.WriteString("# Written by Kalpana from " + r.Source + "; changes are lost.\n")
	b.WriteString(`if [ "${` + loadedName + `:-}" != ` + r.Key + " ]; then\n")
	b.WriteString("\t_kalpana_env_undo\n")
	// The user's own variables count more.
	b.WriteString("\t" + `_kalpana_env_set() { case " ${` + variablesName + `:-} " in *" $1 "*) ;; *) export "$1=$2" ;; esac; }` + "\n")
	for _, name := range r.names() {
		b.WriteString("\t_kalpana_env_set " + name + " " + quote(r.Variables[name]) + "\n")
	}
	b.WriteString("\tunset -f _kalpana_env_set\n")
	if len(r.Path) > 0 {
		b.WriteString("\tPATH=" + quote(strings.Join(r.Path, ":")) + "${PATH:+:$PATH}\n\texport PATH\n")
	}
	if len(r.Data) > 0 {
		b.WriteString("\tXDG_DATA_DIRS=" + quote(strings.Join(r.Data, ":")) + ":${XDG_DATA_DIRS:-" + defaultData + "}\n\texport XDG_DATA_DIRS\n")
	}
	b.WriteString("\t" + pathName + "=" + quote(strings.Join(r.Path, ":")) + "\n")
	b.WriteString("\t" + namesName + "=" + quote(strings.Join(r.names(), " ")) + "\n")
	b.WriteString("\t" + loadedName + "=" + r.Key + "\n")
	b.WriteString("\texport " + pathName + " " + namesName + " " + loadedName + "\nfi\n")
	return replace(e.o.Script, []byte(b.String()))
}

// quote returns s as one word of any POSIX shell. s holds no NUL byte.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
