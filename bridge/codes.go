package bridge

// Codes of errors in answers. They are stable: programs may compare them.
const (
	// CodeBadRequest: the message or its payload cannot be read.
	CodeBadRequest = "bad_request"
	// CodeUnknownType: this bridge has no such type of request.
	CodeUnknownType = "unknown_type"
	// CodeDuplicateID: a request with this id is still running. It goes on.
	CodeDuplicateID = "duplicate_id"
	// CodeBusy: MaxInFlight requests of this connection are unanswered.
	CodeBusy = "busy"
	// CodeCancelled: a cancel, or the end of the connection, stopped the request.
	CodeCancelled = "cancelled"
	// CodeInternal: the bridge's own fault; its log says more.
	CodeInternal = "internal"

	// CodeInvalidPath: no path at all: empty, too long, with a NUL byte, or links in a circle.
	CodeInvalidPath = "invalid_path"
	// CodeOutsideWorkspace: absolute, with "..", or through a link that leads out.
	CodeOutsideWorkspace = "outside_workspace"
	CodeNotFound         = "not_found"
	CodeIsDirectory      = "is_directory"
	CodeNotDirectory     = "not_directory"
	// CodeNotRegular: a pipe, a socket or a device.
	CodeNotRegular = "not_regular"
	// CodeTooLarge: a limit stated in the message would be exceeded.
	CodeTooLarge         = "too_large"
	CodePermissionDenied = "permission_denied"
	CodeDiskFull         = "disk_full"
	// CodeExists: there is something already, and overwriting it was not asked for.
	CodeExists = "exists"
	// CodeNotEmpty: a directory with contents, and deleting those was not asked for.
	CodeNotEmpty = "not_empty"
	// CodeChangedOnDisk: the file is not the one that IfHash names. Read it again.
	CodeChangedOnDisk = "changed_on_disk"
	// CodeIsBinary: a file that is no text, where text is needed.
	CodeIsBinary = "is_binary"

	// CodeEditNoMatch: an OldText does not occur; the message shows the nearest lines.
	CodeEditNoMatch = "edit_no_match"
	// CodeEditNotUnique: an OldText occurs more than once and ReplaceAll is not set.
	CodeEditNotUnique = "edit_not_unique"
	// CodeEditEmpty: an OldText is empty.
	CodeEditEmpty = "edit_empty"
	// CodeEditSame: an edit would change nothing.
	CodeEditSame = "edit_same"

	// CodeNoEditor: no page of the editor is open that could show the file.
	CodeNoEditor = "no_editor"

	// CodeBadPattern: a glob or regular expression that cannot be read.
	CodeBadPattern = "bad_pattern"

	// CodeNoProcess: no process with this id; it may have been forgotten since it ended.
	CodeNoProcess = "no_process"
	// CodeProcessEnded: the process has ended and takes no input or signal.
	CodeProcessEnded = "process_ended"
	// CodeTooManyProcesses: MaxProcesses are running.
	CodeTooManyProcesses = "too_many_processes"
	// CodeCannotStart: the program or its folder is not there, or may not be run.
	CodeCannotStart = "cannot_start"

	// CodeNotRepository: the folder is in no git repository.
	CodeNotRepository = "not_repository"
	// CodeNothingToCommit: nothing differs from the last commit.
	CodeNothingToCommit = "nothing_to_commit"
	// CodeGitFailed: git refused; the message is what it said.
	CodeGitFailed = "git_failed"
	// CodeNoCheckpoint: no checkpoint with this id.
	CodeNoCheckpoint = "no_checkpoint"

	// CodeRepositoryNotFound: the host has no such repository, or shows it to others only.
	CodeRepositoryNotFound = "repository_not_found"
	// CodeAuthenticationFailed: the host wants a credential, and got none or one that it refused.
	CodeAuthenticationFailed = "authentication_failed"
	// CodeBadBranch: no branch can have this name.
	CodeBadBranch = "bad_branch"
	// CodeBranchNotFound: the repository has no such branch or tag.
	CodeBranchNotFound = "branch_not_found"
	// CodeUnreachable: the host does not answer, or not as it should. It may later.
	CodeUnreachable = "unreachable"
	// CodeTimedOut: it took longer than the request allows.
	CodeTimedOut = "timed_out"
	// CodeNoCredential: nobody is there who has credentials, or none is given for this.
	CodeNoCredential = "no_credential"

	// CodeNixInvalid: a Nix file is wrong. The message begins with "FILE:LINE:COLUMN: " if
	// Nix says where, FILE being a name such as flake.nix.
	CodeNixInvalid = "nix_invalid"
	// CodeNixFailed: the file can be read, and what it describes cannot be built.
	CodeNixFailed = "nix_failed"
	// CodeNixUnreachable: a binary cache or a source that is needed does not answer. It may later.
	CodeNixUnreachable = "nix_unreachable"
	// CodeDisabled: this workspace has no program that could do it.
	CodeDisabled = "disabled"

	// CodeFlowControl: more bytes came than the receiver's window allows.
	CodeFlowControl = "flow_control"
)

// Codes of HTTP problems on ports 3001 and 8080.
const (
	// CodeUnauthorized: the key is missing, wrong, or given twice (401).
	CodeUnauthorized = "unauthorized"
	// CodeEditorStarting: the editor does not accept connections yet (503, Retry-After).
	CodeEditorStarting = "editor_starting"
	// CodeEditorFailed: the editor broke off before it answered (502).
	CodeEditorFailed = "editor_failed"
	// CodeTooManyConnections: MaxConnections WebSockets are open (503).
	CodeTooManyConnections = "too_many_connections"
	// CodePortForbidden: a port that is not forwarded: below 1024, or the bridge's own (403).
	CodePortForbidden = "port_forbidden"
	// CodePortClosed: nothing listens on the port, on 127.0.0.1 or ::1 (502).
	CodePortClosed = "port_closed"
	// CodeTooManyTunnels: MaxTunnels connections to ports are open (503).
	CodeTooManyTunnels = "too_many_tunnels"
	// CodeUpgradeRequired: only WebSocket handshakes are answered here (426).
	CodeUpgradeRequired = "upgrade_required"
)
