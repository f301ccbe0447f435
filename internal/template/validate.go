package template

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/variable"
)

// Limits of a definition. Sizes are bytes, lengths of labels runes.
const (
	maxFlake     = 256 << 10
	maxPackages  = 50
	maxPorts     = 20
	maxTasks     = 50
	maxExtension = 50
	maxVariables = 50
	maxValue     = 4 << 10
	maxCommand   = 4 << 10
	maxFiles     = 100
	maxFilePath  = 200
	maxFileBytes = 256 << 10
	maxMatch     = 30
	maxPattern   = 100
	maxLabel     = 80
	maxText      = 500
	maxIcon      = 40
	maxName      = 60
	// maxProblems is how many are told at once.
	maxProblems = 50
)

var (
	packageName = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]{1,100}$`)
	extensionID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,99}\.[A-Za-z0-9][A-Za-z0-9._-]{0,99}(@[0-9A-Za-z][0-9A-Za-z.+-]{0,49})?$`)
)

// Validate says what is wrong with a definition; nil if nothing is. Its flake is checked with
// Nix; that this was not possible is a warning.
func (s *Service) Validate(ctx context.Context, d Definition) []Problem {
	problems := d.problems()
	if d.Flake != "" && len(d.Flake) <= maxFlake {
		problems = append(problems, s.ValidateNix(ctx, "flake", d.Flake)...)
	}
	return problems
}

// ValidateNix says what is wrong with the text of a flake.nix or shell.nix; field is that of
// the problems.
func (s *Service) ValidateNix(ctx context.Context, field, text string) []Problem {
	switch {
	case len(text) > maxFlake:
		return []Problem{{Field: field, Message: fmt.Sprintf("The text has %d bytes; at most %d KiB are allowed.", len(text), maxFlake>>10), Severity: SeverityError}}
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return []Problem{{Field: field, Message: "The text is not UTF-8.", Severity: SeverityError}}
	case s.CheckNix == nil:
		return nil
	}
	problems, err := s.checked(ctx, text)
	if err != nil {
		return []Problem{{Field: field, Message: "The text could not be checked with Nix right now; it will be when a workspace starts.", Severity: SeverityWarning}}
	}
	problems = slices.Clone(problems)
	for i := range problems {
		problems[i].Field = field
		if problems[i].Severity != SeverityWarning {
			problems[i].Severity = SeverityError
		}
	}
	return problems[:min(len(problems), maxProblems)]
}

// checkInput returns an *InvalidError for an input with errors; warnings pass.
func (s *Service) checkInput(ctx context.Context, in Input) error {
	var f findings
	if in.Name != nil {
		f.label("name", *in.Name, 1, maxName)
	}
	if in.Description != nil {
		f.label("description", *in.Description, 0, maxText)
	}
	if in.Icon != nil && len(*in.Icon) > maxIcon {
		f.add("icon", "An icon has at most %d bytes.", maxIcon)
	} else if in.Icon != nil {
		f.label("icon", *in.Icon, 0, maxIcon)
	}
	if in.Definition != nil {
		for _, p := range s.Validate(ctx, *in.Definition) {
			if p.Severity == SeverityError {
				p.Field = "definition." + p.Field
				f.all = append(f.all, p)
			}
		}
	}
	if len(f.all) > 0 {
		return &InvalidError{f.all}
	}
	return nil
}

// findings collects problems, maxProblems of them.
type findings struct{ all []Problem }

func (f *findings) add(field, format string, args ...any) {
	f.note(SeverityError, field, format, args...)
}

func (f *findings) note(severity, field, format string, args ...any) {
	if len(f.all) < maxProblems {
		f.all = append(f.all, Problem{Field: field, Message: fmt.Sprintf(format, args...), Severity: severity})
	}
}

// label wants one line of text with least to most runes.
func (f *findings) label(field, text string, least, most int) {
	n := utf8.RuneCountInString(text)
	switch {
	case !utf8.ValidString(text), strings.ContainsFunc(text, unicode.IsControl):
		f.add(field, "Only one line of readable text is allowed here.")
	case n > most:
		f.add(field, "The text has %d characters; at most %d are allowed.", n, most)
	case n < least, least > 0 && strings.TrimSpace(text) == "":
		f.add(field, "Some text is needed here.")
	}
}

func (f *findings) text(field, text string, most int) {
	switch {
	case len(text) > most:
		f.add(field, "The text has %d bytes; at most %d are allowed.", len(text), most)
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		f.add(field, "The text is not UTF-8.")
	}
}

// count reports false for a list that is too long to be looked at.
func (f *findings) count(field string, n, most int) bool {
	if n > most {
		f.add(field, "There are %d entries; at most %d are allowed.", n, most)
	}
	return n <= most
}

// problems are those of everything but Nix.
func (d Definition) problems() []Problem {
	var f findings
	f.text("flake", d.Flake, maxFlake)
	d.checkLists(&f)
	d.checkPorts(&f)
	d.checkVariables(&f)
	d.checkFiles(&f)
	f.text("setup", d.Setup, maxCommand)
	f.text("start", d.Start, maxCommand)
	return f.all
}

func (d Definition) checkLists(f *findings) {
	if f.count("packages", len(d.Packages), maxPackages) {
		for i, p := range d.Packages {
			if !packageName.MatchString(p) {
				f.add(fmt.Sprintf("packages[%d]", i), "%q is not the name of a Debian package: those have small letters, digits and + - . only, without a version.", cut(p))
			} else if slices.Index(d.Packages, p) < i {
				f.note(SeverityWarning, fmt.Sprintf("packages[%d]", i), "%s is named twice.", p)
			}
		}
	}
	if f.count("extensions", len(d.Extensions), maxExtension) {
		for i, e := range d.Extensions {
			if !extensionID.MatchString(e) {
				f.add(fmt.Sprintf("extensions[%d]", i), "%q is not the name of an extension: it must be publisher.name or publisher.name@version.", cut(e))
			}
		}
	}
	if f.count("tasks", len(d.Tasks), maxTasks) {
		seen := map[string]bool{}
		for i, t := range d.Tasks {
			field := fmt.Sprintf("tasks[%d].", i)
			f.label(field+"label", t.Label, 1, maxLabel)
			f.text(field+"command", t.Command, maxCommand)
			if strings.TrimSpace(t.Command) == "" {
				f.add(field+"command", "A task needs a command.")
			}
			if seen[t.Label] {
				f.add(field+"label", "Another task has this label.")
			}
			seen[t.Label] = true
		}
	}
	if f.count("match", len(d.Match), maxMatch) {
		for i, m := range d.Match {
			if _, err := path.Match(m, ""); err != nil || m == "" || len(m) > maxPattern || strings.ContainsAny(m, "/\x00") || !utf8.ValidString(m) {
				f.add(fmt.Sprintf("match[%d]", i), "%q is not a pattern for names of files: * and ? and [a-z] may be in it, no slash.", cut(m))
			}
		}
	}
}

func (d Definition) checkPorts(f *findings) {
	if !f.count("ports", len(d.Ports), maxPorts) {
		return
	}
	seen := map[int]bool{}
	for i, p := range d.Ports {
		field := fmt.Sprintf("ports[%d].", i)
		switch {
		case p.Port < 1024 || p.Port > 65535:
			f.add(field+"port", "%d is no port from 1024 to 65535.", p.Port)
		case !bridge.Forwardable(p.Port):
			f.add(field+"port", "Port %d is the workspace's own.", p.Port)
		case seen[p.Port]:
			f.add(field+"port", "Port %d is named twice.", p.Port)
		}
		seen[p.Port] = true
		f.label(field+"label", p.Label, 0, maxLabel)
		switch p.Visibility {
		case "", "owner", "users":
		case "public":
			f.note(SeverityWarning, field+"visibility", "Everybody who knows the address can open port %d, without signing in.", p.Port)
		default:
			f.add(field+"visibility", "%q is none of owner, users, public.", cut(p.Visibility))
		}
	}
}

func (d Definition) checkVariables(f *findings) {
	if !f.count("variables", len(d.Variables), maxVariables) {
		return
	}
	seen := map[string]bool{}
	for i, v := range d.Variables {
		field := fmt.Sprintf("variables[%d].", i)
		switch {
		case refusedName(v.Name) != "":
			f.add(field+"name", "%s", refusedName(v.Name))
		case seen[v.Name]:
			f.add(field+"name", "%s is named twice.", v.Name)
		}
		seen[v.Name] = true
		f.label(field+"description", v.Description, 0, maxText)
		f.text(field+"value", v.Value, maxValue)
		if v.Secret && v.Value != "" {
			f.add(field+"value", "A template does not keep secrets: everybody who may use it can read it. Leave the value empty; each user sets their own.")
		}
	}
}

func (d Definition) checkFiles(f *findings) {
	if !f.count("files", len(d.Files), maxFiles) {
		return
	}
	bytes := 0
	for _, name := range sortedKeys(d.Files) {
		field := fmt.Sprintf("files[%q]", cut(name))
		switch {
		case !relative(name):
			f.add(field, "The path must be relative, without . and .. and control characters, and have at most %d bytes.", maxFilePath)
		case slices.ContainsFunc(strings.Split(name, "/"), func(p string) bool { return strings.EqualFold(p, ".git") }):
			f.add(field, "Files of .git are git's own.")
		default:
			for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
				if _, there := d.Files[dir]; there {
					f.add(field, "%s is a file already and cannot be a folder.", dir)
				}
			}
		}
		f.text(field, d.Files[name], maxFileBytes)
		bytes += len(name) + len(d.Files[name])
	}
	if bytes > maxFileBytes {
		f.add("files", "The files have %d bytes together; at most %d KiB are allowed.", bytes, maxFileBytes>>10)
	}
}

// relative says whether name is a clean path below a folder.
func relative(name string) bool {
	return name != "" && len(name) <= maxFilePath && utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl) &&
		!strings.Contains(name, `\`) && path.Clean(name) == name && !path.IsAbs(name) && name != "." && name != ".." && !strings.HasPrefix(name, "../")
}

// refusedName says why a variable cannot have a name, or nothing.
func refusedName(name string) string {
	if invalid, ok := errors.AsType[*variable.InvalidError](variable.CheckName(name)); ok {
		return invalid.Message
	}
	return ""
}

// cut shortens what a message quotes.
func cut(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// extensionName is what two versions of an extension have in common.
func extensionName(e string) string {
	name, _, _ := strings.Cut(e, "@")
	return strings.ToLower(name)
}
