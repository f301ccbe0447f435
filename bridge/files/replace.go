package files

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"github.com/kalpana-dev/kalpana/bridge"
)

// tempPrefix begins the names of temporary files. They are short: the file's own name
// may be as long as names can be.
const tempPrefix = ".kalpana-"

// replace puts the bytes of body in the place at once: whoever opens the file sees the
// old one or the new one, and so does the next start after a crash. If only does not hold
// any more when the bytes are there, nothing is changed.
func (f *Files) replace(ctx context.Context, to *place, only condition, body io.Reader) (_ bridge.FileInfo, err error) {
	temp := tempPrefix + rand.Text()
	file, err := openAt(to.dir, temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, to.mode|0o200)
	if err != nil {
		return bridge.FileInfo{}, f.explain(to.path, err)
	}
	defer func() {
		_ = file.Close() // the second time after success, which does nothing
		if err != nil {
			_ = unix.Unlinkat(int(to.dir.Fd()), temp, 0)
		}
	}()
	hash, err := f.fill(ctx, to.path, file, body)
	if err != nil {
		return bridge.FileInfo{}, err
	}
	info, err := seal(file, to)
	if err != nil {
		return bridge.FileInfo{}, f.explain(to.path, err)
	}
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
	if err := ctx.Err(); err != nil {
		return bridge.FileInfo{}, err
	}
	move := rename
	if only.absent {
		move = renameNew
	}
	if err := move(to.dir, temp, to.dir, to.base); errors.Is(err, fs.ErrExist) {
		return bridge.FileInfo{}, exists(to.path)
	} else if err != nil {
		return bridge.FileInfo{}, f.explain(to.path, err)
	}
	// The rename itself is on the disk only when the directory is.
	if d, err := openAt(to.dir, ".", os.O_RDONLY|unix.O_DIRECTORY, 0); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
	return bridge.FileInfo{Path: to.path, Size: info.Size(), ModifiedAt: info.ModTime().UTC(), Hash: hash, Created: !to.exists}, nil
}

// fill copies body to file and returns the hash of what it copied.
func (f *Files) fill(ctx context.Context, p string, file *os.File, body io.Reader) (string, error) {
	sum, size := sha256.New(), int64(0)
	for buffer := make([]byte, copyBuffer); ; {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n, readErr := body.Read(buffer)
		if size += int64(n); size > bridge.MaxFileBytes {
			return "", bridge.Errorf(bridge.CodeTooLarge, "the content for %s has more than %d bytes; %s is unchanged", clip(p), bridge.MaxFileBytes, clip(p))
		}
		if _, err := file.Write(buffer[:n]); err != nil {
			return "", f.explain(p, err)
		}
		sum.Write(buffer[:n])
		if errors.Is(readErr, io.EOF) {
			return hex.EncodeToString(sum.Sum(nil)), nil
		}
		if readErr != nil {
			return "", readErr
		}
	}
}

// seal makes a written file ready for its place, on the disk and closed.
func seal(file *os.File, to *place) (fs.FileInfo, error) {
	// The umask had its say when the file was made; an old file's mode counts more.
	if to.exists {
		if err := file.Chmod(to.mode); err != nil {
			return nil, err
		}
	}
	if err := file.Sync(); err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	return info, file.Close()
}

// rename gives a file another name and replaces a file that has it. The names are in
// folders and are not followed if they are links.
func rename(fromDir *os.File, from string, toDir *os.File, to string) error {
	return unix.Renameat(int(fromDir.Fd()), from, int(toDir.Fd()), to)
}

// renameNew gives a file or directory another name unless that exists (fs.ErrExist).
func renameNew(fromDir *os.File, from string, toDir *os.File, to string) error {
	err := unix.Renameat2(int(fromDir.Fd()), from, int(toDir.Fd()), to, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EOPNOTSUPP) {
		return linkNew(fromDir, from, toDir, to)
	}
	return err
}

// linkNew does the same on file systems that cannot, such as NFS. A link is as atomic.
// Directories and links have no second name; they are looked for first, and one that
// appears at that very moment is replaced if it is empty.
func linkNew(fromDir *os.File, from string, toDir *os.File, to string) error {
	var stat unix.Stat_t
	if err := unix.Fstatat(int(fromDir.Fd()), from, &stat, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if stat.Mode&unix.S_IFMT == unix.S_IFREG {
		if err := unix.Linkat(int(fromDir.Fd()), from, int(toDir.Fd()), to, 0); err != nil {
			return err
		}
		return unix.Unlinkat(int(fromDir.Fd()), from, 0)
	}
	switch err := unix.Fstatat(int(toDir.Fd()), to, &unix.Stat_t{}, unix.AT_SYMLINK_NOFOLLOW); {
	case err == nil:
		return unix.EEXIST
	case !errors.Is(err, unix.ENOENT):
		return err
	}
	return rename(fromDir, from, toDir, to)
}
