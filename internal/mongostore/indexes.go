package mongostore

import "go.mongodb.org/mongo-driver/v2/bson"

// indexes are all indexes of the database, made at every start (making one that exists does nothing).
var indexes = []index{
	{"workspaces", bson.D{{Key: "ownerId", Value: 1}, {Key: "createdAt", Value: 1}}, false},
	{"workspaces", bson.D{{Key: "updatedAt", Value: 1}}, false},
	{"workspaces", bson.D{{Key: "ownerId", Value: 1}, {Key: "slot", Value: 1}}, true},
	{"workspaces", bson.D{{Key: "ownerId", Value: 1}, {Key: "request", Value: 1}}, true},
	{"ports", bson.D{{Key: "state", Value: 1}}, false},
	{"startlogs", bson.D{{Key: "updatedAt", Value: 1}}, false},
	{"users", bson.D{{Key: "email", Value: 1}}, false},
	{"sessions", bson.D{{Key: "userId", Value: 1}}, false},
	{"sessions", bson.D{{Key: "updatedAt", Value: 1}}, false},
	{"tokens", bson.D{{Key: "userId", Value: 1}}, false},
	{"tickets", bson.D{{Key: "expiresAt", Value: 1}}, false},
	{"tokens", bson.D{{Key: "updatedAt", Value: 1}}, false},
	{"tokens", bson.D{{Key: "hash", Value: 1}}, true},
	{"sessions", bson.D{{Key: "hash", Value: 1}}, true},
	{"users", bson.D{{Key: "updatedAt", Value: 1}}, false},
	{"users", bson.D{{Key: "emailKey", Value: 1}}, true},
	{"users", bson.D{{Key: "githubKey", Value: 1}}, true},
	{"users", bson.D{{Key: "oidcKey", Value: 1}}, true},
	{"invitations", bson.D{{Key: "hash", Value: 1}}, true},
	{"codes", bson.D{{Key: "expiresAt", Value: 1}}, false},
	{"chats", bson.D{{Key: "workspaceId", Value: 1}, {Key: "createdAt", Value: -1}, {Key: "_id", Value: -1}}, false},
	{"chats", bson.D{{Key: "run.turnId", Value: 1}}, false},
	{"chatlists", bson.D{{Key: "updatedAt", Value: 1}}, false},
	{"turns", bson.D{{Key: "updatedAt", Value: 1}}, false},
	{"transcripts", bson.D{{Key: "updatedAt", Value: 1}}, false},
	{"agentsettings", bson.D{{Key: "updatedAt", Value: 1}}, false},
	{"agentrules", bson.D{{Key: "updatedAt", Value: 1}}, false},
	{"spend", bson.D{{Key: "updatedAt", Value: 1}}, false},
	{"turnorders", bson.D{{Key: "turnId", Value: 1}}, false},
	{"journal", bson.D{{Key: "turnId", Value: 1}, {Key: "seq", Value: 1}}, false},
}
