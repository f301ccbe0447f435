// Package nixcheck says what is wrong with the text of a Nix file before any workspace
// starts with it.
//
// The text is hostile: it may loop, ask for all memory, nest without end. So it is only
// ever given to Nix in a throw-away container (a [Sandbox]), and everything that comes out
// of it is bounded. Nix parses the text; a flake.nix must also have the shape that Nix
// demands of one; and what loops without needing anything from outside is found by a short
// evaluation that can fetch nothing. What needs nixpkgs is not evaluated here: that happens
// in the workspace.
package nixcheck
