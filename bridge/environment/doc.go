// Package environment is what programs in the workspace find beside the image: the tools
// and variables that a Nix file describes, and the variables that the user has set.
//
// Nix runs once for a description. What comes of it is kept in two places: a record, from
// which the bridge gives the environment to commands and terminals, and a script, which the
// image's env-hook.sh loads into every other shell and into the editor. Variables of the
// user are in neither; they are held in memory, and count more.
//
// Descriptions come from repositories that nobody vouches for. They are evaluated and built
// as the workspace's user, inside its container, within a time, and what Nix says is cut to
// a size. A failure never keeps anything from starting.
package environment
