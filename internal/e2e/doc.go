// Package e2e drives the built product as its users do: the real binary with the shipped
// Caddyfile, real Docker, the real workspace image, a real browser that trusts the local
// certificate authority. It holds nothing but tests; they need `make build image`.
package e2e
