package state

import (
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"go.etcd.io/bbolt"
)

// The buckets; the package documentation says what each holds.
const (
	metaBucket      = "meta"
	rowsBucket      = "rows"
	attemptsBucket  = "attempts"
	openBucket      = "open"
	busyBucket      = "busy"
	dueBucket       = "due"
	talliesBucket   = "tallies"
	purchasesBucket = "purchases"
	chargesBucket   = "charges"
	outboxBucket    = "outbox"
	asideBucket     = "aside"
	marksBucket     = "marks"
	pausesBucket    = "pauses"
	watchBucket     = "watch"
	jobsBucket      = "jobs"
	unknownBucket   = "unknown"
	snapshotsBucket = "snapshots"
	missingBucket   = "missing"
	sweepsBucket    = "sweeps"
	approvalsBucket = "approvals"
	pricesBucket    = "prices"
)

func buckets() []string {
	return []string{
		metaBucket, rowsBucket, attemptsBucket, openBucket, busyBucket, dueBucket, talliesBucket, purchasesBucket,
		chargesBucket, outboxBucket, asideBucket, marksBucket, pausesBucket, watchBucket, jobsBucket,
		unknownBucket, snapshotsBucket, missingBucket, sweepsBucket, approvalsBucket, pricesBucket,
	}
}

// The keys of the meta bucket.
const (
	programKey  = "program"
	schemaKey   = "schema"
	uuidKey     = "uuid"
	countersKey = "outbox"
	armedKey    = "armed"
)

// program is what a state file says that it belongs to.
const program = "domaind"

// daemon is who did what nobody did by hand.
const daemon = "daemon"

// migration brings a file from one version of the schema to the next.
type migration func(*bbolt.Tx) error

// schema is the versions that this program knows: version 1, and one more for
// each migration. The first migrates from version 1 to version 2.
type schema []migration

// current is the version that this program writes.
func (s schema) current() uint64 { return uint64(len(s)) + 1 }

// bucket gives a bucket that [inspect] has seen.
func bucket(tx *bbolt.Tx, name string) *bbolt.Bucket { return tx.Bucket([]byte(name)) }

// initialize fills a new file.
func initialize(tx *bbolt.Tx, version uint64, random io.Reader) error {
	for _, name := range buckets() {
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return fmt.Errorf("create the bucket %s: %w", name, err)
		}
	}
	uuid, err := newUUID(random)
	if err != nil {
		return err
	}
	meta := bucket(tx, metaBucket)
	for _, e := range []struct {
		key   string
		value []byte
	}{{programKey, []byte(program)}, {schemaKey, number(version)}, {uuidKey, []byte(uuid)}} {
		if err := meta.Put([]byte(e.key), e.value); err != nil {
			return fmt.Errorf("write %s: %w", e.key, err)
		}
	}
	return nil
}

// newUUID makes a random (version 4) UUID.
func newUUID(random io.Reader) (string, error) {
	var u [16]byte
	if _, err := io.ReadFull(random, u[:]); err != nil {
		return "", fmt.Errorf("draw a uuid: %w", err)
	}
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	h := hex.EncodeToString(u[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], nil
}

// identity is what a file says of itself.
type identity struct {
	version uint64
	uuid    string
}

// identify reads what a file says of itself. What does not say that it is ours
// is ErrNotState.
func identify(tx *bbolt.Tx) (identity, error) {
	meta := bucket(tx, metaBucket)
	if meta == nil || string(meta.Get([]byte(programKey))) != program {
		return identity{}, fmt.Errorf("%w: it is a bbolt file of another program", ErrNotState)
	}
	version, err := parseNumber(meta.Get([]byte(schemaKey)))
	if err != nil || version == 0 {
		return identity{}, fmt.Errorf("%w: it has no schema version", ErrCorrupt)
	}
	uuid := string(meta.Get([]byte(uuidKey)))
	if len(uuid) != 36 {
		return identity{}, fmt.Errorf("%w: it has no uuid", ErrCorrupt)
	}
	return identity{version: version, uuid: uuid}, nil
}

// complete says whether every bucket of the current schema is there.
func complete(tx *bbolt.Tx) error {
	for _, name := range buckets() {
		if bucket(tx, name) == nil {
			return fmt.Errorf("%w: the bucket %s is missing", ErrCorrupt, name)
		}
	}
	return nil
}

// migrate brings a file of an older version up to the current one, all in the
// transaction it is given.
func (s schema) migrate(tx *bbolt.Tx, from uint64) error {
	for v := from; v < s.current(); v++ {
		if err := s[v-1](tx); err != nil {
			return fmt.Errorf("migrate the state from version %d to %d: %w", v, v+1, err)
		}
	}
	if err := bucket(tx, metaBucket).Put([]byte(schemaKey), number(s.current())); err != nil {
		return fmt.Errorf("write the schema version: %w", err)
	}
	return nil
}

const (
	// markAge is how long it is remembered that an event was told: longer than any
	// registration's year, so that each year's warnings are told anew and no sooner.
	markAge = 400 * 24 * time.Hour
	// maxPruned bounds how many marks one start removes.
	maxPruned = 10_000
)

// prune removes marks that are older than markAge, at most maxPruned of them.
func prune(tx *bbolt.Tx, now time.Time) error {
	marks := bucket(tx, marksBucket)
	before := now.Add(-markAge)
	var old [][]byte
	c := marks.Cursor()
	for k, v := c.First(); k != nil && len(old) < maxPruned; k, v = c.Next() {
		at, err := parseInstant(v)
		if err != nil {
			return fmt.Errorf("read the mark %q: %w", k, err)
		}
		if at.Before(before) {
			old = append(old, k)
		}
	}
	for _, k := range old {
		if err := marks.Delete(k); err != nil {
			return fmt.Errorf("remove the mark %q: %w", k, err)
		}
	}
	return nil
}
