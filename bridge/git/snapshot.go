package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

// snapshotTime is how long a snapshot may take.
const snapshotTime = 60 * time.Second

// snapshot is the workspace at one moment.
type snapshot struct {
	tree string
	// skipped are the files left out because of their size, or because they may not be read.
	skipped []string
}

// snapshot stores the workspace's files, and those of extra which there are, even if
// .gitignore excludes them. The caller has locked the store.
func (s *store) snapshot(ctx context.Context, extra []string) (snapshot, error) {
	timed, cancel := context.WithTimeout(ctx, snapshotTime)
	defer cancel()
	snap, err := s.snapshotNow(timed, extra)
	if timed.Err() != nil && ctx.Err() == nil && err != nil {
		err = bridge.Errorf(bridge.CodeTooLarge, "checkpoint skipped: it took longer than %s", snapshotTime)
	}
	return snap, err
}

func (s *store) snapshotNow(ctx context.Context, extra []string) (snapshot, error) {
	paths, err := s.list(ctx)
	if err != nil {
		return snapshot{}, err
	}
	if len(extra) > 0 {
		paths = append(paths, extra...)
		slices.Sort(paths)
		paths = slices.Compact(paths)
	}
	began := time.Now()
	found, skipped, err := s.scan(ctx, paths)
	if err != nil {
		return snapshot{}, err
	}
	w := &importer{s: s, ctx: ctx, found: found, skipped: skipped, when: s.now()}
	if w.baseTree, err = s.tree(ctx, currentRef); err != nil {
		return snapshot{}, err
	}
	if w.base, err = s.objects(ctx, w.baseTree); err != nil {
		// A damaged snapshot is no reason to make no more: begin from nothing.
		w.baseTree, w.base = "", map[string]object{}
	}
	i := s.git("fast-import", "--quiet", "--force", "--done", "--depth=0")
	i.Input = w.write
	i.time = snapshotTime
	if _, err := s.g.do(ctx, i); err != nil {
		return snapshot{}, err
	}
	tree := w.baseTree
	if w.changed {
		if tree, err = s.tree(ctx, currentRef); err != nil {
			return snapshot{}, err
		}
	}
	if tree == "" {
		return snapshot{}, errors.New("the snapshot was stored but is not there")
	}
	s.remember(w.found, began)
	slices.Sort(w.skipped)
	return snapshot{tree, w.skipped}, nil
}

// remember keeps the state of the files whose changes their times will tell.
func (s *store) remember(found []entry, began time.Time) {
	s.seen = make(map[string]entry, len(found))
	before := began.Add(-s.settled).UnixNano()
	for _, e := range found {
		if e.ctime < before {
			s.seen[e.path] = e
		}
	}
}

// objects returns what a tree holds, by path.
func (s *store) objects(ctx context.Context, tree string) (map[string]object, error) {
	all := map[string]object{}
	if tree == "" {
		return all, nil
	}
	i := s.git("ls-tree", "-r", "-z", "--full-tree", tree)
	i.Output = &tokens{take: func(line string) error {
		if p, o, ok := parseTreeLine(line); ok {
			all[p] = o
		}
		if len(all) > 2*maxHeldFiles {
			return errEnough
		}
		return nil
	}}
	_, err := s.g.do(ctx, i)
	return all, err
}

// importer writes what changed since the last snapshot, as git fast-import reads it.
type importer struct {
	s        *store
	ctx      context.Context // of the run of git, which write is called in
	when     time.Time
	baseTree string
	base     map[string]object

	found   []entry // write leaves those that it could read, with their hashes
	skipped []string
	changed bool
}

// write sends new contents first and then a commit without parents, so that old
// snapshots can be forgotten one by one. "done" at its end tells git that nothing is
// missing: if the bridge dies before it, the reference stays what it was.
func (w *importer) write(to io.Writer) error {
	out := bufio.NewWriterSize(to, 64<<10)
	stored := make(map[hash]bool, len(w.base))
	for _, o := range w.base {
		stored[o.hash] = true
	}
	var edits []string
	if err := w.blobs(out, stored, &edits); err != nil {
		return err
	}
	w.changed = len(edits) > 0 || w.baseTree == ""
	if w.changed {
		fmt.Fprintf(out, "commit %s\ncommitter Kalpana <kalpana@localhost> %d +0000\ndata 0\n", currentRef, w.when.Unix())
		if w.baseTree != "" {
			fmt.Fprintf(out, "M 040000 %s \"\"\n", w.baseTree)
		}
		// Deletions first: a file may have become a folder.
		slices.SortStableFunc(edits, func(a, b string) int { return strings.Compare(a[:1], b[:1]) })
		for _, edit := range edits {
			_, _ = out.WriteString(edit)
		}
	}
	_, _ = out.WriteString("done\n")
	return out.Flush() // every error before shows here
}

// blobs writes the contents that are not stored yet and collects the commit's edits.
func (w *importer) blobs(out *bufio.Writer, stored map[hash]bool, edits *[]string) error {
	f := &folders{root: w.s.g.root}
	defer f.leave(0)
	kept := w.found[:0]
	there := make(map[string]bool, len(w.found))
	for _, e := range w.found {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		if old, ok := w.s.seen[e.path]; ok && old.unchanged(e) && stored[old.hash] {
			e.hash = old.hash
		} else {
			data, err := read(f, e)
			if errors.Is(err, errTooLarge) || errors.Is(err, fs.ErrPermission) {
				w.skipped = append(w.skipped, e.path)
				continue
			}
			if err != nil {
				continue // gone, or replaced just now
			}
			e.hash = hashOf(data)
			if !stored[e.hash] {
				stored[e.hash] = true
				fmt.Fprintf(out, "blob\ndata %d\n", len(data))
				_, _ = out.Write(data)
				if err := out.WriteByte('\n'); err != nil {
					return err
				}
			}
		}
		kept = append(kept, e)
		there[e.path] = true
		if w.base[e.path] != (object{e.mode, e.hash}) {
			*edits = append(*edits, "M "+e.mode.String()+" "+e.hash.String()+" "+quote(e.path)+"\n")
		}
	}
	for p := range w.base {
		if !there[p] {
			*edits = append(*edits, "D "+quote(p)+"\n")
		}
	}
	w.found = kept
	return nil
}

// quote writes a path as a C string, which fast-import takes any bytes in.
func quote(p string) string {
	b := []byte{'"'}
	for i := range len(p) {
		switch c := p[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20 || c >= 0x7f:
			b = append(b, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}

// identifier is a checkpoint's id: its time in milliseconds, so that ids are in order and
// none is ever given twice, even if the store is made anew.
func identifier(t time.Time) string { return fmt.Sprintf("%013d", t.UnixMilli()) }

func parseIdentifier(id string) (time.Time, bool) {
	n, err := strconv.ParseUint(id, 10, 63)
	if err != nil || len(id) != 13 {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(n)).UTC(), true
}
