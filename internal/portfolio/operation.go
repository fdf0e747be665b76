package portfolio

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// OperationKind says what an operation does, in the words of domaind's commands.
type OperationKind string

// The kinds of operations. Purchases cost money; they, and what starts something anew,
// are sent once. The others are wishes: addressed by an id, and safe to repeat until
// there is evidence.
const (
	OpRenew    OperationKind = "renew"
	OpRestore  OperationKind = "restore"
	OpRegister OperationKind = "register"
	OpTransfer OperationKind = "transfer"

	OpPush             OperationKind = "push"
	OpChangeRegistrant OperationKind = "change-registrant"
	OpTransferOut      OperationKind = "transfer-out"
	OpAdd              OperationKind = "add"

	OpAccept         OperationKind = "accept"
	OpReject         OperationKind = "reject"
	OpCancelChange   OperationKind = "cancel-change"
	OpCancelTransfer OperationKind = "cancel-transfer"
	OpDelete         OperationKind = "delete"
	// OpAutoRenewal switches DNSimple's own auto-renewal on or off. A rule switches it on
	// for names under a TLD that are renewed in no other way.
	OpAutoRenewal OperationKind = "auto-renewal"
)

// Purchase says whether operations of this kind cost money.
func (k OperationKind) Purchase() bool {
	return k == OpRenew || k == OpRestore || k == OpRegister || k == OpTransfer
}

// Once says whether operations of this kind are sent once, and never again before it
// is certain that nothing happened.
func (k OperationKind) Once() bool {
	return k.Purchase() || k == OpPush || k == OpChangeRegistrant || k == OpTransferOut || k == OpAdd
}

// Claims says whether operations of this kind are about a name that the account does not
// have yet. Names are one per world: whatever the account, one such operation on a name
// is open at a time.
func (k OperationKind) Claims() bool { return k == OpRegister || k == OpTransfer || k == OpAdd }

// Extends says whether operations of this kind keep a domain from lapsing, or bring it
// back.
func (k OperationKind) Extends() bool { return k == OpRenew || k == OpRestore || k == OpAutoRenewal }

// OperationState is where an operation stands. See the package executor for the
// transitions.
type OperationState string

// The states of operations.
const (
	StateAsked    OperationState = "asked"    // waits for a person's answer
	StateReserved OperationState = "reserved" // money is set aside; nothing was sent
	StateArmed    OperationState = "armed"    // written before the request leaves
	StatePending  OperationState = "pending"  // DNSimple accepted it and works on it
	StateUnknown  OperationState = "unknown"  // the request may have had its effect
	StateDone     OperationState = "done"
	StateFailed   OperationState = "failed"
)

// LongestWait is longer than any operation waits until it is looked at again: a NextAt
// farther ahead was written by a clock that was wrong, and has come.
const LongestWait = 25 * time.Hour

// Open says whether the operation has not ended.
func (s OperationState) Open() bool { return s != StateDone && s != StateFailed }

// Operation is one thing done or to be done: a row of the ledger.
type Operation struct {
	Key       string        `json:"key"` // see [OperationKey]
	AccountID int64         `json:"account"`
	Kind      OperationKind `json:"kind"`
	SubjectID int64         `json:"subject"` // the id of the domain, push or change
	DomainID  int64         `json:"domain"`  // the domain it touches; 0 where that is not known
	Name      string        `json:"name"`    // the domain's name; "" where that is not known
	Occasion  string        `json:"occasion"`
	Attempt   int           `json:"attempt"` // from 1
	// Questions is how many of the attempts before were questions that nobody let go: the
	// distances between attempts do not grow with them.
	Questions int `json:"questions,omitempty"`
	// Follows is the key of the operation whose refusal made this one necessary.
	Follows string `json:"follows,omitempty"`

	State OperationState `json:"state"`
	// Attention says that a person should look at it.
	Attention bool `json:"attention,omitempty"`

	// ExpiresAt is the domain's expiration when the operation was reserved: what
	// evidence is measured against.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Years     int       `json:"years,omitempty"`   // what a renewal buys
	Contact   int64     `json:"contact,omitempty"` // the registrant of an accepted push
	SourceID  int64     `json:"source,omitempty"`  // the proven source of an accepted push
	// Premium is the price that DNSimple wants confirmed; nil where the name is not premium.
	Premium *Money `json:"premium,omitempty"`

	// Reserved is the worst-case price, set aside from reserved on; released (0)
	// where the operation ended without a purchase.
	Reserved Money `json:"reserved"`
	// SpendDay is the day (YYYY-MM-DD, in the policy's time zone) on which the
	// operation was armed, to which its money counts for good; "" before.
	SpendDay string `json:"spend_day,omitempty"`
	// Charge is the price once it was found in the billing charges, and ChargeRefs
	// the lines there ("reference#index").
	Charge     *Money   `json:"charge,omitempty"`
	ChargeRefs []string `json:"charge_refs,omitempty"`

	Sent     int   `json:"sent"`                // requests that left, or may have left
	RemoteID int64 `json:"remote_id,omitempty"` // DNSimple's id of the renewal or restore

	Lapsed bool `json:"lapsed,omitempty"` // the domain was expired when the request left
	// Terms are what else it asks for; nil where nothing.
	Terms *Terms `json:"terms,omitempty"`
	// Manual says that an operator asked for it: the policy is not asked again, and what
	// stands in the way of buying twice lets it pass. Ceilings do not.
	Manual bool `json:"manual,omitempty"`
	// Asked is the question that was asked about it; nil where nobody was.
	Asked *Asked `json:"asked,omitempty"`
	// Approval is what let it go, or where it is denied, what ended it; nil where nothing
	// was asked for.
	Approval *Approval `json:"approval,omitempty"`
	// PerYear is what a year of the term costs that it buys, as reserved: what later prices
	// are compared with. 0 where that is not known.
	PerYear Money `json:"per_year,omitempty"`
	// Probes is the pause that this operation was let through to try; "" where there was none.
	Probes PauseScope `json:"probes,omitempty"`
	// Stopped is the pause that its refusal called for, or that is to blame for it: the next
	// attempt waits for that, and for nothing else.
	Stopped PauseScope `json:"stopped,omitempty"`
	// Net is what became of the domain's own auto-renewal meanwhile; nil where it was let alone.
	Net *SafetyNet `json:"net,omitempty"`

	// Refused says that DNSimple refused a plain renewal of a lapsed domain: it is
	// in redemption.
	Refused bool `json:"refused,omitempty"`

	Rule   string            `json:"rule,omitempty"`
	RuleAt string            `json:"rule_at,omitempty"`
	Policy string            `json:"policy,omitempty"` // hash of the policy that reserved it
	By     string            `json:"by"`               // "rule renew-core (config.toml:42)", or the operator
	Loud   bool              `json:"loud,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`

	CreatedAt time.Time `json:"created_at"`
	ArmedAt   time.Time `json:"armed_at,omitzero"`
	// UnknownAt is when it last became unknown; it stays when the operation ends.
	UnknownAt time.Time `json:"unknown_at,omitzero"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
	// Checks counts the reads since the request left; NextAt is when the operation
	// is looked at again: one that failed, when the next attempt may be made.
	Checks  int       `json:"checks,omitempty"`
	NextAt  time.Time `json:"next_at,omitzero"`
	History []Step    `json:"history"`
}

// Step is one change of an operation's state.
type Step struct {
	At    time.Time      `json:"at"`
	State OperationState `json:"state"`
	Note  string         `json:"note"`
	By    string         `json:"by"` // "daemon", or the operator
}

// SafetyNet is DNSimple's auto-renewal of a domain, switched on because nobody can
// say whether a purchase happened: it renews what would lapse, and buys nothing twice.
type SafetyNet struct {
	// Was is its former value, written down before anything was sent.
	Was bool `json:"was"`
	// AskedAt is when it was written down.
	AskedAt time.Time `json:"asked_at"`
	// OnAt is when DNSimple was seen to have it on.
	OnAt time.Time `json:"on_at,omitzero"`
	// BackAt is when it was seen to be as it was, after the purchase was done.
	BackAt time.Time `json:"back_at,omitzero"`
}

// OperationKey derives a row's key. The occasion is what makes the operation
// necessary once: for renewals and restores the day of the expiration that is
// extended (see [OccasionOf]), for pushes and changes their id.
func OperationKey(account int64, kind OperationKind, subject int64, occasion string, attempt int) string {
	return strings.Join([]string{
		strconv.FormatInt(account, 10), string(kind), strconv.FormatInt(subject, 10), occasion, strconv.Itoa(attempt),
	}, "|")
}

// OccasionOf is the occasion of a purchase that extends the given expiration.
func OccasionOf(expiresAt time.Time) string { return expiresAt.UTC().Format(time.DateOnly) }

// ShortID is how people name the operation: eight letters derived from its key.
func (o Operation) ShortID() string {
	sum := sha256.Sum256([]byte(o.Key))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:5]))
}

// Due says whether it is time to look at the operation again.
func (o Operation) Due(now time.Time) bool {
	return !o.NextAt.IsZero() && (!o.NextAt.After(now) || o.NextAt.After(now.Add(LongestWait)))
}

// KeepsDomain says whether the operation keeps its domain to itself: of those that do, one
// is open at a time. What starts something anew, costs nothing and was sent does not: it
// only waits, for weeks perhaps, and its domain must not lapse meanwhile. What waits for
// an answer does not either: nothing has begun.
func (o Operation) KeepsDomain() bool {
	if o.State == StateAsked {
		return false
	}
	free := o.Kind.Once() && !o.Kind.Purchase() && !o.Kind.Claims()
	waits := free && (o.State == StatePending || o.State == StateUnknown)
	return o.State.Open() && !waits
}

// StandsInTheWay says whether one of a kind on the same domain or name must not begin
// before the operation has ended. What only waits lets the domain be renewed.
func (o Operation) StandsInTheWay(of OperationKind) bool {
	return o.State.Open() && o.State != StateAsked && (o.KeepsDomain() || !of.Extends())
}

// Price is what the operation costs: the charge once it is known, what was
// reserved until then.
func (o Operation) Price() Money {
	if o.Charge != nil {
		return *o.Charge
	}
	return o.Reserved
}

// Spends tells how the operation counts against the ceilings: its amount, and
// the day it counts to. An operation that is not armed yet counts to whatever day
// it is (day ""); one that released its money counts nowhere (ok false).
func (o Operation) Spends() (amount Money, day string, ok bool) {
	if !o.Kind.Purchase() || o.Reserved == 0 {
		return 0, "", false
	}
	return max(o.Reserved, o.Price()), o.SpendDay, true
}

// LastNote is what happened to the operation last; "" where nothing did.
func (o Operation) LastNote() string {
	if len(o.History) == 0 {
		return ""
	}
	return o.History[len(o.History)-1].Note
}

// String names the operation for people: "renew example.com (k3j5x7aq)".
func (o Operation) String() string {
	name := o.Name
	if name == "" {
		name = fmt.Sprintf("%s %d", o.Occasion, o.SubjectID)
	}
	return fmt.Sprintf("%s %s (%s)", o.Kind, name, o.ShortID())
}
