package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/kalpana-dev/kalpana/internal/template"
)

// Templates keeps templates: records in "templates", and what their versions say in
// "templatetexts", so that a list of templates does not read it.
type Templates struct{ s *Store }

var _ template.Store = (*Templates)(nil)

// Templates returns the store of templates.
func (s *Store) Templates() *Templates { return &Templates{s} }

// templateText is what one version says. It never changes.
type templateText struct {
	Key        string `bson:"_id"`
	TemplateID string `bson:"templateId"`
	// Text is JSON: as a document it would have keys with dots, which are paths of files.
	Text string `bson:"text"`
}

// InsertTemplate implements [template.Store].
func (t *Templates) InsertTemplate(ctx context.Context, r template.Record) error {
	_, err := t.s.db.Collection("templates").InsertOne(ctx, r)
	return translate(err, nil, template.ErrConflict)
}

// Template implements [template.Store].
func (t *Templates) Template(ctx context.Context, id string) (template.Record, error) {
	var r template.Record
	err := t.s.db.Collection("templates").FindOne(ctx, byID(id)).Decode(&r)
	return r, translate(err, template.ErrNotFound, nil)
}

// Templates implements [template.Store].
func (t *Templates) Templates(ctx context.Context, q template.Query) ([]template.Record, error) {
	whose := bson.A{bson.D{{Key: "ownerId", Value: q.OwnerID}}}
	some := bson.D{{Key: "$gt", Value: 0}}
	if q.Shared {
		whose = append(whose, bson.D{{Key: "shared", Value: some}})
	}
	if q.Published {
		whose = append(whose, bson.D{{Key: "published", Value: some}})
	}
	return findAll[template.Record](ctx, t.s, "templates", bson.D{{Key: "deleted", Value: false}, {Key: "$or", Value: whose}})
}

// AmendTemplate implements [template.Store].
func (t *Templates) AmendTemplate(ctx context.Context, id string, change func(*template.Record) error) (template.Record, error) {
	return amend(ctx, t.s, t.s.db.Collection("templates"), id, template.Record{}, func(r *template.Record) (bool, error) {
		if r.ID == "" {
			return false, template.ErrNotFound
		}
		return true, change(r)
	})
}

// RemoveTemplate implements [template.Store].
func (t *Templates) RemoveTemplate(ctx context.Context, id string) error {
	return remove(ctx, t.s.db.Collection("templates"), id)
}

// PutText implements [template.Store].
func (t *Templates) PutText(ctx context.Context, key, templateID, text string) error {
	return put(ctx, t.s.db.Collection("templatetexts"), key, templateText{key, templateID, text})
}

// Text implements [template.Store].
func (t *Templates) Text(ctx context.Context, key string) (string, error) {
	var doc templateText
	err := t.s.db.Collection("templatetexts").FindOne(ctx, byID(key)).Decode(&doc)
	return doc.Text, translate(err, template.ErrNotFound, nil)
}

// RemoveText implements [template.Store].
func (t *Templates) RemoveText(ctx context.Context, key string) error {
	return remove(ctx, t.s.db.Collection("templatetexts"), key)
}
