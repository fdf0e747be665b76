package rules

// sieve is conditions, or a resource, as sets of bits: one bit for each value that the
// rules name. Where conditions and a resource have no bit in common, a key does not
// hold; where they have one, it holds if the bit is the value's own, else the key must
// be asked. Most rules have nothing to do with most resources, and are told from them
// here, without their being looked at.
type sieve struct {
	account, state, tld, names, registrant, contact uint64
	flags                                           uint64 // always their own
}

// The flags: what a key with a yes or no asks for.
const (
	flagAutoRenew uint64 = 1 << iota
	flagNoAutoRenew
	flagWhois
	flagNoWhois
	flagOwner
	flagNoOwner
)

// anyBit is a bit that every resource has, and no value: conditions have it where
// every resource must be asked.
const anyBit uint64 = 1 << 63

// wide lets everything through where a match has no key.
func (s *sieve) wide(written key) {
	for _, k := range []struct {
		key  key
		bits *uint64
	}{
		{keyAccount, &s.account},
		{keyState, &s.state},
		{keyTLD, &s.tld},
		{keyNames | keyGroups, &s.names},
		{keyRegistrant, &s.registrant},
		{keyContact, &s.contact},
	} {
		if written&k.key == 0 {
			*k.bits = anyBit
		}
	}
}

// stops says that a match certainly does not hold.
func (s *sieve) stops(v *sieve) bool {
	return s.names&v.names == 0 || s.tld&v.tld == 0 || s.account&v.account == 0 || s.state&v.state == 0 ||
		s.registrant&v.registrant == 0 || s.contact&v.contact == 0 || s.flags&^v.flags != 0
}

// catches says that an exception may hold, as far as the sieve knows its keys.
func (s *sieve) catches(v *sieve) bool {
	return s.names&v.names|s.tld&v.tld|s.account&v.account|s.state&v.state|s.registrant&v.registrant|s.contact&v.contact|s.flags&v.flags != 0
}

// alphabet gives values a bit each. Those that come first have their own.
type alphabet[V comparable] map[V]uint64

// ownBits is how many values have a bit of their own; the bits behind are shared, but
// for anyBit.
const ownBits = 32

// nth is the bit of the nth value, from 0.
func nth(n int) uint64 {
	if n >= ownBits {
		n = ownBits + n%(63-ownBits)
	}
	return 1 << n
}

// own says whether bits are all their values' own.
func own(bits uint64) bool { return bits < 1<<ownBits }

// bits are the values' bits.
func (a alphabet[V]) bits(values []V) (bits uint64) {
	for _, v := range values {
		if _, ok := a[v]; !ok {
			a[v] = nth(len(a))
		}
		bits |= a[v]
	}
	return bits
}

// newSieve is the bits of conditions, but for those of their names, and the keys that
// it decides.
func (l *listing) newSieve(c *Conditions) (s sieve, decided key) {
	s.account, s.state, s.tld = l.accounts.bits(c.Accounts), l.states.bits(c.States), l.tlds.bits(c.TLDs)
	decided = keyAutoRenew | keyWhois | keyOwnerChange
	if own(s.account) {
		decided |= keyAccount
	}
	if own(s.state) {
		decided |= keyState
	}
	if own(s.tld) {
		decided |= keyTLD
	}
	s.registrant, s.contact = contactBits(c.Registrants), contactBits(c.Contacts)
	for _, f := range []struct {
		asked   *bool
		on, off uint64
	}{
		{c.AutoRenew, flagAutoRenew, flagNoAutoRenew},
		{c.Whois, flagWhois, flagNoWhois},
		{c.OwnerChange, flagOwner, flagNoOwner},
	} {
		if f.asked != nil {
			s.flags |= flag(*f.asked, f.on, f.off)
		}
	}
	return s, decided
}

// sift sets the view's bits. A name that is not known has every bit, so that it is
// asked for.
func (v *view) sift(l *listing) {
	s := sieve{
		account: anyBit | l.accounts[v.account], state: anyBit | l.states[v.state], tld: anyBit | l.tlds[v.tld], names: anyBit,
		registrant: anyBit | bit(v.registrant), contact: anyBit | bit(v.contact),
	}
	for _, id := range v.listed {
		s.names |= nth(int(id))
	}
	if v.name == "" {
		s.tld, s.names = ^uint64(0), ^uint64(0)
	}
	s.flags = flag(v.owner, flagOwner, flagNoOwner)
	if v.domain {
		s.flags |= flag(v.autoRenew, flagAutoRenew, flagNoAutoRenew) | flag(v.whois, flagWhois, flagNoWhois)
	}
	v.sieve = s
}

func flag(is bool, on, off uint64) uint64 {
	if is {
		return on
	}
	return off
}

// bit is a contact's: contacts are named otherwise in each account, so they are
// asked for in any case.
func bit(contact int64) uint64 { return 1 << (uint64(contact) % 63) } //nolint:gosec // any bit will do

func contactBits(contacts []Contacts) (bits uint64) {
	for _, c := range contacts {
		if c.ID != 0 {
			bits |= bit(c.ID)
			continue
		}
		for _, id := range c.ByAccount {
			bits |= bit(id)
		}
	}
	return bits
}
