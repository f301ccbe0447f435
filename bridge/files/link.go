package files

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
)

// maxLinks is how many symbolic links in a row are followed to a file that is written;
// the kernel's own limit is 40, and honest chains have one or two.
const maxLinks = 10

// target follows symbolic links from p to the file that they stand for, so that writing
// replaces that file and not the link. p need not exist.
func (f *Files) target(p string) (string, error) {
	for name, hops := p, 0; ; hops++ {
		info, err := f.root.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) && hops == 0 {
			return name, nil
		}
		if err != nil {
			return "", f.explain(p, err)
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			// Joining names is not following them where a directory on the way is a link
			// too: what was found must be what the system finds.
			if hops > 0 {
				there, err := f.root.Stat(p)
				if err != nil {
					return "", f.explain(p, err)
				}
				if !os.SameFile(info, there) {
					return "", bridge.Errorf(bridge.CodeInvalidPath, "%s goes through too many links", clip(p))
				}
			}
			return name, nil
		}
		if hops >= maxLinks {
			return "", bridge.Errorf(bridge.CodeInvalidPath, "%s goes through too many links", clip(p))
		}
		link, err := f.root.Readlink(name)
		if err != nil {
			return "", f.explain(p, err)
		}
		if path.IsAbs(link) {
			return "", bridge.Errorf(bridge.CodeOutsideWorkspace, "%s is a link to an absolute path", clip(p))
		}
		if name = path.Join(path.Dir(name), link); name == ".." || strings.HasPrefix(name, "../") {
			return "", bridge.Errorf(bridge.CodeOutsideWorkspace, "%s leads out of the workspace", clip(p))
		}
	}
}
