package state

import (
	"encoding/binary"
	"fmt"
	"time"
)

// sequence is the place of a row in the order of creation, from 1.
type sequence uint64

// bytes is how a sequence is written, as a key or a value.
func (s sequence) bytes() []byte { return binary.BigEndian.AppendUint64(nil, uint64(s)) }

// parseSequence reads what bytes wrote.
func parseSequence(b []byte) (sequence, error) {
	n, err := parseNumber(b)
	return sequence(n), err
}

// number writes an unsigned number so that numbers sort like their bytes.
func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func parseNumber(b []byte) (uint64, error) {
	if len(b) != 8 {
		return 0, fmt.Errorf("%w: a number of %d bytes", ErrCorrupt, len(b))
	}
	return binary.BigEndian.Uint64(b), nil
}

// appendInt appends a signed number; parseInt reads it back.
func appendInt(b []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(n)) //nolint:gosec // two's complement, and back by parseInt
}

func parseInt(b []byte) int64 {
	return int64(binary.BigEndian.Uint64(b)) //nolint:gosec // two's complement, written by appendInt
}

// present is the value of an entry that only has to be there. It is not empty:
// within a transaction bbolt does not tell an empty value from a missing one.
func present() []byte { return []byte{1} }

// ident writes an id of DNSimple's.
func ident(id int64) []byte { return appendInt(nil, id) }

// instantSize is how many bytes an instant takes.
const instantSize = 12

// appendInstant appends a moment to the nanosecond; unlike Unix nanoseconds it
// can write any, the zero time too.
func appendInstant(b []byte, t time.Time) []byte {
	b = appendInt(b, t.Unix())
	return binary.BigEndian.AppendUint32(b, uint32(t.Nanosecond())) //nolint:gosec // within [0, 999999999]
}

func parseInstant(b []byte) (time.Time, error) {
	if len(b) < instantSize {
		return time.Time{}, fmt.Errorf("%w: a moment of %d bytes", ErrCorrupt, len(b))
	}
	return time.Unix(parseInt(b), int64(binary.BigEndian.Uint32(b[8:]))).UTC(), nil
}
