package rules

import "slices"

// all says whether something holds for every item; for none it holds.
func all[T any](items []T, holds func(T) bool) bool {
	return !slices.ContainsFunc(items, func(i T) bool { return !holds(i) })
}

// subset says whether every item of a is in b.
func subset[T comparable](a, b []T) bool {
	return all(a, func(i T) bool { return slices.Contains(b, i) })
}

// disjoint says whether no item of a is in b.
func disjoint[T comparable](a, b []T) bool {
	return all(a, func(i T) bool { return !slices.Contains(b, i) })
}

// same says whether both are written, and alike.
func same(a, b *bool) bool { return a != nil && b != nil && *a == *b }

// other says whether both are written, and not alike.
func other(a, b *bool) bool { return a != nil && b != nil && *a != *b }

// Inside says whether what is within d of any moment is certainly within e of it: a month
// may be shorter than 31 days, and is shorter than 45.
func (d Distance) Inside(e Distance) bool {
	if 12*d.Years+d.Months <= 12*e.Years+e.Months && d.Days <= e.Days {
		return true
	}
	a, b := newSpan(d), newSpan(e)
	return a.longest != 0 && b.longest != 0 && a.longest <= b.shortest
}

// ids are the contacts that are meant in an account.
func ids(contacts []Contacts, account int64) []int64 {
	var out []int64
	for _, c := range contacts {
		if id := c.In(account); id != 0 {
			out = append(out, id)
		}
	}
	return out
}

// contacts says whether the contacts of a match are written, and all among others.
func (b *box) contacts(own, others []Contacts) bool {
	return len(own) > 0 && subset(ids(own, b.account), ids(others, b.account))
}

// sparesContacts says whether no contact of a match is among others, or an exception
// leaves the others out.
func (b *box) sparesContacts(own, others, except []Contacts) bool {
	them := ids(others, b.account)
	return len(own) > 0 && disjoint(ids(own, b.account), them) || subset(them, ids(except, b.account))
}

// noContact says whether no contact is left of a match beside an exception.
func (b *box) noContact(own, except []Contacts) bool {
	return subset(ids(own, b.account), ids(except, b.account))
}
