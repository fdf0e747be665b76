package portfolio

import "time"

// Snapshot is what is remembered of a domain from one sweep of its account's portfolio
// to the next.
type Snapshot struct {
	ID           int64
	Name         string
	State        DomainState
	AutoRenew    bool
	WhoisPrivacy bool
	RegistrantID int64
	ExpiresAt    time.Time // UTC, to the second; zero where the domain has none
}

// SnapshotOf is what will be remembered of a domain.
func SnapshotOf(d Domain) Snapshot {
	return Snapshot{
		ID: d.ID, Name: d.Name, State: d.State, AutoRenew: d.AutoRenew, WhoisPrivacy: d.WhoisPrivacy,
		RegistrantID: d.RegistrantID, ExpiresAt: d.ExpiresAt.UTC().Truncate(time.Second),
	}
}

// Domain is the domain of an account as it was seen.
func (s Snapshot) Domain(account int64) Domain {
	return Domain{
		ID: s.ID, AccountID: account, Name: s.Name, UnicodeName: s.Name, State: s.State, AutoRenew: s.AutoRenew,
		WhoisPrivacy: s.WhoisPrivacy, RegistrantID: s.RegistrantID, ExpiresAt: s.ExpiresAt,
	}
}

// Missing is a domain that was seen in an account, and was not there when it was looked
// for.
type Missing struct {
	Snapshot
	Since time.Time // when it was looked for first
}

// ChangedDomain is a domain that is another than it was.
type ChangedDomain struct {
	Was Snapshot
	Is  Domain
}

// Comparison is how a stretch of an account's list of domains differs from what is
// remembered of it.
type Comparison struct {
	Added   []Domain        // seen for the first time
	Changed []ChangedDomain // in the order of their ids
	Absent  []Snapshot      // remembered, and not in the list
	More    int             // how many more are absent than Absent has
}

// Sweep is how far the sweep of an account's portfolio has come, and when one came to
// its end.
type Sweep struct {
	AccountID int64     `json:"account"`
	BeganAt   time.Time `json:"began_at,omitzero"` // zero: none is under way
	MovedAt   time.Time `json:"moved_at,omitzero"` // when this was written down
	After     int64     `json:"after,omitempty"`   // every domain up to this id was read
	Offset    int       `json:"offset,omitempty"`  // how many entries of the list those were, about
	Seen      int       `json:"seen,omitempty"`    // entries that were read
	Total     int       `json:"total,omitempty"`   // entries that there are, as DNSimple said last

	WholeBeganAt time.Time `json:"whole_began_at,omitzero"` // of the last one that came to its end; zero: none has
	WholeEndedAt time.Time `json:"whole_ended_at,omitzero"`
	WholeSeen    int       `json:"whole_seen,omitempty"` // entries that it read
}

// UnderWay says whether a sweep began, and has not come to its end.
func (s Sweep) UnderWay() bool { return !s.BeganAt.IsZero() }

// Baseline says whether no sweep of the account has come to its end: what is seen for
// the first time was there before.
func (s Sweep) Baseline() bool { return s.WholeEndedAt.IsZero() }

// Swept is what a sweep changes of what is remembered of an account.
type Swept struct {
	AccountID int64
	Sweep     *Sweep     // where it stands; nil: as it did
	Snapshots []Snapshot // replace those of the same domains
	Missing   []Missing  // of which only id and moment count: their snapshots stay
	Found     []int64    // domains that are missing no more
	Gone      []int64    // domains that are forgotten
}
