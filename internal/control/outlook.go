package control

import (
	"context"
	"slices"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// Bought is what a policy buys in a month, as far as can be said from facts.
type Bought struct {
	Price     portfolio.Money `json:"price"`
	Purchases int             `json:"purchases"`
	Unknown   int             `json:"unknown"` // of these, how many have a price that is not in the facts
}

func (b *Bought) add(price *portfolio.Money) {
	b.Purchases++
	if price == nil {
		b.Unknown++
		return
	}
	b.Price += *price
}

// month is how months are written.
const month = "2006-01"

// outlookMonths is how far ahead purchases are foreseen.
const outlookMonths = 12

// Outlook says what the policy will buy, by the month in which it does: each domain at the
// first moment at which the policy wants that, with the guards as they are then. Only what
// is bought at once shares the ceilings of the day and the month. It must not be asked
// twice at a time.
func (f *Offline) Outlook(ctx context.Context) (map[string]Bought, error) {
	all := make(map[string]Bought)
	reading, err := f.Domains(ctx, f.o.Now)
	if err != nil {
		return nil, err
	}
	assessed, err := f.Assess(ctx, reading.Decisions)
	if err != nil {
		return nil, err
	}
	defer func() { f.now = f.o.Now }()
	turns, until := turnsOf(f.o.Policy), f.o.Now.AddDate(0, outlookMonths, 0)
	for _, d := range assessed {
		at, price, ok, err := f.bought(ctx, d, turns, until)
		if err != nil {
			return nil, err
		}
		if ok {
			key := at.In(f.o.Policy.Location).Format(month)
			b := all[key]
			b.add(price)
			all[key] = b
		}
	}
	return all, ctx.Err()
}

// bought says when a domain is bought first, now or until a moment.
func (f *Offline) bought(ctx context.Context, d portfolio.Decision, turns turns, until time.Time) (at time.Time, price *portfolio.Money, ok bool, err error) {
	if buys(d) {
		return f.o.Now, d.Price, true, nil
	}
	facts, isDomain := d.Resource.(portfolio.DomainFacts)
	if !isDomain || facts.State != portfolio.DomainRegistered || facts.ExpiresAt.IsZero() || turns.never(d) {
		return at, nil, false, nil
	}
	for _, at := range turns.of(facts.ExpiresAt, f.o.Now, until) {
		f.now = at
		decision := rules.Decide(f.o.Policy, facts, at)
		if !buys(decision) {
			continue
		}
		then, err := f.Assess(ctx, []portfolio.Decision{decision})
		if err != nil {
			return at, nil, false, err
		}
		if buys(then[0]) {
			return at, then[0].Price, true, nil
		}
	}
	return at, nil, false, nil
}

// buys says whether a decision is to buy. What a rule would do that is only tried out
// costs nothing; in a policy that is itself in dry-run, what would be bought counts.
func buys(d portfolio.Decision) bool {
	switch d.Verdict {
	case portfolio.VerdictAct, portfolio.VerdictWouldAct, portfolio.VerdictAsk:
	default:
		return false
	}
	switch d.Do {
	case portfolio.ActionRenew, portfolio.ActionRestore, portfolio.ActionAutoRenewal:
		return !triedOut(d.Rule, d.Trials)
	}
	return false
}

// turns are what decisions of a policy change with as time goes on.
type turns struct {
	within []rules.Distance
	untils []time.Time
}

func turnsOf(p *rules.Policy) (t turns) {
	for i := range p.Rules {
		r := &p.Rules[i]
		for _, d := range []rules.Distance{r.Match.Expires, r.Except.Expires} {
			if !d.IsZero() && !slices.Contains(t.within, d) {
				t.within = append(t.within, d)
			}
		}
		if !r.Until.IsZero() {
			t.untils = append(t.untils, r.Until)
		}
	}
	return t
}

// never says whether no rule will want anything else of what a decision is about: the rules
// have looked ahead, or hold it for good.
func (t turns) never(d portfolio.Decision) bool {
	switch d.Verdict {
	case portfolio.VerdictNone:
		return d.Code != codeLater
	case portfolio.VerdictUncovered:
		return true
	case portfolio.VerdictHold, portfolio.VerdictLetLapse:
		return len(t.untils) == 0
	}
	return false
}

// of gives the moments between now and both an expiration and a last one at which a
// decision may become another.
func (t turns) of(expires, now, until time.Time) []time.Time {
	var all []time.Time
	try := func(at time.Time) {
		if at.After(now) && at.Before(expires) && !at.After(until) {
			all = append(all, at)
		}
	}
	for _, d := range t.within {
		at := d.Before(expires)
		try(at)
		// A month before and a month after are not each other's inverse at the end of
		// months: a few days later the condition holds for certain.
		try(at.AddDate(0, 0, 4))
	}
	for _, at := range t.untils {
		try(at)
	}
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal)
}
