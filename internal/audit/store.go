package audit

import "context"

// PageSize is how many records a page holds.
const PageSize = 100

// Page is a run of records, the oldest first. Only the last page grows.
type Page struct {
	Records []Record `bson:"records"`
}

// Bounds are the numbers of the pages that may be there. Zero values: none are yet.
type Bounds struct {
	First int64 `bson:"first"`
	Last  int64 `bson:"last"`
}

// Store keeps pages and their bounds. Safe for concurrent use, also by several processes.
type Store interface {
	// AuditBounds returns zero bounds if there are none.
	AuditBounds(ctx context.Context) (Bounds, error)
	// AmendAuditBounds changes the bounds in one step; change may be called again when
	// another was first.
	AmendAuditBounds(ctx context.Context, change func(*Bounds)) error
	// AuditPage returns an empty page if there is none with this number.
	AuditPage(ctx context.Context, number int64) (Page, error)
	// AmendAuditPage changes a page, there or not, in one step, like AmendAuditBounds.
	AmendAuditPage(ctx context.Context, number int64, change func(*Page)) error
	// RemoveAuditPage removes a page; nil if there is none.
	RemoveAuditPage(ctx context.Context, number int64) error
}
