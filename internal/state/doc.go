// Package state is domaind's memory: one bbolt file that holds the ledger, the
// money it adds up to, the events that wait to be told, the marks of what was
// told already, pauses, what the last scans saw, and the progress of jobs.
//
// [Store.Commit] is its heart. A row of the ledger, the money that the row moves,
// the indexes that find it again, the pauses that begin and end with it and the events
// that it causes become durable in one transaction, or none of them does. The ceilings are asked inside that
// transaction, so two purchases can never both fit into the same last dollar.
// Money totals are kept beside the rows and can be computed anew from them:
// [Store.Check] does, and names the first difference.
//
// The layout, each line a bucket; numbers are big-endian, so that a scan is in
// order:
//
//	meta       program, schema, uuid, counters of the outbox, count of what was armed
//	rows       sequence → operation as JSON; the sequence is the order of creation
//	attempts   operation key without its attempt → attempts and their sequences
//	open       sequence, of operations that have not ended
//	busy       domain id → sequence of the one open operation that keeps it
//	busy       0, name → sequence of the one that is to bring the name in, of whatever account
//	due        moment, sequence, of operations that are looked at again then
//	tallies    day, month or "reserved", account → cents, purchases
//	purchases  domain id or name → when it was last bought, and by which operation
//	unknown    account, moment, sequence, of purchases that last became unknown then
//	charges    account, line of the billing charges → sequence of the row that claims it
//	outbox     number → whether it may be dropped, event as JSON
//	aside      number → event that can never be published, and why
//	marks      key → when an event was last told under it
//	pauses     account, scope → pause as JSON
//	watch      account → when its domains were seen, and since when they stand still, as JSON
//	watch      account, domain id → the domain as it was seen, as JSON
//	jobs       name → when it last ran
//
// A file is created whole or not at all, is read page by page before bbolt is let
// near it, and is never recreated by itself: a lost ledger is money spent twice.
// Files of older versions of the schema are brought up to date in one transaction.
//
// Beside the file stands a small one, state.db.armed: the uuid, and how many commits had
// armed something. Where it is ahead, says something else or is gone, the state is an
// old copy or may be one, and what was bought since is not in it: [Open] stores an alert
// and a pause that keeps every account from buying. It is written after the commit, so
// a crash leaves it behind, never ahead. Before a purchase is armed it is written too,
// with what it says already: where that fails the purchase stays as it is
// ([portfolio.ErrUncounted]), an alert says so once a day, and the rest goes on. So at most one
// purchase is armed that the file does not know of. Whoever puts the whole folder back,
// with both files, is not found out.
//
// No transaction and no memory of bbolt's leaves the package.
package state
