// Package identity knows who a request comes from: passwords, GitHub, OpenID Connect,
// the administrator's first link, browser sessions, API tokens and invitations.
//
// It does not decide what a person may do with a workspace (packages api and gateway do)
// and it does not check Origin: whoever mounts a state-changing call does.
//
// Every credential is opaque, 256 random bits, and kept only as its SHA-256. Who is
// signed in is held in memory, so that authenticating a request costs no database call;
// Run keeps that memory in step with other gateways on the same database. What a gateway
// changes itself counts at once, what another one changes within two seconds.
package identity
