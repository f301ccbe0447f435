package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
)

// maxEdits is the most edits in one request: more are hard to get right in one go, and
// each costs a pass over the file.
const maxEdits = 20

// Edit answers editFile. Edits of one file come one after the other, each in what the one
// before it left. The file that was read is the file that is replaced: if another program
// changes it meanwhile the answer is changed_on_disk, with Write's reservation about the
// last moment.
func (f *Files) Edit(ctx context.Context, req bridge.EditFile) (bridge.EditResult, error) {
	p, err := f.clean(req.Path)
	if err != nil {
		return bridge.EditResult{}, err
	}
	if len(req.Edits) < 1 || len(req.Edits) > maxEdits {
		return bridge.EditResult{}, bridge.Errorf(bridge.CodeBadRequest, "%d edits; give 1 to %d", len(req.Edits), maxEdits)
	}
	to, err := f.place(p, condition{}, refuseMissing)
	if err != nil {
		return bridge.EditResult{}, err
	}
	defer to.dir.Close()
	unlock, err := f.lock(ctx, to)
	if err != nil {
		return bridge.EditResult{}, err
	}
	defer unlock()
	text, hash, err := f.text(ctx, to)
	if err != nil {
		return bridge.EditResult{}, err
	}
	if req.IfHash != "" && req.IfHash != hash {
		return bridge.EditResult{}, changed(p)
	}
	edited, changes, replaced, err := apply(p, text, req.Edits)
	if err != nil {
		return bridge.EditResult{}, err
	}
	put := f.replace
	if req.DryRun {
		put = f.rehearse
	}
	info, err := put(ctx, to, condition{hash: hash}, strings.NewReader(edited))
	if err != nil {
		return bridge.EditResult{}, err
	}
	diff(p, text, edited, changes).tell(&info)
	return bridge.EditResult{FileInfo: info, Replaced: replaced}, nil
}

// text returns a file's contents, which must be text, and their hash.
func (f *Files) text(ctx context.Context, at *place) (text, hash string, err error) {
	p := at.path
	file, err := openAt(at.dir, at.base, os.O_RDONLY, 0)
	if err != nil {
		return "", "", f.explain(p, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", "", f.explain(p, err)
	}
	if err := regular(p, info); err != nil {
		return "", "", err
	}
	if info.Size() > bridge.MaxEditBytes {
		return "", "", bridge.Errorf(bridge.CodeTooLarge, "%s has %d bytes, and edits are made in up to %d; use a command", clip(p), info.Size(), bridge.MaxEditBytes)
	}
	var buffer bytes.Buffer
	buffer.Grow(int(info.Size()))
	if err := copyAll(ctx, &buffer, io.NewSectionReader(file, 0, info.Size())); err != nil {
		return "", "", f.explain(p, err)
	}
	data := buffer.Bytes()
	if !isText(data) {
		return "", "", bridge.Errorf(bridge.CodeIsBinary, "%s is no UTF-8 text and cannot be edited; write it as a whole", clip(p))
	}
	sum := sha256.Sum256(data)
	return string(data), hex.EncodeToString(sum[:]), nil
}
