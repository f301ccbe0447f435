// Package audit keeps the record of privileged acts: who did what to what, from where and
// whether it was allowed. Records are only ever added; they are kept for [KeepFor].
//
// Adding a record never waits: it goes into a bounded queue that [Trail.Run] writes down in
// the background, a moment later. A process that ends as it should writes down all of the
// queue; one that is killed loses that moment. What did not fit is counted.
//
// In the store records are on pages of [PageSize], numbered in the order of time, so that a
// database without range queries reads the newest without reading all.
package audit
