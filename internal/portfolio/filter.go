package portfolio

import "time"

// SortField is what a list can be sorted by.
type SortField string

// The fields that DNSimple sorts lists by.
const (
	SortID         SortField = "id"
	SortName       SortField = "name"
	SortExpiration SortField = "expiration"
	SortInvoiced   SortField = "invoiced"
	SortLabel      SortField = "label"
	SortEmail      SortField = "email"
	SortTLD        SortField = "tld"
)

// Order is one key that a list is sorted by; the next one decides between equals.
type Order struct {
	By         SortField
	Descending bool
}

// DomainFilter says which domains a list has, and in which order. The zero value
// means all of them, by name.
type DomainFilter struct {
	NameLike     string  // part of the name; "": any
	RegistrantID int64   // contact id; 0: any
	Sort         []Order // by id, name, expiration
}

// ChangeFilter says which registrant changes a list has, and in which order. The
// zero value means those that are new or pending, by id.
type ChangeFilter struct {
	State     ChangeState // "": new and pending alone
	DomainID  int64       // 0: any
	ContactID int64       // the registrant to be; 0: any
	Sort      []Order     // by id
}

// ChargeFilter says which billing charges a list has, and in which order. The zero
// value means all of them, the oldest first. DNSimple does not say of which time
// zone the days are.
type ChargeFilter struct {
	From time.Time // the first day, as UTC has it; zero: from the beginning
	To   time.Time // the last day, as UTC has it; zero: to the end
	Sort []Order   // by invoiced
}

// ContactFilter says in which order contacts are listed. The zero value means by id.
type ContactFilter struct {
	Sort []Order // by id, label, email
}

// TLDFilter says in which order top-level domains are listed. The zero value means
// by name.
type TLDFilter struct {
	Sort []Order // by tld
}
