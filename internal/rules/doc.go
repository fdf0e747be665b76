// Package rules is domaind's policy language, compiled, and its judge.
//
// [Decide] is a pure function of a policy, one resource (a domain, a push, a
// registrant change, a name that is watched) and a moment; it answers with a [portfolio.Decision] that
// carries its reason. It reads no clock, does no I/O, and never asks what
// something costs or what is under way: that is the executor's to add.
//
// For one resource every alert that matches fires; a hold or let-lapse that
// matches wins, wherever it stands; else the first acting rule that matches wins.
// A rule that is in dry-run by its own mode is reported as what it would do, and
// the search goes on, so that trying a rule out never stops another. Where the
// whole policy or the account is in dry-run, the rules are judged as if they
// acted, and the verdict says would-act. A rule that asks wins like one that acts, and
// the verdict says ask.
//
// [Explain] decides the same, and tells what each condition of each rule saw; [Upcoming]
// tells when time alone will change what is decided.
//
// A condition on a value that is not known (the name of a push whose source could
// not be proven) is neither true nor false: it never lets a match hold, and it
// excludes whatever changes something.
package rules
