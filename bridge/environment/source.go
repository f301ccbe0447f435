package environment

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
	"github.com/kalpana-dev/kalpana/bridge/files"
)

// Bounds of what is looked at to find out whether a description has changed. What is beyond
// them counts as unchanged, and Rebuild evaluates it.
const (
	maxDepth   = 4
	maxEntries = 3000
	maxLocal   = 300
)

// Bounds of a folder without git that has a flake: Nix copies all of it to its store.
const (
	maxCopyEntries = 20_000
	maxCopyBytes   = 256 << 20
)

// source is a description of an environment.
type source struct {
	// file is FlakeFile or ShellFile; empty if there is none.
	file string
	// origin is where it comes from, key what it says, with all that decides what comes of it.
	origin, key string
	// given are the files of the request; nil if it is in the folder of the workspace.
	given map[string]string
	// folder is that folder, relative to the workspace; of given files, where their hook runs,
	// empty for the workspace itself.
	folder string
	// text is the contents of file.
	text string
	// tracked: the folder is in a git repository.
	tracked bool
}

// find returns the description that req asks for. extra is what else decides what comes of
// it.
func (e *Environment) find(req bridge.PrepareEnvironment, extra ...string) (source, error) {
	var s source
	var err error
	sum := sha256.New()
	switch {
	case len(req.Files) > 0:
		if s, err = givenSource(req.Files, sum); err == nil && req.Folder != "" {
			s.folder, err = files.Clean(e.o.Root.Name(), req.Folder)
			add(sum, s.folder)
		}
	case req.Folder != "":
		s, err = e.folderSource(req.Folder, sum)
	}
	if err != nil || s.file == "" {
		return s, err
	}
	for _, part := range append(extra, s.origin, s.file, req.Nixpkgs) {
		add(sum, part)
	}
	s.key = hex.EncodeToString(sum.Sum(nil))
	return s, nil
}

// add adds one text to a hash so that no two lists of texts look alike.
func add(h hash.Hash, text string) { fmt.Fprintf(h, "%d:%s", len(text), text) }

// givenSource is a description that came with the request.
func givenSource(given map[string]string, sum hash.Hash) (source, error) {
	var size int
	names := slices.Sorted(maps.Keys(given))
	for _, name := range names {
		if name != bridge.FlakeFile && name != bridge.FlakeLock && name != bridge.ShellFile {
			return source{}, bridge.Errorf(bridge.CodeBadRequest, "files: %q is none of %s, %s and %s", child.Clip(name), bridge.FlakeFile, bridge.FlakeLock, bridge.ShellFile)
		}
		size += len(given[name])
		add(sum, name)
		add(sum, given[name])
	}
	if size > bridge.MaxNixBytes {
		return source{}, bridge.Errorf(bridge.CodeTooLarge, "the Nix files have %d bytes, more than %d", size, bridge.MaxNixBytes)
	}
	flake, isFlake := given[bridge.FlakeFile]
	shell, isShell := given[bridge.ShellFile]
	_, locked := given[bridge.FlakeLock]
	if isFlake == isShell || isShell && locked {
		return source{}, bridge.Errorf(bridge.CodeBadRequest, "files: %s with or without %s, or %s alone", bridge.FlakeFile, bridge.FlakeLock, bridge.ShellFile)
	}
	s := source{file: bridge.FlakeFile, text: flake, given: given, origin: "files " + hex.EncodeToString(sum.Sum(nil))}
	if isShell {
		s.file, s.text = bridge.ShellFile, shell
	}
	return s, nil
}

// folderSource is a description in a folder of the workspace, or one without file.
func (e *Environment) folderSource(folder string, sum hash.Hash) (source, error) {
	clean, err := files.Clean(e.o.Root.Name(), folder)
	if err != nil {
		return source{}, err
	}
	s := source{folder: clean, tracked: e.tracked(clean)}
	for _, name := range []string{bridge.FlakeFile, bridge.ShellFile} {
		s.origin = "folder " + clean + "/" + name
		text, err := e.read(path.Join(clean, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return s, err
		}
		s.file, s.text = name, text
		return s, e.addLocal(sum, clean)
	}
	return source{}, nil
}

// read returns a Nix file of the workspace.
func (e *Environment) read(name string) (string, error) {
	f, info, err := child.Open(e.o.Root, name)
	if refused, ok := errors.AsType[*bridge.Error](err); ok && (refused.Code == bridge.CodeNotFound || refused.Code == bridge.CodeNotDirectory) {
		return "", fs.ErrNotExist
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	if info.IsDir() {
		return "", fs.ErrNotExist
	}
	data, err := io.ReadAll(io.LimitReader(f, bridge.MaxNixBytes+1))
	if err != nil {
		return "", err
	}
	if len(data) > bridge.MaxNixBytes {
		return "", bridge.Errorf(bridge.CodeTooLarge, "%s has more than %d bytes", child.Clip(name), bridge.MaxNixBytes)
	}
	return string(data), nil
}

// tracked reports whether a folder is in a git repository of the workspace.
func (e *Environment) tracked(folder string) bool {
	for {
		if _, err := e.o.Root.Stat(path.Join(folder, ".git")); err == nil {
			return true
		}
		if folder == "." {
			return false
		}
		folder = path.Dir(folder)
	}
}

// addLocal adds what a description in folder may consist of to a hash: Nix files there and
// below, locks, and what is often read by them.
func (e *Environment) addLocal(sum hash.Hash, folder string) error {
	sub, err := e.o.Root.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer sub.Close()
	entries, local, size := 0, 0, 0
	return fs.WalkDir(sub.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // what cannot be read is not there for Nix either
		}
		if entries++; entries > maxEntries || local >= maxLocal || size >= bridge.MaxNixBytes {
			return fs.SkipAll
		}
		if d.IsDir() {
			if name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || strings.Count(name, "/") >= maxDepth) {
				return fs.SkipDir
			}
			return nil
		}
		if !decides(d.Name()) {
			return nil
		}
		f, info, err := child.Open(sub, name)
		if err != nil {
			return nil
		}
		defer f.Close()
		if info.IsDir() {
			return nil
		}
		data, err := io.ReadAll(io.LimitReader(f, bridge.MaxNixBytes))
		if err != nil {
			return nil
		}
		local++
		size += len(data)
		add(sum, name)
		add(sum, string(data))
		return nil
	})
}

// decides reports whether a file of this name may decide what an environment is.
func decides(name string) bool {
	switch name {
	case bridge.FlakeLock, "rust-toolchain", "rust-toolchain.toml":
		return true
	case "sources.json": // of npins and niv
		return true
	}
	return path.Ext(name) == ".nix"
}

// fitsCopy returns an error if a folder has too much for Nix to copy.
func (e *Environment) fitsCopy(s source) error {
	sub, err := e.o.Root.OpenRoot(s.folder)
	if err != nil {
		return err
	}
	defer sub.Close()
	entries, size := 0, int64(0)
	return fs.WalkDir(sub.FS(), ".", func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		entries++
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			size += info.Size()
		}
		if entries > maxCopyEntries || size > maxCopyBytes {
			return bridge.Errorf(bridge.CodeNixInvalid, "%s: Nix would copy its folder, which has more than %d files or %d MiB; make it a git repository, of which only tracked files are copied", s.file, maxCopyEntries, maxCopyBytes>>20)
		}
		return nil
	})
}

// filesDir is where files of requests are written.
func (e *Environment) filesDir() string { return filepath.Join(e.o.StateDir, "files") }

// write puts the files of a request where Nix reads them. A lock that Nix wrote there stays
// as long as it is about the same files, unless renew is set.
func (e *Environment) write(s source, renew bool) error {
	dir := e.filesDir()
	for _, name := range []string{bridge.FlakeFile, bridge.FlakeLock, bridge.ShellFile} {
		text, ok := s.given[name]
		p := filepath.Join(dir, name)
		var err error
		switch {
		case ok:
			err = replace(p, []byte(text))
		case name == bridge.FlakeLock && s.file == bridge.FlakeFile && !renew:
		default:
			err = remove(p)
		}
		if err != nil {
			return fmt.Errorf("write the Nix files of the request: %w", err)
		}
	}
	return nil
}

// nixID stands for the version of Nix: its program as it is. It is not asked, which would
// take ten times as long as all else that a warm start does.
func nixID(env []string) (string, error) {
	list, _ := value(env, "PATH")
	for _, dir := range filepath.SplitList(list) {
		info, err := os.Stat(filepath.Join(dir, "nix"))
		if err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return fmt.Sprint(info.Size(), info.ModTime().UnixNano()), nil
		}
	}
	return "", bridge.Errorf(bridge.CodeDisabled, "there is no Nix in this workspace's image")
}
