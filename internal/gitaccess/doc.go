// Package gitaccess keeps what people let Kalpana use at git hosts, and says who may have it
// for what: the connection to GitHub, one per user, and user names and passwords for other
// hosts. Git inside a workspace, and the pages that list repositories, get theirs from here.
//
// Tokens and passwords are sealed at rest, each bound to its user and its field, so that one
// moved elsewhere in the database opens for nobody. They are in no error, log or answer.
//
// Tokens that expire are refreshed here. A refresh token works once, so gateways that share
// a database agree on which of them uses it.
package gitaccess
