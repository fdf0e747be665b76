package portfolio

import "time"

// The resources that events speak of: the second last part of a subject.
const (
	AboutDomain    = "domain"
	AboutPush      = "push"
	AboutChange    = "change"
	AboutName      = "name"
	AboutOperation = "operation"
	AboutAccount   = "account"
	AboutScan      = "scan"
	AboutDaemon    = "daemon"
)

// Event is something that happened and that people may want to hear of. It is
// stored in the transaction that caused it, and delivered from there.
type Event struct {
	Number    uint64    `json:"number"` // the outbox number; set when the event is stored
	At        time.Time `json:"at"`
	Level     Level     `json:"level"`
	AccountID int64     `json:"account"` // 0: about no account
	About     string    `json:"about"`   // AboutDomain, …
	What      string    `json:"what"`    // "renewed", "uncovered", …: lower case letters, digits and hyphens
	Subject   string    `json:"subject"` // the domain's name; "" where there is none
	// Text is the event as a sentence for people.
	Text string `json:"text"`
	// Data is what programs may want to read: values that encode as JSON.
	Data map[string]any `json:"data,omitempty"`

	// Once, where it is not empty, is a key under which the event is told only
	// once, or again after Repeat where that is positive. It is not published.
	Once   string        `json:"-"`
	Repeat time.Duration `json:"-"`
}
