// Package provision fits workspaces out: the image with the template's packages, the
// repository, variables, the Nix environment, the editor's extensions and tasks, and the
// template's commands. It also answers git inside, which has no credentials of its own.
//
// The order is that of [Service.Image], [Service.Inside] and, once the workspace runs, what
// goes on behind it: setup, start command and extensions. What does not work becomes a notice of
// the workspace and never keeps it from running. Everything but the credentials' watch is
// repeatable: a start that was cut off is taken up again from the beginning.
package provision
