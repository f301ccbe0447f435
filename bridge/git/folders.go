package git

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// maxDepth is how deep files may lie that checkpoints hold. Each level is one open
// folder meanwhile; source trees have some twenty.
const maxDepth = 200

// folders opens the folders that files are in without following any link, not even one that stays
// in the workspace: what is written to a/b must not land in what a points to. It keeps
// the folders of the last path open, which makes going through sorted paths quick.
type folders struct {
	root *os.Root // the caller's
	path []string
	open []*os.Root
}

var errNoFolder = errors.New("not a folder any more")

// of returns the folder that the file p is in and p's name there. With create, missing
// folders are made. The folder is open until the next call.
func (f *folders) of(p string, create bool) (*os.Root, string, error) {
	elements := strings.Split(p, "/")
	name := elements[len(elements)-1]
	elements = elements[:len(elements)-1]
	if len(elements) > maxDepth {
		return nil, "", fmt.Errorf("%w: deeper than %d folders", errNoFolder, maxDepth)
	}
	same := 0
	for same < len(f.path) && same < len(elements) && f.path[same] == elements[same] {
		same++
	}
	f.leave(same)
	for _, element := range elements[same:] {
		sub, err := enter(f.current(), element, create)
		if err != nil {
			return nil, "", err
		}
		f.path = append(f.path, element)
		f.open = append(f.open, sub)
	}
	return f.current(), name, nil
}

func (f *folders) current() *os.Root {
	if len(f.open) == 0 {
		return f.root
	}
	return f.open[len(f.open)-1]
}

// leave closes all folders but the first n.
func (f *folders) leave(n int) {
	for _, r := range f.open[n:] {
		_ = r.Close()
	}
	f.open, f.path = f.open[:n], f.path[:n]
}

func enter(parent *os.Root, name string, create bool) (*os.Root, error) {
	info, err := parent.Lstat(name)
	if create && errors.Is(err, fs.ErrNotExist) {
		if err = parent.Mkdir(name, 0o777); err == nil || errors.Is(err, fs.ErrExist) {
			info, err = parent.Lstat(name)
		}
	}
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, errNoFolder
	}
	// Not Root.OpenRoot: it would wait for ever on a pipe put in the folder's place.
	dir, err := parent.OpenFile(name, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	if opened, err := dir.Stat(); err != nil {
		return nil, err
	} else if !os.SameFile(info, opened) {
		return nil, errNoFolder // a link took its place meanwhile
	}
	return os.OpenRoot(fmt.Sprintf("/proc/self/fd/%d", dir.Fd()))
}
