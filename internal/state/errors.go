package state

import "errors"

// The errors of [Open].
var (
	// ErrLocked: another process holds the file.
	ErrLocked = errors.New("held by another process")
	// ErrNotState: what stands there is not a state file of domaind. It was not
	// touched.
	ErrNotState = errors.New("not a state file of domaind")
	// ErrNewer: the file was written by a newer domaind.
	ErrNewer = errors.New("written by a newer domaind")
	// ErrOlder: the file has to be migrated first, and it was opened read-only.
	ErrOlder = errors.New("written by an older domaind")
	// ErrNone: there is no file, and it was opened read-only.
	ErrNone = errors.New("there is no state yet")
	// ErrRestored: the file may be an old copy, and was opened without a clock, by which
	// a pause could say since when that is known.
	ErrRestored = errors.New("it may be an old copy")
)

// ErrCorrupt is in the errors of [Open], of [Store.Check] and of every read that
// finds what cannot have been written so. The file is left as it is.
var ErrCorrupt = errors.New("the state file is damaged")

// The errors of changes. After all but ErrCommit nothing was written, and the
// store goes on.
var (
	// ErrCommit: the disk did not take a change. Whether it is there after a restart
	// is not known: the process must end. The store refuses every change from then on.
	ErrCommit = errors.New("the change could not be made durable")
	// ErrRow: the row is malformed, or changes what must stay as it is.
	ErrRow = errors.New("not a valid row of the ledger")
	// ErrChange: the change has a pause or a watch that cannot be.
	ErrChange = errors.New("not a valid change")
	// ErrChargeClaimed: another row already claims this line of the billing charges.
	ErrChargeClaimed = errors.New("the charge belongs to another operation")
	// ErrNoEvent: there is no event of this number in the outbox.
	ErrNoEvent = errors.New("no such event is waiting")
)
