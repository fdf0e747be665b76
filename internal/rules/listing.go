package rules

import "slices"

// listing knows of every name which lists of a policy it is written in: one look
// answers for all rules, however many names their groups have.
type listing struct {
	// class tells names apart by the lists that they are in. Names that are in the
	// same lists have the same class, so that a name costs no more than its number.
	class map[string]uint32
	in    [][]listID // by class: the lists, ascending
	lists []list

	// What else the rules name, for the [sieve].
	accounts alphabet[int64]
	states   alphabet[string]
	tlds     alphabet[string]
}

// listID is the place of a list in [listing].
type listID uint32

// list is one names or one group: the part of it that cannot be looked up.
type list struct {
	globs []glob
	// once is this list's bit in a view, which keeps the answer for the other rules;
	// 0 where it has none.
	once uint64
}

// look finds the lists that a resource's name is written in, and makes the view ready
// to be asked.
func (l *listing) look(v *view) {
	v.lists = l.lists
	if v.name != "" && len(l.class) > 0 {
		if class, ok := l.class[v.name]; ok {
			v.listed = l.in[class]
		}
	}
	v.sift(l)
}

// bits are a list's bits in a [sieve]. Every name may be in one that has patterns.
func (l *listing) bits(id listID) uint64 {
	if len(l.lists[id].globs) > 0 {
		return nth(int(id)) | anyBit
	}
	return nth(int(id))
}

// on says whether a list has the view's name, written in full or as a pattern.
func (v *view) on(id listID) bool {
	if slices.Contains(v.listed, id) {
		return true
	}
	l := &v.lists[id]
	switch {
	case len(l.globs) == 0 || v.fits&l.once != 0:
		return len(l.globs) > 0
	case v.asked&l.once != 0:
		return false
	}
	v.asked |= l.once
	for i := range l.globs {
		if l.globs[i].match(v.name) {
			v.fits |= l.once
			return true
		}
	}
	return false
}

// lister makes a [listing].
type lister struct {
	listing
	seen map[written]listID
	step map[[2]uint32]uint32 // class and list → the class of what is in that list, too
	once int                  // how many lists have a bit of their own
}

func newLister() *lister {
	return &lister{
		listing: listing{
			class: make(map[string]uint32), in: [][]listID{nil},
			accounts: make(alphabet[int64]), states: make(alphabet[string]), tlds: make(alphabet[string]),
		},
		seen: make(map[written]listID), step: make(map[[2]uint32]uint32),
	}
}

// written is where a list's patterns are. A group stands once, however many rules
// name it.
type written struct {
	first *Pattern
	n     int
}

// add takes a list up, and tells its number.
func (l *lister) add(patterns []Pattern) listID {
	at := writtenAt(patterns)
	if id, ok := l.seen[at]; ok {
		l.share(id)
		return id
	}
	id := listID(len(l.lists)) //nolint:gosec // there are at most as many lists as patterns
	l.seen[at] = id
	var made list
	for _, p := range patterns {
		if p.wild {
			made.globs = append(made.globs, newGlob(p.text))
			continue
		}
		l.class[p.text] = l.with(l.class[p.text], id)
	}
	l.lists = append(l.lists, made)
	return id
}

// with is the class of the names that are in a class's lists and in one more.
func (l *lister) with(class uint32, id listID) uint32 {
	if slices.Contains(l.in[class], id) {
		return class // it stands there twice
	}
	key := [2]uint32{class, uint32(id)}
	next, ok := l.step[key]
	if !ok {
		next = uint32(len(l.in)) //nolint:gosec // there are at most as many classes as names
		l.in = append(l.in, append(slices.Clip(l.in[class]), id))
		l.step[key] = next
	}
	return next
}

// share gives a list that several rules ask for a bit of its own, while there are any.
func (l *lister) share(id listID) {
	if m := &l.lists[id]; m.once == 0 && len(m.globs) > 0 && l.once < 64 {
		m.once = 1 << l.once
		l.once++
	}
}
