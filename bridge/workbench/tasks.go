package workbench

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
)

// maxLabel is longer than a menu shows.
const maxLabel = 100

// checkTasks refuses tasks that the editor could not offer.
func checkTasks(tasks []bridge.EditorTask) error {
	if len(tasks) > bridge.MaxTasks {
		return bridge.Errorf(bridge.CodeTooLarge, "%d tasks are more than %d", len(tasks), bridge.MaxTasks)
	}
	labels := make(map[string]bool)
	for _, t := range tasks {
		label := child.Clip(t.Label)
		switch {
		case strings.TrimSpace(t.Label) == "", len(t.Label) > maxLabel, !utf8.ValidString(t.Label), strings.ContainsFunc(t.Label, unicode.IsControl):
			return bridge.Errorf(bridge.CodeBadRequest, "tasks: %q is no label of 1 to %d bytes", label, maxLabel)
		case labels[t.Label]:
			return bridge.Errorf(bridge.CodeBadRequest, "tasks: two have the label %q", label)
		case strings.TrimSpace(t.Command) == "", strings.ContainsRune(t.Command, 0):
			return bridge.Errorf(bridge.CodeBadRequest, "tasks: %q has no command, or one with a NUL byte", label)
		case len(t.Command) > bridge.MaxCommandBytes:
			return bridge.Errorf(bridge.CodeTooLarge, "tasks: the command of %q has more than %d bytes", label, bridge.MaxCommandBytes)
		}
		labels[t.Label] = true
	}
	return nil
}

// writeTasks writes the tasks of the editor's user, unless the user has tasks of their own.
func (w *Workbench) writeTasks(tasks []bridge.EditorTask) error {
	if w.o.DataDir == "" {
		return nil
	}
	name := filepath.Join(w.o.DataDir, "User", "tasks.json")
	mark := filepath.Join(w.o.StateDir, "tasks.sha256")
	have, err := readBounded(name)
	if err == nil && have != nil {
		written, _ := os.ReadFile(mark)
		if string(written) != hashOf(have) {
			return nil // the user's
		}
	}
	if err == nil && len(tasks) == 0 {
		if have == nil {
			return nil
		}
		err = os.Remove(name)
	} else if err == nil {
		text := encodeTasks(tasks)
		// The mark first: without it the file would count as the user's for ever.
		err = errors.Join(write(mark, []byte(hashOf(text))), write(name, text))
	}
	if err != nil {
		return fmt.Errorf("write the editor's tasks: %w", err)
	}
	return nil
}

// encodeTasks returns the editor's file of tasks.
func encodeTasks(tasks []bridge.EditorTask) []byte {
	type shell struct {
		Executable string   `json:"executable"`
		Args       []string `json:"args"`
	}
	type options struct {
		Shell shell `json:"shell"`
	}
	type task struct {
		Label          string   `json:"label"`
		Type           string   `json:"type"`
		Command        string   `json:"command"`
		Options        options  `json:"options"`
		ProblemMatcher []string `json:"problemMatcher"`
	}
	file := struct {
		Version string `json:"version"`
		Tasks   []task `json:"tasks"`
	}{Version: "2.0.0"}
	for _, t := range tasks {
		file.Tasks = append(file.Tasks, task{t.Label, "shell", t.Command, options{shell{"/bin/bash", []string{"-c"}}}, []string{}})
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(file) // a struct of strings always can be
	return b.Bytes()
}

// readBounded returns the contents of a file of the user; nil if it is not there.
func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	const most = 8 << 20 // of which tasks have some thousand bytes, and lists of extensions some ten thousand
	data, err := io.ReadAll(io.LimitReader(f, most))
	if data == nil {
		data = []byte{}
	}
	return data, err
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func write(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o600)
}
