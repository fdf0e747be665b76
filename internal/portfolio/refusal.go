package portfolio

import "strings"

// requiredScope is how DNSimple says which scope a token lacks: "Permission
// Denied. Required Scope: billing:*:read".
const requiredScope = "Required Scope:"

// RequiredScope is the scope that the token lacks for a forbidden call, as DNSimple
// names it; "" where it is another error, or DNSimple did not say.
func (e *CallError) RequiredScope() string {
	if e.Outcome != OutcomeForbidden {
		return ""
	}
	_, scope, found := strings.Cut(e.Message, requiredScope)
	words := strings.Fields(scope)
	if !found || len(words) == 0 {
		return ""
	}
	return words[0]
}

// MayHaveReached says whether the request may have reached DNSimple. Where it may
// not, nothing was sent.
func (e *CallError) MayHaveReached() bool { return e.Outcome != OutcomeNotSent }

// MayHaveHappened says whether a call that changes something may have done so all
// the same.
func (e *CallError) MayHaveHappened() bool { return e.Outcome == OutcomeUnknown }
