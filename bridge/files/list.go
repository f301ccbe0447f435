package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
)

// readBatch is how many names are read from a directory at a time, so that one with a
// million of them is not held in memory.
const readBatch = 512

// List answers listFiles.
func (f *Files) List(ctx context.Context, req bridge.ListFiles) (bridge.FileList, error) {
	if req.Path == "" {
		req.Path = "."
	}
	p, err := f.clean(req.Path)
	if err != nil {
		return bridge.FileList{}, err
	}
	if req.Depth < 0 {
		return bridge.FileList{}, bridge.Errorf(bridge.CodeBadRequest, "depth must not be negative")
	}
	depth := 1
	if req.Recursive {
		depth = req.Depth // 0: no bound
	}
	answer := bridge.FileList{Entries: []bridge.Entry{}}
	if err := f.listTree(ctx, p, depth, &answer); err != nil {
		return bridge.FileList{}, f.explain(p, err)
	}
	slices.SortFunc(answer.Entries, func(a, b bridge.Entry) int { return strings.Compare(a.Path, b.Path) })
	return answer, nil
}

// listTree adds what is in and below top to list, depth levels deep, breadth first, so
// that a listing that is cut off shows what is near rather than what is deep.
func (f *Files) listTree(ctx context.Context, top string, depth int, list *bridge.FileList) error {
	level := []string{top}
	for deep := 1; len(level) > 0 && (depth == 0 || deep <= depth); deep++ {
		var next []string
		for _, dir := range level {
			below, err := f.addEntries(ctx, dir, list)
			// A directory that vanished or is locked spoils the listing only if it is the
			// one that was asked for.
			if err != nil && (deep == 1 || ctx.Err() != nil) {
				return err
			}
			if list.Truncated {
				return nil
			}
			next = append(next, below...)
		}
		level = next
	}
	return nil
}

// addEntries adds what is in one directory and returns the directories worth descending into.
func (f *Files) addEntries(ctx context.Context, dir string, list *bridge.FileList) (below []string, err error) {
	d, err := f.listing(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		batch, err := d.ReadDir(readBatch)
		for _, e := range batch {
			if len(list.Entries) == bridge.MaxListEntries {
				list.Truncated = true
				return nil, nil
			}
			p := path.Join(dir, e.Name())
			info, err := f.root.Lstat(p)
			if err != nil {
				continue // it vanished meanwhile
			}
			list.Entries = append(list.Entries, entry(p, info))
			if info.IsDir() && !skipped(e.Name()) {
				below = append(below, p)
			}
		}
		if errors.Is(err, io.EOF) {
			slices.Sort(below)
			return below, nil
		}
		if err != nil {
			return below, err
		}
	}
}

// skipped reports whether a directory is left out of what goes through whole trees: it
// holds thousands of files that nobody wrote.
func skipped(name string) bool { return name == ".git" || name == "node_modules" }

func entry(p string, info fs.FileInfo) bridge.Entry {
	kind := bridge.EntryOther
	switch mode := info.Mode(); {
	case mode.IsRegular():
		kind = bridge.EntryFile
	case mode.IsDir():
		kind = bridge.EntryDirectory
	case mode&fs.ModeSymlink != 0:
		kind = bridge.EntrySymlink
	}
	return bridge.Entry{Name: path.Base(p), Path: p, Type: kind, Size: info.Size(), ModifiedAt: info.ModTime().UTC()}
}
