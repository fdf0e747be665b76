// Package scale measures what domaind costs where an account holds up to a million
// domains. It is benchmarks alone, and a test that sees that they still run.
//
// Each benchmark builds the real binary, starts the simulated DNSimple in a process
// of its own and the daemon in another, and sets beside the daemon what the same
// would cost anyway: a bare loop of the official SDK's ListDomains over the same
// pages, which does nothing with them, in a third process. They take turns in one
// run, so that what else the machine does hits both, and each figure is the median of
// the rounds. What a figure must stay under stands beside it, and in
// docs/benchmarks.md; numbers of requests are the same on every machine and fail
// where they are too many, while times and memory are only shown.
//
//	go test -run '^$' -bench . ./internal/proof/scale
//	go test -run '^$' -bench Sweep ./internal/proof/scale -domains 100000 -rounds 1
package scale
