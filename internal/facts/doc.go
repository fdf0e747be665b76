// Package facts is what a policy can see, as a file: a portfolio as one domaind saw it at
// a moment, from which another one, or the same one with another policy, can tell what it
// would do, without network, token or state.
//
// [Facts] is the format, versioned and written one entry on a line, so that two of them can
// be compared; [Read] is strict, and names path and line of what is wrong: a fact that was
// misread would be a decision that nobody sees. It holds no token and no place of one, of
// contacts nothing but their ids, and of the ledger what the guards look at.
//
// [World] makes the facts look like a ledger, and like DNSimple, from which everything can
// be read and in which nothing can be changed: the executor's own guards work on it. What
// the facts do not have is an error that says so, never a guess.
//
// The package knows portfolio and nothing else of domaind, does no I/O and reads no clock.
package facts
