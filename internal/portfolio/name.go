package portfolio

import "time"

// NameStatus says whether a name could be registered when it was looked at last.
type NameStatus string

// The statuses of names. Only a name that DNSimple's check called available is free.
const (
	NameFree    NameStatus = "free"
	NameTaken   NameStatus = "taken"   // somebody has it
	NameUnknown NameStatus = "unknown" // it was not looked at yet, or could not be
)

// NameFacts is what a policy can see of a name that is watched and not owned.
type NameFacts struct {
	AccountID   int64  // the account that would register it
	Name        string // A-labels, lower case
	UnicodeName string // as people write it; equal to Name where nothing differs
	Status      NameStatus
	// Ours says of a taken name that the account has it already.
	Ours bool
	// FreeSince is the day, as UTC has it, on which it was first seen free; zero where it
	// is not free.
	FreeSince time.Time
	CheckedAt time.Time // when it was looked at last; zero where it never was
}

// Kind implements [Resource].
func (NameFacts) Kind() ResourceKind { return KindName }

// Ident implements [Resource]. A name has no id.
func (n NameFacts) Ident() (account, id int64, name string) { return n.AccountID, 0, n.Name }
