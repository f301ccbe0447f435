package git

import (
	"errors"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
)

// refusals are what git prints when a host refuses or does not answer. Git has no other way
// to tell; this is the only place that reads its words, and clone_test.go has a
// real server cause each of them. The first that fits counts.
var refusals = []struct{ code, words string }{
	{bridge.CodeDiskFull, "No space left on device"},
	{bridge.CodeDiskFull, "Disk quota exceeded"},
	{bridge.CodeBranchNotFound, "Remote branch "},
	{bridge.CodeAuthenticationFailed, "Authentication failed for "},
	{bridge.CodeAuthenticationFailed, "could not read Username for "},
	{bridge.CodeAuthenticationFailed, "could not read Password for "},
	{bridge.CodeAuthenticationFailed, "The requested URL returned error: 401"},
	{bridge.CodeAuthenticationFailed, "The requested URL returned error: 403"},
	{bridge.CodeRepositoryNotFound, "not valid: is this a git repository?"},
	{bridge.CodeRepositoryNotFound, "Repository not found"},
	{bridge.CodeRepositoryNotFound, "The requested URL returned error: 404"},
	{bridge.CodeRepositoryNotFound, "The requested URL returned error: 410"},
	{bridge.CodeUnreachable, "The requested URL returned error: "},
	{bridge.CodeUnreachable, "Could not resolve host"},
	{bridge.CodeUnreachable, "Failed to connect to "},
	{bridge.CodeUnreachable, "Couldn't connect to server"},
	{bridge.CodeUnreachable, "Operation too slow"},
	{bridge.CodeUnreachable, "SSL "},
	{bridge.CodeUnreachable, "certificate"},
	{bridge.CodeUnreachable, "Empty reply from server"},
	{bridge.CodeUnreachable, "Recv failure"},
	{bridge.CodeUnreachable, "RPC failed"},
	{bridge.CodeUnreachable, "early EOF"},
	{bridge.CodeUnreachable, "unexpected disconnect"},
	{bridge.CodeUnreachable, "remote end hung up"},
	{bridge.CodeUnreachable, "unable to access"},
}

// refusal gives a failure of git the code that its words have.
func refusal(failed error, words string) error {
	e, ok := errors.AsType[*bridge.Error](failed)
	if !ok {
		return failed
	}
	for _, r := range refusals {
		if strings.Contains(words, r.words) {
			return &bridge.Error{Code: r.code, Message: e.Message}
		}
	}
	// "fatal: repository 'https://…/' not found"
	if strings.Contains(words, "fatal: repository '") && strings.Contains(words, "' not found") {
		return &bridge.Error{Code: bridge.CodeRepositoryNotFound, Message: e.Message}
	}
	return e
}
