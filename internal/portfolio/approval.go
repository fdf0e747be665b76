package portfolio

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
	"time"
)

// ApprovalKind says how an approval came to be.
type ApprovalKind string

// The kinds of approvals.
const (
	ApprovalAnswer ApprovalKind = "answer"      // somebody answered what a rule had asked
	ApprovalPlan   ApprovalKind = "plan"        // an item of a plan that was applied
	ApprovalPush   ApprovalKind = "expect-push" // a push that was announced beforehand
	ApprovalHand   ApprovalKind = "hand"        // a command that was typed
	ApprovalSilent ApprovalKind = "silence"     // nobody answered in time, and the rule says what that means
)

// Approval lets one operation go, or, where it is denied, keeps it from being asked for
// again. It holds for what was shown to whoever gave it: once the expiration or the
// state is another, or the price is higher, it holds no more.
type Approval struct {
	Kind      ApprovalKind  `json:"kind"`
	AccountID int64         `json:"account"`
	Operation OperationKind `json:"operation"`
	// SubjectID is the id of the domain, the push or the change; of an announced push the
	// domain's. 0 for a name that is not owned.
	SubjectID int64  `json:"subject"`
	Name      string `json:"name,omitempty"` // "" where it is not known

	ExpiresAt time.Time   `json:"expires_at,omitzero"` // that was shown; zero: none was
	State     DomainState `json:"state,omitempty"`     // that was shown; "": none was
	MaxPrice  *Money      `json:"max_price,omitempty"` // the highest that was shown; nil: it costs nothing
	Contact   int64       `json:"contact,omitempty"`   // the registrant of an announced push

	By     string    `json:"by"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
	Until  time.Time `json:"until,omitzero"` // it holds no more from then on; zero: until something moved
	Denied bool      `json:"denied,omitempty"`
}

// ID is how people name an approval that waits for its subject: eight letters derived
// from what it is for, and when it was given.
func (a Approval) ID() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%d|%s|%d|%s|%d", a.Kind, a.AccountID, a.Operation, a.SubjectID, a.Name, a.At.UnixNano()))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:5]))
}

// Over says whether the time for which the approval was given has passed.
func (a Approval) Over(now time.Time) bool { return !a.Until.IsZero() && !now.Before(a.Until) }

// Moved says what is another than what was shown, as a clause; "" where nothing is. A
// price that fell is no reason. Expirations are compared to the second.
func (a Approval) Moved(expiresAt time.Time, state DomainState, price *Money) string {
	switch {
	case !a.ExpiresAt.IsZero() && a.ExpiresAt.Unix() != expiresAt.Unix():
		return fmt.Sprintf("its expiration was %s when it was shown, and is %s now", day(a.ExpiresAt), day(expiresAt))
	case a.State != "" && a.State != state:
		return fmt.Sprintf("it was %s when it was shown, and is %s now", a.State, state)
	case price != nil && (a.MaxPrice == nil || *price > *a.MaxPrice):
		shown := "nothing"
		if a.MaxPrice != nil {
			shown = a.MaxPrice.String()
		}
		return fmt.Sprintf("%s was shown, and it costs %s now", shown, *price)
	}
	return ""
}

func day(t time.Time) string {
	if t.IsZero() {
		return "none"
	}
	return t.UTC().Format(time.DateOnly)
}

// Asked is the question that an operation waits with for an answer.
type Asked struct {
	At time.Time `json:"at"`
	// What was shown, and must not have moved when it is answered.
	ExpiresAt time.Time   `json:"expires_at,omitzero"`
	State     DomainState `json:"state,omitempty"`
	Price     *Money      `json:"price,omitempty"`
	// Why it is asked, as a clause: its mode, or the price that is above a limit.
	Why string `json:"why"`
	// Until is when silence counts as an answer; zero: never.
	Until time.Time `json:"until,omitzero"`
	// Silence is what it counts as: "deny" or "act".
	Silence Silence `json:"silence,omitempty"`
	// Repeated counts how often the question was repeated, the last time at RepeatedAt.
	Repeated   int       `json:"repeated,omitempty"`
	RepeatedAt time.Time `json:"repeated_at,omitzero"`
}

// Silence is what becomes of a question that nobody answers in time ("on_timeout" in a
// policy). The zero value keeps asking.
type Silence string

// What silence can mean.
const (
	SilenceKeepAsking Silence = "keep-asking"
	SilenceDeny       Silence = "deny"
	SilenceAct        Silence = "act" // of renewals alone
)
