// Package repoevent keeps what happened at the repositories that workspaces are made from,
// pushes and pull requests, as the host of the repositories reported it.
//
// A report is taken once: its delivery and its body are remembered in the store, for all
// processes together, because the host signs neither a time nor a delivery's number. Only
// reports about repositories that some workspace uses are kept, the latest MaxEvents of each,
// for KeepFor.
//
// A repository is known by the host's number, not by its name: one that was renamed goes on
// under its new name for workspaces that know the old one, until another repository takes
// the old name. That works from the first report, or from [Service.Learn].
package repoevent
