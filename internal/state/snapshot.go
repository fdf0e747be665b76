package state

import (
	"encoding/binary"
	"fmt"
	"time"

	"domaind/internal/portfolio"
)

// The first byte of a snapshot. A million of them are written, so that each has to be
// short: sixteen bytes of key, and for most domains eleven and the name.
const (
	snapshotState   = 0b11 // which of the documented states; 0: another one, which is written out
	snapshotAuto    = 1 << 2
	snapshotPrivacy = 1 << 3
	snapshotExpires = 1 << 4
	snapshotKnown   = 1<<5 - 1
)

// states are the documented ones as a snapshot writes them.
func states() [4]portfolio.DomainState {
	return [4]portfolio.DomainState{"", portfolio.DomainHosted, portfolio.DomainRegistered, portfolio.DomainExpired}
}

// appendSnapshot appends a domain as it is remembered: the flags, the registrant, the
// expiration in Unix seconds, a state that nobody knows with its length, the name.
func appendSnapshot(b []byte, d *portfolio.Domain) []byte {
	var flags byte
	for i, known := range states() {
		if i > 0 && d.State == known {
			flags = byte(i)
		}
	}
	other := flags == 0
	if d.AutoRenew {
		flags |= snapshotAuto
	}
	if d.WhoisPrivacy {
		flags |= snapshotPrivacy
	}
	if !d.ExpiresAt.IsZero() {
		flags |= snapshotExpires
	}
	b = append(b, flags)
	b = binary.AppendVarint(b, d.RegistrantID)
	if !d.ExpiresAt.IsZero() {
		b = binary.AppendVarint(b, d.ExpiresAt.Unix())
	}
	if other {
		b = binary.AppendVarint(b, int64(len(d.State)))
		b = append(b, d.State...)
	}
	return append(b, d.Name...)
}

// parseSnapshot reads what appendSnapshot wrote.
func parseSnapshot(id int64, b []byte) (portfolio.Snapshot, error) {
	bad := func() (portfolio.Snapshot, error) {
		return portfolio.Snapshot{}, fmt.Errorf("%w: what was seen of domain %d cannot be read", ErrCorrupt, id)
	}
	if len(b) == 0 || b[0] > snapshotKnown {
		return bad()
	}
	flags, rest := b[0], b[1:]
	s := portfolio.Snapshot{ID: id, State: states()[flags&snapshotState], AutoRenew: flags&snapshotAuto != 0, WhoisPrivacy: flags&snapshotPrivacy != 0}
	registrant, n := binary.Varint(rest)
	if n <= 0 {
		return bad()
	}
	s.RegistrantID, rest = registrant, rest[n:]
	if flags&snapshotExpires != 0 {
		seconds, n := binary.Varint(rest)
		if n <= 0 {
			return bad()
		}
		s.ExpiresAt, rest = time.Unix(seconds, 0).UTC(), rest[n:]
	}
	if flags&snapshotState == 0 {
		size, n := binary.Varint(rest)
		if n <= 0 || size < 0 || size > int64(len(rest)-n) {
			return bad()
		}
		s.State, rest = portfolio.DomainState(rest[n:n+int(size)]), rest[n+int(size):]
	}
	s.Name = string(rest)
	return s, nil
}
