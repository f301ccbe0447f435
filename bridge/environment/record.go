package environment

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxRecord is more than any record has: see maxVariables.
const maxRecord = 4 << 20

// record is a prepared environment, as it is kept.
type record struct {
	// Key says what it was made of, to the byte; Origin only where that is.
	Key    string `json:"key"`
	Origin string `json:"origin"`
	Source string `json:"source"`
	// Nixpkgs is what the word stood for.
	Nixpkgs string `json:"nixpkgs"`
	// Profile is the path in Nix's store that keeps all others.
	Profile string `json:"profile"`
	// Variables are to be set; Path and Data are folders that come before those of PATH and
	// XDG_DATA_DIRS.
	Variables map[string]string `json:"variables"`
	Path      []string          `json:"path"`
	Data      []string          `json:"data"`
	// Active: it is the environment, and not one that may come back.
	Active bool `json:"active"`

	// hook is what the description runs in each new shell; see Environment.hook.
	hook string
}

// names are those of all variables that the record sets, sorted.
func (r *record) names() []string { return slices.Sorted(maps.Keys(r.Variables)) }

// there reports whether the tools still are: a store may have been reset.
func (r *record) there() bool {
	for _, p := range append([]string{r.Profile}, r.Path...) {
		if !strings.HasPrefix(p, store) {
			continue
		}
		if _, err := os.Stat(p); err != nil {
			return false
		}
	}
	return true
}

// store is where Nix keeps everything.
const store = "/nix/store/"

// defaultData is what an absent XDG_DATA_DIRS stands for.
const defaultData = "/usr/local/share:/usr/share"

// extend returns env with the environment.
func (r *record) extend(env []string) []string {
	var own []string
	for _, name := range r.names() {
		own = append(own, name+"="+r.Variables[name])
	}
	if len(r.Path) > 0 {
		old, _ := value(env, "PATH")
		own = append(own, "PATH="+before(r.Path, old))
	}
	if len(r.Data) > 0 {
		old, _ := value(env, "XDG_DATA_DIRS")
		if old == "" {
			old = defaultData
		}
		own = append(own, "XDG_DATA_DIRS="+before(r.Data, old))
	}
	return join(env, own, []string{loadedName + "=" + r.Key, pathName + "=" + strings.Join(r.Path, ":"), namesName + "=" + strings.Join(r.names(), " ")})
}

func before(folders []string, old string) string {
	if old == "" {
		return strings.Join(folders, ":")
	}
	return strings.Join(folders, ":") + ":" + old
}

func (e *Environment) recordFile() string { return filepath.Join(e.o.StateDir, "record.json") }

// load reads the record of the last start; nil if there is none.
func (e *Environment) load() (*record, error) {
	f, err := os.Open(e.recordFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxRecord))
	if err != nil {
		return nil, err
	}
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("read %s: %w", f.Name(), err)
	}
	// Whoever wrote in it could as well have written the script; but what a process cannot be
	// started with is refused.
	for name, v := range r.Variables {
		if !validName(name) || strings.ContainsRune(v, 0) || len(name)+len(v) > maxValue {
			return nil, fmt.Errorf("%s is not as it was written", f.Name())
		}
	}
	for _, p := range slices.Concat(r.Path, r.Data) {
		if !cleanFolder(p) {
			return nil, fmt.Errorf("%s is not as it was written", f.Name())
		}
	}
	if strings.ContainsFunc(r.Key, func(c rune) bool { return !strings.ContainsRune("0123456789abcdef", c) }) || r.Key == "" {
		return nil, fmt.Errorf("%s is not as it was written", f.Name())
	}
	return &r, nil
}

// save keeps r for the next start.
func (e *Environment) save(r *record) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return replace(e.recordFile(), data)
}

// drop takes the environment away. It is kept for a request that wants just this one: of two
// that come in turn, only the first time of each takes long.
func (e *Environment) drop() error {
	e.mu.Lock()
	last := e.last
	e.record = nil
	if last != nil && last.Active {
		kept := *last
		kept.Active = false
		last, e.last = &kept, &kept
	} else {
		last = nil
	}
	e.mu.Unlock()
	var err error
	if last != nil {
		err = e.save(last)
	}
	if e.o.Script != "" {
		err = errors.Join(err, remove(e.o.Script))
	}
	return err
}

func remove(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// replace writes a file so that readers see the old or the new one.
func replace(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o600), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
