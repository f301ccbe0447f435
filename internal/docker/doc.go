// Package docker runs workspaces in Docker Engine 20.10 and newer. It is the only package
// that knows the engine's client.
//
// spec.go turns a workspace's spec into what the engine is told, hardening and all, as a
// pure function; errors.go turns the engine's answers into the domain's errors; the rest is
// calls, each with a time limit. Nothing is remembered between calls: labels on the
// containers carry identity.
//
// Besides workspaces it does three kinds of work in throw-away containers (throwaway.go):
// packages.go makes workspace images with Debian packages, check.go runs a command over
// text that nobody trusts, and nixstore*.go builds Nix stores that workspaces share.
package docker
