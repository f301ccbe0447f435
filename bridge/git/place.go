package git

import (
	"context"
	"path"
	"syscall"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
)

// place is what tells whether a folder, or a link in its place, has been moved.
type place struct {
	inode            uint64
	changed, written syscall.Timespec
}

// moved: another folder, or the same under another name in between: a new name changes
// only the time of change, a new file in it both.
func (p place) moved(now place) bool {
	return p.inode != now.inode || p.changed != now.changed && p.written == now.written
}

// placesTo are the folders on the way from the workspace to p, without itself.
func (g *Git) placesTo(p string) ([]place, error) {
	var places []place
	for ; p != "."; p = path.Dir(p) {
		info, err := g.root.Lstat(p)
		if err != nil {
			return nil, err
		}
		stat := info.Sys().(*syscall.Stat_t)
		places = append(places, place{stat.Ino, stat.Ctim, stat.Mtim})
	}
	return places, nil
}

// look finds the repository that p is in, for as long as see takes. Git goes to the folder
// it works in by its name, although it starts in the one that was checked, so what see
// made of a folder that was moved meanwhile is refused: it may be about another one.
func (g *Git) look(ctx context.Context, p string, see func(*repository) error) error {
	r, err := g.find(ctx, p)
	if err != nil {
		return err
	}
	defer r.close()
	if err := see(r); err != nil {
		return err
	}
	now, err := g.placesTo(r.path)
	if err != nil {
		return r.replaced()
	}
	for i, was := range r.way {
		if was.moved(now[i]) {
			return r.replaced()
		}
	}
	return nil
}

func (r *repository) replaced() error {
	return bridge.Errorf(bridge.CodeOutsideWorkspace, "%s was replaced while it was looked at; try again", child.Clip(r.path))
}
