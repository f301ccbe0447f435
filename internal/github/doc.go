// Package github talks to GitHub, the public service or an Enterprise server: a person's
// repositories, branches and files over REST, OAuth tokens, and webhooks.
//
// What comes back is treated as hostile: bodies are bounded, texts are cleaned of control
// characters, names are checked, redirects are followed only within the API, and the
// addresses of repositories are built from their names, not taken from answers. A token is
// in a request's header or body, and never in an address, an error or a log.
//
// Nothing is stored. Answers are cached in memory by their ETag, per token, so that asking
// again costs nothing of the rate limit.
package github
