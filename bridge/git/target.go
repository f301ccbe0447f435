package git

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
)

// target is the workspace while a checkpoint is restored into it.
type target struct {
	folders
	needed  map[string]bool // folders that files will be written to
	changed int
	blocked []string // what could not be done, in words
	more    int      // how much of that is not in blocked
}

var errUnknown = errors.New("something is in its place that no checkpoint holds")

// note counts one change, or why it was not made.
func (t *target) note(p string, err error) {
	switch {
	case err == nil:
		t.changed++
	case len(t.blocked) < 5:
		t.blocked = append(t.blocked, child.Clip(p)+": "+reason(err))
	default:
		t.more++
	}
}

func reason(err error) string {
	switch {
	case errors.Is(err, errNoFolder), errors.Is(err, syscall.ENOTDIR):
		return "a part of its path is a link or a file that no checkpoint holds"
	case errors.Is(err, syscall.ENOTEMPTY), errors.Is(err, syscall.EEXIST):
		return "a folder is in its place, with files that no checkpoint holds"
	case errors.Is(err, fs.ErrPermission):
		return "no right to write there"
	}
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok { // its path may be the container's
		err = pathErr.Err
	}
	return child.Clip(err.Error())
}

// trouble is the error about what could not be done; nil if everything was.
func (t *target) trouble(before string) error {
	if len(t.blocked) == 0 {
		return nil
	}
	more := ""
	if t.more > 0 {
		more = fmt.Sprintf(", and %d more", t.more)
	}
	return bridge.Errorf(bridge.CodeNotEmpty, "%d files were restored, but not %s%s; move away what is in the way and restore again, or restore %s to undo it",
		t.changed, strings.Join(t.blocked, "; "), more, before)
}

// remove deletes a file and the folders that are empty without it, unless they are needed.
func (t *target) remove(p string) error {
	dir, name, err := t.of(p, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	info, err := dir.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.IsDir() {
		return syscall.ENOTEMPTY // made this instant
	}
	if err := dir.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for up := path.Dir(p); up != "." && !t.needed[up]; up = path.Dir(up) {
		dir, name, err := t.of(up, false)
		if err != nil || dir.Remove(name) != nil { // mostly because it is not empty
			break
		}
	}
	return nil
}

// write makes a change, with size bytes of contents. An error to read these, or a full
// disk, is returned; every other one is noted.
func (t *target) write(c change, contents io.Reader, size int64) error {
	var blob bytes.Buffer // at most maxHeldFile
	if _, err := io.CopyN(&blob, contents, size); err != nil {
		return err
	}
	dir, name, err := t.of(c.path, true)
	if err == nil {
		err = put(dir, name, c, blob.Bytes())
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return err // the next one would fare no better
	}
	t.note(c.path, err)
	return nil
}

// put replaces name in dir as a whole or not at all.
func put(dir *os.Root, name string, c change, contents []byte) error {
	perm := fs.FileMode(0o666) // without the umask
	if c.now.mode == executable {
		perm = 0o777
	}
	old, err := dir.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case old.IsDir():
		if err := dir.Remove(name); err != nil {
			return err
		}
		old = nil
	case c.made: // the checkpoint taken first does not hold it
		return errUnknown
	}
	temp := ".kalpana-" + rand.Text()
	if c.now.mode == symlink {
		if err := dir.Symlink(string(contents), temp); err != nil {
			return err
		}
	} else if err := create(dir, temp, perm, old, contents); err != nil {
		_ = dir.Remove(temp)
		return err
	}
	if err := dir.Rename(temp, name); err != nil {
		_ = dir.Remove(temp)
		return err
	}
	return nil
}

// create writes a new file. It has the rights of old, if that is a file, but for the
// right to run it.
func create(dir *os.Root, name string, perm fs.FileMode, old fs.FileInfo, contents []byte) error {
	file, err := dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	_, err = file.Write(contents)
	if err == nil && old != nil && old.Mode().IsRegular() {
		rights := old.Mode().Perm() &^ 0o111
		if perm&0o100 != 0 {
			rights |= rights & 0o444 >> 2
		}
		err = file.Chmod(rights)
	}
	return errors.Join(err, file.Close())
}

// blobs reads the contents of the changes, one after the other, and writes them to t.
func (s *store) blobs(ctx context.Context, writes []change, t *target) error {
	if len(writes) == 0 {
		return nil
	}
	from, to := io.Pipe()
	i := s.git("cat-file", "--batch")
	i.time = restoreTime
	i.Output = to
	i.Input = func(w io.Writer) error {
		out := bufio.NewWriter(w)
		for _, c := range writes {
			_, _ = out.WriteString(c.now.hash.String() + "\n")
		}
		return out.Flush()
	}
	written := make(chan error, 1)
	go func() {
		in := bufio.NewReaderSize(from, 64<<10)
		err := func() error {
			for _, c := range writes {
				if err := blob(in, c, t); err != nil {
					return err
				}
			}
			return nil
		}()
		_ = from.CloseWithError(err) // ends git, if it is not at its end
		written <- err
	}()
	_, err := s.g.do(ctx, i)
	_ = to.CloseWithError(err)
	if writeErr := <-written; err == nil || writeErr != nil && errors.Is(err, writeErr) {
		err = writeErr
	}
	return err
}

// blob reads "hash blob size\n", the contents and "\n".
func blob(in *bufio.Reader, c change, t *target) error {
	header, err := in.ReadString('\n')
	if err != nil {
		return err
	}
	fields := strings.Fields(header)
	if len(fields) != 3 || fields[0] != c.now.hash.String() || fields[1] != "blob" {
		return bridge.Errorf(bridge.CodeGitFailed, "the checkpoint is damaged: the contents of %s are not there", child.Clip(c.path))
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil || size < 0 || size > maxHeldFile {
		return bridge.Errorf(bridge.CodeGitFailed, "the checkpoint is damaged: the contents of %s are too large", child.Clip(c.path))
	}
	if err := t.write(c, in, size); err != nil {
		return err
	}
	_, err = in.Discard(1)
	return err
}
