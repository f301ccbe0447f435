// Package uistream is the AI SDK's UI message stream: what a turn of the agent sends to
// the chat panel, in the version 1 of the protocol that the npm package ai reads. It has
// the chunks that versions 6 and 7 both accept and one that only 7 does, the order they
// must have, the message a client makes of them, the log of a running turn that any number
// of viewers replay and follow, its framing as server-sent events, and the reader of what
// the client posts.
//
// It knows no HTTP and no agent: internal/api writes a Log to a response, and the agent's
// loop appends to it.
//
// The chunks leave out what this server never needs: providerMetadata, toolMetadata,
// dynamic and providerExecuted. The fields that are there have the names, and the JSON the
// order, of ai 7.0.173.
package uistream
