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
	text := ""
	switch {
	case body == nil:
		if text, err = inline(p, req); err != nil {
			return bridge.FileInfo{}, err
		}
		body = strings.NewReader(text)
	case req.Content != nil:
		return bridge.FileInfo{}, bridge.Errorf(bridge.CodeBadRequest, "content and binary exclude each other")
	case req.Diff || req.DryRun:
		return bridge.FileInfo{}, bridge.Errorf(bridge.CodeBadRequest, "diff and dryRun are not for contents in frames")
	}
	only, put := condition{hash: req.IfHash, absent: req.IfAbsent}, f.replace
	dirs := makeMissing
	if req.DryRun {
		dirs, put = pretendMissing, f.rehearse
	}
	if req.CreateDirs != nil && !*req.CreateDirs {
		dirs = refuseMissing
	}
	to, err := f.place(p, only, dirs)
	if err != nil {
		return bridge.FileInfo{}, err
	}
	defer to.dir.Close()
	if err := f.check(ctx, to, only); err != nil {
		return bridge.FileInfo{}, err
	}
	if !req.Diff {
		return put(ctx, to, only, body)
	}
	// Locked from here on, so that the diff is one to what is replaced.
	unlock, err := f.lock(ctx, to)
	if err != nil {
		return bridge.FileInfo{}, err
	}
	defer unlock()
	changed, err := f.compare(ctx, to, text)
	if err != nil {
		return bridge.FileInfo{}, err
	}
	info, err := put(ctx, to, only, body)
	if err == nil {
		changed.tell(&info)
	}
	return info, err
}

// compare tells what text changes in the file at the place; the zero difference if one
// of the two is no text or too long for it, or cannot be read.
func (f *Files) compare(ctx context.Context, to *place, text string) (difference, error) {
	old := ""
	if to.exists {
		var err error
		switch old, _, err = f.text(ctx, to); {
		case ctx.Err() != nil:
			return difference{}, ctx.Err()
		case err != nil:
			return difference{}, nil
		}
	}
	if !isText([]byte(text)) {
		return difference{}, nil
	}
	return diff(to.path, old, text, rewritten(old, text)), nil
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
