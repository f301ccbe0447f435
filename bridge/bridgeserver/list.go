package bridgeserver

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/kalpana-dev/kalpana/bridge"
)

// readBatch is how many names are read from a directory at a time, so that one with a
// million of them is not held in memory.
const readBatch = 512

// list answers listFiles.
func (f *files) list(ctx context.Context, call *call, payload json.RawMessage) (any, error) {
	req, err := decode[bridge.ListFiles](payload)
	if err != nil {
		return nil, err
	}
	if req.Path == "" {
		req.Path = "."
	}
	p, err := cleanPath(req.Path)
	if err != nil {
		return nil, err
	}
	const perEntry = 1 << 10 // generous: name, path and JSON of one entry
	if err := call.reserve(ctx, bridge.MaxListEntries*perEntry); err != nil {
		return nil, err
	}
	answer := bridge.FileList{Entries: []bridge.Entry{}}
	if err := f.listDir(ctx, p, req.Recursive, &answer); err != nil {
		return nil, f.explain(p, err)
	}
	slices.SortFunc(answer.Entries, func(a, b bridge.Entry) int { return strings.Compare(a.Path, b.Path) })
	return answer, nil
}

// listDir adds the entries of dir to list, breadth first, so that a listing that is cut
// off shows what is near rather than what is deep.
func (f *files) listDir(ctx context.Context, top string, recursive bool, list *bridge.FileList) error {
	for queue := []string{top}; len(queue) > 0 && !list.Truncated; queue = queue[1:] {
		below, err := f.addEntries(ctx, queue[0], list)
		// A directory that vanished or is locked spoils the listing only if it is the
		// one that was asked for.
		if err != nil && (queue[0] == top || ctx.Err() != nil) {
			return err
		}
		if recursive {
			queue = append(queue, below...)
		}
	}
	return nil
}

// addEntries adds what is in one directory and returns the directories worth descending into.
func (f *files) addEntries(ctx context.Context, dir string, list *bridge.FileList) (below []string, err error) {
	d, err := f.root.OpenFile(dir, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NONBLOCK, 0)
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
			if info.IsDir() && e.Name() != ".git" && e.Name() != "node_modules" {
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
	return bridge.Entry{Name: info.Name(), Path: p, Type: kind, Size: info.Size(), ModifiedAt: info.ModTime().UTC()}
}
