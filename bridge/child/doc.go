// Package child runs one program for one request: git, ripgrep, Nix or the editor's
// installer, for the packages that answer such requests. Its environment and working directory are given in full, its output is bounded by
// who takes it, and it ends with the request: nothing that it started stays behind then.
package child
