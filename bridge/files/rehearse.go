package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kalpana-dev/kalpana/bridge"
)

// rehearse answers as replace would, and refuses what it would refuse, but changes
// nothing. What only the attempt shows, such as a full disk, it cannot know.
func (f *Files) rehearse(ctx context.Context, to *place, only condition, body io.Reader) (bridge.FileInfo, error) {
	if !to.locked {
		unlock, err := f.lock(ctx, to)
		if err != nil {
			return bridge.FileInfo{}, err
		}
		defer unlock()
	}
	if err := f.check(ctx, to, only); err != nil {
		return bridge.FileInfo{}, err
	}
	if err := unix.Faccessat(int(to.dir.Fd()), ".", unix.W_OK|unix.X_OK, unix.AT_EACCESS); err != nil {
		return bridge.FileInfo{}, f.explain(to.path, err)
	}
	sum := sha256.New()
	counted := &counter{}
	if err := copyAll(ctx, io.MultiWriter(sum, counted), body); err != nil {
		return bridge.FileInfo{}, err
	}
	return bridge.FileInfo{Path: to.path, Size: counted.n, ModifiedAt: time.Now().UTC(), Hash: hex.EncodeToString(sum.Sum(nil)), Created: !to.exists}, nil
}

// counter counts what is written to it.
type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

// firstMissing returns the first directory on the way to name that is not there, or name
// itself if all are. Its errors are those of making the directories.
func (f *Files) firstMissing(name string) (string, error) {
	for i := 0; i < len(name); i++ {
		if name[i] != '/' {
			continue
		}
		dir := name[:i]
		info, err := f.root.Stat(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if _, err := f.root.Lstat(dir); err == nil {
				return "", &fs.PathError{Op: "mkdir", Path: dir, Err: fs.ErrExist} // a link that leads nowhere
			}
			for element := range strings.SplitSeq(name[i-len(path.Base(dir)):], "/") {
				if len(element) > unix.NAME_MAX {
					return "", unix.ENAMETOOLONG
				}
			}
			return dir, nil
		case err != nil:
			return "", err
		case !info.IsDir():
			return "", unix.ENOTDIR
		}
	}
	return name, nil
}
