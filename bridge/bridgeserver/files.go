package bridgeserver

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"syscall"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/bridge"
)

// files does the work of file requests, all of it below root.
type files struct {
	root *os.Root
	// escapes is the error of root for paths that leave it.
	escapes error
}

// read answers readFile.
func (f *files) read(ctx context.Context, call *call, payload json.RawMessage) (any, error) {
	req, err := decode[bridge.ReadFile](payload)
	if err != nil {
		return nil, err
	}
	p, err := cleanPath(req.Path)
	if err != nil {
		return nil, err
	}
	// Not blocking: to open a pipe would otherwise wait for somebody to write to it.
	file, err := f.root.OpenFile(p, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, f.explain(p, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, f.explain(p, err)
	}
	if err := regular(p, info); err != nil {
		return nil, err
	}
	if info.Size() > bridge.MaxFileBytes {
		return nil, tooLarge(p)
	}
	if err := call.reserve(ctx, 4*info.Size()); err != nil {
		return nil, err
	}
	// The file may grow while it is read.
	data, err := io.ReadAll(io.LimitReader(file, bridge.MaxFileBytes+1))
	if err != nil {
		return nil, f.explain(p, err)
	}
	if len(data) > bridge.MaxFileBytes {
		return nil, tooLarge(p)
	}
	answer := bridge.FileContent{Path: p, Encoding: bridge.EncodingUTF8, Size: int64(len(data)), ModifiedAt: info.ModTime().UTC()}
	if isText(data) {
		answer.Content = string(data)
	} else {
		answer.Content, answer.Encoding = base64.StdEncoding.EncodeToString(data), bridge.EncodingBase64
	}
	return answer, nil
}

// maxEscapes is how many control characters text may hold. Each takes six bytes in JSON;
// an answer full of them would be longer than MaxMessageBytes.
const maxEscapes = 64 << 10

// isText reports whether data can be sent as text.
func isText(data []byte) bool {
	escapes := 0
	for _, b := range data {
		switch {
		case b >= ' ', b == '\n', b == '\r', b == '\t':
		case b == '\f', b == '\v', b == 0x1b:
			if escapes++; escapes > maxEscapes {
				return false
			}
		default:
			return false
		}
	}
	return utf8.Valid(data)
}

func regular(p string, info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return bridge.Errorf(bridge.CodeIsDirectory, "%s is a directory", clip(p))
	case !info.Mode().IsRegular():
		return bridge.Errorf(bridge.CodeNotRegular, "%s is no regular file", clip(p))
	}
	return nil
}

func tooLarge(p string) error {
	return bridge.Errorf(bridge.CodeTooLarge, "%s is larger than %d MiB, the most one message may hold", clip(p), bridge.MaxFileBytes>>20)
}
