// Package search finds text in the files of a workspace. ripgrep does the work; this
// package starts it on the folder that was checked, reads what it prints as input from
// outside, and keeps time, memory and answer within bounds whatever the files are like.
//
// ripgrep runs with --sort path, which makes it single-threaded: it can be stopped at the
// first match too many, the matches returned are always the same ones, and it holds the
// output of one line in memory rather than that of whole files. The second core is left to
// the editor.
package search
