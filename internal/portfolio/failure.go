package portfolio

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Outcome says what a failed API call did, or may have done.
type Outcome string

// The outcomes of failed calls. Only for OutcomeNotSent, OutcomeRateLimited and
// the refusals is it certain that nothing happened.
const (
	OutcomeNotSent         Outcome = "not-sent"         // the connection was never made
	OutcomeRateLimited     Outcome = "rate-limited"     // 429
	OutcomeUnauthorized    Outcome = "unauthorized"     // 401
	OutcomePaymentRequired Outcome = "payment-required" // 402
	OutcomeForbidden       Outcome = "forbidden"        // 403
	OutcomeNotFound        Outcome = "not-found"        // 404
	OutcomeRejected        Outcome = "rejected"         // any other 4xx with a parsed message
	OutcomeUnknown         Outcome = "unknown"          // everything else: it may have happened
)

// CallError is a call of the DNSimple API that did not succeed. Its text never
// holds a token.
type CallError struct {
	Call       string // the act and its object: "renew example.com (account 1010)"
	Outcome    Outcome
	Status     int                 // 0 where there was no response
	Message    string              // DNSimple's, or what went wrong in our words
	Attributes map[string][]string // the "errors" of a rejected call
	RequestID  string
	Date       time.Time // the server's clock; zero where it sent none
	RetryAt    time.Time // when a rate limit ends; zero where unknown
	Err        error     // the cause below, where there is one
}

// Error names the call, what DNSimple said, and the request id.
func (e *CallError) Error() string { return e.Call + ": " + e.Said() }

// Said is the error without the call's name, for texts that name it themselves.
func (e *CallError) Said() string {
	var b strings.Builder
	if e.Status != 0 {
		fmt.Fprintf(&b, "%d: ", e.Status)
	}
	b.WriteString(e.Message)
	keys := make([]string, 0, len(e.Attributes))
	for k := range e.Attributes {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		fmt.Fprintf(&b, "; %s %s", k, strings.Join(e.Attributes[k], ", "))
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request %s)", e.RequestID)
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *CallError) Unwrap() error { return e.Err }
