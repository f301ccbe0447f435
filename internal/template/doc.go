// Package template keeps what workspaces are made from: the built-in templates, users' own in
// versions, and what a repository says of itself (a guess from its files, devcontainer.json).
//
// A template is a name and a row of versions. A version never changes: editing makes a new one,
// which is a draft until a workspace made from it ran well and its owner published it. An
// administrator shares one published version with everybody; what the owner publishes after
// that is not shared by itself, because a template's commands run in other people's workspaces.
package template
