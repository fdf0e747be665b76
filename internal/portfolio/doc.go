// Package portfolio is domaind's vocabulary: the accounts, domains, pushes and
// registrant changes that DNSimple reports, the money they cost, the decisions
// that a policy makes about them, and the operations and events that follow.
//
// It holds values and the rules that belong to the values themselves (how an
// amount is written, how a row's key is derived), and nothing else: no I/O, no
// clock, no dependency beyond the standard library. Every other package may
// import it; it imports none of them.
//
// Names are always A-labels in lower case, instants are UTC, money is whole
// cents of US dollars, and ids are DNSimple's.
package portfolio
