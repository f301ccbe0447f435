// Package credential hands git's questions for user names and passwords to whoever watches
// the bridge, which is the gateway, and the answers back.
//
// Git inside the workspace is configured to ask `kalpana-bridge credential get`, which asks
// the bridge over a socket that only the container sees. The bridge has no credentials and
// cannot reach the gateway; so the gateway keeps a watchCredentials request open. Nothing is
// stored: an answer is held until the one who asked has it.
//
// What this does not defend: every program of the workspace may ask as git does, and read
// what git is told. Which host and repository a credential is given for, and how long
// it is good, is the gateway's decision.
package credential
