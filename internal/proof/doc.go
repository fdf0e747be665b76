// Package proof holds no code of the program, only its proof: tests that run whole
// histories of domaind on a virtual clock, with the real executor, scheduler, client,
// rules, state file and relay, against the simulated DNSimple in the same process.
//
// A [world] is what stays when domaind dies: the clock, DNSimple, the event stream and
// the state file. A process is what dies: everything that it keeps in memory is
// lost. Whatever a process does to its surroundings is a point: a transaction of the
// state, a request, a publication. It may die right before each of them, and right
// after it. Who is dead commits nothing and sends nothing more, whoever recovers the
// panic that ended it.
//
// The tests use that in two ways. The crash tests run a scenario once to count its
// points, and then again for each of them, with a death there; short scenarios also for
// each pair. The histories draw a year of ten domains from a seed, with every fault of
// the catalogue at random places, as a plan: a list of events that can be shortened
// until nothing but the cause of a failure is left.
//
// A watch looks on. After every commit, every request and every tick it holds what must
// always hold (see watch_test.go), and at the end what must hold at rest.
package proof
