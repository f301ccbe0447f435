// Package chat is conversations of users with the agent, and the agent's work: a [Service]
// keeps the chats of all workspaces, runs turns, asks users, takes checkpoints and undoes.
//
// A turn is one message of a user and the agent's answer to it. It runs in a goroutine of
// its own that no viewer holds up: it asks the model, shows what comes, runs the calls the
// model asks for through package toolbox as package permission decides, and asks again,
// until the model has nothing more to do or a limit is reached.
//
// What is shown is stored first. Every piece of an answer goes through a writer that
// appends it to a journal in the store and only then to the stream the viewers read. A
// process that dies loses nothing that anybody saw: the next one folds the journal into
// the answer and marks it interrupted. What the model is told is kept beside it, as the
// turn's transcript; nothing of it is ever taken from a client.
//
// Nothing here knows HTTP, MongoDB, a provider of models or the network: the interfaces it
// needs are declared beside the code that calls them.
package chat
