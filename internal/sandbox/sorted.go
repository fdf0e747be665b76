package sandbox

import (
	"iter"
	"slices"
)

// listKey is what a list of domains was asked for with, but for the page.
type listKey struct {
	account, registrant int64
	like, sort          string
}

const (
	// maxLists is how many sorted lists are kept.
	maxLists = 8
	// maxLate is how many domains of a list may have changed for it to be brought up to date; beyond, it is sorted anew.
	maxLate = 1000
)

// sortedLists keeps lists of domains as they were last asked for: to sort a million domains anew for each of ten thousand
// pages would take hours, and to do so after each renewal, too.
type sortedLists map[listKey]*sortedList

// sortedList is in order but for the domains that changed since it was last read.
type sortedList struct {
	items   []*domain
	late    map[*domain]bool
	compare func(a, b *domain) int // never 0 for two domains
	has     func(*domain) bool     // whether a domain is in the list as it is now
}

// touch notes that a domain changed, came or went.
func (l sortedLists) touch(d *domain) {
	for key, s := range l {
		if s.late[d] = true; len(s.late) > maxLate {
			delete(l, key)
		}
	}
}

// current brings a list up to date, where it is kept. It is valid until the next change of a domain.
func (l sortedLists) current(key listKey) ([]*domain, bool) {
	s := l[key]
	if s == nil {
		return nil, false
	}
	if len(s.late) == 0 {
		return s.items, true
	}
	s.items = slices.DeleteFunc(s.items, func(d *domain) bool { return s.late[d] })
	for d := range s.late {
		if s.has(d) {
			at, _ := slices.BinarySearchFunc(s.items, d, s.compare)
			s.items = slices.Insert(s.items, at, d)
		}
	}
	clear(s.late)
	return s.items, true
}

// sort makes a list of those of the domains that it has, and keeps it.
func (l sortedLists) sort(key listKey, domains iter.Seq[*domain], compare func(a, b *domain) int, has func(*domain) bool) []*domain {
	s := &sortedList{late: map[*domain]bool{}, compare: compare, has: has}
	for d := range domains {
		if has(d) {
			s.items = append(s.items, d)
		}
	}
	slices.SortFunc(s.items, compare)
	if len(l) >= maxLists {
		clear(l)
	}
	l[key] = s
	return s.items
}
