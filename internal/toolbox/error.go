package toolbox

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
)

// Codes of errors. They are stable: models, programs and the interface compare them. What
// the bridge refuses for another reason has the bridge's own code in upper case.
const (
	CodeUnknownTool   = "UNKNOWN_TOOL"
	CodeBadArguments  = "BAD_ARGUMENTS"
	CodePathOutside   = "PATH_OUTSIDE"
	CodeNotFound      = "NOT_FOUND"
	CodeIsDirectory   = "IS_DIRECTORY"
	CodeIsBinary      = "IS_BINARY"
	CodeTooLarge      = "TOO_LARGE"
	CodeNotRead       = "NOT_READ"
	CodeChangedOnDisk = "CHANGED_ON_DISK"
	CodeExists        = "EXISTS"
	CodeEditNoMatch   = "EDIT_NO_MATCH"
	CodeEditNotUnique = "EDIT_NOT_UNIQUE"
	CodeEditSame      = "EDIT_SAME"
	CodeEditEmptyOld  = "EDIT_EMPTY_OLD"
	CodeOmittedCode   = "OMITTED_CODE"
	CodeDiskFull      = "DISK_FULL"
	CodeOOMKilled     = "OOM_KILLED"
	CodePortClosed    = "PORT_CLOSED"
	CodeNotYours      = "NOT_YOUR_PROCESS"
	CodeTimeout       = "TIMEOUT_BACKGROUND" // begins the text of a result, never an error
	CodeAsksUser      = "ASKS_USER"          // askUser was run instead of asked
	CodeCancelled     = "CANCELLED"
	CodeBridgeLost    = "BRIDGE_LOST"
)

// maxMessage bounds the message of an error, in bytes: the nearest lines of an edit that did
// not match take some 2 KiB.
const maxMessage = 8 << 10

// Error is why a call cannot be made or failed, for the model and for the user.
type Error struct{ Code, Message string }

// Error is "CODE: message", as the model reads it.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

func errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: clip(fmt.Sprintf(format, args...), maxMessage)}
}

// fromBridge turns what a call of the bridge returned into an error for the model. what is
// what was tried, as in "read src/a.ts".
func fromBridge(what string, err error) *Error {
	refusal, ok := errors.AsType[*bridge.Error](err)
	switch {
	case err == nil:
		return nil
	case ok:
		code, known := codes[refusal.Code]
		if !known {
			code = strings.ToUpper(refusal.Code)
		}
		return errorf(code, "%s", refusal.Message)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return errorf(CodeCancelled, "stopped before it was done: %s.", what)
	}
	return errorf(CodeBridgeLost, "the workspace did not answer, so it is not known whether this was done: %s. Look before you try again.", what)
}

// codes are those that models know under another name.
var codes = map[string]string{
	bridge.CodeOutsideWorkspace: CodePathOutside,
	bridge.CodeEditEmpty:        CodeEditEmptyOld,
	bridge.CodeInvalidPath:      CodeBadArguments,
	bridge.CodeBadRequest:       CodeBadArguments,
	bridge.CodeBadPattern:       CodeBadArguments,
}
