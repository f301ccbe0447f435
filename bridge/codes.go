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
	// CodeUpgradeRequired: only WebSocket handshakes are answered here (426).
	CodeUpgradeRequired = "upgrade_required"
)
