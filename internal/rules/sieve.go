package rules

// sieve is conditions, or a resource, as sets of bits: one bit for each value, which
// others may share. Where conditions and a resource have no bit in common, a key
// does not hold; where they have one, the key must be asked. Most rules have nothing
// to do with most resources, and are told from them here, without their being
// looked at.
type sieve struct {
	account, state, tld, names, registrant, contact uint64
	flags                                           uint64 // no value shares one
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
		{keyAccount, &s.account}, {keyState, &s.state}, {keyTLD, &s.tld}, {keyNames | keyGroups, &s.names},
		{keyRegistrant, &s.registrant}, {keyContact, &s.contact},
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

// newSieve is the bits of conditions, but for those of their names.
func newSieve(c *Conditions) (s sieve) {
	for _, id := range c.Accounts {
		s.account |= bit(id)
	}
	for _, state := range c.States {
		s.state |= textBit(state)
	}
	for _, tld := range c.TLDs {
		s.tld |= textBit(tld)
	}
	s.registrant, s.contact = contactBits(c.Registrants), contactBits(c.Contacts)
	for _, f := range []struct {
		asked   *bool
		on, off uint64
	}{{c.AutoRenew, flagAutoRenew, flagNoAutoRenew}, {c.Whois, flagWhois, flagNoWhois}, {c.OwnerChange, flagOwner, flagNoOwner}} {
		if f.asked != nil {
			s.flags |= flag(*f.asked, f.on, f.off)
		}
	}
	return s
}

// sift sets the view's bits. A name that is not known has every bit, so that it is
// asked for.
func (v *view) sift() {
	s := sieve{
		account: anyBit | bit(v.account), state: anyBit | textBit(v.state), tld: anyBit | textBit(v.tld), names: anyBit,
		registrant: anyBit | bit(v.registrant), contact: anyBit | bit(v.contact),
	}
	for _, id := range v.listed {
		s.names |= listBit(id)
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

func bit(id int64) uint64 { return 1 << (uint64(id) % 63) } //nolint:gosec // any bit will do

func listBit(id listID) uint64 { return 1 << (id % 63) }

// textBit is a text's bit, from FNV-1a.
func textBit(s string) uint64 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return 1 << (h % 63)
}

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
