package files

import (
	"context"
	"encoding/base64"
	"io"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
)

// Write answers writeFile. A body, for requests with Binary set, is read to its end, up
// to bridge.MaxFileBytes, and goes straight to the disk; nil stands for req.Content,
// which may have bridge.MaxInlineBytes. Errors of body are returned as they are. When
// ctx ends, body's next Read should fail.
//
// IfHash and IfAbsent are checked before anything is written and once more at the end.
// IfAbsent is exact: a file that appears meanwhile stays. Between the last look at
// IfHash's file and its replacement there is a moment in which another program's change
// would be lost; no system call closes that gap. Requests of this bridge wait for each other.
func (f *Files) Write(ctx context.Context, req bridge.WriteFile, body io.Reader) (bridge.FileInfo, error) {
	p, err := f.clean(req.Path)
	if err != nil {
		return bridge.FileInfo{}, err
	}
	if req.IfAbsent && req.IfHash != "" {
		return bridge.FileInfo{}, bridge.Errorf(bridge.CodeBadRequest, "ifHash and ifAbsent exclude each other")
	}
	if body == nil {
		text, err := inline(p, req)
		if err != nil {
			return bridge.FileInfo{}, err
		}
		body = strings.NewReader(text)
	} else if req.Content != nil {
		return bridge.FileInfo{}, bridge.Errorf(bridge.CodeBadRequest, "content and binary exclude each other")
	}
	only := condition{hash: req.IfHash, absent: req.IfAbsent}
	to, err := f.place(p, only, req.CreateDirs == nil || *req.CreateDirs)
	if err != nil {
		return bridge.FileInfo{}, err
	}
	defer to.dir.Close()
	if err := f.check(ctx, to, only); err != nil {
		return bridge.FileInfo{}, err
	}
	return f.replace(ctx, to, only, body)
}

// inline returns the contents that stand in the request itself.
func inline(p string, req bridge.WriteFile) (string, error) {
	if req.Content == nil {
		return "", bridge.Errorf(bridge.CodeBadRequest, "content is missing")
	}
	text := *req.Content
	switch req.Encoding {
	case "", bridge.EncodingUTF8:
	case bridge.EncodingBase64:
		if base64.StdEncoding.DecodedLen(len(text)) > bridge.MaxInlineBytes+2 { // +2: padding is counted
			return "", tooMuch(p)
		}
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return "", bridge.Errorf(bridge.CodeBadRequest, "content is not base64: %v", err)
		}
		text = string(data)
	default:
		return "", bridge.Errorf(bridge.CodeBadRequest, "encoding must be %s or %s", bridge.EncodingUTF8, bridge.EncodingBase64)
	}
	if len(text) > bridge.MaxInlineBytes {
		return "", tooMuch(p)
	}
	return text, nil
}

func tooMuch(p string) error {
	return bridge.Errorf(bridge.CodeTooLarge, "the content for %s has more than the %d bytes of one message; set binary and send it in frames", clip(p), bridge.MaxInlineBytes)
}
