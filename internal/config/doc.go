// Package config turns TOML files into settings and a policy: a [Config], whose
// Policy is ready for rules.Decide.
//
// [Load] reads the main file, the policy files that it names and the group files
// that those name. It reads no secret and needs no network, so that a
// configuration can be checked anywhere: a [Secret] only knows the place where a
// token will be found. Everything from outside comes in through an [Env].
//
// A file is parsed once by BurntSushi/toml, which decides what is valid, and once
// for the positions of its keys and values (locate.go). Both are joined into a
// tree of nodes that know their place (tree.go), and everything that follows reads
// that tree: it checks each key against the vocabulary (vocabulary.go, keys.go,
// keysrule.go), converts values, and notes what is wrong, with a place, in one list.
// So one run finds all mistakes of a configuration, and each is reported as a
// [Problem] with file, line, column, the line itself and what would be right. What is
// suspicious but not wrong is a warning in Config.Warnings: it is looked for in
// configurations that are right (suspicious.go), and which rules can never win is
// found by package rules.
//
// The package is strict, because a guard that is accepted and not obeyed is worse
// than none: unknown keys, and keys that have no effect where they stand, are errors.
//
// The vocabulary says of each key what may stand there and what it is for, so that
// [Schema] and [PolicySchema], which editors read, know no key that the loader does not.
//
// No problem ever shows a secret: strings that stand where a secret might have
// been written by mistake are kept out of messages, and the lines that are shown
// end where such a string begins (source.go).
package config
