package template

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// builtinFiles has a folder for each built-in template: template.json, flake.nix, and what an
// empty workspace gets in files.txtar. One archive, because a go.mod or a .gitignore in a tree
// of its own would have its usual meaning for this repository.
//
//go:embed builtin
var builtinFiles embed.FS

// builtinIDs are the built-in templates in the order of the catalogue.
var builtinIDs = []string{BlankID, "node", "python", "go", "rust", "java", "cpp", "php", "ruby", "static"}

// builtin is a template that comes with Kalpana. It has one version, 1, which is published.
type builtin struct {
	Template
	definition Definition
}

// Builtins returns the built-in templates in the order of the catalogue.
func (s *Service) Builtins() []Template {
	all := make([]Template, len(s.builtins))
	for i, b := range s.builtins {
		all[i] = b.Template
	}
	return all
}

func (s *Service) builtin(id string) (builtin, bool) {
	i := slices.IndexFunc(s.builtins, func(b builtin) bool { return b.ID == id })
	if i < 0 {
		return builtin{}, false
	}
	return s.builtins[i], true
}

func readBuiltins() ([]builtin, error) {
	var all []builtin
	for _, id := range builtinIDs {
		b, err := readBuiltin(id)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
		all = append(all, b)
	}
	return all, nil
}

// builtinSince is when a built-in template is said to be from: users see it in no list.
var builtinSince = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func readBuiltin(id string) (builtin, error) {
	dir := path.Join("builtin", id)
	var in struct {
		Name        string     `json:"name"`
		Description string     `json:"description"`
		Definition  Definition `json:"definition"`
	}
	text, err := builtinFiles.ReadFile(path.Join(dir, "template.json"))
	if err != nil {
		return builtin{}, err
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return builtin{}, fmt.Errorf("template.json: %w", err)
	}
	d := in.Definition.clone()
	flake, err := builtinFiles.ReadFile(path.Join(dir, "flake.nix"))
	if err != nil {
		return builtin{}, err
	}
	d.Flake = string(flake)
	archive, err := builtinFiles.ReadFile(path.Join(dir, "files.txtar"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // a template may have none
		return builtin{}, err
	}
	d.Files = unpack(string(archive))
	return builtin{Template{
		ID: id, Name: in.Name, Description: in.Description, Icon: id, Builtin: true,
		Version: 1, PublishedVersion: 1, Tried: true, CreatedAt: builtinSince, UpdatedAt: builtinSince,
	}, d}, nil
}

// unpack reads an archive of texts, each after a line "-- path --".
func unpack(archive string) map[string]string {
	files := map[string]string{}
	name := ""
	for line := range strings.Lines(archive) {
		if head, ok := strings.CutPrefix(line, "-- "); ok && strings.HasSuffix(head, " --\n") {
			name = strings.TrimSuffix(head, " --\n")
			files[name] = ""
			continue
		}
		files[name] += line
	}
	return files
}
