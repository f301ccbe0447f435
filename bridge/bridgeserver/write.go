package bridgeserver

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"

	"github.com/kalpana-dev/kalpana/bridge"
)

// write answers writeFile.
func (f *files) write(ctx context.Context, call *call, payload json.RawMessage) (any, error) {
	if err := call.reserve(ctx, 3*int64(len(payload))); err != nil {
		return nil, err
	}
	req, err := decode[bridge.WriteFile](payload)
	if err != nil {
		return nil, err
	}
	p, err := cleanPath(req.Path)
	if err != nil {
		return nil, err
	}
	data, err := content(req)
	if err != nil {
		return nil, err
	}
	if len(data) > bridge.MaxFileBytes {
		return nil, tooLarge(p)
	}
	name, err := f.target(p)
	if err != nil {
		return nil, err
	}
	mode := fs.FileMode(0o644)
	old, err := f.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if req.CreateDirs == nil || *req.CreateDirs {
			if err := f.root.MkdirAll(path.Dir(name), 0o755); err != nil {
				return nil, f.explain(p, err)
			}
		}
	case err != nil:
		return nil, f.explain(p, err)
	default:
		if err := regular(p, old); err != nil {
			return nil, err
		}
		mode = old.Mode().Perm()
		// Renaming over it would work: only the directory's mode counts for that.
		if mode&0o200 == 0 {
			return nil, bridge.Errorf(bridge.CodePermissionDenied, "%s is read-only", clip(p))
		}
	}
	info, err := f.replace(ctx, name, data, mode)
	if err != nil {
		return nil, f.explain(p, err)
	}
	return bridge.FileInfo{Path: p, Size: info.Size(), ModifiedAt: info.ModTime().UTC()}, nil
}

// content returns the bytes that a request wants written.
func content(req bridge.WriteFile) ([]byte, error) {
	if req.Content == nil {
		return nil, bridge.Errorf(bridge.CodeBadRequest, "content is missing")
	}
	switch req.Encoding {
	case "", bridge.EncodingUTF8:
		return []byte(*req.Content), nil
	case bridge.EncodingBase64:
		data, err := base64.StdEncoding.DecodeString(*req.Content)
		if err != nil {
			return nil, bridge.Errorf(bridge.CodeBadRequest, "content is not base64: %v", err)
		}
		return data, nil
	}
	return nil, bridge.Errorf(bridge.CodeBadRequest, "encoding must be %s or %s", bridge.EncodingUTF8, bridge.EncodingBase64)
}

// replace puts data in the place of name at once: whoever opens it sees the old file or
// the new one, and so does the next start after a crash.
func (f *files) replace(ctx context.Context, name string, data []byte, mode fs.FileMode) (_ fs.FileInfo, err error) {
	dir, err := f.root.OpenRoot(path.Dir(name))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	temp := ".kalpana-" + rand.Text() // short: the name itself may be as long as names can be
	file, err := dir.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode|0o200)
	if err != nil {
		return nil, err
	}
	defer func() {
		_ = file.Close() // the second time after success, which does nothing
		if err != nil {
			_ = dir.Remove(temp)
		}
	}()
	if _, err := file.Write(data); err != nil {
		return nil, err
	}
	// The umask had its say when the file was made; the old file's mode counts.
	if err := file.Chmod(mode); err != nil {
		return nil, err
	}
	if err := file.Sync(); err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := dir.Rename(temp, path.Base(name)); err != nil {
		return nil, err
	}
	// The rename itself is on the disk only when the directory is.
	if d, openErr := dir.Open("."); openErr == nil {
		_ = d.Sync()
		_ = d.Close()
	}
	return info, nil
}
