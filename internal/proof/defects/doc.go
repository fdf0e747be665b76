// Package defects holds deliberate defects: each is a small mistake that would cost
// money, lose a domain or keep silent about it, and for each there is a test that
// finds it. So the tests are tested. The defects never touch the sources: each is an
// overlay (go test -overlay) for one run, and no build of domaind contains one.
//
// A defect is a file NAME.txtar:
//
//	what: A purchase whose answer did not come is sent again.
//	test: ./internal/client Faults
//	-- internal/client/call.go --
//	the lines as they are
//	-- instead --
//	the lines as they would be
//
// What is one sentence. Each test is a package and what go test -run gets; there may be
// several, and one that fails is enough. The old lines must occur exactly once in the
// file, so that a defect that no longer applies says so in every run of the tests; there
// may be several pairs of lines. A defect that does not compile is not found by
// anything, and is a mistake in the defect.
//
// "make defects" puts in each of them in turn, and fails where one survives.
package defects
