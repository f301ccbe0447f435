package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/kalpana-dev/kalpana/internal/chat"
)

// PutOrder implements [chat.Store].
func (c *Chats) PutOrder(ctx context.Context, o chat.Order) error {
	_, err := c.orders.InsertOne(ctx, o)
	return translate(err, nil, nil)
}

// TakeOrders implements [chat.Store]. Only the turn itself takes its orders, so that
// nobody comes between reading and removing them.
func (c *Chats) TakeOrders(ctx context.Context, turnID string) ([]chat.Order, error) {
	var found []chat.Order
	cur, err := c.orders.Find(ctx, bson.D{{Key: "turnId", Value: turnID}}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	if err == nil {
		err = cur.All(ctx, &found)
	}
	if err != nil || len(found) == 0 {
		return nil, translate(err, nil, nil)
	}
	for _, o := range found {
		if _, err := c.orders.DeleteOne(ctx, byID(o.ID)); err != nil {
			return nil, translate(err, nil, nil)
		}
	}
	return found, nil
}
