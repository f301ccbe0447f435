package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/kalpana-dev/kalpana/internal/gateway/ticket"
)

// PutTicket keeps a login ticket until somebody takes it.
func (s *Store) PutTicket(ctx context.Context, t ticket.Ticket) error {
	_, err := s.db.Collection("tickets").InsertOne(ctx, t)
	return translate(err, nil, nil)
}

// TakeTicket returns the ticket kept under hash and removes it in one step, so that of
// all who ask, through any gateway, one gets it and the others ticket.ErrNotFound.
func (s *Store) TakeTicket(ctx context.Context, hash string) (ticket.Ticket, error) {
	var t ticket.Ticket
	err := s.db.Collection("tickets").FindOneAndDelete(ctx, bson.D{{Key: "_id", Value: hash}}).Decode(&t)
	return t, translate(err, ticket.ErrNotFound, nil)
}

// PurgeTickets removes tickets that ran out before t without being taken.
func (s *Store) PurgeTickets(ctx context.Context, t time.Time) error {
	_, err := s.db.Collection("tickets").DeleteMany(ctx, bson.D{{Key: "expiresAt", Value: bson.D{{Key: "$lt", Value: t}}}})
	return translate(err, nil, nil)
}
