package mongostore

import (
	"context"
	"fmt"

	"github.com/kalpana-dev/kalpana/internal/audit"
)

var _ audit.Store = (*Store)(nil)

// auditBounds is the key of the document with the numbers of the pages.
const auditBounds = "bounds"

// auditKey is the key of a page.
func auditKey(number int64) string { return fmt.Sprintf("page %010d", number) }

// AuditBounds implements [audit.Store].
func (s *Store) AuditBounds(ctx context.Context) (audit.Bounds, error) {
	var b audit.Bounds
	err := orNothing(s.db.Collection("audit").FindOne(ctx, byID(auditBounds)).Decode(&b))
	return b, err
}

// AmendAuditBounds implements [audit.Store].
func (s *Store) AmendAuditBounds(ctx context.Context, change func(*audit.Bounds)) error {
	_, err := amend(ctx, s, s.db.Collection("audit"), auditBounds, keyed[audit.Bounds]{Key: auditBounds}, func(d *keyed[audit.Bounds]) (bool, error) {
		change(&d.Doc)
		return true, nil
	})
	return err
}

// AuditPage implements [audit.Store].
func (s *Store) AuditPage(ctx context.Context, number int64) (audit.Page, error) {
	var p audit.Page
	err := orNothing(s.db.Collection("audit").FindOne(ctx, byID(auditKey(number))).Decode(&p))
	return p, err
}

// AmendAuditPage implements [audit.Store].
func (s *Store) AmendAuditPage(ctx context.Context, number int64, change func(*audit.Page)) error {
	key := auditKey(number)
	_, err := amend(ctx, s, s.db.Collection("audit"), key, keyed[audit.Page]{Key: key}, func(d *keyed[audit.Page]) (bool, error) {
		change(&d.Doc)
		return true, nil
	})
	return err
}

// RemoveAuditPage implements [audit.Store].
func (s *Store) RemoveAuditPage(ctx context.Context, number int64) error {
	return remove(ctx, s.db.Collection("audit"), auditKey(number))
}

// keyed is a document that does not name its own key.
type keyed[T any] struct {
	Key string `bson:"_id"`
	Doc T      `bson:",inline"`
}
