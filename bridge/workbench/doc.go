// Package workbench is what the bridge tells the editor before it starts: when that is,
// which folder it opens, which tasks it offers, and which extensions it has.
package workbench
