package control

import (
	"time"

	"domaind/internal/executor"
	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// Fate is what a forecast expects of a domain, in one word.
type Fate string

// The fates. What is bought is bought by a rule, or by DNSimple; the rest is what becomes
// of a domain at its expiration.
const (
	FateRenew     Fate = "renew"     // a rule renews or restores it
	FateAsk       Fate = "ask"       // a rule wants to, and asks somebody first
	FateBlocked   Fate = "blocked"   // a rule wants to, and it costs more than it may
	FateVendor    Fate = "vendor"    // DNSimple's own auto-renewal renews it
	FateHold      Fate = "hold"      // a rule holds it, and nobody renews it
	FateLetLapse  Fate = "let-lapse" // a rule lets it go
	FateUncovered Fate = "uncovered" // no rule speaks of it, and nobody renews it
)

// Cost is what a purchase is expected to cost, and where that is known from.
type Cost struct {
	Price *portfolio.Money // nil: nobody knows
	From  PriceFrom
}

// PriceFrom says where a price is known from.
type PriceFrom string

// The sources of prices. What was paid is what the same domain cost last; what was seen is
// what DNSimple said of it, or of others under its TLD.
const (
	PricePaid PriceFrom = "paid"
	PriceSeen PriceFrom = "seen"
)

// simulation plays out what becomes of a domain, as long as nobody but the policy and
// DNSimple does anything. It is pure, but for the costs, which it asks for as it needs them.
type simulation struct {
	policy   *rules.Policy
	ceilings executor.Ceilings
	window   rules.Distance // in which DNSimple's own auto-renewal is at work
	now      time.Time
	until    time.Time
	// cost says what a decision's purchase costs.
	cost func(f *portfolio.DomainFacts, do portfolio.Action, years int) Cost
}

const (
	// quiet is how long after a purchase no rule buys for the same domain.
	quiet = 180 * 24 * time.Hour
	// mostTurns bounds the purchases of one domain in a forecast.
	mostTurns = 100
)

// step is one thing that becomes of a domain.
type step struct {
	at        time.Time
	expiresAt time.Time // before it
	fate      Fate
	rule      string
	do        portfolio.Action
	years     int
	cost      Cost
	reason    string
}

// play gives what becomes of a domain until the end, in order. bought is when something
// was bought for it last; zero: never.
func (s *simulation) play(f portfolio.DomainFacts, bought time.Time) (steps []step) {
	if f.State != portfolio.DomainRegistered && f.State != portfolio.DomainExpired || f.ExpiresAt.IsZero() {
		return nil
	}
	from := s.now
	if !bought.IsZero() && bought.Add(quiet).After(from) {
		from = bought.Add(quiet)
	}
	for range mostTurns {
		end := f.ExpiresAt
		at, d, ok := rules.Next(s.policy, f, from)
		vendor := f.State == portfolio.DomainRegistered && f.AutoRenew
		if ok && vendor && !at.Before(s.window.Before(end.UTC())) {
			ok = false // it is DNSimple's turn by then
		}
		if ok && f.State == portfolio.DomainRegistered && at.After(end) {
			ok = false // too late, after what was bought last
		}
		if ok && at.After(s.until) {
			break
		}
		if ok {
			next, goesOn := s.buys(&f, at, d)
			steps = append(steps, next)
			if goesOn {
				f.State, f.Redemption, f.ExpiresAt = portfolio.DomainRegistered, false, end.AddDate(next.years, 0, 0)
				from = at.Add(quiet)
				continue
			}
			if !vendor {
				break
			}
		}
		last, goesOn := s.ends(&f, vendor)
		if last == nil {
			break
		}
		steps = append(steps, *last)
		if !goesOn {
			break
		}
		f.ExpiresAt = end.AddDate(1, 0, 0)
		if end.After(from) {
			from = end
		}
	}
	return steps
}

// buys is what a rule does with a domain, and whether that renews it.
func (s *simulation) buys(f *portfolio.DomainFacts, at time.Time, d portfolio.Decision) (step, bool) {
	years := 1
	if d.Do == portfolio.ActionRenew {
		years = max(d.Years, 1)
	}
	next := step{
		at: at, expiresAt: f.ExpiresAt, fate: FateRenew, rule: d.Rule, do: d.Do, years: years, reason: d.Reason, cost: s.cost(f, d.Do, years),
	}
	account, all := s.ceilings.ByAccount[f.AccountID], s.ceilings.Global
	over := func(limits ...*portfolio.Money) bool {
		for _, limit := range limits {
			if limit != nil && next.cost.Price != nil && *next.cost.Price > *limit {
				return true
			}
		}
		return false
	}
	switch {
	case over(d.MaxPrice, account.PerPurchase, all.PerPurchase):
		next.fate = FateBlocked
		return next, false
	case d.Verdict == portfolio.VerdictAsk || over(d.AskAbove, account.AskAbove, all.AskAbove):
		next.fate = FateAsk
	}
	return next, true
}

// ends is what becomes of a domain at its expiration, where no rule renews it, and whether
// it goes on; nil where that is later than anybody wants to know, or long past.
func (s *simulation) ends(f *portfolio.DomainFacts, vendor bool) (*step, bool) {
	last := step{at: f.ExpiresAt, expiresAt: f.ExpiresAt, fate: FateUncovered}
	if last.at.After(s.until) {
		return nil, false
	}
	moment := f.ExpiresAt.Add(-time.Second)
	if moment.Before(s.now) {
		moment, last.at = s.now, s.now
	}
	d := rules.Decide(s.policy, *f, moment)
	last.reason = d.Reason
	switch d.Verdict {
	case portfolio.VerdictHold:
		last.fate, last.rule = FateHold, d.Rule
	case portfolio.VerdictLetLapse:
		last.fate, last.rule = FateLetLapse, d.Rule
	default:
		if f.State == portfolio.DomainExpired && d.Verdict != portfolio.VerdictUncovered {
			return nil, false // it lapsed long ago
		}
	}
	if !vendor {
		return &last, false
	}
	last.fate, last.do, last.years, last.cost = FateVendor, portfolio.ActionAutoRenewal, 1, s.cost(f, portfolio.ActionRenew, 1)
	return &last, true
}
