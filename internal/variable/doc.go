// Package variable keeps users' own variables and secrets, and tells which a workspace gets.
// Each belongs to one user and is for all workspaces of that user, or for those made from one
// template: the template is shared, the value is not.
//
// Every value is sealed at rest, bound to its user, template and name, so that a database
// that was read tells none and one that was edited cannot move a value to another place.
// Values of secrets come out of this package in [Service.For] and [Service.Secrets] only,
// which are for the workspace and for what masks them; no call shows them to anybody.
package variable
