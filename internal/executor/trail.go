package executor

import (
	"context"
	"fmt"
	"slices"
	"time"

	"domaind/internal/portfolio"
)

// Check is what one guard saw of a decision.
type Check struct {
	// Guard names it: what it looks at, or the key of the configuration that it holds.
	Guard  string `json:"guard"`
	Passed bool   `json:"passed"`
	Saw    string `json:"saw"` // as a clause
	// Until is when a guard that stops it may let it pass; null where nobody knows, or it
	// passed.
	Until *time.Time `json:"until,omitempty"`
}

// The guards, in the order in which they are asked. Ceilings are called by their keys.
const (
	guardPauses    = "pauses"
	guardOurs      = "begun by domaind"
	guardUnderWay  = "under way"
	guardAttempts  = "earlier attempts"
	guardLeaving   = "leaving"
	guardRecent    = "bought lately"
	guardVendor    = "auto-renewal"
	guardTLD       = "tld"
	guardPrice     = "price"
	guardMaxPrice  = "max_price"
	guardAnswers   = "answers"
	guardForSale   = "for sale"
	guardReachable = "reachable"
	guardRefused   = "in redemption" // it passes: it says what follows then
)

// guardOf is the guard behind the code of a decision that it stopped.
func guardOf(code string) string {
	switch code {
	case codePaused:
		return guardPauses
	case codeOurs:
		return guardOurs
	case codeUnderWay, codeHeldUp, codeUnknown:
		return guardUnderWay
	case codeDone, codeRetryLater:
		return guardAttempts
	case codeLeaving:
		return guardLeaving
	case codeRecent:
		return guardRecent
	case codeVendorTurn:
		return guardVendor
	case codeAutoOnly, codeNotRenewed:
		return guardTLD
	case codeNoPrice:
		return guardPrice
	case codeDenied:
		return guardAnswers
	case codeNoName:
		return guardForSale
	case codeUnreachable:
		return guardReachable
	}
	return code // the key of a limit
}

// trail is what guards noted, in the order in which they were asked. A nil trail takes
// nothing down, and costs nothing.
type trail struct{ checks []Check }

type trailKey struct{}

// withTrail has the guards note what they see.
func withTrail(ctx context.Context, t *trail) context.Context {
	return context.WithValue(ctx, trailKey{}, t)
}

// trailOf is where guards note what they see; nil where nobody wants to know.
func trailOf(ctx context.Context) *trail {
	t, _ := ctx.Value(trailKey{}).(*trail)
	return t
}

// passed notes that a guard let a decision pass, and what it saw. What a guard saw that
// stopped it is in the decision.
func (t *trail) passed(guard string, saw func() string) {
	if t != nil {
		t.checks = append(t.checks, Check{Guard: guard, Passed: true, Saw: saw()})
	}
}

// ends notes what the guards made of a decision in the end.
func (t *trail) ends(d portfolio.Decision, until time.Time) {
	if slices.ContainsFunc(t.checks, func(c Check) bool { return !c.Passed }) {
		return // a ceiling, which was noted among its like
	}
	c := Check{Guard: guardOf(d.Code), Saw: d.Reason}
	if !until.IsZero() {
		c.Until = &until
	}
	t.checks = append(t.checks, c)
}

// Explain is Assess of one decision, and tells what every guard saw that was asked: the
// last of them is the one that stopped it, where one did. The decisions ahead are those
// that a plan has before it: what they buy is set aside first. The guards are asked as at
// a moment, or (zero) now; what stands in the ledger, and what things cost, is as it is
// now in any case.
func (x *Executor) Explain(ctx context.Context, ahead []portfolio.Decision, d portfolio.Decision, at time.Time) (portfolio.Decision, []Check, error) {
	now := x.now()
	if !at.IsZero() {
		o := x.options
		o.Now = func() time.Time { return at }
		x = New(o)
	}
	budget := newBudget()
	for _, before := range ahead {
		if _, _, err := x.assess(ctx, before, budget); err != nil {
			return d, nil, err
		}
	}
	t := new(trail)
	assessed, _, err := x.assess(withTrail(ctx, t), d, budget)
	if err != nil {
		return assessed, nil, err
	}
	if v := assessed.Verdict; v != d.Verdict && (v == portfolio.VerdictBlocked || v == portfolio.VerdictWait) {
		until, err := x.passesAt(assessed)
		if err != nil {
			return assessed, nil, err
		}
		t.ends(assessed, until)
	}
	if !at.IsZero() && assessed.PriceAt.Equal(at) {
		assessed.PriceAt = now // which is when it was asked
	}
	return assessed, t.checks, nil
}

// passesAt is when the guard that stopped a decision may let it pass; zero where nobody
// knows.
func (x *Executor) passesAt(d portfolio.Decision) (time.Time, error) {
	account, id, name := d.Resource.Ident()
	f, _ := d.Resource.(portfolio.DomainFacts)
	kind, subject, on := operationKind(d.Do), id, occasion(d.Resource)
	if d.Do == portfolio.ActionAutoRenewal {
		on = portfolio.OccasionOf(x.now())
	}
	switch d.Code {
	case codePaused:
		if p, _, err := x.stopped(account, kind); err != nil || p == nil {
			return time.Time{}, err
		} else if probeable(*p) {
			return p.ProbeAt, nil
		}
	case codeRetryLater:
		last, ok, err := x.ledger.LastAttempt(account, kind, subject, on)
		if err != nil {
			return time.Time{}, fmt.Errorf("look for earlier attempts at %s: %w", name, err)
		}
		if ok {
			return retryAfter(last), nil
		}
	case codeLeaving:
		out, ok, err := x.ledger.LatestOf(account, portfolio.OpTransferOut, id)
		if err != nil {
			return time.Time{}, fmt.Errorf("look whether %s is leaving: %w", name, err)
		}
		if ok && !out.EndedAt.IsZero() {
			return out.EndedAt.Add(leaveWithin), nil
		}
	case codeRecent:
		last, ok, err := x.lastPurchase(f.Domain)
		if err == nil && ok {
			return last.At.Add(quietPeriod), nil
		}
		return time.Time{}, err
	case codeVendorTurn:
		return f.ExpiresAt, nil // where it lapses all the same, it is ours again
	}
	return time.Time{}, nil
}
