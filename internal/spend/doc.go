// Package spend keeps what models may cost within limits: of a turn, of a chat, of a user
// in a day and of all users in a day. Money is reserved before a model is asked and settled
// when the bill is known, so turns that run at once cannot overshoot a limit together.
//
// Sums are in the database and survive a restart. Reservations are in the memory of one
// process: several processes on one database see each other's bills, but not what the others
// have reserved, so together they may pass a limit by that much.
//
// A limit is passed, too, by as much as bills of the answers that are under way exceed what
// was reserved for them. Days are those of UTC.
package spend
